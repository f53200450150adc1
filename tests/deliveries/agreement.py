"""Whether a warehouse holds what the reference model says: every record of `clean.*`, and every row that was set aside."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines.contracts import FEEDS
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.deliveries.raw import fill_raw
from pipelines.settings import Settings
from pipelines.tables import build
from pipelines.warehouse import open_warehouse
from tests.deliveries.reference_model import Received, expected, records


@dataclass
class Night:
    """What a night came to: the entries of the ledger, the physical records it read and set aside, and what disagrees."""

    entries: list[Entry]
    n_records: int = 0
    n_set_aside: int = 0
    disagreements: list[str] = field(default_factory=list)


def load(settings: Settings, received: Iterable[Received] | None = None) -> Night:
    """Receive and load the inbox in a new warehouse and hold it against the model.

    The model is given what was `received`; or else, for an inbox of one delivery a clinic, what lies there and was used.
    """
    settings.store.mkdir(parents=True, exist_ok=True)
    with open_ledger(settings.ledger) as ledger, open_warehouse(":memory:", readable=(settings.store,)) as con:
        receive(settings.inbox, settings.store, ledger)
        fill_raw(con, settings.store, ledger, None, lambda _: None)
        build(con, ["clean"])
        night = Night(ledger.entries())
        given = list(received) if received is not None else _from_the_inbox(settings.inbox, night.entries, con)
        _compare(con, night, given)
    return night


def _from_the_inbox(inbox: Path, entries: list[Entry], con: duckdb.DuckDBPyConnection) -> list[Received]:
    loaded = set(con.execute("select delivery_key, feed from raw.file where state = 'loaded'").fetchall())
    held = {row[0] for row in con.execute("select delivery_key from raw.hold").fetchall()}
    found = []
    for entry in entries:
        if entry.delivery_key and entry.delivery_key not in held:
            folder = inbox / entry.clinic_code / entry.delivery_id
            named = {path.stem: path for path in folder.glob("*.csv")}
            files = {
                feed: records(path.read_bytes()) for feed, path in named.items() if (entry.delivery_key, feed) in loaded
            }
            lost = {feed.strip("()") for feed in entry.files.split()} - files.keys()
            found.append(Received(entry.clinic_code, entry.delivery_id, entry.delivery_key, entry.mode, files, lost))
    return found


def _compare(con: duckdb.DuckDBPyConnection, night: Night, received: list[Received]) -> None:
    wanted, aside = expected(received)
    for feed in FEEDS.values():
        columns = [
            f"{name}, {name}_reason" if _has_reason(feed.name, name) else f"{name}, null" for name in feed.columns
        ]
        columns = [text if "clinic_code" not in text else "clinic_code, null" for text in columns]
        rows = con.execute(f"select clinic_code, {', '.join(columns)} from clean.{feed.name}").fetchall()
        found = {(row[0], *((_plain(row[at]), row[at + 1]) for at in range(1, len(row), 2))) for row in rows}
        if len(found) != len(rows):
            night.disagreements.append(f"{feed.name}: {len(rows) - len(found)} records stand twice")
        for row in sorted(map(repr, found ^ wanted[feed.name])):
            night.disagreements.append(
                f"{feed.name}: {'only in the model' if row in map(repr, wanted[feed.name]) else 'only found'} {row}"
            )
    for one in received:
        for feed, rows in one.files.items():
            key = [one.content, feed]
            (n_read,) = con.execute(f"select count(*) from raw.{feed} where delivery_key = ?", key[:1]).fetchone()
            (n_said,) = con.execute("select n_rows from raw.file where delivery_key = ? and feed = ?", key).fetchone()
            set_aside = con.execute(
                "select distinct row_number from raw.quarantine where delivery_key = ? and feed = ? and scope = 'row'",
                key,
            ).fetchall()
            if {row[0] for row in set_aside} != aside[one.content, feed] or {n_read, n_said} != {len(rows)}:
                night.disagreements.append(
                    f"{one.clinic} {feed}: {len(rows)} records, {n_read} read, {set_aside} set aside"
                )
            night.n_records += len(rows)
            night.n_set_aside += len(set_aside)


def _has_reason(feed: str, name: str) -> bool:
    return next(one for one in FEEDS[feed].fields if one.name == name).has_reason


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


csv.field_size_limit(1 << 30)
