"""What was sent to whom: one small SQLite file in the home, fully synced, keyed by report and recipient.

A report goes to a recipient once. A kill between sending and noting makes it go once more, with the same Message-ID.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pipelines.told_once import open_memory_file

OUTBOX = "outbox.sqlite"
State = Literal["sent", "written"]
_SCHEMA = """
create table if not exists delivered (
    whose text not null, period text not null, version integer not null, email text not null,
    state text not null, at text not null, primary key (whose, period, version, email)
) strict;
"""
_NOTE = """
insert into delivered values (?, ?, ?, ?, ?, ?)
on conflict (whose, period, version, email) do update set state = excluded.state, at = excluded.at
"""


@dataclass(frozen=True)
class Key:
    """One report to one recipient (address in small letters)."""

    whose: str
    period: str
    version: int
    email: str


class Outbox:
    """Read and write what was delivered; see the module."""

    def __init__(self, con: sqlite3.Connection) -> None:
        self._con = con

    @contextmanager
    def delivering(self, key: Key, state: State, now: datetime) -> Iterator[bool]:
        """Whether the report has still to be delivered so: `written` counts as nothing when it is to be `sent`.

        It is noted as delivered when the block ends without an error; others who deliver wait meanwhile.
        """
        self._con.execute("begin immediate")
        try:
            before = self._state(key)
            is_due = before is None or (before == "written" and state == "sent")
            yield is_due
            if is_due:
                self._con.execute(_NOTE, (*astuple(key), state, now.isoformat(timespec="seconds")))
        except BaseException:
            self._con.execute("rollback")
            raise
        self._con.execute("commit")

    def _state(self, key: Key) -> str | None:
        rows = self._con.execute(
            "select state from delivered where whose = ? and period = ? and version = ? and email = ?", astuple(key)
        ).fetchall()
        return str(rows[0][0]) if rows else None


@contextmanager
def open_outbox(home: Path) -> Iterator[Outbox]:
    """The outbox of the installation in `home`, made if it is not there. Raises InstallationError when it cannot be used."""
    with open_memory_file(home / OUTBOX, _SCHEMA, "the last reports go out again") as con:
        yield Outbox(con)
