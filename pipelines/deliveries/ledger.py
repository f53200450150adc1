"""The ledger: one row a delivery that was ever seen, with what became of it and why. SQLite in WAL mode, fully synced.

incomplete   its manifest has not come yet
seen         judged good, its copy lies in the store, no published night holds it yet
loaded       in force in the published night
superseded   no longer in force: a later snapshot, or other content under its name, stands in its place
quarantined  cannot be used, or is held; the reason says why
withdrawn    taken out by hand (`stepcare withdraw`); what was known before stays in the history
duplicate    the same content had come before; nothing was changed
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

STATES = ("incomplete", "seen", "loaded", "superseded", "quarantined", "withdrawn", "duplicate")
LEDGER_VERSION = 2

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
    mode text not null default '',
    files text not null default '',
    changed_at text not null default '',
    primary key (clinic_code, delivery_id, fingerprint)
) strict;
create table if not exists event (
    at text not null,
    clinic_code text not null,
    delivery_id text not null,
    state text not null,
    reason text not null,
    is_kept integer not null
) strict;
create table if not exists release (
    delivery_key text primary key,
    released_at text not null,
    because text not null
) strict;
create table if not exists erasure (
    patient_tag text primary key,
    clinic_code text not null,
    erased_at text not null,
    because text not null,
    n_deliveries integer not null,
    n_rows integer not null,
    is_patient integer not null,
    is_done integer not null
) strict;
"""


@dataclass(frozen=True)
class Entry:
    """One delivery as the ledger knows it.

    `delivery_key` is there exactly when its copy lies in the store. `fingerprint` tells whether its files changed since they
    were looked at; `judged_by` is the hash of the code that read it, so that what was quarantined is judged again once the
    reading has changed. `files` names the feeds that came, those that are blocked in brackets. Times are UTC, ISO 8601.
    """

    clinic_code: str
    delivery_id: str
    fingerprint: str
    state: str
    delivery_key: str | None = None
    reason: str = ""
    n_rows: int = 0
    seen_at: str = ""
    judged_by: str = ""
    mode: str = ""
    files: str = ""
    changed_at: str = ""

    @property
    def name(self) -> str:
        """`clinic/delivery`, as people call it."""
        return f"{self.clinic_code}/{self.delivery_id}"


@dataclass(frozen=True)
class Erasure:
    """A key that was erased, by its hash (a delivery that still holds it is known by that), when, why, and how much it was.

    `is_patient` tells a patient's own key from those of the patient's episodes, sessions and studies; `is_done` that its rows
    are out of every delivery that was kept then.
    """

    patient_tag: str
    clinic_code: str
    erased_at: str
    because: str
    n_deliveries: int = 0
    n_rows: int = 0
    is_patient: bool = False
    is_done: bool = True


_COLUMNS = ", ".join(field.name for field in fields(Entry))
_UPDATES = ", ".join(
    f"{field.name} = excluded.{field.name}"
    for field in fields(Entry)
    if field.name not in ("clinic_code", "delivery_id", "fingerprint", "seen_at")
)


