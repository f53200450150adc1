"""A document as a tagged PDF (PDF/UA-1), set by Typst with a template of ours.

The words reach the template as data, JSON in a string, and are never read as markup. The same document gives the same bytes: the
date in the file is the one given, and only the fonts that come with Typst are used. Typst remembers what it has set while
nothing around it is told of the document: so the data is an argument of the template's `typeset`, not an input of the whole
compilation, and the templates keep the title out of what surrounds their blocks. A table that two documents share is set once.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

_TEMPLATES = Path(__file__).parent / "templates"
_STANDARD = "ua-1"
"""Typst refuses to write a file that breaks it: a picture without words, a heading level left out."""


def pdf_by(template: str, document: Mapping[str, Any], made_at: datetime) -> bytes:
    """The document as PDF by `<template>.typ`. Raises typst.TypstError when it cannot be set."""
    data = json.dumps(json.dumps(document, ensure_ascii=False), ensure_ascii=False)  # as Typst escapes a string too
    made = _compiler().compile(
        input=f'#import "/{template}.typ": typeset\n#typeset(json(bytes({data})))'.encode(),
        format="pdf",
        pdf_standards=[_STANDARD],
        timestamp=made_at.replace(microsecond=0),
    )
    if not isinstance(made, bytes):
        raise TypeError(f"Typst gave {type(made).__name__} where one PDF was expected")
    return made


@cache
def _compiler() -> Any:
    """One for the process: it reads the fonts."""
    import typst

    return typst.Compiler(root=_TEMPLATES, ignore_system_fonts=True)
