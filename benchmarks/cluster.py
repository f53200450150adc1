"""The CPU of a night's tables and checks on clusters of this machine, beside the machine alone on the same buckets.

    python -m benchmarks.cluster 60000 --workers 1 2      # simulates them; --inbox DIR takes deliveries that are there

CPU is of the whole tree: the night's own process and its children, the scheduler, and all that the workers started (not
Spark's executors of `per worker`, which are sessions of their own).
"""

import argparse
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from pipelines.configuration import CONFIGURATION
from pipelines.engine.clusters import local_cluster
from pipelines.engine.tables_alone import build_tables
from pipelines.settings import Settings
from pipelines.synthetic import simulate

TICKS = os.sysconf("SC_CLK_TCK")
STAGES = ("raw", "clean", "cohort", "checks")


def cpu_seconds(session: int | None = None) -> float:
    """CPU of every process of a session, or of this process's tree, with that of their children that have ended."""
    parents, sessions, ticks = {}, {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            pid = int(folder.name)
            parents[pid], sessions[pid], ticks[pid] = int(fields[1]), int(fields[3]), sum(map(int, fields[11:15]))
    if session is not None:
        return sum(used for pid, used in ticks.items() if sessions[pid] == session) / TICKS
    return sum(used for pid, used in ticks.items() if _is_below(pid, os.getpid(), parents)) / TICKS


def _is_below(pid: int, above: int, parents: dict[int, int]) -> bool:
    while pid not in (0, above):
        pid = parents.get(pid, 0)
    return pid == above


def measured(engine: str, workers: int, buckets: int, inbox: Path, folder: Path) -> dict[str, float]:
    """CPU seconds by stage, the cluster's own start in `start`."""
    home = folder / f"{engine}-{workers}"
    home.mkdir(mode=0o700)
    with ExitStack() as stack:
        said, last = f"[engine]\nbuckets = {buckets}\n", cpu_seconds()
        if engine != "local":
            cluster = stack.enter_context(local_cluster(engine, workers, home / "cluster"))
            said += f'engine = "{engine}"\nengine_address = "{cluster.address}"\n'
            time.sleep(5)
        (home / CONFIGURATION).write_text(said)
        found = {}

        def lap(stage: str) -> None:
            nonlocal last
            now = cpu_seconds()
            found[stage] = now - last
            last = now

        lap("start")
        build_tables(Settings(home, inbox), lap)
        if engine != "local":
            found["per worker"] = sum(cpu_seconds(process.pid) for process in cluster.workers) / workers
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("episodes", type=int)
    parser.add_argument("--inbox", type=Path)
    parser.add_argument("--engines", nargs="+", default=["local", "dask"], choices=["local", "dask", "spark"])
    parser.add_argument("--workers", nargs="+", type=int, default=[2])
    parser.add_argument("--buckets", type=int, default=8)
    given = parser.parse_args()
    os.umask(0o077)
    with tempfile.TemporaryDirectory(prefix="stepcare-cluster-") as temporary:
        folder = Path(temporary)
        inbox = given.inbox or folder / "inbox"
        if given.inbox is None:
            clinics = max(2, given.episodes // 500)
            simulate(inbox, episodes=given.episodes, clinics=clinics, world="uniform", seed=1, dirt=0.002)
        print(f"{given.episodes:,} episodes, {given.buckets} buckets: CPU seconds")
        for engine in given.engines:
            for workers in given.workers if engine != "local" else [os.cpu_count() or 1]:
                began_at = time.monotonic()
                found = measured(engine, workers, given.buckets, inbox, folder)
                split = sum(found[stage] for stage in STAGES[1:])
                told = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in found.items())
                wall = time.monotonic() - began_at
                print(
                    f"{engine} {workers}: {told}; clean to checks {split:.1f}; wall {wall:.0f} (load {os.getloadavg()[0]:.0f})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
