"""Whether a warehouse holds what the reference model says: every record of `clean.*`, and every row that was set aside."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from pyarrow import parquet

from pipelines.contracts import FEEDS
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.deliveries.raw import fill_raw
from pipelines.settings import Settings
from pipelines.tables import build
from pipelines.warehouse import open_warehouse
from tests.deliveries.reference_model import Received, Row, expected, records

Place = tuple[str, str]
"""A delivery's content and a feed of it."""


@dataclass
class Night:
    """What a night came to: the entries of the ledger, the physical records it read and set aside, and what disagrees."""

    entries: list[Entry]
    n_records: int = 0
    n_set_aside: int = 0
    disagreements: list[str] = field(default_factory=list)


def load(settings: Settings, others: Iterable[list[Received]] = ()) -> tuple[Night, ...]:
    """Receive and load an inbox of one delivery a clinic in a new warehouse and hold it against the model.

    The model is given what lies in the inbox and was used; then, each for a Night of its own, `others`.
    """
    settings.store.mkdir(parents=True, exist_ok=True)
    with open_ledger(settings.ledger) as ledger, open_warehouse(":memory:", readable=(settings.store,)) as con:
        receive(settings.inbox, settings.store, ledger)
        fill_raw(con, settings.store, ledger, None, lambda _: None)
        build(con, ["clean"])
        entries = ledger.entries()
        given = [_from_the_inbox(settings.inbox, entries, con), *others]
        return tuple(_compare(con, Night(entries), received) for received in given)


def _from_the_inbox(inbox: Path, entries: list[Entry], con: duckdb.DuckDBPyConnection) -> list[Received]:
    loaded = set(con.execute("select delivery_key, feed from raw.file where state = 'loaded'").fetchall())
    held = {row[0] for row in con.execute("select delivery_key from raw.hold").fetchall()}
    found = []
    for entry in entries:
        if entry.delivery_key and entry.delivery_key not in held:
            folder = inbox / entry.clinic_code / entry.delivery_id
            named = {path.stem: path for path in folder.iterdir() if (entry.delivery_key, path.stem) in loaded}
            files = {feed: _rows_of(path) for feed, path in named.items()}
            lost = {feed.strip("()") for feed in entry.files.split()} - files.keys()
            found.append(Received(entry.clinic_code, entry.delivery_id, entry.delivery_key, entry.mode, files, lost))
    return found


def _rows_of(path: Path) -> list[Row]:
    """The rows of a file by other parsers than DuckDB's."""
    if path.suffix == ".csv":
        return list(records(path.read_bytes()))
    columns = parquet.read_table(path, use_threads=False).to_pydict()
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _compare(con: duckdb.DuckDBPyConnection, night: Night, received: list[Received]) -> Night:
    wanted, aside = expected(received)
    for feed in FEEDS.values():
        cells = [f"{one.name}, {f'{one.name}_reason' if one.has_reason else 'null'}" for one in feed.fields]
        rows = con.execute(f"select clinic_code, {', '.join(cells)} from clean.{feed.name}").fetchall()
        found = {(row[0], *((_plain(row[at]), row[at + 1]) for at in range(1, len(row), 2))) for row in rows}
        night.disagreements += [f"{feed.name}: only found {row}" for row in found - wanted[feed.name]]
        night.disagreements += [f"{feed.name}: only in the model {row}" for row in wanted[feed.name] - found]
        night.disagreements += [f"{feed.name}: {len(rows) - len(found)} twice"] * (len(rows) != len(found))
    for place, n_read, said, numbers in _read(con, {place for one in received for place in _places(one)}):
        n_records = next(len(one.files[place[1]]) for one in received if one.content == place[0])
        if numbers != aside[place] or {n_read, said} != {n_records}:
            night.disagreements.append(
                f"{place}: {n_records} records, {n_read} read, {numbers} set aside, not {aside[place]}"
            )
        night.n_records += n_records
        night.n_set_aside += len(numbers)
    return night


def _places(one: Received) -> list[Place]:
    return [(one.content, feed) for feed in one.files]


def _read(con: duckdb.DuckDBPyConnection, places: set[Place]) -> Iterator[tuple[Place, int, int, set[int]]]:
    """(delivery and feed, rows in `raw.*`, rows that `raw.file` says, rows set aside) of these files."""
    counts = " union all ".join(
        f"select delivery_key, '{feed}', count(*) from raw.{feed} group by all" for feed in FEEDS
    )
    n_read = {row[:2]: row[2] for row in con.execute(counts).fetchall()}
    aside: dict[Place, set[int]] = defaultdict(set)
    query = "select delivery_key, feed, row_number from raw.quarantine where scope = 'row'"
    for *place, number in con.execute(query).fetchall():
        aside[tuple(place)].add(number)
    for *place, n_rows in con.execute("select delivery_key, feed, n_rows from raw.file").fetchall():
        if tuple(place) in places:
            yield tuple(place), n_read.get(tuple(place), 0), n_rows, aside[tuple(place)]


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
