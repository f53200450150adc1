"""The sections as text, as they would stand in the reports."""

from collections.abc import Iterator

from pipelines.reporting.section_views import section_views
from pipelines.reporting.sections import TABLES, read_sections
from pipelines.sections.making import NETWORK, Made, tables_of


def lines_of(made: list[Made]) -> Iterator[str]:
    """Each section as each reader of it is shown it: the network, then the clinics."""
    tables = dict(zip(TABLES, tables_of(made), strict=True))
    codes = sorted(set(tables["section_values"]["clinic_code"]) - {NETWORK})
    for place, sections in sorted(
        read_sections(tables, codes, NETWORK).items(), key=lambda one: (one[0] != NETWORK, one[0])
    ):
        for view in section_views(sections):
            yield f"\n{place}: {view['title']}"
            if view["not_made"]:
                yield f"  {view['not_made']}"
                continue
            rows = [tuple(view["columns"]), *view["rows"]]
            widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
            for row in rows:
                yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
