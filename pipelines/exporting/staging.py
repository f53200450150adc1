"""Records on their way: written to a private temporary DuckDB file with pseudonyms for keys, removed when the export ends.

Real dates are in it until day offsets are made, so it lies in a folder of mode 0700 and goes whatever happens; only the power
failing or the process being killed can leave it behind (docs/exporting.md says where).
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from pipelines.casting import literal
from pipelines.contracts import DELIVERED_REASONS, FEEDS
from pipelines.exporting.keys import Pseudonyms
from pipelines.exporting.records import DAY_FIELDS, KEY_FIELDS, Record, Value, fields_of
from pipelines.exporting.tally import Tally
from pipelines.warehouse import open_warehouse

_MEMORY = "400MB"
_SPOOLED_ROWS = 50_000
_LONGEST_VALUE = 500
_PARTIAL_DAY = re.compile(r"(?:18|19|20)[0-9]{2}(?:-(?:0[1-9]|1[0-2]))?")
_MOMENTS = ("starts_at", "ends_at")
_TOKENS = tuple(f".{token}" for token in DELIVERED_REASONS)

UNREADABLE_DAY = "a date that cannot be read"
IMPOSSIBLE_TEXT = "text that no field of the contract can hold"


class Staging:
    """The temporary tables `staged_<feed>`: seq, file_no, line and every field of a record as text, NULL where it says nothing."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, folder: Path, pseudonyms: Pseudonyms, zone: ZoneInfo, tally: Tally
    ) -> None:
        self.con = con
        self.pseudonyms = pseudonyms
        self.tally = tally
        self.mentioned: dict[str, set[str]] = {feed: set() for feed in FEEDS}
        self.folder = folder
        self._zone = zone
        self._files: dict[str, int] = {}
        self._n_records = 0
        self._spools = {feed: _Spool() for feed in FEEDS}
        self._fields = {feed: {name: 3 + number for number, name in enumerate(fields_of(feed))} for feed in FEEDS}
        self._days = {feed: frozenset(names) for feed, names in DAY_FIELDS.items()}
        for feed, places in self._fields.items():
            columns = ", ".join(f"{name} varchar" for name in places)
            con.execute(f"create table staged_{feed} (seq bigint, file_no integer, line bigint, {columns})")

    def add(self, record: Record) -> None:
        """Keep one record; raises ValueError for a field that no record of its feed may hold (a fault of the source's code)."""
        feed, values, file, line = record
        places = self._fields[feed]
        self._n_records += 1
        row = [""] * (3 + len(places))
        row[0] = str(self._n_records)
        row[1] = str(self._files.setdefault(file, len(self._files)))
        row[2] = str(line)
        for name, value in values.items():
            if name not in places:
                raise ValueError(f"a record of {feed} holds no {name}")
            if value is not None and value != "":
                row[places[name]] = self._text(feed, name, value, file, line)
        self.mentioned[feed].update(values)
        spool = self._spools[feed]
        spool.write(row)
        if spool.n_rows >= _SPOOLED_ROWS:
            self._load(feed)

    def finish(self) -> None:
        """Load what is still spooled, and keep where each record was found."""
        for feed in FEEDS:
            self._load(feed)
            self.con.execute(f"create table place_{feed} as select seq, file_no, line from staged_{feed}").fetchall()

    def place(self, seq: int, feed: str) -> tuple[str, int]:
        """The file and line of a staged record, by its number."""
        found = self.con.execute(f"select file_no, line from place_{feed} where seq = ?", [seq]).fetchall()
        return list(self._files)[found[0][0]], int(found[0][1])

    def drop(self, *tables: str) -> None:
        """Drop tables that have been read for the last time: a table of a hundred columns holds 25 MB, however few its rows."""
        for table in tables:
            self.con.execute(f"drop table if exists {table}")

    def load_rows(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Make `table` anew of these rows of text, which may be read from a cursor of the same database."""
        self.con.execute(f"create or replace table {table} ({', '.join(f'{name} varchar' for name in columns)})")
        spool = _Spool()
        for row in rows:
            spool.write(row)
            if spool.n_rows >= _SPOOLED_ROWS:
                self._read(table, columns, spool)
        self._read(table, columns, spool)

    def _load(self, feed: str) -> None:
        self._read(f"staged_{feed}", ("seq", "file_no", "line", *self._fields[feed]), self._spools[feed])

    def _read(self, table: str, columns: Sequence[str], spool: "_Spool") -> None:
        if not spool.n_rows:
            return
        path = self.folder / "spool.csv"
        path.touch(mode=0o600)
        path.write_text(spool.take(), encoding="utf-8")
        types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
        self.con.execute(
            f"insert into {table} select * from read_csv({literal(str(path))}, header = false, auto_detect = false, "
            f"delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = {{{types}}})"
        ).fetchall()
        path.unlink()

    def _text(self, feed: str, name: str, value: Value, file: str, line: int) -> str:
        if name in KEY_FIELDS:
            key = str(value).strip()
            return key if key in _TOKENS else self.pseudonyms.of(KEY_FIELDS[name], key)
        if name in self._days[feed]:
            return self._day(feed, name, value, file, line)
        if name in _MOMENTS:
            return self._moment(feed, value, file, line)
        if isinstance(value, bool):
            return "yes" if value else "no"
        text = str(value).strip()
        if len(text) > _LONGEST_VALUE or not text.isprintable():
            self.tally.unmapped(f"{feed}.{name}", IMPOSSIBLE_TEXT, file, line)
            return ""
        return text

    def _day(self, feed: str, name: str, value: Value, file: str, line: int) -> str:
        if isinstance(value, str):
            text = value.strip()
            if name == "birth_date" and _PARTIAL_DAY.fullmatch(text):
                return text
            try:
                return date.fromisoformat(text).isoformat() if len(text) <= 10 else self._local(text).date().isoformat()
            except ValueError:
                self.tally.unmapped(f"{feed}.{name}", UNREADABLE_DAY, file, line)
                return ""
        if isinstance(value, datetime):
            return self._local(value).date().isoformat()
        if isinstance(value, date):
            return value.isoformat()
        self.tally.unmapped(f"{feed}.{name}", UNREADABLE_DAY, file, line)
        return ""

    def _moment(self, feed: str, value: Value, file: str, line: int) -> str:
        try:
            return self._local(value).isoformat(sep=" ", timespec="seconds")
        except (TypeError, ValueError):
            self.tally.unmapped(feed, UNREADABLE_DAY, file, line)
            return ""

    def _local(self, value: Value) -> datetime:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        return moment.astimezone(self._zone).replace(tzinfo=None) if moment.tzinfo else moment


class _Spool:
    """Rows of text as CSV, in memory."""

    def __init__(self) -> None:
        self.n_rows = 0
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, lineterminator="\n")

    def write(self, row: Sequence[str]) -> None:
        self._writer.writerow(row)
        self.n_rows += 1

    def take(self) -> str:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        self.n_rows = 0
        return text


@contextmanager
def open_staging(pseudonyms: Pseudonyms, zone: ZoneInfo, tally: Tally) -> Iterator[Staging]:
    """An empty staging area, removed on the way out, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="stepcare-export-") as name:  # made with mode 0700
        folder = Path(name)
        path = folder / "staged.duckdb"
        with open_warehouse(path, readable=(folder,), memory=_MEMORY) as con:
            path.chmod(0o600)
            yield Staging(con, folder, pseudonyms, zone, tally)
