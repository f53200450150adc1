"""Everything that a run wrote, as bytes that can be searched: files as they are, and what SQLite, DuckDB, Parquet, zlib hide."""

import gzip
import html
import json
import sqlite3
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from pipelines.warehouse import open_warehouse


@dataclass(frozen=True)
class Text:
    """Something that can be searched, and where it stands."""

    place: str
    content: bytes


def written_in(folder: Path, besides: tuple[str, ...] = ()) -> Iterator[Text]:
    """Every name and every byte below `folder`, decoded too; `besides` are paths in it that are left out."""
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        if any(place == one or place.startswith(f"{one}/") for one in besides):
            continue
        yield Text(f"name of {place}", place.encode("utf-8", "surrogateescape"))
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix != ".duckdb":
            yield Text(place, content)
        if content.startswith(b"SQLite format 3"):
            yield from _cells_of_sqlite(path, place)
        elif path.suffix == ".duckdb":
            yield from tables_of(path, place)
        elif path.suffix == ".parquet":
            yield Text(place, repr(pq.read_table(path).to_pydict()).encode())
        elif content.startswith(b"\x1f\x8b"):
            yield Text(place, gzip.decompress(content))


def tables_of(warehouse: Path, place: str = "") -> Iterator[Text]:
    """Every text that a DuckDB file holds, a table at a time; its catalog (names, comments, SQL of views) as one more."""
    with open_warehouse(warehouse.resolve(), read_only=True) as con:
        catalog = [con.execute(f"select * from duckdb_{what}()").fetchall() for what in ("tables", "columns", "views")]
        yield Text(f"{place}:catalog", repr(catalog).encode())
        tables = con.execute("select table_schema, table_name from information_schema.tables order by all").fetchall()
        for schema, name in tables:
            rows = con.execute(f'select * from "{schema}"."{name}"').fetchall()
            said = {cell if isinstance(cell, str) else repr(cell) for row in rows for cell in row if cell is not None}
            yield Text(f"{place}:{schema}.{name}", "\n".join(sorted(said)).encode())


def _cells_of_sqlite(path: Path, place: str) -> Iterator[Text]:
    con = sqlite3.connect(path)
    try:
        tables = con.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            parts = []
            for row in con.execute(f'select * from "{table}"'):
                for cell in row:
                    content = cell if isinstance(cell, bytes) else str(cell).encode()
                    parts.append(content)
                    parts.append(_inflated(content))
            yield Text(f"{place}:{table}", b"\n".join(parts))
    finally:
        con.close()


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error:
        return b""


def ways_to_write(needle: str) -> set[bytes]:
    """The needle as plain text, in JSON, in HTML, in a URL and as Python shows it."""
    forms = {needle, json.dumps(needle)[1:-1], html.escape(needle), urllib.parse.quote(needle), repr(needle)[1:-1]}
    return {form.encode() for form in forms} | {needle.encode("latin-1", "ignore")}


def hits(texts: Iterable[Text], needles: Iterable[str]) -> list[str]:
    """'needle in place' for every needle found in any form."""
    forms = [(needle, form) for needle in sorted(set(needles)) for form in sorted(ways_to_write(needle)) if form]
    return [f"{needle} in {text.place}" for text in texts for needle, form in forms if form in text.content]
