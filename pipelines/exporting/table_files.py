"""CSV and XLSX files as rows of cells with their line numbers, as strictly as they can be read."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from pipelines.errors import InstallationError, UsageError
from pipelines.exporting.making import Cell
from pipelines.exporting.table_rules import FileRule

Row = tuple[int, list[Cell]]

_LONGEST_FIELD = 1_000_000
SPREADSHEETS = (".xlsx", ".xlsm")


def files_of(place: Path, rule: FileRule) -> list[Path]:
    """The files of a rule below `place` (or `place` itself), sorted by name; raises UsageError when there is none."""
    if place.is_file():
        return [place] if place.match(rule.pattern) else []
    found = sorted(path for path in place.glob(rule.pattern) if path.is_file())
    if not found:
        raise UsageError(
            f"{rule.line}: no file {rule.pattern} lies in the folder. Export it, or correct the name in the mapping"
        )
    return found


def rows_of(path: Path, rule: FileRule) -> Iterator[Row]:
    """Every row with its line, the header among them. Raises UsageError for what is not written as the rule says."""
    if path.suffix.lower() in SPREADSHEETS:
        return _rows_of_sheet(path, rule)
    return _rows_of_text(path, rule)


def _rows_of_text(path: Path, rule: FileRule) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    with path.open(encoding=rule.encoding, newline="") as stream:
        if rule.delimiter == " ":
            reader: Iterator[list[str]] = (line.split() for line in stream)
        else:
            reader = csv.reader(stream, delimiter=rule.delimiter, strict=True)
        line = 0
        try:
            for number, cells in enumerate(reader, start=1):
                line = getattr(reader, "line_num", number)
                if cells:
                    yield line, list(cells)
        except UnicodeDecodeError:
            raise UsageError(
                f"{path.name} after line {line}: not {rule.encoding}. Say how it is written, encoding: cp1252 for most "
                f"older programs ({rule.line})"
            ) from None
        except csv.Error:
            raise UsageError(
                f"{path.name} after line {line}: quotes do not match, or a value is far too long. Export it again, or "
                f"correct delimiter ({rule.line})"
            ) from None


def _rows_of_sheet(path: Path, rule: FileRule) -> Iterator[Row]:
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ModuleNotFoundError:
        raise InstallationError(
            f"to read {path.name} the package openpyxl is needed. Install requirements-export.lock as docs/exporting.md says"
        ) from None
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, KeyError, OSError, ValueError, BadZipFile, ParseError):
        raise _no_spreadsheet(path) from None
    try:
        if rule.sheet and rule.sheet not in book.sheetnames:
            raise UsageError(f"{path.name} has no sheet {rule.sheet}. Correct sheet ({rule.line})")
        sheet = book[rule.sheet] if rule.sheet else book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            row = [_cell(value) for value in cells]
            if any(cell != "" for cell in row):
                yield number, row
    except (KeyError, ValueError, BadZipFile, ParseError):
        raise _no_spreadsheet(path) from None
    finally:
        book.close()


def _no_spreadsheet(path: Path) -> UsageError:
    return UsageError(
        f"{path.name} is no XLSX file that can be read to its end. Save it again as XLSX, without a password"
    )


def _cell(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
