"""From the store to `raw.*`: read each feed as text, append it, and put what breaks the contract in quarantine."""

from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.contracts import FEEDS
from pipelines.deliveries.manifest import DeliveredFile, Manifest
from pipelines.deliveries.quarantine import quarantine_feed
from pipelines.deliveries.reading import columns_of, quoted, source, where
from pipelines.errors import DeliveryError


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
    names = columns_of(con, folder, file)
    chosen = ", ".join(f"cast({quoted(name)} as varchar)" for name in feed.columns if name in names)
    targets = ", ".join(name for name in feed.columns if name in names)
    try:
        rows = con.execute(
            f"insert into raw.{feed.name} (delivery_key, row_number, arrived_at, {targets}) "
            f"select ?, row_number() over (), ?, {chosen} from {source(folder / file.name, file.format, names)}",
            [delivery_key, arrived_at.replace(tzinfo=None)],
        ).fetchall()
    except duckdb.Error as error:
        raise DeliveryError(f"{file.name}: {where(error)} cannot be read. Send the file again") from None
    n_rows = int(rows[0][0])
    if n_rows != file.rows:
        raise DeliveryError(
            f"{file.name}: it has {n_rows} rows and the manifest says {file.rows}. Export the delivery again"
        )
    con.execute(
        "insert into raw.file values (?, ?, ?, ?)",
        [delivery_key, feed.name, n_rows, file.n_unlisted_columns],
    )
