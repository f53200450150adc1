"""A night's way to its engine: which tables are made there, which checks are counted there, which fits run there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb

from pipelines.causal.parallel import side_by_side_on
from pipelines.engine.counting import count_on_engine
from pipelines.engine.folds import fits_on
from pipelines.engine.mapping import opened_engine
from pipelines.engine.night import EngineNight, warehouse_folder
from pipelines.engine.settings import EngineSettings, read_engine
from pipelines.engine.store import RUNS, SPLIT, Store
from pipelines.only_changed import OnlyChanged, make_what_changed
from pipelines.quality.kahn import Count
from pipelines.quality.results import count_here
from pipelines.tables import SqlFile, materialize


def make_table(home: Path, con: duckdb.DuckDBPyConnection, file: SqlFile, known: OnlyChanged | None = None) -> int:
    """Replace the file's table, in buckets where `[engine]` says so; returns how many rows were made.

    Without buckets only what changed since the published night is made again, if `known` names one that may be built on.
    """
    settings = read_engine(home)
    if settings.is_split and file.scope == "patient":
        return _night(settings, con).materialize(con, file)
    n_made = make_what_changed(con, file, known) if known and not settings.is_split else None
    return materialize(con, file) if n_made is None else n_made


def count_checks(home: Path, con: duckdb.DuckDBPyConnection, rules: Sequence[SqlFile]) -> list[Count]:
    """Count every check, in buckets where `[engine]` says so."""
    settings = read_engine(home)
    return count_on_engine(_night(settings, con), con, rules) if settings.is_split else count_here(con, rules)


@contextmanager
def fits_where_set(home: Path, con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Within the block, fits that would use all cores run on the cluster that `[engine]` names, if it names one."""
    settings = read_engine(home)
    if settings.engine == "local":
        yield
        return
    run = warehouse_folder(con).name
    with side_by_side_on(fits_on(settings, run, partial(opened_engine, settings))):
        yield


def clear_store(home: Path, run: str = "", *, is_everything: bool = False) -> None:
    """Remove what the run has in the engine's store, or every run when none is named; the splits of deliveries only when told.

    Without buckets there is nothing to split for, so that the splits of an earlier setting go too. What a setting no longer
    names is not looked for: clear the store before `store` is changed (docs/engines.md).
    """
    settings = read_engine(home)
    store = Store(settings.store)
    store.remove(f"{RUNS}/{run}" if run else RUNS)
    if is_everything or not settings.is_split:
        store.remove(SPLIT)
    store.clear_removed()


def _night(settings: EngineSettings, con: duckdb.DuckDBPyConnection) -> EngineNight:
    return EngineNight(settings, warehouse_folder(con).name, opened_engine(settings))
