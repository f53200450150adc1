"""A report as a tagged PDF, set from what its page says. The same page gives the same bytes."""

from typing import Any

from pipelines.reporting.documents.letter import name_of
from pipelines.reporting.documents.page_blocks import blocks_of
from pipelines.reporting.model import ClinicReport, NetworkReport
from pipelines.reporting.practitioners import PractitionerReport
from pipelines.reporting.typesetting import pdf_by
from pipelines.reporting.words import date_words


def pdf_of(report: ClinicReport | NetworkReport | PractitionerReport, page: str) -> bytes:
    """The page of the report as PDF. Raises typst.TypstError when it cannot be set, ParseError for a page that is no XML."""
    return pdf_by("report", document_of(report, page), report.stamp.made_at)


def document_of(report: ClinicReport | NetworkReport | PractitionerReport, page: str) -> dict[str, Any]:
    """What the template is given: what the document is of, and the blocks of the page."""
    period = report.edition.words if report.edition else date_words(report.stamp.made_at)
    return {
        "about": f"Outcomes report of {name_of(report)}, {period}",
        "is_simulated": report.stamp.is_simulated,
        **blocks_of(page),
    }
