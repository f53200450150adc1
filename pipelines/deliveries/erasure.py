"""Erasing a patient: which rows of a delivery are the patient's, found by hash, so that the record of it names nobody.

A patient's rows are those with the patient's key and, following the contract's keys, those of the patient's episodes, sessions
and imaging studies, in whatever delivery they came. The ledger keeps the SHA-256 of each of these keys (they are random
texts of 128 bits and more, made with the clinic's secret: nobody can guess what was hashed), so that a later delivery which
still holds the patient loses the same rows before it is kept.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from pipelines.contracts import FEEDS
from pipelines.deliveries.manifest import Manifest
from pipelines.deliveries.reading import columns_of, quoted, source

_LINKS = (
    ("episode_key", "intake", "patient_key"),
    ("imaging_key", "imaging", "episode_key"),
    ("session_key", "session", "episode_key"),
)
"""(key, feed, key of whom it belongs to): the way from a patient to the patient's rows, in the order of the contract."""

DOOMED_KEYS = ("patient_key", *(key for key, _, _ in _LINKS))


def tag_of(key: str) -> str:
    """The hash by which a key is known once it was erased: SHA-256 of its trimmed lower-case text, 64 hex digits."""
    return hashlib.sha256(key.strip().lower().encode()).hexdigest()


def _tag(column: str) -> str:
    return f"sha256(lower(trim(cast({column} as varchar))))"


def find_doomed(
    con: duckdb.DuckDBPyConnection, deliveries: Sequence[tuple[Path, Manifest]], tags: Iterable[str]
) -> set[str]:
    """The tags of every key of the erased patients, those given and those that belong to them in these deliveries.

    Leaves them in the temp table `doomed` (tag) of `con`. Raises duckdb.Error when a file cannot be read.
    """
    con.execute("create or replace temp table doomed (tag varchar)")
    known = sorted(set(tags))
    if known:
        con.executemany("insert into doomed values (?)", [[tag] for tag in known])
    for key, feed, owner in _LINKS:
        for folder, manifest in deliveries:
            for file in manifest.usable_files:
                if file.feed == feed:
                    names = columns_of(folder, file)
                    con.execute(
                        f"insert into doomed select distinct {_tag(quoted(key))} "
                        f"from {source(folder / file.name, file.format, names)} "
                        f"where {_tag(quoted(owner))} in (select tag from doomed)"
                    ).fetchall()
    return {row[0] for row in con.execute("select distinct tag from doomed").fetchall()}


def is_doomed(feed: str) -> str:
    """The SQL condition under which a row of the feed is an erased patient's, by the temp table `doomed`."""
    keys = [name for name in DOOMED_KEYS if name in FEEDS[feed].columns]
    return " or ".join(f"coalesce({_tag(quoted(key))} in (select tag from doomed), false)" for key in keys)
