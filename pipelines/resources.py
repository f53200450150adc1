"""The one resource of the code location: where a run builds its night, and the only way its steps open DuckDB."""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from pipelines.checksums import spoilt_files
from pipelines.disk import full_disk_named
from pipelines.engine.mapping import close_engines
from pipelines.engine.opening import clear_store, fits_where_set
from pipelines.engine.settings import read_engine
from pipelines.errors import NightFailed, StepcareError
from pipelines.generations import WAREHOUSE, clear_abandoned_work, current_generation, current_warehouse
from pipelines.locking import hold
from pipelines.memory import duckdb_memory
from pipelines.only_changed import OnlyChanged
from pipelines.provenance import code_hash, reading_hash
from pipelines.room import require_rights, require_room, warehouse_bytes
from pipelines.settings import Settings
from pipelines.unexpected import words_for
from pipelines.warehouse import open_warehouse, same_warehouse

KEPT_OPEN_BYTES = 256_000_000
"""Up to this size the steps of a run share one open file: to open and close it takes longer than most of a small night's steps.
What DuckDB keeps in memory of a larger one is given back between steps."""

ONE_THREAD_BYTES = 128_000_000
"""Up to this size of the warehouse (some 10,000 episodes) tables have so few groups of rows that a second thread of DuckDB costs a
tenth more CPU and makes a night no faster."""


class NightBuild(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A night under construction: a private warehouse file of the run, beside what is published.

    A run that begins with `raw` starts from an empty file; a run of a few later tables starts from a copy of the published
    warehouse. Nothing that a run does is seen by readers until `report/published` swaps it in.
    """

    home: str
    inbox: str
    timezone: str
    notebooks: str = ""
    is_from_store: bool = False
    as_of: str = ""
    _open: ExitStack | None = PrivateAttr(default=None)
    _kept: duckdb.DuckDBPyConnection | None = PrivateAttr(default=None)
    _earlier: Path | None = PrivateAttr(default=None)
    _only_changed: OnlyChanged | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["NightBuild"]:
        """The resource of one run, which keeps a small warehouse open from step to step until the run ends; then it lets go of the
        engine, and of what the run has in its store."""
        with ExitStack() as stack:
            self._open = stack
            try:
                yield self
            finally:
                self.close()
                self._open = None
                close_engines()
                if context.run:
                    clear_store(self.settings.home, context.run.run_id)

    def close(self) -> None:
        """Close the warehouse that is kept open, if any, so that the file is whole and can be moved."""
        self._kept = None
        if self._open:
            self._open.close()

    @property
    def settings(self) -> Settings:
        """The folders of this installation."""
        notebooks = Path(self.notebooks) if self.notebooks else None
        return Settings(Path(self.home), Path(self.inbox), self.timezone, notebooks)

    def folder(self, run_id: str) -> Path:
        """The run's own folder, made if absent, readable by its owner only."""
        folder = self.settings.work / run_id
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def begin(self, run_id: str) -> Path | None:
        """Start the run's warehouse from nothing, so that a retry starts clean.

        Returns the published warehouse when its `raw.*` tables may be taken over: deliveries are still read the same way, every
        bit of that night is what was published, and nobody asked for everything from the store alone.
        """
        self.close()
        hold(self.settings.home)
        require_rights(self.settings)
        clear_abandoned_work(self.settings, run_id)
        clear_store(self.settings.home)
        shutil.rmtree(self.folder(run_id))
        require_room(self.settings)
        with full_disk_named(self.settings.home), open_warehouse(self.folder(run_id) / WAREHOUSE):
            pass  # an empty file is there now: steps of this run do not start from the published one
        self._earlier = self._only_changed = None
        generation = current_generation(self.settings)
        if self.is_from_store or generation is None or generation.reading_hash != reading_hash():
            return None
        if spoilt_files(self.settings.current.resolve()):
            return None
        published = current_warehouse(self.settings)
        if generation.code_hash == code_hash():
            self._earlier = published
            self._only_changed = OnlyChanged(published) if published else None
        return published

    @property
    def earlier(self) -> Path | None:
        """The published warehouse that tables of the run may be carried over from: made by the same code, and found whole when
        the run began with `raw`. None for every other run."""
        return self._earlier

    @property
    def only_changed(self) -> OnlyChanged | None:
        """What the run knows of the rows that changed since that warehouse was made; None where there is no such warehouse."""
        return self._only_changed

    @contextmanager
    def warehouse(self, run_id: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the run's warehouse, closed on the way out.

        Any other error than ours becomes NightFailed without its text, which may be a patient's value. Only
        what may heal by itself (a disk, a lock) is tried again, twice; each step replaces its whole table, so that is safe.
        """
        hold(self.settings.home)
        path = self.folder(run_id) / WAREHOUSE
        published = current_warehouse(self.settings)
        if not path.exists() and published:
            with full_disk_named(self.settings.home):
                shutil.copyfile(published, path.with_suffix(".copying"))
            path.with_suffix(".copying").rename(path)
        try:
            with (
                full_disk_named(self.settings.home),
                self._connection(path) as con,
                fits_where_set(self.settings.home, con),
            ):
                yield con
        except (duckdb.IOException, OSError) as error:
            raise dg.RetryRequested(max_retries=2, seconds_to_wait=5) from NightFailed(
                f"the disk or a lock: {type(error).__name__}. Is there space, and is nothing else writing here?"
            )
        except (StepcareError, dg.DagsterError, dg.Failure, dg.RetryRequested, GeneratorExit):
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, its text may hold a patient's value)
            raise NightFailed(words_for(error)) from None

    @contextmanager
    def _connection(self, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own for a step, on the file that is kept open or on a newly opened one."""
        is_large = path.exists() and path.stat().st_size > KEPT_OPEN_BYTES
        if self._open is None or is_large:
            self.close()
            with self._opened(path) as con:
                yield con
            return
        if self._kept is None:
            self._kept = self._open.enter_context(self._opened(path))
        try:
            with same_warehouse(self._kept, self.as_of) as con:
                yield con
        except BaseException:
            self.close()  # whatever went wrong, the next step starts with the file as it is on the disk
            raise

    def _opened(self, path: Path) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        settings = self.settings
        return open_warehouse(
            path,
            readable=(settings.store, settings.generations, *read_engine(settings.home).folders),
            threads=threads_for(settings),
            memory=duckdb_memory(settings.home),
            as_of=self.as_of,
        )


def threads_for(settings: Settings) -> int:
    """How many threads DuckDB gets for a night of what is delivered; two when nothing is known of that yet."""
    return 1 if 0 < warehouse_bytes(settings) <= ONE_THREAD_BYTES else 2
