"""The one module that knows engines: a function on every item, by processes of this machine, by Dask or by Spark.

    with engine(settings) as pmap:
        results = pmap(function, items)

The contract of every task: the function is importable where it runs, its items are small and name their data by path, and it
may be run twice (a worker was lost), so it writes aside and renames. Results come in the order of the items.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from joblib import Parallel, delayed

from pipelines.engine.environment import Environment, environment_here, lock_hash, require_same
from pipelines.engine.settings import EngineSettings
from pipelines.engine.tasks import Call, Done, Failed, run_call, value_of
from pipelines.engine.wire import packed, unpacked
from pipelines.errors import InstallationError, NightFailed

Pmap = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]
Run = Callable[[list[Call]], Iterable[Done | Failed]]
TRIES = 3
"""How often a task is run when the worker under it is lost; Dask's and Spark's own defaults are 3 and 4."""

LEAN_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Spark's own processes only hand tasks to Python: to compile them twice costs more than it saves."""

SPARK_PROBES = 4
"""Executors cannot be asked one by one: so many tasks ask at the start, and every later task compares the hash again."""

SECONDS_BETWEEN_LOOKS = 5.0
SECONDS_WITHOUT_WORKERS = 60.0
SECONDS_TO_CONNECT = 60.0
_OPEN: dict[EngineSettings, tuple[ExitStack, Pmap]] = {}


@contextmanager
def engine(settings: EngineSettings) -> Iterator[Pmap]:
    """The engine of the settings, open as long as the block runs.

    Raises InstallationError when it cannot be reached, its library is not installed, or its workers' environment is another.
    """
    opened = {"local": _local, "dask": _dask, "spark": _spark}[settings.engine]
    with opened(settings) as run:
        yield lambda function, items: _mapped(run, function, items)


def opened_engine(settings: EngineSettings) -> Pmap:
    """The engine of the settings, opened once in this process and kept until `close_engines`: to start one takes seconds."""
    if settings not in _OPEN:
        stack = ExitStack()
        _OPEN[settings] = (stack, stack.enter_context(engine(settings)))
    return _OPEN[settings][1]


def close_engines() -> None:
    """Let go of every engine that this process has opened."""
    while _OPEN:
        _OPEN.popitem()[1][0].close()


def _mapped(run: Run, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    environment = lock_hash(environment_here())
    return [value_of(result) for result in run([Call(function, item, environment) for item in items])]


@contextmanager
def _local(_: EngineSettings) -> Iterator[Run]:
    def run(calls: list[Call]) -> list[Done | Failed]:
        for tried in range(1, TRIES + 1):
            try:
                done: list[Done | Failed] = Parallel(-1, backend="loky", max_nbytes=None, batch_size=1)(
                    delayed(run_call)(call) for call in calls
                )
            except BrokenProcessPool:
                if tried == TRIES:
                    break
            else:
                return done
        raise NightFailed(
            f"a process of this machine was killed {TRIES} times. Is its memory enough for memory_per_task?"
        )

    yield run


@contextmanager
def _dask(settings: EngineSettings) -> Iterator[Run]:
    _require("distributed", "dask")
    import distributed

    try:
        client = distributed.Client(settings.engine_address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise _unreachable(settings, error) from None
    try:
        client.wait_for_workers(1, timeout=SECONDS_WITHOUT_WORKERS)
        for worker, environment in client.run(environment_here).items():
            require_same(environment, environment_here(), f"the worker {worker}")
        yield lambda calls: _dask_results(client, calls)
    except TimeoutError as error:
        raise _unreachable(settings, error) from None
    finally:
        client.close(timeout=SECONDS_BETWEEN_LOOKS)


def _dask_results(client: Any, calls: list[Call]) -> list[Done | Failed]:
    import distributed

    futures = client.map(run_call, calls, pure=False, retries=TRIES - 1)
    seen_at = time.monotonic()
    while True:
        try:
            with client.as_current():
                distributed.wait(futures, timeout=SECONDS_BETWEEN_LOOKS)
        except TimeoutError:
            if client.scheduler_info(n_workers=-1)["workers"]:
                seen_at = time.monotonic()
            elif time.monotonic() - seen_at > SECONDS_WITHOUT_WORKERS:
                client.cancel(futures)
                raise NightFailed(
                    "the Dask cluster has no worker any more. Start workers, and the night again"
                ) from None
            continue
        try:
            results: list[Done | Failed] = client.gather(futures)
        except distributed.scheduler.KilledWorker:
            raise NightFailed(
                "a task was lost with its worker again and again. Is a worker's memory enough for memory_per_task?"
            ) from None
        return results


@contextmanager
def _spark(settings: EngineSettings) -> Iterator[Run]:
    _require("pyspark", "spark")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    is_loopback = urlsplit(settings.engine_address).hostname in ("127.0.0.1", "localhost")
    if is_loopback:
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("stepcare")
    if settings.engine_address.startswith("sc://"):
        builder = builder.remote(settings.engine_address)
    else:
        builder = builder.master(settings.engine_address).config("spark.ui.enabled", "false")
        builder = builder.config("spark.ui.showConsoleProgress", "false")
        builder = builder.config("spark.log.level", "ERROR").config("spark.executor.cores", "1")
        if is_loopback:
            builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
            for role in ("driver", "executor"):
                builder = builder.config(f"spark.{role}.extraJavaOptions", LEAN_JAVA)
    try:
        session = builder.getOrCreate()
    except (PySparkException, Py4JError, RuntimeError, OSError) as error:
        raise _unreachable(settings, error) from None
    try:
        probes = [Call(_environment_of, number, "") for number in range(SPARK_PROBES)]
        for environment in map(value_of, _spark_results(session, probes)):
            require_same(environment, environment_here(), "an executor of Spark")
        yield lambda calls: _spark_results(session, calls)
    finally:
        session.stop()


def _spark_results(session: Any, calls: list[Call]) -> list[Done | Failed]:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    def run_batches(batches: Iterable[Any]) -> Iterator[Any]:
        return batches_run(batches, calls)

    numbers = session.range(0, len(calls), 1, len(calls))
    try:
        rows = numbers.mapInArrow(run_batches, "number long, result binary").collect()
    except (PySparkException, Py4JError) as error:
        raise NightFailed(f"Spark gave a task up ({type(error).__name__}); its executors' logs say why") from None
    by_number = {row["number"]: row["result"] for row in rows}
    return [unpacked(bytes(by_number[number])) for number in range(len(calls))]


def batches_run(batches: Iterable[Any], calls: list[Call]) -> Iterator[Any]:
    """Run the calls whose numbers are in Arrow batches; yields batches of (number, pickled result). Runs on Spark's executors."""
    import pyarrow as pa

    for batch in batches:
        for number in batch.column(0).to_pylist():
            result = packed(run_call(calls[number]))
            yield pa.RecordBatch.from_arrays(
                [pa.array([number], pa.int64()), pa.array([result], pa.binary())], names=["number", "result"]
            )


def _environment_of(_: int) -> Environment:
    return environment_here()


def _require(module: str, extra: str) -> None:
    if find_spec(module) is None:
        raise InstallationError(
            f"the engine {extra} is set and not installed. Install it: pip install 'stepcare[{extra}]'"
        )


def _unreachable(settings: EngineSettings, error: Exception) -> InstallationError:
    return InstallationError(
        f"the engine {settings.engine} at {settings.engine_address} cannot be reached ({type(error).__name__}). Is it running, "
        "with at least one worker? `stepcare engine start` starts one on this machine"
    )
