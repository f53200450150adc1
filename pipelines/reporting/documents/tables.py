"""A report as CSV: a line a value, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from functools import cache

from pipelines.privacy.spreadsheets import safe_text
from pipelines.reporting.documents.figures import STAMPED, Figure, Value
from pipelines.reporting.model import Report
from pipelines.reporting.practitioners import PractitionerReport

COLUMNS = ("section", "item", "field", "value")


def csv_of(report: Report | PractitionerReport, figures: Sequence[Figure]) -> str:
    """Section, item, field and value of all that the report says (its `figures_of`); what is withheld is empty, texts are quoted.

    The first lines say which report it is. No text begins as a formula does.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(COLUMNS)
    safe = cache(safe_text)  # most names stand in many lines
    lines = [*_stamped(report), *figures]
    writer.writerows((safe(one.section), safe(one.item), safe(one.field), _cell(one.value)) for one in lines)
    return text.getvalue()


def _stamped(report: Report | PractitionerReport) -> list[Figure]:
    said = report.model_dump(mode="json", include=set(STAMPED))
    flat = {
        f"{name} {inner}": value
        for name in STAMPED
        if isinstance(said.get(name), dict)
        for inner, value in said[name].items()
    }
    lines = [
        (field, value) for field, values in flat.items() for value in (values if isinstance(values, list) else [values])
    ]
    return [
        Figure("report", "", "schema_version", report.schema_version),
        *(Figure("report", "", field, value) for field, value in lines),
    ]


def _cell(value: Value) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return safe_text(value) if isinstance(value, str) else value
