"""Dagster's log of events with its SQLite files kept open.

A night writes over two thousand events, and to open and close a file for each cost more than the SQL of a small night. It
differs from Dagster's own in how it connects alone, and looks once, not for every event, whether the files are of today's
shape; they are the same, and either reads the other's. A commit waits no
longer for the disk: after a power cut the last events of a run may be absent, never half there (SQLite, `synchronous = normal`
with a write-ahead log), and that run starts anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from dagster import Field, StringSource
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool

_PLACE = "history/runs"  # where Dagster's own storage keeps them


class EventStorage(SqliteEventLogStorage):
    """Events of the Dagster home `home`, one file a run and one for all."""

    def __init__(self, home: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._there: set[tuple[str, str]] = set()
        super().__init__(f"{home}/{_PLACE}", inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """The one thing that dagster.yaml says."""
        return {"home": Field(StringSource)}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "EventStorage":
        """What Dagster makes the storage with."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).connect() as con, con.begin():
            yield con

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            self._initdb(engine)
            with engine.connect() as con:
                con.exec_driver_sql("pragma synchronous = normal")
            self._engines[shard] = engine
        return self._engines[shard]

    def has_table(self, table_name: str) -> bool:
        """Whether the file of all runs has this table; one that is there stays."""
        return self._once("table", table_name, super().has_table)

    def has_secondary_index(self, name: str) -> bool:
        """Whether this index is complete; one that is, stays so."""
        return self._once("index", name, super().has_secondary_index)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        looked = partial(super()._has_asset_key_col_on_connection, conn)
        return self._once("column", column_name, looked)

    def _once(self, kind: str, name: str, look: Callable[[str], bool]) -> bool:
        if (kind, name) not in self._there and look(name):
            self._there.add((kind, name))
        return (kind, name) in self._there

    def dispose(self) -> None:
        """Close every file."""
        super().dispose()
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()
