"""A report as a tagged PDF (PDF/UA-1), set by Typst from what its page says.

The words reach the template as data and are never read as markup. The same page gives the same bytes.
"""

import json
from pathlib import Path
from typing import Any

from pipelines.reporting.appendix.pdf import PDF_STANDARD
from pipelines.reporting.documents.letter import name_of
from pipelines.reporting.documents.page_blocks import blocks_of
from pipelines.reporting.model import ClinicReport, NetworkReport
from pipelines.reporting.practitioners import PractitionerReport
from pipelines.reporting.words import date_words

_TEMPLATES = Path(__file__).parents[1] / "templates"


class Printer:
    """Sets reports, one after the other: the fonts are read once."""

    def __init__(self) -> None:
        import typst

        self._compiler = typst.Compiler(_TEMPLATES / "report.typ", root=_TEMPLATES, ignore_system_fonts=True)

    def pdf_of(self, report: ClinicReport | NetworkReport | PractitionerReport, page: str) -> bytes:
        """The page of the report as PDF. Raises typst.TypstError when it cannot be set, ParseError for a page that is no XML."""
        made = self._compiler.compile(
            format="pdf",
            pdf_standards=[PDF_STANDARD],
            timestamp=report.stamp.made_at.replace(microsecond=0),
            sys_inputs={"document": json.dumps(document_of(report, page), ensure_ascii=False)},
        )
        if not isinstance(made, bytes):
            raise TypeError(f"Typst gave {type(made).__name__} where one PDF was expected")
        return made


def document_of(report: ClinicReport | NetworkReport | PractitionerReport, page: str) -> dict[str, Any]:
    """What the template is given: what the document is of, and the blocks of the page."""
    period = report.edition.words if report.edition else date_words(report.stamp.made_at)
    return {
        "about": f"Outcomes report of {name_of(report)}, {period}",
        "is_simulated": report.stamp.is_simulated,
        **blocks_of(page),
    }
