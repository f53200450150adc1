"""The three trials of a night that was published, without the night around them: wall and CPU seconds, and peak memory.

    python benchmarks/trials.py var/generations/<generation>/warehouse.duckdb --outcomes 4

As at night, one trial's episodes are in memory at a time. The warehouse is only read. CPU and memory count the processes in
which folds are fitted side by side. Memory is the largest of samples taken twice a second, each the sum over these processes of
their proportional set size (Linux): what several share is counted once.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import duckdb

from benchmarks.measuring import cpu_seconds, sampled_memory
from pipelines.causal.effects import estimate_trial
from pipelines.causal.stepped import estimate_stepped
from pipelines.causal.trials import STEPPED, TRIALS


def measure(warehouse: Path, n_outcomes: int) -> None:
    """Estimate the three trials and print a line each."""
    print(f"{n_outcomes} outcomes a trial")
    print(f"{'trial':<10}{'eligible':>10}{'covariates':>12}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
    wall, cpu, peaks = time.perf_counter(), cpu_seconds(), []
    for name in (*TRIALS, STEPPED.id):
        begun, spent = time.perf_counter(), cpu_seconds()
        with sampled_memory() as memory:
            eligible, covariates = _estimate(warehouse, name, n_outcomes)
        peaks.append(memory.peak)
        seconds, used = time.perf_counter() - begun, cpu_seconds() - spent
        print(f"{name:<10}{eligible:>10,}{covariates:>12}{seconds:>9.0f}{used:>9.0f}{peaks[-1]:>9,.0f}")
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
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
