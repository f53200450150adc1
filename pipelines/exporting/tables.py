"""The source `tables`: practice exports as CSV or XLSX, read as a mapping file says.

A column that no field is taken from is dropped and named in the preview.
"""

from collections.abc import Iterator
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.exporting.making import Maker
from pipelines.exporting.records import Record
from pipelines.exporting.sources import Request
from pipelines.exporting.table_files import SPREADSHEETS, Row, files_of, rows_of
from pipelines.exporting.table_mapping import read_table_mapping
from pipelines.exporting.table_rules import FileRule
from pipelines.exporting.tally import Tally
from pipelines.privacy.identifiers import header_kinds

UNEVEN = "a row with more or fewer values than the header"


def read_tables(request: Request) -> Iterator[Record]:
    """The records of the files that the mapping names below the place; see `pipelines.exporting.sources.Reader`."""
    rules = read_table_mapping(request.mapping)
    found = [(rule, files_of(request.place, rule)) for rule in rules]
    if not any(paths for _, paths in found):
        raise UsageError(f"no file of the mapping fits {request.place.name}. Name the folder of the files instead")
    for rule, paths in found:
        for path in paths:
            yield from _records(path, rule, request.tally)


def _records(path: Path, rule: FileRule, tally: Tally) -> Iterator[Record]:
    rows = rows_of(path, rule)
    columns = list(rule.header) or _header(next(rows, (0, [])))
    places = {name.strip().casefold(): number for number, name in reversed(list(enumerate(columns)))}
    makers = [Maker(record, places, path.name, rule.decimal, rule.missing) for record in rule.records]
    _drop(rule, columns, set().union(*(maker.used for maker in makers)), tally)
    n_cells = len(columns)
    for line, cells in rows:
        tally.read(rule.pattern)
        is_sheet = path.suffix.lower() in SPREADSHEETS  # which has no rows of their own length
        if any(cell != "" for cell in cells[n_cells:]) or (len(cells) < n_cells and not is_sheet):
            tally.unmapped(rule.pattern, UNEVEN, path.name, line)
            continue
        filled = cells + [""] * (n_cells - len(cells))
        for maker in makers:
            yield from maker.make(filled, line, tally)


def _header(row: Row) -> list[str]:
    return [str(cell) for cell in row[1]]


def _drop(rule: FileRule, columns: list[str], used: set[int], tally: Tally) -> None:
    """Name the columns that stay; a name that may itself be a patient's is given by its number."""
    left = [
        (number, name)
        for number, name in enumerate(columns)
        if number not in used and name.strip().casefold() not in rule.dropped
    ]
    kinds = header_kinds([name for _, name in left])
    tally.dropped(
        rule.pattern,
        [
            name if kind is None or kind.startswith("a column named") else f"column {number + 1}"
            for (number, name), kind in zip(left, kinds, strict=True)
        ],
    )
