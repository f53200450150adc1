"""A whole night by stage: wall and CPU seconds, peak memory, bytes on disk, beside the floor measured in the same run.

    python -m benchmarks.night 6000 60000
    python -m benchmarks.night 1000000 --until checks --folder /data    # raw, clean, cohort and checks alone
    python -m benchmarks.night 6000 --profile night.prof                # and where the CPU went (pstats)

The floor is DuckDB reading the same files once as text, told how they are written, and counting their values: no night can be
faster. A night is a process of its own, as from the command line; CPU and memory count its descendants, memory is the sum of
proportional set sizes sampled twice a second (Linux). What is in no stage (imports, planning the graph, writing Dagster's events)
stands as `around`. `growth` is log(CPU ratio) / log(episode ratio) between the first size and each later one.
"""

import argparse
import cProfile
import json
import logging
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from benchmarks.measuring import Memory, cpu_seconds, sampled_memory
from pipelines.definitions import build_definitions
from pipelines.instance import open_instance
from pipelines.night import prepare_dagster, run_night
from pipelines.progress import progress_logger
from pipelines.settings import Settings
from pipelines.synthetic import simulate

STAGES = ("raw", "clean", "cohort", "checks", "estimates", "diagnostics", "self_checks", "report", "contracts")
ESTIMATES = ("estimates", "diagnostics", "self_checks")
"""The stages that fit models: the estimates, and the same models again to see whether they can be believed."""

UNTIL_CHECKS = ("raw", "clean", "cohort", "checks")
EPISODES_A_CLINIC = 500
MOST_CLINICS = 500


class Stages(logging.Handler):
    """CPU and wall seconds and peak memory by stage, from Dagster's step events; contract checks are a stage of their own."""

    def __init__(self, memory: Memory) -> None:
        super().__init__()
        self.spent: dict[str, dict[str, float]] = defaultdict(lambda: {"wall": 0.0, "cpu": 0.0, "peak": 0.0})
        self._memory = memory
        self._began = (0.0, 0.0)

    def emit(self, record: logging.LogRecord) -> None:
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        if event is None:
            return
        if event.event_type_value == "STEP_START":
            self._memory.take()
            self._began = (time.perf_counter(), cpu_seconds(self._memory.family))
        elif event.event_type_value == "STEP_SUCCESS":
            step = str(meta["step_key"])
            stage = "contracts" if step.endswith(("_contract", "_disclosure")) else step.split("__", maxsplit=1)[0]
            spent = self.spent[stage]
            spent["wall"] += time.perf_counter() - self._began[0]
            spent["cpu"] += cpu_seconds(self._memory.family) - self._began[1]
            spent["peak"] = max(spent["peak"], self._memory.take())


def floor_of(inbox: Path, file_format: str) -> tuple[float, float]:
    """Wall and CPU seconds of DuckDB reading every feed once as text and counting its values, told how CSV is written: to let it
    find out, file by file, takes ten times as long."""
    wall, cpu = time.perf_counter(), time.process_time()
    with duckdb.connect() as con:
        con.execute("set threads = 2; set enable_progress_bar = false")
        for feed in ("intake", "exam", "lab", "imaging", "imaging_level", "session", "session_component", "outcome"):
            for header, paths in _alike(inbox.glob(f"*/*/{feed}.{file_format}"), file_format).items():
                read = "read_parquet(?, union_by_name = true)"
                if file_format == "csv":
                    columns = ", ".join(f"{name}: 'VARCHAR'" for name in header.split(","))
                    told = "delim = ',', quote = '\"', escape = '\"', header = true, auto_detect = false"
                    read = f"read_csv(?, {told}, columns = {{{columns}}})"
                con.execute(f"select count(columns(*)) from {read}", [paths])
                con.fetchall()
    return time.perf_counter() - wall, time.process_time() - cpu


def _alike(paths: Iterable[Path], file_format: str) -> dict[str, list[str]]:
    """Paths by header; Parquet tells its own."""
    alike: dict[str, list[str]] = defaultdict(list)
    for path in sorted(paths):
        alike[_first_line(path) if file_format == "csv" else ""].append(str(path))
    return alike


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as stream:
        return stream.readline().strip()


def _run(settings: Settings, groups: Sequence[str]) -> None:
    """The night in this process; what it spent goes to standard output as JSON. With groups, only those stages."""
    wall = time.perf_counter()
    with sampled_memory() as memory:
        stages = Stages(memory)
        if groups:
            prepare_dagster(settings)
            _run_groups(settings, groups, stages)
        else:
            run_night(settings, lambda _: None, stages)
    whole = {"wall": time.perf_counter() - wall, "cpu": cpu_seconds(), "peak": memory.peak}
    print(json.dumps({**stages.spent, "night": whole}))


