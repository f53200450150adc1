"""A Parquet file before the warehouse reads it: what its footer says is held against the limits, then it is read once, aside.

A footer may lie, and a small file may hold a great deal: equal values are stored once. So the text that its rows make is
measured too, by a DuckDB of its own with little memory, whose failure harms nothing else.
"""

from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import compute, parquet

from pipelines.casting import literal
from pipelines.deliveries.limits import (
    ALWAYS_UNPACKED_BYTES,
    LARGEST_FOOTER_BYTES,
    LARGEST_UNPACKED_BYTES,
    LONGEST_FIELD_CHARACTERS,
    MOST_COLUMNS,
    MOST_ROW_GROUPS,
    MOST_ROWS_A_BYTE,
    MOST_UNPACKED_TIMES,
    PARQUET_MEMORY,
)
from pipelines.errors import DeliveryError
from pipelines.warehouse import open_warehouse

_MAGIC = b"PAR1"
_TAIL_BYTES = 8
_SMALLEST_BYTES = 12
_BATCH_ROWS = 50_000


def parquet_header(path: Path) -> list[str]:
    """The names of the columns; raises DeliveryError when it is no Parquet file, or too many or nested columns are in it."""
    schema = _footer(path).schema
    columns = [schema.column(number) for number in range(len(schema))]
    if len(columns) > MOST_COLUMNS:
        raise _refuse(path, f"it has {len(columns):,} columns, more than {MOST_COLUMNS}", "Send the contract's columns")
    if not columns:
        raise _refuse(path, "it has no columns", "Send the feed with its columns, even when it has no rows")
    try:
        if any(column.max_repetition_level or column.path != column.name for column in columns):
            raise _refuse(path, "it has nested columns", "Send plain columns: text, numbers, yes and no as text")
        return [column.name for column in columns]
    except UnicodeDecodeError:
        raise _refuse(path, "the name of a column is not UTF-8", "Name the columns as the contract does") from None


def check_parquet(path: Path, n_rows: int) -> None:
    """Raise DeliveryError unless the file has `n_rows` rows, all of which can be read, and keeps every limit of Parquet files."""
    footer = _footer(path)
    names = parquet_header(path)
    if footer.num_rows != n_rows:
        raise _refuse(
            path, f"it has {footer.num_rows} rows and the manifest says {n_rows}", "Export the delivery again"
        )
    size = path.stat().st_size
    if n_rows > MOST_ROWS_A_BYTE * size:
        raise _refuse(path, f"it says it has more than {MOST_ROWS_A_BYTE} rows a byte", "Export the feed again")
    if footer.num_row_groups > MOST_ROW_GROUPS:
        raise _refuse(path, f"it has more than {MOST_ROW_GROUPS:,} groups of rows", "Write larger groups")
    unpacked = sum(abs(footer.row_group(number).total_byte_size) for number in range(footer.num_row_groups))
    most = max(ALWAYS_UNPACKED_BYTES, min(LARGEST_UNPACKED_BYTES, MOST_UNPACKED_TIMES * size))
    if unpacked > most:
        raise _refuse(
            path, f"unpacked it would have {unpacked:,} bytes, more than {most:,}", "Export the feed again, or as CSV"
        )
    _read_once(path, len(names), n_rows)


def _footer(path: Path) -> parquet.FileMetaData:
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - _TAIL_BYTES))
        tail = stream.read(_TAIL_BYTES)
    length = int.from_bytes(tail[:4], "little")
    if size < _SMALLEST_BYTES or tail[4:] != _MAGIC or length > size - _SMALLEST_BYTES:
        raise _refuse(
            path, "it is not a Parquet file, or one that was cut short", "Send it again, not compressed as a whole"
        )
    if length > LARGEST_FOOTER_BYTES:
        raise _refuse(
            path, f"its footer has more than {LARGEST_FOOTER_BYTES:,} bytes", "Write fewer columns, larger groups"
        )
    try:
        return parquet.read_metadata(path)
    except (pa.ArrowException, OSError, ValueError):
        remedy = "Send plain columns, not encrypted"
        raise _refuse(path, "its footer cannot be read, or nests too deep", remedy) from None


def _read_once(path: Path, n_columns: int, n_rows: int) -> None:
    """Read every value as text, keep none, and hold their number and length against the limits; stops at the first broken one."""
    names = [f"column_{number}" for number in range(n_columns)]
    sizes = [f"coalesce(strlen(cast({name} as varchar)), 0)" for name in names]
    n_found = n_bytes = longest = 0
    try:
        with open_warehouse(":memory:", readable=(path.parent,), threads=1, memory=PARQUET_MEMORY, bare=True) as con:
            found = con.sql(
                f"select {' + '.join(sizes)} as n_bytes, greatest({', '.join(sizes)}, 0) as longest "
                f"from read_parquet({literal(str(path))}) as delivered ({', '.join(names)})"
            )
            for batch in found.to_arrow_reader(_BATCH_ROWS):
                n_found += batch.num_rows
                n_bytes += compute.sum(batch["n_bytes"]).as_py()
                longest = max(longest, compute.max(batch["longest"]).as_py())
                if n_bytes > LARGEST_UNPACKED_BYTES or longest > LONGEST_FIELD_CHARACTERS:
                    break
    except duckdb.OutOfMemoryException:
        raise _refuse(
            path, f"to read it takes more than {PARQUET_MEMORY}", "Write smaller groups of rows, or CSV"
        ) from None
    except (duckdb.Error, pa.ArrowException, OSError):
        raise _refuse(path, "it is a Parquet file that cannot be read", "Export the feed again, or as CSV") from None
    if longest > LONGEST_FIELD_CHARACTERS:
        raise _refuse(
            path,
            f"it has a value of more than {LONGEST_FIELD_CHARACTERS:,} characters",
            "Free text must not leave the clinic",
        )
    if n_bytes > LARGEST_UNPACKED_BYTES:
        raise _refuse(
            path, f"as text it has more than {LARGEST_UNPACKED_BYTES:,} bytes", "Export the feed again, or as CSV"
        )
    if n_found != n_rows:
        raise _refuse(path, f"it has {n_found} rows and the manifest says {n_rows}", "Export the delivery again")


def _refuse(path: Path, found: str, remedy: str) -> DeliveryError:
    return DeliveryError(f"{path.name}: {found}. {remedy}")
