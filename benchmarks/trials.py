"""The three trials of a night that was published, without the night around them: wall and CPU seconds, and peak memory.

    python benchmarks/trials.py var/generations/<generation>/warehouse.duckdb --outcomes 4

As at night, one trial's episodes are in memory at a time. The warehouse is only read. CPU and memory count the processes in
which folds are fitted side by side. Memory is the largest of samples taken twice a second, each the sum over these processes of
their proportional set size (Linux): what several share is counted once.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import duckdb

from pipelines.causal.effects import estimate_trial
from pipelines.causal.stepped import estimate_stepped
from pipelines.causal.trials import STEPPED, TRIALS

TICKS = os.sysconf("SC_CLK_TCK")
SECONDS_BETWEEN_SAMPLES = 0.5


def _family() -> list[Path]:
    """The process itself and its descendants."""
    parent_of = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        if (text := _text(path)) is not None:
            parent_of[int(path.parent.name)] = int(text.rpartition(")")[2].split()[1])
    found = [os.getpid()]
    for one in found:
        found += [child for child, parent in parent_of.items() if parent == one]
    return [Path(f"/proc/{one}") for one in found]


def _text(path: Path) -> str | None:
    """What a file of /proc says; None when its process has ended."""
    try:
        return path.read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return None


def _cpu_seconds() -> float:
    stats = [text for one in _family() if (text := _text(one / "stat")) is not None]
    return sum(int(ticks) for text in stats for ticks in text.rpartition(")")[2].split()[11:13]) / TICKS


def _megabytes() -> float:
    lines = [line for one in _family() for line in (_text(one / "smaps_rollup") or "").splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def _memory() -> Iterator[list[float]]:
    """Yield a list of one number, the most megabytes sampled so far."""
    peak, is_over = [_megabytes()], Event()

    def sample() -> None:
        while not is_over.wait(SECONDS_BETWEEN_SAMPLES):
            peak[0] = max(peak[0], _megabytes())

    sampler = Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield peak
    finally:
        is_over.set()
        sampler.join()


def measure(warehouse: Path, n_outcomes: int) -> None:
    """Estimate the three trials and print a line each."""
    print(f"{n_outcomes} outcomes a trial")
    print(f"{'trial':<10}{'eligible':>10}{'covariates':>12}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
    wall, cpu, peaks = time.perf_counter(), _cpu_seconds(), []
    for name in (*TRIALS, STEPPED.id):
        begun, spent = time.perf_counter(), _cpu_seconds()
        with _memory() as peak:
            eligible, covariates = _estimate(warehouse, name, n_outcomes)
        peaks.append(peak[0])
        seconds, used = time.perf_counter() - begun, _cpu_seconds() - spent
        print(f"{name:<10}{eligible:>10,}{covariates:>12}{seconds:>9.0f}{used:>9.0f}{peaks[-1]:>9,.0f}")
    wall, cpu = time.perf_counter() - wall, _cpu_seconds() - cpu
    print(f"{'all':<10}{'':>22}{wall:>9.0f}{cpu:>9.0f}{max(peaks):>9,.0f}")


def _estimate(warehouse: Path, name: str, n_outcomes: int) -> tuple[int, int]:
    """Estimate a trial; returns how many episodes were eligible and how many covariates it has."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        frame = con.execute(f"select * from cohort.{name}_trial order by episode_key").df()
    eligible = int(frame["is_eligible"].sum())
    if name == STEPPED.id:
        estimate_stepped(frame, replace(STEPPED, outcomes=STEPPED.outcomes[:n_outcomes]), _say)
        return eligible, len(STEPPED.columns_of_week(STEPPED.decision_weeks[-1])) + len(STEPPED.covariates)
    trial = TRIALS[name]
    estimate_trial(frame, replace(trial, outcomes=trial.outcomes[:n_outcomes]), _say)
    return eligible, len(trial.covariates)


def _say(message: str) -> None:
    print(f"  {message}", flush=True)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--outcomes", type=int, default=4)
    arguments = parser.parse_args()
    measure(arguments.warehouse, arguments.outcomes)


if __name__ == "__main__":
    main()
