"""Fill `raw.*` of a night: keep what an earlier night has read, add what the ledger holds beyond it."""

from collections.abc import Callable, Mapping, Set
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines.casting import literal
from pipelines.contracts import FEEDS
from pipelines.deliveries.holding import write_holds
from pipelines.deliveries.ledger import Entry, Ledger
from pipelines.deliveries.load import Blocked, NewDelivery, create_raw_tables, load_deliveries
from pipelines.deliveries.manifest import read_manifest
from pipelines.deliveries.store import block_file, remove, set_aside
from pipelines.deliveries.wholeness import spoilt_in_delivery
from pipelines.drift.headers import Drift
from pipelines.drift.holds import create_drift_tables, write_header_drift
from pipelines.drift.profiles import profile_new
from pipelines.errors import DeliveryError, InstallationError
from pipelines.provenance import code_hash, ledger_hash, reading_hash
from pipelines.tables import count_rows

_FROM_THE_LEDGER = ("receipt", "withdrawal", "release", "refused_delivery")
_FROM_THE_WHOLE = ("code", "drift", "hold")
_AS_DELIVERED = ("delivery", "file", "quarantine", "profile", "figure", "change", "header", "finding", *FEEDS)
RAW_TABLES = (*_FROM_THE_WHOLE, *_FROM_THE_LEDGER, *_AS_DELIVERED)


def fill_raw(
    con: duckdb.DuckDBPyConnection, store: Path, ledger: Ledger, earlier: Path | None, say: Callable[[str], None]
) -> int:
    """Fill `raw.*` from the store, starting from the tables of the `earlier` warehouse; returns the deliveries read anew.

    A delivery that cannot be used is marked quarantined in the ledger, with the reason, its copy is taken out of the store
    again (what looks like an identifier must not stay; the clinic's own files lie untouched in the inbox), and the others go
    on. Raises DeliveryError when not one delivery could be loaded.
    """
    create_raw_tables(con)
    create_drift_tables(con)
    erasures = str(len(ledger.erasures()))
    if earlier:
        _take_over(con, earlier, erasures)
    known = {row[0] for row in con.execute("select delivery_key from raw.delivery").fetchall()}
    kept = {
        entry.delivery_key: entry for entry in ledger.entries() if entry.delivery_key and entry.state != "duplicate"
    }
    new = {key: _of_store(store, entry) for key, entry in sorted(kept.items()) if key not in known}
    blocked = load_deliveries(con, new)
    for found in blocked:
        _block(store, ledger, kept[found.delivery_key], found, say)
    fatal = {found.delivery_key for found in blocked if found.feed is None}
    for key, delivery in new.items():
        if key not in fatal:
            say(f"{kept[key].name}: {delivery.manifest.n_rows:,} rows read")
            drifts = [
                Drift(kind, file.feed, *rest) for file in delivery.manifest.usable_files for kind, *rest in file.drift
            ]
            write_header_drift(con, key, drifts)
    profile_new(con, sorted(new.keys() - fatal))
    _write_from_the_ledger(con, ledger)
    write_holds(con)
    _tell_held(con, kept, new.keys(), say)
    con.execute(
        "create or replace table raw.code as select $code as code_hash, $reading as reading_hash, $data as data_hash, "
        "$erasures as erasures",
        {"code": code_hash(), "reading": reading_hash(), "data": ledger_hash(ledger), "erasures": erasures},
    ).fetchall()
    if not count_rows(con, "raw.delivery"):
        reasons = sorted({f"{entry.name}: {entry.reason}" for entry in ledger.entries()})
        raise DeliveryError("No delivery could be loaded, so there is nothing to work on.\n  " + "\n  ".join(reasons))
    return len(new)


def _tell_held(
    con: duckdb.DuckDBPyConnection, kept: Mapping[str, Entry], new: Set[str], say: Callable[[str], None]
) -> None:
    """Of the deliveries that were read tonight: the others were told when they were."""
    held = "select delivery_key, string_agg(distinct rule, '; ' order by rule) from raw.hold group by all order by all"
    for key, rules in con.execute(held).fetchall():
        if key in new:
            name = kept[key].name
            say(f"{name}: held: {rules}. `stepcare quarantine show {name}` names field and remedy")


def _of_store(store: Path, entry: Entry) -> NewDelivery:
    folder = store / str(entry.delivery_key)
    if not folder.is_dir():
        raise InstallationError(f"the store has lost the delivery {entry.name}. Restore the store from its backup")
    if spoilt := spoilt_in_delivery(folder):
        raise InstallationError(
            f"the store's copy of {entry.name} is not what was kept ({', '.join(spoilt)}), and is needed. Nothing was "
            f"published. Restore store/{folder.name} from the last backup"
        )
    return NewDelivery(folder, read_manifest(folder, is_in_store=True), _utc(entry.seen_at))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _block(store: Path, ledger: Ledger, entry: Entry, found: Blocked, say: Callable[[str], None]) -> None:
    place = store / found.delivery_key
    if found.feed is None:
        aside = set_aside(place)
        ledger.mark(found.delivery_key, "quarantined", found.reason, is_kept=False)
        remove(aside)
        say(f"{entry.name}: quarantined: {found.reason}")
    else:
        block_file(place, found.feed, found.reason)
        files = read_manifest(place, is_in_store=True).files_in_words
        ledger.mark(found.delivery_key, entry.state, found.reason, files=files)
        say(f"{entry.name}: {found.feed} is blocked: {found.reason}")


def _take_over(con: duckdb.DuckDBPyConnection, earlier: Path, erasures: str) -> None:
    """Copy what an earlier night read of the deliveries, unless a patient was erased since."""
    con.execute(f"attach {literal(str(earlier))} as earlier (read_only)")
    try:
        if con.execute("select erasures from earlier.raw.code").fetchall() == [(erasures,)]:
            for table in _AS_DELIVERED:
                con.execute(f"insert into raw.{table} by name select * from earlier.raw.{table}").fetchall()
    finally:
        con.execute("detach earlier")


def _write_from_the_ledger(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    entries = ledger.entries()
    rows: dict[str, list[list[object]]] = {
        "receipt": [[e.delivery_key, e.clinic_code, e.delivery_id, _utc(e.seen_at)] for e in entries if e.delivery_key],
        "withdrawal": [[e.delivery_key, _utc(e.changed_at)] for e in entries if e.state == "withdrawn"],
        "release": [[key, _utc(at)] for key, at in ledger.releases()],
        "refused_delivery": [[*said, _utc(since), until and _utc(until)] for *said, since, until in ledger.refusals()],
    }
    for table, found in rows.items():
        con.execute(f"delete from raw.{table}").fetchall()
        if found:
            con.executemany(f"insert into raw.{table} values ({', '.join('?' * len(found[0]))})", found)
