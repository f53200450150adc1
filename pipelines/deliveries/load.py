"""From the store to `raw.*`: read each feed as text, append it, and put what breaks the contract in quarantine.

All new deliveries are read first and then judged together, one query a feed: to plan a query over a hundred fields takes
longer than to run it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path

import duckdb

from pipelines.contracts import FEEDS
from pipelines.deliveries.manifest import DeliveredFile, Manifest
from pipelines.deliveries.migrations import MIGRATIONS, Migration, migrated_values
from pipelines.deliveries.quarantine import quarantine_feed
from pipelines.deliveries.reading import columns_of, quoted, sources, unreadable
from pipelines.disk import raise_if_full
from pipelines.errors import DeliveryError

DELIVERIES_AT_ONCE = 50
"""In one transaction, so that rows are written once, not to the write-ahead log first; as many are read again, one by one, when a
file cannot be read."""

_TABLES = {
    "delivery": "delivery_key varchar, clinic_code varchar, delivery_id varchar, mode varchar, schema_version varchar, "
    "is_simulated boolean, arrived_at timestamp, n_rows bigint",
    "file": "delivery_key varchar, feed varchar, n_rows bigint, n_unlisted_columns bigint, state varchar, reason varchar, "
    "columns varchar[]",
    "quarantine": "delivery_key varchar, clinic_code varchar, feed varchar, row_number bigint, field varchar, "
    "scope varchar, rule varchar, remedy varchar",
    "receipt": "delivery_key varchar, clinic_code varchar, delivery_id varchar, received_at timestamp",
    "withdrawal": "delivery_key varchar, withdrawn_at timestamp",
    "release": "delivery_key varchar, released_at timestamp",
    "hold": "delivery_key varchar, clinic_code varchar, feed varchar, field varchar, rule varchar, remedy varchar",
    "refused_delivery": "clinic_code varchar, delivery_id varchar, state varchar, reason varchar, seen_at timestamp, "
    "settled_at timestamp",
}


@dataclass(frozen=True)
class NewDelivery:
    """A delivery of the store that `raw.*` does not hold yet. `arrived_at` is in UTC, without a zone."""

    folder: Path
    manifest: Manifest
    arrived_at: datetime


NewFile = tuple[NewDelivery, DeliveredFile]
_PATH = "path of the file"


@dataclass(frozen=True)
class Blocked:
    """What cannot be used of a delivery, and why: one optional feed's file, or (`feed` None) the whole of it."""

    delivery_key: str
    feed: str | None
    reason: str


