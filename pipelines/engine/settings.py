"""Where the work of a night is done: the table `[engine]` of `stepcare.toml`."""

from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.configuration import CONFIGURATION, read_section
from pipelines.errors import UsageError

ENGINES = ("local", "dask", "spark")
LEAST_BUCKETS = 8
SESSIONS_A_BUCKET = 1_000_000
"""A million sessions with what hangs on them take about 1 GB of DuckDB's memory (docs/performance.md)."""


@dataclass(frozen=True)
class EngineSettings:
    """What `[engine]` says.

    `engine` is who schedules the tasks, `engine_address` where (tcp://..., spark://..., sc://...), `buckets` into how many parts
    the patients are split (0: not at all on `local`, by the number of sessions elsewhere), `store` the folder or URL that every
    machine reaches under the same name, `memory_per_task` what DuckDB may use in one bucket before it spills.
    """

    engine: str = "local"
    engine_address: str = ""
    buckets: int = 0
    store: str = ""
    memory_per_task: str = "2GB"

    @property
    def is_split(self) -> bool:
        """Whether the night's patient-scope tables are made in buckets."""
        return self.engine != "local" or self.buckets > 0

    @property
    def is_remote(self) -> bool:
        """Whether the store is an object store, reached through fsspec, rather than a folder."""
        return "://" in self.store

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders outside the home that a night reads and writes."""
        return (Path(self.store),) if self.is_split and not self.is_remote else ()


def read_engine(home: Path) -> EngineSettings:
    """`[engine]` of `<home>/stepcare.toml`, the store by default `<home>/engine`.

    Raises UsageError for an engine that is not known, a cluster without address, or a number of buckets below 0.
    """
    said = read_section(home, "engine", EngineSettings)
    place = f"{home / CONFIGURATION}: [engine]"
    if said.engine not in ENGINES:
        raise UsageError(f"{place} engine is none of {', '.join(ENGINES)}")
    if said.engine != "local" and not said.engine_address:
        raise UsageError(
            f"{place} lacks engine_address, which `stepcare engine start {said.engine}` prints for a cluster on this machine"
        )
    if said.buckets < 0:
        raise UsageError(f"{place} buckets is below 0. Leave it out, and it is chosen by the number of sessions")
    return replace(said, store=said.store or str(home.absolute() / "engine"))


def buckets_for(settings: EngineSettings, n_sessions: int) -> int:
    """Into how many buckets the patients are split: as set, else a power of two that seldom changes as the sessions grow.

    When it changes, every delivery is split anew.
    """
    if settings.buckets:
        return settings.buckets
    buckets = LEAST_BUCKETS
    while buckets * SESSIONS_A_BUCKET < n_sessions:
        buckets *= 2
    return buckets
