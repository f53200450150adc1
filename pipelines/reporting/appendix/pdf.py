"""The appendix as a tagged PDF (PDF/UA-1), set by Typst from the same document as the page.

The words reach the template as data and are never read as markup; pictures are the SVG of the wide page. The same document gives
the same bytes: the date in the file is that of the stamp, and only the fonts that come with Typst are used.
"""

import json
from pathlib import Path
from typing import Final

from pipelines.reporting.appendix.document import Appendix
from pipelines.reporting.words import SIMULATED_LINE, date_words

_TEMPLATES = Path(__file__).parents[1] / "templates"
PDF_STANDARD: Final = "ua-1"
"""Typst refuses to write a file that breaks it: a picture without words, a heading level left out."""


def pdf_of(appendix: Appendix) -> bytes:
    """The document as PDF. Raises typst.TypstError when it cannot be set."""
    import typst

    stamp = appendix.stamp
    document = appendix.model_dump(mode="json", exclude={"stamp"}) | {
        "subtitle": date_words(stamp.made_at),
        "banner": SIMULATED_LINE if stamp.is_simulated else None,
        "footer": f"run {stamp.run_id[:8]} · data {stamp.data_hash[:12]} · code {stamp.code_version}",
    }
    compiler = typst.Compiler(
        _TEMPLATES / "appendix.typ",
        root=_TEMPLATES,
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(document, ensure_ascii=False)},
    )
    made = compiler.compile(format="pdf", pdf_standards=[PDF_STANDARD], timestamp=stamp.made_at.replace(microsecond=0))
    if not isinstance(made, bytes):
        raise TypeError(f"Typst gave {type(made).__name__} where one PDF was expected")
    return made
