"""The three trials of a night that was published, without the night around them: wall and CPU seconds, and peak memory.

    python benchmarks/trials.py var/generations/<generation>/warehouse.duckdb --outcomes 4

The warehouse is only read. CPU and memory count the processes in which folds are fitted side by side; memory is the sum of
their high-water marks (Linux), so an upper bound.
"""

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.causal.effects import estimate_trial
from pipelines.causal.stepped import estimate_stepped
from pipelines.causal.trials import STEPPED, TRIALS

TICKS = os.sysconf("SC_CLK_TCK")


def _family() -> list[Path]:
    """The process itself and its children."""
    own = os.getpid()
    children = [
        path.parent
        for path in Path("/proc").glob("[0-9]*/stat")
        if path.exists() and int(path.read_text(encoding="ascii").rpartition(")")[2].split()[1]) == own
    ]
    return [Path(f"/proc/{own}"), *children]


def _cpu_seconds() -> float:
    times = [(one / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13] for one in _family()]
    return sum(int(ticks) for pair in times for ticks in pair) / TICKS


def _peak_megabytes() -> float:
    lines = [line for one in _family() for line in (one / "status").read_text(encoding="ascii").splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def measure(warehouse: Path, n_outcomes: int) -> None:
    """Estimate the three trials and print a line each."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        frames: dict[str, pd.DataFrame] = {
            name: con.execute(f"select * from cohort.{name}_trial order by episode_key").df()
            for name in (*TRIALS, STEPPED.id)
        }
    print(f"{len(frames[STEPPED.id]):,} episodes, {n_outcomes} outcomes a trial")
    print(f"{'trial':<10}{'eligible':>10}{'covariates':>12}{'wall s':>9}{'CPU s':>9}")
    wall, cpu = time.perf_counter(), _cpu_seconds()
    for name, frame in frames.items():
        begun, spent = time.perf_counter(), _cpu_seconds()
        if name == STEPPED.id:
            estimate_stepped(frame, replace(STEPPED, outcomes=STEPPED.outcomes[:n_outcomes]), _say)
            covariates = len(STEPPED.columns_of_week(STEPPED.decision_weeks[-1])) + len(STEPPED.covariates)
        else:
            trial = TRIALS[name]
            estimate_trial(frame, replace(trial, outcomes=trial.outcomes[:n_outcomes]), _say)
            covariates = len(trial.covariates)
        eligible = int(frame["is_eligible"].sum())
        seconds, used = time.perf_counter() - begun, _cpu_seconds() - spent
        print(f"{name:<10}{eligible:>10,}{covariates:>12}{seconds:>9.0f}{used:>9.0f}")
    wall, cpu = time.perf_counter() - wall, _cpu_seconds() - cpu
    print(f"{'all':<10}{'':>22}{wall:>9.0f}{cpu:>9.0f}   peak {_peak_megabytes():,.0f} MB")


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
