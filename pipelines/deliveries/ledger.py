"""The ledger: one row a delivery that was ever seen, with what became of it and why. SQLite in WAL mode, fully synced."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

STATES = ("incomplete", "received", "loaded", "duplicate", "refused", "superseded")

_SCHEMA = """
create table if not exists delivery (
    clinic_code text not null,
    delivery_id text not null,
    fingerprint text not null,
    state text not null,
    delivery_key text,
    reason text not null default '',
    n_rows integer not null default 0,
    seen_at text not null,
    judged_by text not null default '',
    primary key (clinic_code, delivery_id, fingerprint)
) strict
"""


@dataclass(frozen=True)
class Entry:
    """One delivery as the ledger knows it. `fingerprint` tells whether its files changed since they were looked at;
    `judged_by` is the hash of the code that read it, so that a refusal is judged again once the reading has changed."""

    clinic_code: str
    delivery_id: str
    fingerprint: str
    state: str
    delivery_key: str | None = None
    reason: str = ""
    n_rows: int = 0
    seen_at: str = ""
    judged_by: str = ""


class Ledger:
    """Read and write the ledger; every write is committed and synced before it returns."""

    def __init__(self, con: sqlite3.Connection) -> None:
        self._con = con

    def entries(self) -> list[Entry]:
        """Every delivery, in the order of clinic, identifier and time."""
        rows = self._con.execute(
            "select clinic_code, delivery_id, fingerprint, state, delivery_key, reason, n_rows, seen_at, judged_by "
            "from delivery order by clinic_code, delivery_id, seen_at, fingerprint"
        )
        return [Entry(*row) for row in rows.fetchall()]

    def judged(self, reading: str) -> set[tuple[str, str, str]]:
        """(clinic, identifier, fingerprint) of what need not be looked at again by the reading code with this hash."""
        return {
            (entry.clinic_code, entry.delivery_id, entry.fingerprint)
            for entry in self.entries()
            if entry.state != "refused" or entry.judged_by == reading
        }

    def record(self, entry: Entry) -> None:
        """Write or replace one entry; the time it was first seen is kept. What was wrong with it before is superseded."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._con:
            self._con.execute(
                "update delivery set state = 'superseded' where clinic_code = ? and delivery_id = ? "
                "and fingerprint != ? and state in ('incomplete', 'refused')",
                (entry.clinic_code, entry.delivery_id, entry.fingerprint),
            )
            self._con.execute(
                "insert into delivery values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (clinic_code, delivery_id, fingerprint) "
                "do update set state = excluded.state, delivery_key = excluded.delivery_key, "
                "reason = excluded.reason, n_rows = excluded.n_rows, judged_by = excluded.judged_by",
                (
                    entry.clinic_code,
                    entry.delivery_id,
                    entry.fingerprint,
                    entry.state,
                    entry.delivery_key,
                    entry.reason,
                    entry.n_rows,
                    entry.seen_at or now,
                    entry.judged_by,
                ),
            )

    def mark(self, delivery_key: str, state: str, reason: str = "") -> None:
        """Set the state of the delivery with this content; a duplicate of it stays a duplicate."""
        with self._con:
            self._con.execute(
                "update delivery set state = ?, reason = ? where delivery_key = ? and state != 'duplicate'",
                (state, reason, delivery_key),
            )


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """The ledger at `path`, made if it is not there, closed on the way out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    con = sqlite3.connect(path, timeout=30)
    try:
        con.execute("pragma journal_mode = wal")
        con.execute("pragma synchronous = full")
        con.execute(_SCHEMA)
        yield Ledger(con)
    finally:
        con.close()
