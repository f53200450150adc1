"""What must hold of an installation whatever happened to it, and what the night after must have made of it."""

import hashlib
import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines.checksums import spoilt_files
from pipelines.deliveries.manifest import check_file, read_manifest
from pipelines.deliveries.wholeness import spoilt_in_delivery
from pipelines.errors import StepcareError
from pipelines.settings import Settings
from tests.faults.deliveries import CANARY, Records, is_said, key_columns


@dataclass
class Tally:
    """What came of one kind of fault: times injected, what was wrong after it, and the nights until all was well.

    `left` counts what a night left behind that the next did not remove: half-made folders, and what must not be kept.
    """

    injected: int = 0
    lost: int = 0
    doubled: int = 0
    unreadable: int = 0
    left: int = 0
    nights_to_heal: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def add(self, wrong: list[str], where: str) -> None:
        for one in wrong:
            kind = one.split(":", 1)[0]
            setattr(self, kind, getattr(self, kind) + 1)
            self.notes.append(f"{where}: {one}")


def contents(warehouse: Path) -> str:
    """sha256 of every row of every table, without the times at which things happened."""
    digest = hashlib.sha256()
    with duckdb.connect(str(warehouse), read_only=True) as con:
        tables = con.execute("select table_schema, table_name from information_schema.tables order by all").fetchall()
        for schema, table in tables:
            described = con.execute(f"describe {schema}.{table}").fetchall()
            columns = [name for name, kind, *_ in described if not kind.startswith("TIMESTAMP")]
            rows = con.execute(f"select {', '.join(columns)} from {schema}.{table} order by all").fetchall()
            digest.update(repr((schema, table, columns, rows)).encode())
    return digest.hexdigest()


def pages(place: Path) -> str:
    """sha256 of the models of all pages of a generation, without the time and the run they are stamped with."""
    digest = hashlib.sha256()
    for path in sorted((place / "reports").rglob("*.json")):
        model = json.loads(path.read_text(encoding="utf-8"))
        for stamp in ("made_at", "run_id"):
            model["stamp"].pop(stamp)
        digest.update(json.dumps([path.name, model], sort_keys=True).encode())
    return digest.hexdigest()


def what_is_wrong(settings: Settings, whole: set[str]) -> list[str]:
    """What a fault has broken: nothing, if every published night is one of `whole` and store and ledger can be read."""
    return [*_generations(settings, whole), *_store(settings), *_ledger(settings)]


def _generations(settings: Settings, whole: set[str]) -> list[str]:
    places = list(settings.generations.iterdir()) if settings.generations.is_dir() else []
    if settings.current.is_symlink() and settings.current.resolve() not in places:
        return ["lost: the link leads to no published night"]
    wrong = []
    for place in places:
        try:
            json.loads((place / "generation.json").read_text(encoding="utf-8"))
            if contents(place / "warehouse.duckdb") not in whole or spoilt_files(place):
                wrong.append(f"lost: {place.name} is not a whole night")
        except (OSError, ValueError, duckdb.Error) as error:
            wrong.append(f"unreadable: {place.name} {type(error).__name__}")
    return wrong


def _store(settings: Settings) -> list[str]:
    wrong = []
    for folder in settings.store.iterdir() if settings.store.is_dir() else []:
        if folder.name.startswith("."):
            continue
        try:
            for file in read_manifest(folder, is_in_store=True).usable_files:
                check_file(folder, file)
            wrong += [f"unreadable: {name} of the store's {folder.name[:8]}" for name in spoilt_in_delivery(folder)]
        except (OSError, StepcareError) as error:
            wrong.append(f"unreadable: the store's {folder.name[:8]} {error}")
    return wrong


def _ledger(settings: Settings) -> list[str]:
    if not settings.ledger.exists():
        return []
    try:
        rows = ledger_rows(settings)
    except sqlite3.Error as error:
        return [f"unreadable: the ledger {error}"]
    kept = [key for _, _, state, key in rows if key and state != "duplicate"]
    there = {path.name.removeprefix(".").removesuffix(".removed") for path in settings.store.iterdir()}
    wrong = [f"lost: {key[:8]} is in the ledger and not in the store" for key in kept if key not in there]
    return wrong + [f"doubled: {key[:8]} stands twice in the ledger" for key, n in Counter(kept).items() if n > 1]


def ledger_rows(settings: Settings) -> list[tuple[str, str, str, str]]:
    """(clinic, delivery, state, key) of every delivery, read by SQLite itself after its own check of the file."""
    con = sqlite3.connect(f"file:{settings.ledger}?mode=rw", uri=True)
    try:
        ((said,),) = con.execute("pragma integrity_check").fetchall()
        if said != "ok":
            raise sqlite3.DatabaseError("integrity_check")
        if not con.execute("select 1 from sqlite_master where name = 'delivery'").fetchall():
            return []
        return con.execute(
            "select clinic_code, delivery_id, state, delivery_key from delivery order by 1, 2, 3"
        ).fetchall()
    finally:
        con.close()


def what_is_not_healed(settings: Settings, expected: str, said: Records) -> list[str]:
    """What the night after did not make good: tables as of a night that was never disturbed, no record lost or doubled."""
    warehouse = settings.current / "warehouse.duckdb"
    wrong = [] if contents(warehouse) == expected else ["lost: the tables are not those of an undisturbed night"]
    with duckdb.connect(str(warehouse.resolve()), read_only=True) as con:
        for feed, rows in said.items():
            key, value = key_columns(feed)
            stored = con.execute(f"select {', '.join(key)}, {value} from clean.{feed}").fetchall()
            keys = Counter(tuple(map(str, row[:-1])) for row in stored)
            wrong += [f"doubled: a record of {feed}" for n in keys.values() if n > 1]
            wrong += [f"lost: a record of {feed}" for k in rows.keys() ^ keys.keys()]
            wrong += [
                f"lost: a value of {feed}"
                for row in stored
                if not is_said(rows.get(tuple(map(str, row[:-1])), ""), row[-1])
            ]
    wrong += [
        f"lost: {clinic}/{delivery} is published and the ledger says {state}"
        for clinic, delivery, state, _ in ledger_rows(settings)
        if state == "seen"
    ]
    keys = {key for _, _, state, key in ledger_rows(settings) if state != "duplicate"}
    unknown = [path for path in settings.store.iterdir() if path.name not in keys]
    litter = [*settings.work.iterdir(), *settings.home.glob(".current*"), *unknown]
    wrong += [f"left: {path.relative_to(settings.home)}" for path in litter]
    named = [path for path in settings.store.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    return wrong + [f"left: an address in {path.relative_to(settings.home)}" for path in named]
