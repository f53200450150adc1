"""A published folder made by hand: few rows whose answers can be counted."""

import json
from pathlib import Path

import duckdb
import pytest

GENERATION = {
    "name": "20261101T023000Z-abc",
    "run_id": "r",
    "made_at": "2026-11-01T02:30:00+00:00",
    "night_key": "abc",
    "code_hash": "c",
    "reading_hash": "d",
    "data_hash": "e",
    "is_simulated": True,
}
ADDING = "add_manipulation - continue_without"


def published(folder: Path, estimate: float = 0.12) -> Path:
    """Twenty episodes: ten women of whom six improved of eight who answered, ten men of whom two of nine."""
    folder.mkdir()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        for schema in ("cohort", "estimates", "self_checks", "diagnostics", "checks", "report"):
            con.execute(f"create schema {schema}")
        con.execute(
            "create table cohort.episodes as select concat('e', n) as episode_key, if(n < 12, 'C001', 'C002') as clinic_code, "
            "true as is_r30d_evaluable, 'back' as main_site from range(20) as t (n)"
        )
        con.execute(
            "create table cohort.strata as select concat('e', n) as episode_key, if(n < 10, 'female', 'male') as sex, "
            "'50-59' as age_band, 'quintile_1' as deprivation, 'a' as ethnicity, 'public' as payer, true as is_due_12wk, "
            "n not in (8, 9, 19) as has_answered_12wk from range(20) as t (n)"
        )
        con.execute(
            "create table cohort.outcomes as select concat('e', n) as episode_key, 12 as timepoint_weeks, true as is_due, "
            "case when n in (8, 9, 19) then null else n < 6 or n in (10, 11) end as is_r30d, "
            "if(n in (8, 9, 19), null, 2.0) as pain_improvement_points from range(20) as t (n)"
        )
        con.execute(
            "create table cohort.index_arms as select episode_key, 'exercise' as index_arm from cohort.episodes"
        )
        con.execute(
            "create table cohort.covariates as select episode_key, 'low' as start_risk, 30 as episode_duration_days "
            "from cohort.episodes"
        )
        con.execute(
            "create table cohort.index_trial as select episode_key, cast(is_r30d as integer) as r30d_12wk from cohort.outcomes"
        )
        con.execute(
            "create table estimates.effects as select 'decision' as trial, outcome, ? as contrast, group_name, group_level, "
            "'estimated' as status, cast(null as varchar) as reason, ? as estimate, ? - 0.1 as lower, ? + 0.1 as upper, 900 as n, "
            "400 as n_treated, 500 as n_comparator, 612.0 as effective_n, cast(null as double) as episodes_needed from (values "
            "('r30d_12wk', 'all', 'all'), ('pain_12wk', 'all', 'all'), ('r30d_12wk', 'start_high', 'yes')) "
            "as t (outcome, group_name, group_level)",
            [ADDING, estimate, estimate, estimate],
        )
        con.execute(
            "create table self_checks.withheld as select 'decision' as trial, 'pain_12wk' as outcome, ? as contrast, "
            "'withheld: a leak.' as reason",
            [ADDING],
        )
        con.execute(
            "create table self_checks.doubted as select 'decision' as trial, 'r30d_12wk' as outcome, ? as contrast, "
            "'Another cause.' as words",
            [ADDING],
        )
        con.execute(
            "create table diagnostics.baseline as select 'decision' as trial, 'add_manipulation' as arm, 'bmi' as covariate, "
            "'' as level, 19 as n_recorded, cast(null as double) as n_with, 27.0 as mean, 4.0 as standard_deviation"
        )
        con.execute(
            "create table checks.results as select 'a_check' as check_name, 'warn' as severity, 'met' as status, 3 as n_broken, "
            "20 as n_rows, 15.0 as percent_broken, 1.0 as usual_percent, 'What it looks for.' as description, "
            "'What to do.' as remedy"
        )
        con.execute(
            "create table report.indicators as select 'C001' as clinic_code, 'QI-01' as indicator, 40 as denominator"
        )
    (folder / "generation.json").write_text(json.dumps(GENERATION), encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return published(tmp_path / "night")