def _run_groups(settings: Settings, groups: Sequence[str], stages: Stages) -> None:
    job = dg.define_asset_job(
        "part", dg.AssetSelection.groups(*groups), executor_def=dg.in_process_executor, tags={"stepcare/kind": "night"}
    )
    definitions = dg.Definitions.merge(
        build_definitions(settings, loggers={"progress": progress_logger(stages)}), dg.Definitions(jobs=[job])
    )
    with open_instance() as instance:
        definitions.resolve_job_def("part").execute_in_process(
            instance=instance, run_config={"loggers": {"progress": {}}}
        )


def night_of(settings: Settings, groups: Sequence[str], profile: str = "") -> dict[str, dict[str, float]]:
    """A night in a process of its own; returns what it spent by stage."""
    command = [sys.executable, "-m", "benchmarks.night", "--home", str(settings.home), "--inbox", str(settings.inbox)]
    command += ["--groups", *groups] * bool(groups) + ["--profile", profile] * bool(profile)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    spent: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return spent


def measure(episodes: int, arguments: argparse.Namespace) -> float:
    """Run one night and, when it is a whole one, a second with nothing new; print the table of one size, return CPU seconds."""
    groups = UNTIL_CHECKS if arguments.until == "checks" else ()
    folder = Path(tempfile.mkdtemp(prefix="night-", dir=arguments.folder))
    try:
        settings = Settings(home=folder / "home", inbox=folder / "inbox")
        clinics = min(MOST_CLINICS, max(2, episodes // EPISODES_A_CLINIC))
        truth = simulate(
            settings.inbox,
            episodes=episodes,
            clinics=clinics,
            world=arguments.world,
            seed=1,
            file_format=arguments.format,
        )
        floor_wall, floor_cpu = floor_of(settings.inbox, arguments.format)
        spent = night_of(settings, groups, arguments.profile)
        again = None if groups else night_of(settings, ())["night"]
        warehouse = next((settings.work if groups else settings.generations).glob("*/warehouse.duckdb"))
        delivered = sum(path.stat().st_size for path in settings.inbox.rglob("*") if path.is_file()) / 1e6
        kept, size = _megabytes_in(settings.store), warehouse.stat().st_size / 1e6
    finally:
        shutil.rmtree(folder)
    print(f"\n{episodes:,} episodes, {truth.sessions:,} sessions, {clinics} clinics, world {arguments.world}")
    print(f"{'stage':<13}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'CPU / floor':>13}")
    whole = spent["night"]
    within = [spent[stage] for stage in STAGES if stage in spent]
    around = {name: whole[name] - sum(one[name] for one in within) for name in ("wall", "cpu")} | {"peak": 0.0}
    for stage, one in (*((s, spent[s]) for s in STAGES if s in spent), ("around", around), ("night", whole)):
        row = f"{stage:<13}{one['wall']:>9.1f}{one['cpu']:>9.1f}{one['peak']:>9,.0f}"
        print(f"{row}{one['cpu'] / floor_cpu:>13.1f}")
    print(f"{'floor':<13}{floor_wall:>9.1f}{floor_cpu:>9.1f}{'':>9}{1:>13.1f}")
    rest = whole["cpu"] - sum(spent[stage]["cpu"] for stage in ESTIMATES if stage in spent)
    print(f"all but {', '.join(ESTIMATES)}: {rest:.1f} s of CPU")
    if again:
        print(f"second night, nothing new: {again['cpu']:.1f} s of CPU, {again['wall']:.1f} s")
    print(f"delivered {delivered:,.0f} MB, kept {kept:,.0f} MB, warehouse {size:,.0f} MB", flush=True)
    return rest


def _megabytes_in(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    """Read the sizes and measure each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("episodes", nargs="*", type=int, default=[6000])
    parser.add_argument("--world", default="uniform")
    parser.add_argument("--until", choices=("checks", "published"), default="published")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--folder", type=Path, help="where to work (default: the system's place for temporary files)")
    parser.add_argument("--profile", default="", help="write the night's profile there")
    for name in ("--home", "--inbox"):
        parser.add_argument(name, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--groups", nargs="*", default=[], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.home:
        profile = cProfile.Profile(time.process_time) if arguments.profile else None
        if profile:
            profile.enable()
        _run(Settings(home=arguments.home, inbox=arguments.inbox), arguments.groups)
        if profile:
            profile.disable()
            profile.dump_stats(arguments.profile)
        return
    found = [(episodes, measure(episodes, arguments)) for episodes in arguments.episodes]
    for episodes, cpu in found[1:]:
        growth = math.log(cpu / found[0][1]) / math.log(episodes / found[0][0])
        print(f"growth from {found[0][0]:,} to {episodes:,} episodes, all but the estimates: {growth:.2f}")


if __name__ == "__main__":
    main()
