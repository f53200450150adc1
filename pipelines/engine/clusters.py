"""A cluster of real processes on this machine, bound to loopback: a scheduler and its workers, ended with whoever started it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pipelines.engine.mapping import LEAN_JAVA
from pipelines.errors import InstallationError, UsageError

LOOPBACK = "127.0.0.1"
SECONDS_TO_START = 120.0
_QUIET = ("--no-dashboard", "--dashboard-address", f"{LOOPBACK}:0")
"""Without a dashboard Dask still answers health checks, on every address unless told."""

_WITHOUT_PROFILES = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5s",
}
"""Dask samples its workers' stacks a hundred times a second and itself twice, for a dashboard that is not started."""

_SECONDS_TO_END = 10.0


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its address for `[engine]`, and the processes of its scheduler and workers, each with its own group."""

    address: str
    scheduler: "subprocess.Popen[bytes]"
    workers: tuple["subprocess.Popen[bytes]", ...]

    def kill_worker(self, number: int) -> None:
        """End a worker and all that it started at once, as a lost machine would (kill -9)."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)
        self.workers[number].wait()


@contextmanager
def local_cluster(engine: str, workers: int, folder: Path, port: int = 0) -> Iterator[Cluster]:
    """Start a cluster of `engine` with so many workers of one core each; its files and logs lie in `folder`.

    Raises UsageError for an engine without a cluster, InstallationError when it does not start.
    """
    if engine not in ("dask", "spark"):
        raise UsageError(f"there is no cluster of {engine}. Name dask or spark")
    _require(engine)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = port or free_port()
    address = f"{'tcp' if engine == 'dask' else 'spark'}://{LOOPBACK}:{port}"
    with ExitStack() as stack:
        scheduler = stack.enter_context(_started(_scheduler(engine, port), folder, "scheduler"))
        _wait_for(port, scheduler, folder)
        started = tuple(
            stack.enter_context(_started(_worker(engine, address, folder, number), folder, f"worker-{number}"))
            for number in range(workers)
        )
        yield Cluster(address, scheduler, started)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _scheduler(engine: str, port: int) -> list[str]:
    if engine == "dask":
        return [*_dask("scheduler"), "--host", LOOPBACK, "--port", str(port), *_QUIET, "--no-show"]
    return [*_spark("master.Master"), "--host", LOOPBACK, "--port", str(port), "--webui-port", "0"]


def _worker(engine: str, address: str, folder: Path, number: int) -> list[str]:
    place = str(folder / f"worker-{number}")
    if engine == "dask":
        own = ["--host", LOOPBACK, "--nthreads", "1", "--nworkers", "1", *_QUIET, "--memory-limit", "0"]
        return [*_dask("worker"), address, *own, "--local-directory", place]
    own = ["--host", LOOPBACK, "--cores", "1", "--memory", "2g", "--webui-port", "0", "--work-dir", place]
    return [*_spark("worker.Worker"), *own, address]


def _dask(role: str) -> list[str]:
    return [sys.executable, "-m", f"distributed.cli.dask_{role}"]


def _spark(role: str) -> list[str]:
    spec = find_spec("pyspark")
    home = Path(str(spec.origin)).parent if spec else Path()
    return [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}"]


def _require(engine: str) -> None:
    if find_spec("distributed" if engine == "dask" else "pyspark") is None:
        raise InstallationError(f"{engine} is not installed. Install it: pip install 'stepcare[{engine}]'")
    if engine == "spark" and not has_java():
        raise InstallationError("Spark needs Java 17 or later, and there is no `java`. Install it, or set JAVA_HOME")


def has_java() -> bool:
    """Whether this machine has the Java that Spark needs."""
    home = os.environ.get("JAVA_HOME")
    places = [f"{home}/bin"] if home else os.environ.get("PATH", "").split(os.pathsep)
    return any(os.access(Path(place, "java"), os.X_OK) for place in places)


@contextmanager
def _started(command: list[str], folder: Path, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in a group of its own, with its output in a log; ended with its whole group on the way out."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]).rstrip(
            os.pathsep
        ),
        "PYTHONDONTWRITEBYTECODE": "1",
        **_WITHOUT_PROFILES,
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_DIRS": str(folder / "spark"),
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_DAEMON_JAVA_OPTS": LEAN_JAVA,
        "PYSPARK_PYTHON": sys.executable,
        "TMPDIR": str(folder),
    }
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 (a command of ours)
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(_SECONDS_TO_END)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _wait_for(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.2)
    raise InstallationError(f"the scheduler did not start; {folder / 'scheduler.log'} says why")
