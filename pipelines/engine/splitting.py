"""The rows of every delivery in force as Parquet by bucket, in the store: written when a delivery is new, and then only read.

A split is named for the delivery, the way deliveries are read, the buckets and where its rows lie, so that a correction which
moves a patient, or an erasure, gives another name and so another split. What tonight does not name is removed.
"""

import json
from pathlib import Path

import duckdb

from pipelines.casting import literal
from pipelines.contracts import FEEDS, Feed
from pipelines.engine.placement import place_rows
from pipelines.engine.settings import EngineSettings, buckets_for
from pipelines.engine.store import RUNS, SPLIT, Store
from pipelines.provenance import reading_hash

Files = dict[str, dict[int, list[str]]]
"""Names of files by table and bucket."""

QUARANTINE = "raw.quarantine"


def split_raw(con: duckdb.DuckDBPyConnection, settings: EngineSettings, run: str, scratch: Path) -> tuple[int, Files]:
    """Split what is in force and not split yet; returns the number of buckets and every file of `raw.*` by bucket.

    `scratch` is a folder that the connection may write to.
    """
    store = Store(settings.store)
    n_sessions = con.execute("select coalesce(sum(n_rows), 0) from clean.file where feed = 'session'").fetchall()[0][0]
    buckets = buckets_for(settings, int(n_sessions))
    place_rows(con, buckets)
    there = {name.removesuffix(".json") for name in store.names(SPLIT) if name.endswith(".json")}
    wanted: set[str] = set()
    files: Files = {}
    for feed in FEEDS.values():
        splits = _splits_of(con, feed, buckets)
        new = {key: name for key, name in splits.items() if name not in there}
        if new:
            _write_splits(con, store, feed, new, scratch)
        wanted |= set(splits.values())
        files[f"raw.{feed.name}"] = _indexed(store, list(splits.values()), scratch)
    files[QUARANTINE] = _split_quarantine(con, store, run, scratch)
    _remove_all_but(store, wanted)
    return buckets, files


def _splits_of(con: duckdb.DuckDBPyConnection, feed: Feed, buckets: int) -> dict[str, str]:
    """By delivery: the name of its split, which says where each of its rows lies."""
    rows = con.execute(
        f"select delivery_key, count(*), bit_xor(hash(row_number, bucket)) from place_{feed.name} group by all order by 1"
    ).fetchall()
    return {
        key: f"{SPLIT}/{feed.name}/{key}-{reading_hash()[:8]}-{buckets}-{n_rows}-{places:016x}"
        for key, n_rows, places in rows
    }


def _write_splits(
    con: duckdb.DuckDBPyConnection, store: Store, feed: Feed, names: dict[str, str], scratch: Path
) -> None:
    """Write these deliveries' rows by bucket, all in one pass over the feed; the index of a delivery comes last."""
    folder = scratch / feed.name
    con.execute("create or replace temp table split_now (delivery_key varchar)")
    con.executemany("insert into split_now values (?)", [[key] for key in names])
    con.execute(
        f"""
        copy (
            select raw_row.*, place.bucket
            from raw.{feed.name} as raw_row
            inner join place_{feed.name} as place using (delivery_key, row_number)
            semi join split_now using (delivery_key)
        ) to {literal(str(folder))}
        (format parquet, partition_by (delivery_key, bucket), write_partition_columns true)
        """
    ).fetchall()
    for key, name in names.items():
        index: dict[int, list[str]] = {}
        for path in sorted((folder / f"delivery_key={key}").rglob("*.parquet")):
            bucket = int(path.parent.name.removeprefix("bucket="))
            index.setdefault(bucket, []).append(f"{name}/{bucket:05d}-{len(index.get(bucket, []))}.parquet")
            store.put(path, index[bucket][-1])
        listed = folder / "index.json"
        listed.write_text(json.dumps(index), encoding="utf-8")
        store.put(listed, f"{name}.json")


def _indexed(store: Store, names: list[str], scratch: Path) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for name in names:
        index = json.loads(store.read(f"{name}.json", scratch).read_text(encoding="utf-8"))
        for bucket, files in index.items():
            found.setdefault(int(bucket), []).extend(files)
    return found


def _split_quarantine(con: duckdb.DuckDBPyConnection, store: Store, run: str, scratch: Path) -> dict[int, list[str]]:
    """The lines on rows in force, where their rows lie; no other line can meet a row in a bucket."""
    folder = scratch / "quarantine"
    placed = " union all ".join(
        f"select line.*, place.bucket from raw.quarantine as line inner join place_{feed.name} as place "
        f"using (delivery_key, row_number) where line.feed = '{feed.name}'"
        for feed in FEEDS.values()
    )
    con.execute(f"copy ({placed}) to {literal(str(folder))} (format parquet, partition_by (bucket))").fetchall()
    found: dict[int, list[str]] = {}
    for path in sorted(folder.rglob("*.parquet")):
        bucket = int(path.parent.name.removeprefix("bucket="))
        found.setdefault(bucket, []).append(
            f"{RUNS}/{run}/{QUARANTINE}/{bucket:05d}-{len(found.get(bucket, []))}.parquet"
        )
        store.put(path, found[bucket][-1])
    return found


def _remove_all_but(store: Store, wanted: set[str]) -> None:
    """Remove the splits that tonight does not name: their deliveries count no more, or rows of theirs were erased or moved.

    The index goes first: what is half removed is not taken for a split.
    """
    there = store.names(SPLIT)
    for name in {name for name in there if name.endswith(".json")} - {f"{name}.json" for name in wanted}:
        store.remove_file(name)
    for folder in {name.rpartition("/")[0] for name in there if not name.endswith(".json")} - wanted:
        store.remove(folder)
