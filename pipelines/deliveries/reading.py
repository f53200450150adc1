"""Reading a delivered file strictly: its header, its rows as text, and where it cannot be read, without quoting it."""

import csv
import re
from pathlib import Path

import duckdb

from pipelines.casting import literal
from pipelines.contracts import FEEDS, Feed
from pipelines.deliveries.manifest import DeliveredFile
from pipelines.errors import DeliveryError

LONGEST_LINE_BYTES = 1_000_000
MOST_COLUMNS = 500


def columns_of(con: duckdb.DuckDBPyConnection, folder: Path, file: DeliveredFile) -> list[str]:
    """The names of the file's columns, in its order; those of a CSV that the contract does not list are numbered instead.

    Raises DeliveryError when there is no header, a column stands twice, or a required one is missing.
    """
    return _checked(file, FEEDS[file.feed], header_of(con, folder, file))


def header_of(con: duckdb.DuckDBPyConnection, folder: Path, file: DeliveredFile) -> list[str]:
    """The names of the file's columns as delivered; raises DeliveryError when it is no Parquet file."""
    path = folder / file.name
    return _csv_header(path) if file.format == "csv" else _parquet_header(con, path)


def _csv_header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline(LONGEST_LINE_BYTES)
    return next(csv.reader([first]), [])


def _parquet_header(con: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    try:
        rows = con.execute(f"describe select * from read_parquet({literal(str(path))})").fetchall()
    except duckdb.Error:
        raise DeliveryError(f"{path.name}: it is not a Parquet file that can be read. Send it again") from None
    return [row[0] for row in rows]


def _checked(file: DeliveredFile, feed: Feed, header: list[str]) -> list[str]:
    """The header with every column that the contract does not list renamed, so that its name is stored nowhere."""
    if not header or len(header) > MOST_COLUMNS:
        raise DeliveryError(f"{file.name}: line 1 is no header of column names. Send the feed with its header")
    listed = [name for name in header if name in feed.columns]
    if len(set(listed)) != len(listed):
        raise DeliveryError(f"{file.name}: line 1 names a column twice. Send each column once")
    required = [field.name for field in feed.fields if field.is_required and field.name not in listed]
    if required:
        raise DeliveryError(
            f"{file.name}: line 1 lacks the required column {', '.join(required)}. Add it and send again"
        )
    if file.format == "parquet":
        return header
    return [name if name in feed.columns else f"unlisted column {number}" for number, name in enumerate(header)]


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def source(path: Path, file_format: str, names: list[str]) -> str:
    """The SQL that reads the file with these columns, every value as text, nothing sniffed and nothing mended."""
    place = literal(str(path))
    if file_format == "parquet":
        return f"read_parquet({place})"
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({place}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        f"strict_mode = true, null_padding = false, nullstr = '', max_line_size = {LONGEST_LINE_BYTES}, "
        f"columns = {{{columns}}})"
    )


def where(error: duckdb.Error) -> str:
    """Where DuckDB stumbled, without its message: that quotes the line, and so a patient's values."""
    found = re.search(r"[Ll]ine:? (\d+)", str(error))
    return f"line {found[1]}" if found else "a line"
