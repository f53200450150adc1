"""A whole night without Dagster and the checks: raw, clean, cohort, rules, estimates, report and pages, stamped with no time.

`python -m tests.faults.whole_night HOME INBOX THREADS` runs one and writes every table as CSV to HOME/exports, its pages to
HOME/reports.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.raw import fill_raw
from pipelines.diagnosing import (
    write_concerns,
    write_confounding_diagnostics,
    write_specifications,
    write_weighting_diagnostics,
)
from pipelines.diagnosing_fairness import write_fairness
from pipelines.diagnosing_published import write_published_figures
from pipelines.effect_history import write_stability
from pipelines.estimating import (
    write_natural_course,
    write_protocols,
    write_regimes,
    write_sensitivity,
    write_trial_estimates,
)
from pipelines.estimating_clinics import write_clinic_comparison
from pipelines.estimating_courses import write_dose_effects, write_improvement, write_sessions_to_improvement
from pipelines.estimating_prognosis import write_prognosis
from pipelines.model_history import write_model_history
from pipelines.quality.results import run_checks
from pipelines.releasing import read_released, write_released
from pipelines.reporting.appendix.building import TABLES as APPENDIX_TABLES
from pipelines.reporting.appendix.files import FOLDER, write_appendix
from pipelines.reporting.building import TABLES, build_reports
from pipelines.reporting.model import Stamp
from pipelines.reporting.pages import write_pages
from pipelines.self_check.effort import NIGHTLY
from pipelines.self_checking import write_self_checks
from pipelines.settings import Settings
from pipelines.tables import build, in_order, sql_files
from pipelines.warehouse import open_warehouse

STAMP = Stamp(
    made_at=datetime(2026, 11, 1, tzinfo=UTC), run_id="run", data_hash="data", code_version="code", is_simulated=True
)


def whole_night(settings: Settings, threads: int = 2, *, has_pages: bool = True) -> None:
    """Build `work/warehouse.duckdb` in the home, and the pages in `reports` unless they are not wanted."""
    settings.store.mkdir(parents=True, mode=0o700)
    settings.work.mkdir(mode=0o700)
    path = settings.work / "warehouse.duckdb"
    with (
        open_ledger(settings.ledger) as ledger,
        open_warehouse(path, readable=(settings.store,), threads=threads) as con,
    ):
        receive(settings.inbox, settings.store, ledger)
        fill_raw(con, settings.store, ledger, None, lambda _: None)
        build(con, ["clean", "cohort"])
        run_checks(con, sql_files("checks"), None, STAMP.made_at)
        write_trial_estimates(con, lambda _: None)
        write_model_history(con, None)
        write_natural_course(con)
        write_improvement(con, lambda _: None)
        write_sessions_to_improvement(con)
        write_dose_effects(con, lambda _: None)
        write_regimes(con, lambda _: None)
        write_sensitivity(con, lambda _: None)
        write_protocols(con)
        write_prognosis(con, lambda _: None)
        write_clinic_comparison(con, lambda _: None)
        write_weighting_diagnostics(con, lambda _: None)
        write_confounding_diagnostics(con, lambda _: None)
        write_specifications(con, lambda _: None)
        write_concerns(con)
        write_stability(con, None)
        write_fairness(con)
        write_published_figures(con)
        write_self_checks(con, NIGHTLY, lambda _: None)
        build(con, ["self_checks"])
        for file in in_order(sql_files("report")):
            write_released(con, file)
        if not has_pages:
            return
        reports = build_reports({name: read_released(con, f"report.{name}") for name in TABLES}, STAMP)
        write_pages(settings.home / "reports", reports)
        released = {name: read_released(con, f"report.{name}") for name in APPENDIX_TABLES}
        write_appendix(settings.home / "reports" / FOLDER, released, STAMP)


def export(settings: Settings) -> None:
    """Every table but `raw.*` as CSV, in order, without the times at which things happened and what names a delivery's bytes."""
    folder = settings.home / "exports"
    folder.mkdir()
    with open_warehouse(settings.work / "warehouse.duckdb", readable=(settings.home,)) as con:
        for schema, table in con.execute(
            "select table_schema, table_name from information_schema.tables where table_schema != 'raw' order by all"
        ).fetchall():
            described = con.execute(f"describe {schema}.{table}").fetchall()
            columns = ", ".join(
                name
                for name, kind, *_ in described
                if not kind.startswith("TIMESTAMP") and name not in ("delivery_key", "row_number", "night_key")
            )
            con.execute(
                f"copy (select {columns} from {schema}.{table} order by all) to '{folder}/{schema}.{table}.csv' (header)"
            ).fetchall()


if __name__ == "__main__":
    os.umask(0o077)
    installation = Settings(Path(sys.argv[1]), Path(sys.argv[2]))
    whole_night(installation, int(sys.argv[3]))
    export(installation)