def now() -> str:
    """The time in UTC, ISO 8601, to the microsecond: what is known when can be told apart within a night."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Ledger:
    """Read and write the ledger; every write is committed and synced before it returns."""

    def __init__(self, con: sqlite3.Connection) -> None:
        self._con = con

    def entries(self) -> list[Entry]:
        """Every delivery, in the order of clinic, identifier and time."""
        rows = self._con.execute(
            f"select {_COLUMNS} from delivery order by clinic_code, delivery_id, seen_at, fingerprint"
        )
        return [Entry(*row) for row in rows.fetchall()]

    def judged(self, reading: str) -> set[tuple[str, str, str]]:
        """(clinic, identifier, fingerprint) of what need not be looked at again by the reading code with this hash."""
        return {
            (entry.clinic_code, entry.delivery_id, entry.fingerprint)
            for entry in self.entries()
            if entry.delivery_key or entry.state not in ("quarantined", "superseded") or entry.judged_by == reading
        }

    def record(self, entry: Entry) -> None:
        """Write or replace one entry; the time it was first seen is kept. What was wrong with it before is superseded."""
        at = now()
        whole = Entry(**{**entry.__dict__, "seen_at": entry.seen_at or at, "changed_at": at})
        with self._con:
            self._con.execute(
                "update delivery set state = 'superseded', changed_at = ? where clinic_code = ? and delivery_id = ? "
                "and fingerprint != ? and delivery_key is null and state in ('incomplete', 'quarantined')",
                (at, entry.clinic_code, entry.delivery_id, entry.fingerprint),
            )
            marks = ", ".join("?" * len(fields(Entry)))
            self._con.execute(
                f"insert into delivery ({_COLUMNS}) values ({marks}) "
                f"on conflict (clinic_code, delivery_id, fingerprint) do update set {_UPDATES}",
                astuple(whole),
            )
            self._log(at, [(entry.clinic_code, entry.delivery_id)], entry.state, entry.reason, bool(entry.delivery_key))

    def mark(self, delivery_key: str, state: str, reason: str = "", *, is_kept: bool = True, files: str = "") -> None:
        """Set the state of the delivery with this content, and its `files` when given; a duplicate of it stays a duplicate.

        With `is_kept` false its copy has left the store, and the entry forgets the key.
        """
        at = now()
        where = "delivery_key = ? and state != 'duplicate' and (state != ? or reason != ?)"
        with self._con:
            named = self._con.execute(
                f"select clinic_code, delivery_id from delivery where {where}", (delivery_key, state, reason)
            ).fetchall()
            self._con.execute(
                f"update delivery set state = ?, reason = ?, files = coalesce(nullif(?, ''), files), changed_at = ? where {where}",
                (state, reason, files, at, delivery_key, state, reason),
            )
            if not is_kept:
                self._con.execute("update delivery set delivery_key = null where delivery_key = ?", (delivery_key,))
            self._log(at, named, state, reason, is_kept)

    def _log(self, at: str, named: list[tuple[str, str]], state: str, reason: str, is_kept: bool) -> None:
        self._con.executemany(
            "insert into event values (?, ?, ?, ?, ?, ?)",
            [(at, clinic, name, state, reason, int(is_kept)) for clinic, name in named],
        )

    def events(self) -> list[tuple[str, str, str, str, str]]:
        """(time, clinic, identifier, state, reason) of every change of state, in order of time."""
        rows = self._con.execute("select at, clinic_code, delivery_id, state, reason from event order by at, rowid")
        return rows.fetchall()

    def refusals(self) -> list[tuple[str, str, str, str, str, str | None]]:
        """(clinic, identifier, state, reason, from, until) of what could not be kept; until is None if it still lies there."""
        rows = self._con.execute(
            """
            with ordered as (
                select *, lead(at) over (partition by clinic_code, delivery_id order by at, rowid) as next_at from event
            )
            select clinic_code, delivery_id, state, reason, at, next_at
            from ordered
            where state in ('quarantined', 'incomplete') and not is_kept
            order by clinic_code, delivery_id, at
            """
        )
        return rows.fetchall()

    def release(self, delivery_key: str, because: str) -> None:
        """Let a held delivery be used from the next night on."""
        with self._con:
            self._con.execute(
                "insert into release values (?, ?, ?) on conflict do update set because = excluded.because",
                (delivery_key, now(), because),
            )

    def releases(self) -> list[tuple[str, str]]:
        """(delivery key, time) of what was released."""
        return self._con.execute(
            "select delivery_key, released_at from release order by released_at, delivery_key"
        ).fetchall()

    def erase(self, erasure: Erasure) -> None:
        """Write down that a key was erased, or once more, with what was found then."""
        with self._con:
            self._con.execute(
                "insert into erasure values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set "
                "n_deliveries = n_deliveries + excluded.n_deliveries, n_rows = n_rows + excluded.n_rows, "
                "is_patient = max(is_patient, excluded.is_patient), is_done = excluded.is_done",
                astuple(erasure),
            )

    def erasures(self) -> list[Erasure]:
        """Every erasure, in order of time."""
        rows = self._con.execute("select * from erasure order by erased_at, patient_tag").fetchall()
        return [Erasure(*row) for row in rows]  # SQLite's truth is 0 and 1


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """The ledger at `path`, made if it is not there, brought to today's form, closed on the way out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    con = sqlite3.connect(path, timeout=30)
    try:
        con.execute("pragma journal_mode = wal")
        con.execute("pragma synchronous = full")
        if con.execute("pragma user_version").fetchone()[0] < LEDGER_VERSION:
            _bring_up_to_date(con)
        yield Ledger(con)
    finally:
        con.close()


def _bring_up_to_date(con: sqlite3.Connection) -> None:
    """Version 1 had no mode, files and time of change, and called seen `received` and quarantined `refused`."""
    columns = {row[1] for row in con.execute("pragma table_info(delivery)").fetchall()}
    with con:
        con.execute("begin immediate")
        if columns:
            for name in ("mode", "files", "changed_at"):
                if name not in columns:
                    con.execute(f"alter table delivery add column {name} text not null default ''")
            con.execute("update delivery set delivery_key = null where state = 'refused'")
            con.execute("update delivery set state = 'quarantined' where state = 'refused'")
            con.execute("update delivery set state = 'seen' where state = 'received'")
        for statement in filter(str.strip, _SCHEMA.split(";")):
            con.execute(statement)
        con.execute(
            "insert into event select seen_at, clinic_code, delivery_id, state, reason, delivery_key is not null "
            "from delivery order by seen_at"
        )
        con.execute(f"pragma user_version = {LEDGER_VERSION}")
