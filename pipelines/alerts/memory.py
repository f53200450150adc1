"""What was told to whom: one small SQLite file in the home, in WAL mode and fully synced, so that a kill forgets nothing.

A cause is told once to each channel; red ones again every seven days; and once more when they are over. What could not be sent
stays due until it was: sending is at least once.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.alerts.cause import RED, Cause
from pipelines.alerts.causes import Look
from pipelines.told_once import open_memory_file

MEMORY = "alerts.sqlite"
REMINDED_AFTER = timedelta(days=7)
_OVER = "over"
_SCHEMA = """
create table if not exists watch (watched_since text not null) strict;
create table if not exists cause (
    key text primary key, severity text not null, title text not null, what text not null, since text not null,
    remedy text not null, place text not null, over_at text
) strict;
create table if not exists told (
    key text not null, channel text not null, state text not null, told_at text not null, primary key (key, channel)
) strict;
"""


@dataclass(frozen=True)
class News:
    """What one channel has not been told yet of a cause: it is `new`, `worse`, still there (`reminder`) or `over`."""

    kind: str
    cause: Cause
    over_at: str | None


_COLUMNS = ", ".join(field.name for field in fields(Cause))


class Memory:
    """Read and write what was told; see the module."""

    def __init__(self, con: sqlite3.Connection) -> None:
        self._con = con

    def watched_since(self, now: datetime) -> datetime:
        """When this installation was first looked at."""
        rows = self._con.execute("select watched_since from watch").fetchall()
        if rows:
            return datetime.fromisoformat(rows[0][0])
        with self._transaction():
            self._con.execute("insert into watch values (?)", (now.isoformat(),))
        return now

    def update(self, look: Look, channels: Sequence[str], now: datetime) -> None:
        """Make what was found the open causes: others are over, but for those of which nothing can be told. What is over and
        known to all `channels` is forgotten."""
        marks = ", ".join("?" * len(fields(Cause)))
        with self._transaction():
            for cause in look.causes:
                self._con.execute("delete from told where key = ? and state = 'over'", (cause.key,))
                self._con.execute(
                    f"insert into cause ({_COLUMNS}) values ({marks}) on conflict (key) do update set "
                    "severity = excluded.severity, title = excluded.title, what = excluded.what, remedy = excluded.remedy, "
                    "since = iif(over_at is null, since, excluded.since), place = excluded.place, over_at = null",
                    (*{**asdict(cause), "since": cause.since or now.isoformat(timespec="seconds")}.values(),),
                )
            open_keys = {cause.key for cause in look.causes}
            for (key,) in self._con.execute("select key from cause where over_at is null").fetchall():
                if key not in open_keys and not key.startswith(look.unseen):
                    self._con.execute(
                        "update cause set over_at = ? where key = ?", (now.isoformat(timespec="seconds"), key)
                    )
            self._forget(channels)

    def _forget(self, channels: Sequence[str]) -> None:
        over = [row[0] for row in self._con.execute("select key from cause where over_at is not null").fetchall()]
        for key in over:
            states = dict(self._con.execute("select channel, state from told where key = ?", (key,)).fetchall())
            if all(states.get(channel) == _OVER for channel in channels):
                self._con.execute("delete from cause where key = ?", (key,))
                self._con.execute("delete from told where key = ?", (key,))

    def causes(self) -> list[Cause]:
        """The open causes as they are remembered, with the time since when."""
        rows = self._con.execute(f"select {_COLUMNS} from cause where over_at is null").fetchall()
        return sorted((Cause(*row) for row in rows), key=lambda cause: cause.rank)

    def news(self, channel: str, now: datetime) -> list[News]:
        """What the channel is to be told now, the red ones first."""
        told = {
            key: (state, datetime.fromisoformat(at))
            for key, state, at in self._con.execute(
                "select key, state, told_at from told where channel = ?", (channel,)
            ).fetchall()
        }
        rows = self._con.execute(f"select {_COLUMNS}, over_at from cause").fetchall()
        found = []
        for *columns, over_at in rows:
            cause = Cause(*columns)
            kind = _kind(cause, over_at is not None, *told.get(cause.key, (None, now)), now)
            if kind:
                found.append(News(kind, cause, over_at))
        return sorted(found, key=lambda one: one.cause.rank)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Keep other commands from sending while the block sends; what it notes is written when it ends without an error."""
        with self._transaction():
            yield

    def note(self, channel: str, news: Sequence[News], now: datetime) -> None:
        """Remember that the channel was told `news`; inside `telling`."""
        self._con.executemany(
            "insert into told values (?, ?, ?, ?) on conflict (key, channel) do update set state = excluded.state, "
            "told_at = excluded.told_at",
            [
                (one.cause.key, channel, _OVER if one.kind == _OVER else one.cause.severity, now.isoformat())
                for one in news
            ],
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._con.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._con.execute("rollback")
            raise
        self._con.execute("commit")


def _kind(cause: Cause, is_over: bool, state: str | None, told_at: datetime, now: datetime) -> str:
    if is_over:
        return "" if state == _OVER else _OVER
    if state is None:
        return "new"
    if cause.severity == RED and state != RED:
        return "worse"
    is_due = abs(now - told_at) >= REMINDED_AFTER  # also when the clock was set back
    return "reminder" if cause.severity == RED and is_due else ""


@contextmanager
def open_memory(home: Path) -> Iterator[Memory]:
    """The memory of the installation in `home`, made if it is not there, closed on the way out.

    Raises InstallationError when it cannot be used.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open_memory_file(home / MEMORY, _SCHEMA, "what is open is told again") as con:
        yield Memory(con)
