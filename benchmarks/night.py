"""A whole night by stage: wall and CPU seconds, peak memory, bytes on disk, beside the floor measured in the same run.

    python benchmarks/night.py 6000 60000

The floor is DuckDB reading the same CSV files once as text and counting their rows: no night can be faster. Memory is the
process's own high-water mark, set back at each stage's start where the system allows it (Linux), else the peak so far.
"""

import argparse
import logging
import resource
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb

from pipelines.generations import WAREHOUSE
from pipelines.night import run_night
from pipelines.settings import Settings
from pipelines.synthetic import simulate

STAGES = ("raw", "clean", "cohort", "checks", "estimates", "report")
CLINICS_PER_EPISODE = 1 / 500
SCRATCH = tempfile.gettempdir()  # a night points TMPDIR at its own home


def _peak_megabytes() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


class Stages(logging.Handler):
    """CPU and wall seconds and peak memory by stage, from Dagster's step events; contract checks are a stage of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.wall: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)
        self.peak: dict[str, float] = defaultdict(float)
        self._began = (0.0, 0.0)

    def emit(self, record: logging.LogRecord) -> None:
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        if event is None:
            return
        if event.event_type_value == "STEP_START":
            _forget_peak()
            self._began = (time.perf_counter(), time.process_time())
        elif event.event_type_value == "STEP_SUCCESS":
            step = str(meta["step_key"])
            stage = "contracts" if step.endswith(("_contract", "_disclosure")) else step.split("__", maxsplit=1)[0]
            self.wall[stage] += time.perf_counter() - self._began[0]
            self.cpu[stage] += time.process_time() - self._began[1]
            self.peak[stage] = max(self.peak[stage], _peak_megabytes())


def _floor(inbox: Path) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    with duckdb.connect() as con:
        con.execute("set threads = 2")
        for feed in ("intake", "exam", "lab", "imaging", "imaging_level", "session", "session_component", "outcome"):
            pattern = str(inbox / "*" / "*" / f"{feed}.csv")
            con.execute(
                "select count(columns(*)) from read_csv(?, all_varchar = true, union_by_name = true)", [pattern]
            )
            con.fetchall()
    return time.perf_counter() - wall, time.process_time() - cpu


def measure(episodes: int, world: str) -> None:
    """Simulate, run one night and a second one with nothing new, and print the table of one size."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        settings = Settings(home=Path(folder) / "home", inbox=Path(folder) / "inbox")
        clinics = max(2, round(episodes * CLINICS_PER_EPISODE))
        simulate(settings.inbox, episodes=episodes, clinics=clinics, world=world, seed=1)
        floor_wall, floor_cpu = _floor(settings.inbox)
        stages = Stages()
        wall, cpu = time.perf_counter(), time.process_time()
        run_night(settings, lambda _: None, stages)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        again = time.perf_counter()
        run_night(settings, lambda _: None)
        again = time.perf_counter() - again
        size = (settings.current / WAREHOUSE).stat().st_size / 1e6
    print(f"\n{episodes:,} episodes, {clinics} clinics, world {world}")
    print(f"{'stage':<12}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'CPU / floor':>13}")
    for stage in (*STAGES, "contracts"):
        row = f"{stage:<12}{stages.wall[stage]:>9.1f}{stages.cpu[stage]:>9.1f}{stages.peak[stage]:>9.0f}"
        print(f"{row}{stages.cpu[stage] / floor_cpu:>13.1f}")
    peak = max(stages.peak.values())
    print(f"{'night':<12}{wall:>9.1f}{cpu:>9.1f}{peak:>9.0f}{cpu / floor_cpu:>13.1f}")
    print(f"{'floor':<12}{floor_wall:>9.1f}{floor_cpu:>9.1f}{'':>9}{1:>13.1f}")
    print(f"second night, nothing new: {again:.2f} s; warehouse {size:.0f} MB")


def main() -> None:
    """Read the sizes and measure each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("episodes", nargs="*", type=int, default=[6000])
    parser.add_argument("--world", default="uniform")
    arguments = parser.parse_args()
    for episodes in arguments.episodes:
        measure(episodes, arguments.world)


if __name__ == "__main__":
    main()
