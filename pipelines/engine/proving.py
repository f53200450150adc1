"""The same deliveries on this machine alone and on clusters of real processes: are the nights the same?"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

from pipelines.configuration import CONFIGURATION
from pipelines.engine.clusters import Cluster, local_cluster
from pipelines.engine.parity import TableParity, compare_warehouses
from pipelines.engine.store import RUNS, Store
from pipelines.engine.tables_alone import build_tables
from pipelines.errors import NightFailed
from pipelines.generations import WAREHOUSE
from pipelines.settings import Settings

Say = Callable[[str], None]
FIRST_COHORT_TABLE = "cohort."
_SECONDS_BETWEEN_LOOKS = 0.02
_SECONDS_BETWEEN_REQUESTS = 0.2


@dataclass(frozen=True)
class Proof:
    """What a night on an engine was beside the one on this machine alone, and the files that it left over."""

    engine: str
    tables: tuple[TableParity, ...]
    left_over: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether every table is the same and nothing was left over."""
        return bool(self.tables) and not self.left_over and not any(table.differs for table in self.tables)


@dataclass(frozen=True)
class Proving:
    """How to prove: where, on which deliveries, with how many workers and buckets; whole nights or their tables alone.

    `store` is a folder or URL in which each night gets a store of its own, emptied afterwards; empty is below the night's home.
    """

    folder: Path
    inbox: Path
    workers: int = 2
    buckets: int = 0
    is_whole: bool = True
    is_killing: bool = False
    store: str = ""

    def night(self, name: str, say: Say, configuration: str = "") -> Path:
        """Make the night in a home of its own under the folder; returns its warehouse."""
        settings = Settings(self.folder / name, self.inbox)
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        (settings.home / CONFIGURATION).write_text(configuration, encoding="utf-8")
        if not self.is_whole:
            return build_tables(settings, lambda stage: say(f"  {name}: {stage} is made"))
        from pipelines.night import run_night

        result = run_night(settings, lambda _: None)
        if result.run_id is None:
            raise NightFailed(f"{settings.home} holds a night already. Name a folder that is empty")
        return (settings.current / WAREHOUSE).resolve()

    def prove(self, engine: str, here: Path, say: Say) -> Proof:
        """Make the night on a cluster of `engine` started for it, and compare it with the warehouse `here`."""
        with local_cluster(engine, self.workers, self.folder / engine / "cluster") as cluster:
            say(
                f"  {engine}: scheduler (process {cluster.scheduler.pid}) and {self.workers} workers at {cluster.address}"
            )
            return self.prove_on(cluster, engine, here, say)

    def prove_on(self, cluster: Cluster, engine: str, here: Path, say: Say) -> Proof:
        """Make the night on a cluster that runs, and compare it with the warehouse `here`."""
        home = self.folder / engine
        around, own = (
            (Store(self.store.rstrip("/")), f"parity-{uuid4().hex}") if self.store else (Store(str(home)), "engine")
        )
        store = Store(f"{around.root}/{own}")
        written = (
            f'[engine]\nengine = "{engine}"\nengine_address = "{cluster.address}"\nbuckets = {self.buckets}\n'
            f"store = {json.dumps(store.root)}\n"
        )
        if not store.is_remote:
            store.folder("")
        try:
            with _killing(cluster, store, say) if self.is_killing else _undisturbed():
                there = self.night(engine, say, written)
            left_over = tuple(name for name in store.names("") if name.startswith((RUNS, ".")))
        finally:
            if self.store:
                around.remove(own)
        return Proof(engine, tuple(compare_warehouses(here, there)), left_over)


@contextmanager
def _undisturbed() -> Iterator[None]:
    yield


@contextmanager
def _killing(cluster: Cluster, store: Store, say: Say) -> Iterator[None]:
    """Within the block, kill a worker with -9 once the first table of the cohort has a bucket in the store.

    Raises NightFailed when the block ends before that.
    """
    is_over, was_killed = Event(), Event()

    def watch() -> None:
        while not is_over.is_set():
            if _has_cohort_table(store):
                cluster.kill_worker(0)
                was_killed.set()
                say(
                    f"  a worker (process {cluster.workers[0].pid} and its own) was killed with -9 in the middle of the cohort"
                )
                return
            time.sleep(_SECONDS_BETWEEN_REQUESTS if store.is_remote else _SECONDS_BETWEEN_LOOKS)

    watching = Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        is_over.set()
        watching.join()
    if not was_killed.is_set():
        raise NightFailed("the night was over before a worker could be killed. Try it on more episodes")


def _has_cohort_table(store: Store) -> bool:
    if store.is_remote:
        return any(f"/{FIRST_COHORT_TABLE}" in name for name in store.names(RUNS))
    return any(Path(store.root, RUNS).glob(f"*/{FIRST_COHORT_TABLE}*/*.parquet"))


def report_lines(proofs: Sequence[Proof]) -> Iterator[str]:
    """What was compared, in lines a person reads."""
    for proof in proofs:
        n_exact = sum(table.is_exact for table in proof.tables)
        n_rows = sum(table.n_rows for table in proof.tables)
        yield f"{proof.engine}: {len(proof.tables)} tables, {n_rows:,} rows; {n_exact} tables the same to the bit"
        for table in proof.tables:
            if not table.is_exact:
                yield f"  {table.table}: {table.differs or f'within the tolerance, at most {table.largest_difference:.1e} apart'}"
        yield from (f"  left over: {name}" for name in proof.left_over)
