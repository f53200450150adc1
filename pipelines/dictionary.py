"""The data dictionary, written from the contract and from the headers and columns of the SQL models.

`python -m pipelines.dictionary` writes docs/data-dictionary.md; with `--check` it only says whether that file is right.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import duckdb

from pipelines.contracts import DELIVERED_REASONS, FEEDS, OUTCOME_WINDOW_DAYS, REASONS, SCHEMA_VERSION, Feed, Field
from pipelines.deliveries.load import create_raw_tables
from pipelines.tables import SqlFile, build, sql_files
from pipelines.warehouse import open_warehouse

PLACE = Path(__file__).resolve().parents[1] / "docs" / "data-dictionary.md"
_TYPE_WORDS = {
    "key": "key",
    "int": "whole number",
    "float": "number",
    "enum": "one code",
    "set": "codes separated by ;",
    "tri": "yes or no",
    "bool": "yes or no",
}


@cache
def dictionary() -> str:
    """The whole data dictionary as Markdown."""
    with open_warehouse(":memory:", threads=1) as con:
        create_raw_tables(con)
        build(con, ["clean", "cohort"])
        parts = [_opening(), _missing(), _windows(), *_feeds(), *_cohort(con)]
    return "\n\n".join(parts) + "\n"


def _opening() -> str:
    return f"""# Data dictionary

Generated from the code by `python -m pipelines.dictionary`; do not edit it by hand. Contract version {SCHEMA_VERSION}.

The first part is what a clinic delivers (nine feeds). The second part is what the night makes of it (`cohort.*`).
In `clean.*` each feed is one table of the same name: `clinic_code`, the fields below with their SQL types, a column
`<field>_reason` beside every field that is not required, `delivery_key` and `row_number` of the row as delivered."""


def _missing() -> str:
    rows = [
        (f"`{token}`", f"`.{token}`" if token in DELIVERED_REASONS else "", said) for token, said in REASONS.items()
    ]
    return "\n".join(
        [
            "## Missing values",
            "",
            "A missing value is never 'no' or 'normal'. Where the value is NULL, `<field>_reason` says why. An empty",
            "field, a column that was not sent and a feed that was not sent mean `a`.",
            "",
            *table(("reason in `clean.*`", "in a delivery", "meaning"), rows),
        ]
    )


def _windows() -> str:
    rows = [(weeks, 7 * weeks, days) for weeks, days in OUTCOME_WINDOW_DAYS.items()]
    return "\n".join(
        [
            "## Outcome windows",
            "",
            "An answer counts for a time point when it was completed within the window around the due day.",
            "",
            *table(("time point (weeks)", "due day", "days either side"), rows),
        ]
    )


def _feeds() -> Iterator[str]:
    yield "## Feeds"
    for feed in FEEDS.values():
        yield _feed(feed)


def _feed(feed: Feed) -> str:
    said = "Must be in every delivery." if feed.is_mandatory else "May be left out."
    if feed.parent:
        said += (
            f" Belongs to `{feed.parent}` by `{feed.parent_key}`; a row whose {feed.parent} is not known is not used."
        )
    rows = [_field(field) for field in feed.fields]
    return "\n".join(
        [
            f"### {feed.name}",
            "",
            f"Key: {', '.join(f'`{name}`' for name in feed.key)}. {said}",
            "",
            *table(("field", "type", "SQL type", "unit", "range or codes", "minimum", "required", "rule"), rows),
        ]
    )


def _field(field: Field) -> tuple[object, ...]:
    return (
        f"`{field.name}`",
        _TYPE_WORDS[field.type],
        field.sql_type,
        field.unit,
        _allowed(field),
        "yes" if field.is_minimum else "",
        "yes" if field.is_required else "",
        field.rule,
    )


def _allowed(field: Field) -> str:
    if field.low is not None and field.high is not None:
        return f"{field.low:g} to {field.high:g}"
    if field.pattern:
        return f"`{field.pattern}`"
    return ", ".join(f"`{code}`" for code in field.codes)


def _cohort(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    yield (
        "## Cohort tables\n\nPatient level: they never leave. Scope `patient` means that the rows of a patient depend "
        "on the rows of that patient alone."
    )
    for file in sql_files("cohort"):
        yield _model(con, file)


def _model(con: duckdb.DuckDBPyConnection, file: SqlFile) -> str:
    expected = [f"- {said}" for said in file.said("expect")]
    rows = con.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = ? and table_name = ? order by ordinal_position",
        [file.schema, file.name],
    ).fetchall()
    return "\n".join(
        [
            f"### {file.table}",
            "",
            file.description,
            "",
            f"Scope: {file.scope}. Key: {', '.join(f'`{name}`' for name in file.key)}.",
            *(["", "Expected of every row:", "", *expected] if expected else []),
            "",
            *table(("column", "type"), [(f"`{name}`", data_type) for name, data_type in rows]),
        ]
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The lines of a Markdown table; a bar inside a cell is escaped."""
    lines = [heads, ["---"] * len(heads), *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def main(arguments: Sequence[str], place: Path = PLACE) -> int:
    """Write the dictionary to `place`, or with `--check` compare; returns 1 when the file there differs, else 0."""
    return write_or_compare(dictionary(), place, arguments, "the contract and sql/cohort", "pipelines.dictionary")


def write_or_compare(text: str, place: Path, arguments: Sequence[str], source: str, module: str) -> int:
    """Write a generated document to `place`, or with `--check` compare; returns 1 when the file there differs, else 0.

    `source` and `module` are what it is made from and by, for the message.
    """
    if "--check" not in arguments:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return 0
    if place.is_file() and place.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{place.name} is not what {source} say. Run `python -m {module}` and commit it\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
