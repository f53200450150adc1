"""A report as a tagged PDF (PDF/UA-1), set by Typst: what it says, its pictures, then every value of it.

The words reach the template as data and are never read as markup. The same report gives the same bytes.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.reporting.appendix.pdf import PDF_STANDARD
from pipelines.reporting.documents.figures import figures_of, lines_of
from pipelines.reporting.documents.letter import name_of, notice_of
from pipelines.reporting.figures import Figure
from pipelines.reporting.indicators import DEFINITIONS
from pipelines.reporting.model import ClinicReport, NetworkReport, Report
from pipelines.reporting.views import clinic_view, network_view
from pipelines.reporting.words import (
    INTEREST_LINE,
    NOT_ADVICE_LINE,
    SIMULATED_LINE,
    VERDICT_WORDS,
    date_words,
    interval_words,
    share_words,
)

_TEMPLATES = Path(__file__).parents[1] / "templates"


class Printer:
    """Sets reports, one after the other: the fonts are read once."""

    def __init__(self) -> None:
        import typst

        self._compiler = typst.Compiler(_TEMPLATES / "report.typ", root=_TEMPLATES, ignore_system_fonts=True)

    def pdf_of(self, report: ClinicReport | NetworkReport) -> bytes:
        """The report as PDF. Raises typst.TypstError when it cannot be set."""
        made = self._compiler.compile(
            format="pdf",
            pdf_standards=[PDF_STANDARD],
            timestamp=report.stamp.made_at.replace(microsecond=0),
            sys_inputs={"document": json.dumps(document_of(report), ensure_ascii=False)},
        )
        if not isinstance(made, bytes):
            raise TypeError(f"Typst gave {type(made).__name__} where one PDF was expected")
        return made


def document_of(report: ClinicReport | NetworkReport) -> dict[str, Any]:
    """What the template is given: texts, rows of tables and pictures, all of the report's model."""
    stamp = report.stamp
    return {
        "title": report.clinic_code if isinstance(report, ClinicReport) else "All clinics",
        "kicker": "Clinic outcomes report" if isinstance(report, ClinicReport) else "Network outcomes report",
        "subtitle": report.edition.words.capitalize() if report.edition else date_words(stamp.made_at),
        "about": f"Outcomes report of {name_of(report)}",
        "banner": SIMULATED_LINE if stamp.is_simulated else None,
        "notice": notice_of(report) or None,
        "findings": [one.model_dump(mode="json") for one in report.findings],
        "indicators": [_indicator_row(report, number) for number in range(len(report.indicators))],
        "pictures": [
            {"caption": one.caption, "alt": f"{one.caption}. {one.description}", "svg": one.wide}
            for one in _pictures(_view(report))
        ],
        "sections": [{"title": title, "lines": lines} for title, lines in _lines(report).items()],
        "limits": [NOT_ADVICE_LINE, INTEREST_LINE, _withheld(stamp.smallest_shown)],
        "footer": f"data {stamp.data_hash[:12]} · code {stamp.code_version} · report schema {report.schema_version}",
    }


def _withheld(smallest_shown: int) -> str:
    return (
        f"Counts of 1 to {smallest_shown - 1} are not shown, nor are others from which they could be worked out; all others are "
        "rounded to 5, and percentages are worked out from the rounded counts."
    )


def _lines(report: Report) -> dict[str, list[tuple[str, str]]]:
    return lines_of([one for one in figures_of(report) if one.section != "findings"])


def _view(report: ClinicReport | NetworkReport) -> Mapping[str, Any]:
    if isinstance(report, ClinicReport):
        return clinic_view(report)
    return network_view(report, {line.clinic_code: "" for line in report.clinics})


def _pictures(thing: Any) -> Iterator[Figure]:
    """The pictures of the page, in its order; those of the records' quality last."""
    if isinstance(thing, Figure):
        yield thing
    elif isinstance(thing, Mapping):
        for name in sorted(thing, key=lambda name: name == "quality"):
            yield from _pictures(thing[name])
    elif isinstance(thing, (list, tuple)):
        for part in thing:
            yield from _pictures(part)


def _indicator_row(report: Report, number: int) -> dict[str, Any]:
    one = report.indicators[number]
    symbol, verdict = VERDICT_WORDS[one.verdict]
    return {
        "code": one.code,
        "name": DEFINITIONS[one.code].name,
        "value": share_words(one.share),
        "interval": interval_words(one.share),
        "whole": "" if one.share.whole is None else f"{one.share.whole:,}",
        "target": "" if one.target_percent is None else f"{one.target_percent} %",
        "verdict": f"{symbol} {verdict}",
    }