def create_raw_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty `raw.*` tables where they are absent."""
    for name, columns in _TABLES.items():
        con.execute(f"create table if not exists raw.{name} ({columns})")
    for feed in FEEDS.values():
        columns = ", ".join(f"{name} varchar" for name in feed.columns)
        con.execute(
            f"create table if not exists raw.{feed.name} "
            f"(delivery_key varchar, row_number bigint, arrived_at timestamp, {columns})"
        )


def load_deliveries(
    con: duckdb.DuckDBPyConnection, deliveries: Mapping[str, NewDelivery], migrations: Sequence[Migration] = MIGRATIONS
) -> list[Blocked]:
    """Append the deliveries (by key) to `raw.*` and quarantine what breaks the contract; returns what cannot be used.

    A file of a feed that need not be there is blocked alone; another blocks its delivery, and nothing of that stays.
    """
    blocked: dict[tuple[str, str], str] = {}
    listed = list(deliveries.items())
    for first in range(0, len(listed), DELIVERIES_AT_ONCE):
        some = listed[first : first + DELIVERIES_AT_ONCE]
        try:
            found = _load_together(con, some, migrations)
        except DeliveryError:
            found = _load_one_by_one(con, some, migrations)
        blocked |= found
    loaded = [[key, new.manifest.clinic_code] for key, new in deliveries.items()]
    con.execute("create or replace temp table new_delivery (delivery_key varchar, clinic_code varchar)")
    if loaded:
        con.executemany("insert into new_delivery values (?, ?)", loaded)
    for feed in FEEDS.values():
        if any(file.feed == feed.name for new in deliveries.values() for file in new.manifest.usable_files):
            blocked |= {(key, feed.name): reason for key, reason in quarantine_feed(con, feed).items()}
    con.execute("drop table new_delivery")
    return _settle(con, deliveries, blocked)


def _load_together(
    con: duckdb.DuckDBPyConnection, deliveries: Sequence[tuple[str, NewDelivery]], migrations: Sequence[Migration]
) -> dict[tuple[str, str], str]:
    """Append the files in one transaction; returns those that were blocked before.

    Raises DeliveryError, with nothing appended, when one cannot be read: an error ends DuckDB's transaction.
    """
    con.execute("begin")
    try:
        for files, names in _alike(deliveries, migrations):
            _load_files(con, files, names, migrations)
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
    return _blocked_before(deliveries)


def _alike(
    deliveries: Sequence[tuple[str, NewDelivery]], migrations: Sequence[Migration]
) -> list[tuple[list[NewFile], list[str]]]:
    """The files in lots that one statement can read, each with the names of its columns: CSV of one feed, version and header."""
    lots: dict[tuple[object, ...], tuple[list[NewFile], list[str]]] = {}
    for _, new in deliveries:
        for file in new.manifest.usable_files:
            names = columns_of(new.folder, file, migrations)
            alone = (new.folder, file.name) if file.format == "parquet" else ()  # each has types of its own
            lots.setdefault((file.feed, file.version, *alone, *names), ([], names))[0].append((new, file))
    return list(lots.values())


def _load_one_by_one(
    con: duckdb.DuckDBPyConnection, deliveries: Sequence[tuple[str, NewDelivery]], migrations: Sequence[Migration]
) -> dict[tuple[str, str], str]:
    """Append each file that can be read; returns those that cannot be used, with the reason."""
    blocked = _blocked_before(deliveries)
    for key, new in deliveries:
        for file in new.manifest.usable_files:
            try:
                _load_files(con, [(new, file)], columns_of(new.folder, file, migrations), migrations)
            except DeliveryError as error:
                blocked[key, file.feed] = str(error)
    return blocked


def _blocked_before(deliveries: Sequence[tuple[str, NewDelivery]]) -> dict[tuple[str, str], str]:
    return {(key, file.feed): file.blocked for key, new in deliveries for file in new.manifest.files if file.blocked}


def _settle(
    con: duckdb.DuckDBPyConnection, deliveries: Mapping[str, NewDelivery], blocked: Mapping[tuple[str, str], str]
) -> list[Blocked]:
    """Take back what is blocked, and write `raw.delivery` for the others."""
    found = []
    for key, new in deliveries.items():
        reasons = {feed: reason for (delivery, feed), reason in blocked.items() if delivery == key}
        fatal = [reason for feed, reason in reasons.items() if FEEDS[feed].is_mandatory]
        if fatal:
            for feed in FEEDS:
                _take_back(con, key, feed)
            con.execute("delete from raw.file where delivery_key = ?", [key]).fetchall()
            found.append(Blocked(key, None, " ".join(fatal)))
            continue
        for feed, reason in reasons.items():
            _take_back(con, key, feed)
            con.execute("delete from raw.file where delivery_key = ? and feed = ?", [key, feed]).fetchall()
            con.execute("insert into raw.file values (?, ?, 0, 0, 'blocked', ?, [])", [key, feed, reason]).fetchall()
            found.append(Blocked(key, feed, reason))
        said = new.manifest
        about = [key, said.clinic_code, said.delivery_id, said.mode, said.schema_version, said.is_simulated]
        con.execute(
            "insert into raw.delivery values (?, ?, ?, ?, ?, ?, ?, ?)", [*about, new.arrived_at, said.n_rows]
        ).fetchall()
    return found


def _take_back(con: duckdb.DuckDBPyConnection, delivery_key: str, feed: str) -> None:
    con.execute(f"delete from raw.{feed} where delivery_key = ?", [delivery_key]).fetchall()
    con.execute("delete from raw.quarantine where delivery_key = ? and feed = ?", [delivery_key, feed]).fetchall()


def _load_files(
    con: duckdb.DuckDBPyConnection, files: Sequence[NewFile], names: list[str], migrations: Sequence[Migration]
) -> None:
    """Append files of one lot, in order. Raises DeliveryError when one cannot be read or has not the rows that it should have."""
    _, first = files[0]
    feed = FEEDS[first.feed]
    listed = [name for name in feed.columns if name in names]
    chosen = ", ".join(migrated_values(feed.name, listed, first.version, migrations))
    before = [0, *accumulate(file.rows for _, file in files)]
    number = "delivered.number - of_file.before"
    if len(files) > 1:
        number = f"if({number} between 1 and of_file.n_rows, {number}, error('not the rows of the manifest'))"
    read = sources([new.folder / file.name for new, file in files], first.format, names, _PATH)
    try:
        rows = con.execute(
            f"insert into raw.{feed.name} (delivery_key, row_number, arrived_at, {', '.join(listed)}) "
            f"select of_file.delivery_key, {number}, of_file.arrived_at, {chosen} "
            f"from (select *, row_number() over () as number from {read}) as delivered "
            "join (select unnest($paths) as path, unnest($keys) as delivery_key, unnest($arrived) as arrived_at, "
            "unnest($before) as before, unnest($n_rows) as n_rows) as of_file "
            f"on of_file.path = delivered.{quoted(_PATH)}",
            {
                "paths": [str(new.folder / file.name) for new, file in files],
                "keys": [new.manifest.delivery_key for new, _ in files],
                "arrived": [new.arrived_at for new, _ in files],
                "before": before[:-1],
                "n_rows": [file.rows for _, file in files],
            },
        ).fetchall()
    except duckdb.Error as error:
        raise_if_full(error)
        raise unreadable(first, error) from None
    if (n_rows := int(rows[0][0])) != before[-1]:
        raise DeliveryError(
            f"{first.name}: it has {n_rows} rows and the manifest says {before[-1]}. Export the delivery again"
        )
    con.executemany(
        "insert into raw.file values (?, ?, ?, ?, 'loaded', '', ?)",
        [[new.manifest.delivery_key, feed.name, file.rows, file.n_unlisted_columns, listed] for new, file in files],
    )
