"""Fill `raw.*` of a night: keep what an earlier night has read, add what the ledger holds beyond it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.casting import literal
from pipelines.contracts import FEEDS
from pipelines.deliveries.inbox import remove
from pipelines.deliveries.ledger import Entry, Ledger
from pipelines.deliveries.load import create_raw_tables, load_delivery
from pipelines.deliveries.manifest import read_manifest
from pipelines.deliveries.quarantine import quarantine_shared_keys
from pipelines.errors import DeliveryError, InstallationError
from pipelines.provenance import code_hash, reading_hash
from pipelines.tables import count_rows

RAW_TABLES = ("code", "delivery", "file", "quarantine", "refused_delivery", *FEEDS)
_WRITTEN_EACH_NIGHT = ("code", "refused_delivery")


def fill_raw(
    con: duckdb.DuckDBPyConnection, store: Path, ledger: Ledger, earlier: Path | None, say: Callable[[str], None]
) -> int:
    """Fill `raw.*` from the store, starting from the tables of the `earlier` warehouse; returns the deliveries read anew.

    A delivery whose files cannot be read is marked refused in the ledger, with the reason, its copy is taken out of the
    store again (what looks like an identifier must not stay; the clinic's own files lie untouched in the inbox), and the
    others go on. Raises
    DeliveryError when not one delivery could be loaded.
    """
    create_raw_tables(con)
    if earlier:
        _copy_raw(con, earlier)
    known = {row[0] for row in con.execute("select delivery_key from raw.delivery").fetchall()}
    n_read = 0
    for entry in ledger.entries():
        if entry.state in ("received", "loaded") and entry.delivery_key and entry.delivery_key not in known:
            _load(con, store, ledger, entry, say)
            known.add(entry.delivery_key)
            n_read += 1
    quarantine_shared_keys(con)
    _write_refused(con, ledger)
    con.execute(
        "create or replace table raw.code as select $code as code_hash, $reading as reading_hash",
        {"code": code_hash(), "reading": reading_hash()},
    ).fetchall()
    if not count_rows(con, "raw.delivery"):
        reasons = sorted({f"{entry.clinic_code}/{entry.delivery_id}: {entry.reason}" for entry in ledger.entries()})
        raise DeliveryError("No delivery could be loaded, so there is nothing to work on.\n  " + "\n  ".join(reasons))
    return n_read


def _load(
    con: duckdb.DuckDBPyConnection, store: Path, ledger: Ledger, entry: Entry, say: Callable[[str], None]
) -> None:
    folder = store / str(entry.delivery_key)
    if not folder.is_dir():
        raise InstallationError(
            f"the store has lost the delivery {entry.clinic_code}/{entry.delivery_id}. Restore the store from its backup"
        )
    manifest = read_manifest(folder, is_in_store=True)
    try:
        load_delivery(con, folder, manifest, datetime.fromisoformat(entry.seen_at))
    except DeliveryError as error:
        ledger.mark(manifest.delivery_key, "refused", str(error))
        remove(folder)
        say(f"{entry.clinic_code}/{entry.delivery_id}: refused: {error}")
        return
    say(f"{entry.clinic_code}/{entry.delivery_id}: {manifest.n_rows:,} rows read")


def _copy_raw(con: duckdb.DuckDBPyConnection, earlier: Path) -> None:
    con.execute(f"attach {literal(str(earlier))} as earlier (read_only)")
    try:
        for table in RAW_TABLES:
            if table not in _WRITTEN_EACH_NIGHT:
                con.execute(f"insert into raw.{table} by name select * from earlier.raw.{table}").fetchall()
    finally:
        con.execute("detach earlier")


def _write_refused(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    rows = [
        [e.clinic_code, e.delivery_id, e.state, e.reason, datetime.fromisoformat(e.seen_at).replace(tzinfo=None)]
        for e in ledger.entries()
        if e.state in ("refused", "incomplete")
    ]
    if rows:
        con.executemany("insert into raw.refused_delivery values (?, ?, ?, ?, ?)", rows)
