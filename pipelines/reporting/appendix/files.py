"""The appendix as files: page, PDF and numbers, the model cards, and the standards item by item."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.reporting.appendix.building import build_appendix
from pipelines.reporting.appendix.document import Appendix
from pipelines.reporting.appendix.model_cards import card_markdown, model_cards
from pipelines.reporting.appendix.pdf import pdf_of
from pipelines.reporting.appendix.released import Released
from pipelines.reporting.model import Stamp
from pipelines.reporting.pages import page_environment, unbroken, write_file
from pipelines.reporting.standards import judge, missing, standards

FOLDER = "methods"
Navigation = tuple[tuple[str, str], ...]
BESIDE_PAGES: Navigation = (("../index.html", "All reports"), ("../network.html", "All clinics together"))
BESIDE_EDITION: Navigation = (
    ("../../../index.html", "All reports of the network"),
    ("../report.html", "All clinics together"),
)
"""The links of the page where it lies beside the pages of one moment, and beside the network's report of a period."""
_PICTURES = {"sections": {"__all__": {"blocks": {"__all__": {"wide", "narrow"}}}}}


def standards_left(tables: Mapping[str, pd.DataFrame], stamp: Stamp) -> list[str]:
    """The items of the reporting standards that nothing in these released tables fills."""
    appendix, released = build_appendix(tables, stamp)
    return missing(released, _ids(appendix))


def write_appendix(
    folder: Path, tables: Mapping[str, pd.DataFrame], stamp: Stamp, navigation: Navigation = BESIDE_PAGES
) -> tuple[list[Path], list[str]]:
    """Write everything into `folder`; returns the files and the items of standards that nothing fills (see `standards`).

    `navigation` are the links of the page to what lies around it.

    The same released tables and stamp give the same bytes. Each file is written aside and renamed.
    """
    appendix, released = build_appendix(tables, stamp)
    cards = model_cards(released)
    files: dict[str, str | bytes] = {
        "appendix.html": page_of(appendix, navigation),
        "appendix.pdf": pdf_of(appendix),
        "appendix.json": appendix.model_dump_json(indent=2, exclude=_PICTURES) + "\n",
        "standards.json": _standards_json(appendix, released),
    }
    for card in cards:
        files[f"model-card-{card.id}.md"] = card_markdown(card)
        files[f"model-card-{card.id}.json"] = card.model_dump_json(indent=2) + "\n"
    for name, content in files.items():
        write_file(folder / name, content)
    return [folder / name for name in files], missing(released, _ids(appendix))


def page_of(appendix: Appendix, navigation: Navigation = BESIDE_PAGES) -> str:
    """The appendix as one self-contained page."""
    template = page_environment().get_template("appendix.html.j2")
    said = {"stamp": appendix.stamp, "schema_version": appendix.schema_version, "navigation": navigation}
    return unbroken(template.render(appendix=appendix, **said))


def _ids(appendix: Appendix) -> list[str]:
    return [section.id for section in appendix.sections]


def _standards_json(appendix: Appendix, released: Released) -> str:
    said: dict[str, Any] = {"schema_version": appendix.schema_version, "stamp": appendix.stamp.model_dump(mode="json")}
    said["standards"] = [
        {
            "title": standard.title,
            "about": standard.about,
            "source": standard.source,
            "mark": standard.mark,
            "items": [asdict(one.item) | {"state": one.state} for one in judge(standard, released, _ids(appendix))],
        }
        for standard in standards()
    ]
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"
