"""From the store to `raw.*`: read each feed as text, append it, and put what breaks the contract in quarantine."""

import csv
import re
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.casting import literal
from pipelines.contracts import FEEDS, Feed
from pipelines.deliveries.manifest import DeliveredFile, Manifest
from pipelines.deliveries.quarantine import quarantine_feed
from pipelines.errors import DeliveryError

LONGEST_LINE_BYTES = 1_000_000
MOST_COLUMNS = 500


def create_raw_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty `raw.*` tables where they are absent."""
    con.execute(
        "create table if not exists raw.delivery (delivery_key varchar, clinic_code varchar, delivery_id varchar, "
        "mode varchar, schema_version varchar, is_simulated boolean, arrived_at timestamp, n_rows bigint)"
    )
    con.execute(
        "create table if not exists raw.file (delivery_key varchar, feed varchar, n_rows bigint, n_unlisted_columns bigint)"
    )
    con.execute(
        "create table if not exists raw.quarantine (delivery_key varchar, clinic_code varchar, feed varchar, "
        "row_number bigint, field varchar, scope varchar, rule varchar, remedy varchar)"
    )
    con.execute(
        "create table if not exists raw.refused_delivery (clinic_code varchar, delivery_id varchar, state varchar, "
        "reason varchar, seen_at timestamp)"
    )
    for feed in FEEDS.values():
        columns = ", ".join(f"{name} varchar" for name in feed.columns)
        con.execute(
            f"create table if not exists raw.{feed.name} "
            f"(delivery_key varchar, row_number bigint, arrived_at timestamp, {columns})"
        )


def load_delivery(con: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, arrived_at: datetime) -> None:
    """Append one delivery to `raw.*`, all of it or nothing. Raises DeliveryError when a file cannot be read."""
    key = manifest.delivery_key
    con.execute("begin transaction")
    try:
        for file in manifest.files:
            _load_file(con, folder, file, key, arrived_at)
            quarantine_feed(con, FEEDS[file.feed], key, manifest.clinic_code)
        con.execute(
            "insert into raw.delivery values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                key,
                manifest.clinic_code,
                manifest.delivery_id,
                manifest.mode,
                manifest.schema_version,
                manifest.is_simulated,
                arrived_at.replace(tzinfo=None),
                manifest.n_rows,
            ],
        )
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise


def _load_file(
    con: duckdb.DuckDBPyConnection, folder: Path, file: DeliveredFile, delivery_key: str, arrived_at: datetime
) -> None:
    feed = FEEDS[file.feed]
    path = folder / file.name
    header = _csv_header(path) if file.format == "csv" else _parquet_header(con, path)
    names = _checked_header(file, feed, header)
    chosen = ", ".join(f"cast({_quoted(name)} as varchar)" for name in feed.columns if name in names)
    targets = ", ".join(name for name in feed.columns if name in names)
    try:
        rows = con.execute(
            f"insert into raw.{feed.name} (delivery_key, row_number, arrived_at, {targets}) "
            f"select ?, row_number() over (), ?, {chosen} from {_source(path, file.format, names)}",
            [delivery_key, arrived_at.replace(tzinfo=None)],
        ).fetchall()
    except duckdb.Error as error:
        raise DeliveryError(f"{file.name}: {_where(error)} cannot be read. Send the file again") from None
    n_rows = int(rows[0][0])
    if n_rows != file.rows:
        raise DeliveryError(
            f"{file.name}: it has {n_rows} rows and the manifest says {file.rows}. Export the delivery again"
        )
    con.execute(
        "insert into raw.file values (?, ?, ?, ?)",
        [delivery_key, feed.name, n_rows, len(names) - len(targets.split(", "))],
    )


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


def _checked_header(file: DeliveredFile, feed: Feed, header: list[str]) -> list[str]:
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


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _source(path: Path, file_format: str, names: list[str]) -> str:
    place = literal(str(path))
    if file_format == "parquet":
        return f"read_parquet({place})"
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({place}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        f"strict_mode = true, null_padding = false, nullstr = '', max_line_size = {LONGEST_LINE_BYTES}, "
        f"columns = {{{columns}}})"
    )


def _where(error: duckdb.Error) -> str:
    """Where DuckDB stumbled, without its message: that quotes the line, and so a patient's values."""
    found = re.search(r"[Ll]ine:? (\d+)", str(error))
    return f"line {found[1]}" if found else "a line"
