"""A practitioner's own report as its page shows it."""

from typing import Any

from pipelines.reporting.branding import labels_of
from pipelines.reporting.indicators import DEFINITIONS, MEASURE_NAMES
from pipelines.reporting.number_forms import number_words
from pipelines.reporting.page_script import SCRIPT, SCRIPT_SOURCE
from pipelines.reporting.place_words import interval_words_of, value_words
from pipelines.reporting.practitioners import Completeness, OwnMeasure, PractitionerReport
from pipelines.reporting.shares import Share
from pipelines.reporting.words import PRACTITIONER_LINES, count_words, date_words, interval_words, share_words

COMPLETENESS_COLUMNS = ("Recorded", "Your patients", "Of", "Whole clinic")
MEASURE_COLUMNS = (
    "Outcome",
    "Adjusted, with 95 % interval",
    "Expected of these patients",
    "All clinics",
    "Patients known",
)


def practitioner_view(report: PractitionerReport) -> dict[str, Any]:
    """What the template is given beside the report."""
    return {
        "label": labels_of(report.branding),
        "script": SCRIPT,
        "script_source": SCRIPT_SOURCE,
        "made_on": date_words(report.stamp.made_at),
        "key": report.practitioner_key[:12],
        "lines": PRACTITIONER_LINES,
        "completeness_columns": COMPLETENESS_COLUMNS,
        "completeness": [_completeness_row(one) for one in report.completeness],
        "measure_columns": MEASURE_COLUMNS,
        "measures": [_measure_row(one) for one in report.measures if not one.reason],
        "reasons": sorted(
            {f"{MEASURE_NAMES[one.indicator, one.measure][0]}: {one.reason}" for one in report.measures if one.reason}
        ),
    }


def _completeness_row(one: Completeness) -> tuple[str, ...]:
    name = f"{DEFINITIONS[one.code].name} ({one.code}): {DEFINITIONS[one.code].meaning}"
    return name, _share(one.share), count_words(one.share.whole), _share(one.clinic)


def _share(share: Share) -> str:
    if share.whole == 0:
        return "none due"
    interval = interval_words(share)
    return f"{share_words(share)} ({interval})" if interval else share_words(share)


def _measure_row(one: OwnMeasure) -> tuple[str, ...]:
    name, unit = MEASURE_NAMES[one.indicator, one.measure]
    expected = (
        f"{number_words(one.expected or 0, 1)} gained" if one.indicator == "QI-13" else value_words(one, one.expected)
    )
    return (
        f"{name}, {unit}" if one.indicator == "QI-13" else name,
        f"{value_words(one, one.adjusted)} ({interval_words_of(one, one.lower, one.upper)})",
        expected,
        value_words(one, one.network),
        count_words(one.n),
    )
