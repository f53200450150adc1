"""Each writer of estimates, diagnostics and self-checks on a copy of a warehouse: wall and CPU seconds, and peak memory.

    python -m benchmarks.estimates WAREHOUSE --episodes 200000
    python -m benchmarks.estimates WAREHOUSE --only trials regimes

The warehouse (made up to the checks, or a published one) is copied first. With `--episodes` only that many are kept, patients by
a hash of their keys, so that smaller runs are parts of larger ones. CPU and memory are as in `benchmarks.trials`.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.measuring import cpu_seconds, sampled_memory
from pipelines import diagnosing, estimating, estimating_clinics, estimating_courses, estimating_prognosis
from pipelines.diagnosing_fairness import write_fairness
from pipelines.self_check.effort import NIGHTLY
from pipelines.self_checking import write_self_checks
from pipelines.warehouse import SCHEMAS

Say = Callable[[str], None]
WRITERS: dict[str, Callable[[duckdb.DuckDBPyConnection, Say], object]] = {
    "trials": estimating.write_trial_estimates,
    "natural_course": lambda con, _: estimating.write_natural_course(con),
    "improvement": estimating_courses.write_improvement,
    "sessions_to_improvement": lambda con, _: estimating_courses.write_sessions_to_improvement(con),
    "dose_effects": estimating_courses.write_dose_effects,
    "regimes": estimating.write_regimes,
    "sensitivity": estimating.write_sensitivity,
    "prognosis": estimating_prognosis.write_prognosis,
    "clinics": estimating_clinics.write_clinic_comparison,
    "weighting": diagnosing.write_weighting_diagnostics,
    "confounding": diagnosing.write_confounding_diagnostics,
    "specifications": diagnosing.write_specifications,
    "concerns": lambda con, _: diagnosing.write_concerns(con),
    "fairness": lambda con, _: write_fairness(con),
    "self_checks": lambda con, say: write_self_checks(con, NIGHTLY, say),
}


def measure(warehouse: Path, names: list[str], *, memory_limit: str, is_told: bool) -> None:
    """Run the writers one after the other, as a night does, and print a line each."""
    print(f"{'writer':<26}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}", flush=True)
    wall, cpu, peaks = time.perf_counter(), cpu_seconds(), []
    for name in names:
        begun, spent = time.perf_counter(), cpu_seconds()
        opened = duckdb.connect(str(warehouse), config={"memory_limit": memory_limit})
        with sampled_memory() as memory, opened as con:
            WRITERS[name](con, _say if is_told else _in_silence)
        peaks.append(memory.peak)
        seconds, used = time.perf_counter() - begun, cpu_seconds() - spent
        print(f"{name:<26}{seconds:>9.0f}{used:>9.0f}{peaks[-1]:>9,.0f}", flush=True)
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    print(f"{'all':<26}{wall:>9.0f}{cpu:>9.0f}{max(peaks):>9,.0f}", flush=True)


def keep(warehouse: Path, n_episodes: int) -> int:
    """Keep that many episodes, about: those of the patients of least hash; returns how many."""
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            "create temp table kept as select episode_key from cohort.episodes "
            "order by md5(patient_key), episode_key limit ?",
            [n_episodes],
        )
        tables = con.execute(
            "select schema_name, table_name from duckdb_columns() where column_name = 'episode_key' "
            "and schema_name in ('clean', 'cohort') order by all"
        ).fetchall()
        for schema, table in tables:
            con.execute(f"delete from {schema}.{table} where episode_key not in (select episode_key from kept)")
        found = con.execute("select count(*) from cohort.episodes").fetchall()
        return int(found[0][0])


def _say(message: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {message}", flush=True)


def _in_silence(_: str) -> None:
    """Nobody asked for progress."""


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--episodes", type=int)
    parser.add_argument("--only", nargs="+", choices=list(WRITERS), default=list(WRITERS))
    parser.add_argument("--memory-limit", default="4GB", help="DuckDB's, as at night")
    parser.add_argument("--say", action="store_true", help="print the progress of each writer")
    parser.add_argument("--keep", type=Path, help="where to leave the warehouse with its estimates")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = arguments.keep or Path(folder) / "warehouse.duckdb"
        shutil.copyfile(arguments.warehouse, copy)
        with duckdb.connect(str(copy)) as con:
            for schema in SCHEMAS:
                con.execute(f"create schema if not exists {schema}")
        if arguments.episodes:
            print(f"{keep(copy, arguments.episodes):,} episodes")
        measure(copy, arguments.only, memory_limit=arguments.memory_limit, is_told=arguments.say)


if __name__ == "__main__":
    main()
