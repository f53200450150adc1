"""The diagnostics as tables of a warehouse: each keeps its contract, a broken one is found, few records are refusals."""

import numpy as np
import pytest

from pipelines.causal.tables import as_table
from pipelines.causal.trials import DECISION, TRIALS
from pipelines.contracts import FEEDS, REASONS
from pipelines.diagnosing import (
    missing_reasons,
    other_choices,
    write_concerns,
    write_confounding_diagnostics,
    write_specifications,
    write_weighting_diagnostics,
)
from pipelines.diagnostic_contracts import CONTRACTS
from pipelines.estimating import write_estimates, write_sensitivity, write_trial_estimates
from pipelines.robustness.tables import (
    CONCERN_COLUMNS,
    CONCERN_ORDER,
    CONFOUNDING_TABLES,
    SPECIFICATION_COLUMNS,
    SPECIFICATION_ORDER,
    WEIGHTING_TABLES,
)
from pipelines.tables import in_order, materialize
from pipelines.validation import validate_with_duckdb
from pipelines.warehouse import open_warehouse
from tests.robustness.planted import diagnosed, hidden_factor
from tests.sql.random_records import write_random_clean_tables
from tests.sql.sql_case import model_files

TABLES = {
    **WEIGHTING_TABLES,
    **CONFOUNDING_TABLES,
    "specifications": (SPECIFICATION_COLUMNS, SPECIFICATION_ORDER),
    "concerns": (CONCERN_COLUMNS, CONCERN_ORDER),
}
BREAKS = {
    "balance": ["covariate = 'severity'", "before = null", "weights_from = 'a guess'"],
    "overlap": ["share = 1.1", "bin = 1", "weights_from = ''"],
    "weights": ["effective_n = n + 1", "largest_share = 2", "quantile_50 = largest + 1", "arm = 'both'"],
    "baseline": ["level = null", "n_with = n_recorded + 1", "n_recorded = n + 1"],
    "missing_data": ["share = -0.1", "n_missing = n + 1", "role = 'key'", "reason = null"],
    "influence": ["lowest = highest + 1", "unit = 'patient'", "verdict = 'good'"],
    "confounding": [
        "lower = estimate + 1",
        "e_value_limit = e_value + 1",
        "robustness_value = 1.1",
        "robustness_value_limit = robustness_value + 0.1",
        "risk_ratio_upper = 0",
    ],
    "confounding_benchmarks": ["outcome_r2 = 2", "treatment_r2 = -1", "covariate_group = 'all'", "estimate_2x = null"],
    "confounding_contours": ["outcome_r2 = 0", "estimate = null"],
    "missing_outcomes": ["worst_case = best_case + 1", "verdict = ''", "best_case = null"],
    "specifications": ["status = 'guessed'", "lower = estimate + 1", "specification = 'main'"],
    "concerns": ["severity = 'ignore'", "concern = 'mood'", "words = null"],
}


@pytest.fixture(scope="module")
def tables():
    frame = hidden_factor(600, 1)
    frame.loc[frame.index[::4], "pain_12wk"] = np.nan
    found = diagnosed(frame).tables
    assert not found["concerns"].empty
    return found


@pytest.fixture
def con(tables):
    with open_warehouse(":memory:", threads=1) as opened:
        for name, (columns, order) in TABLES.items():
            write_estimates(opened, name, as_table([tables[name]], columns), columns, order, schema="diagnostics")
        yield opened


def _broken(con, name):
    outcomes = validate_with_duckdb(con, f"diagnostics.{name}", CONTRACTS[name])
    return [outcome for outcome in outcomes if not outcome.has_passed]


@pytest.mark.parametrize("name", BREAKS)
def test_a_table_keeps_its_contract_and_every_breach_is_found(con, name):
    assert _broken(con, name) == []
    if name == "concerns":
        con.execute("insert into diagnostics.concerns select * replace ('x' as outcome) from diagnostics.concerns")
    for change in BREAKS[name]:
        con.execute("begin")
        con.execute(f"update diagnostics.{name} set {change}")
        assert _broken(con, name), change
        con.execute("rollback")


def test_every_table_has_a_contract_and_its_breaches():
    assert set(TABLES) == set(BREAKS) <= set(CONTRACTS)


@pytest.fixture(scope="module")
def few():
    """Sixteen random patients: far too few for a number."""
    with open_warehouse(":memory:", threads=1) as warehouse:
        write_random_clean_tables(warehouse, 16, np.random.default_rng(20261130))
        materialize(warehouse, model_files()["clean.practitioner"])
        for model in in_order(file for file in model_files().values() if file.schema == "cohort"):
            materialize(warehouse, model)
        write_trial_estimates(warehouse, lambda _: None)
        write_sensitivity(warehouse, lambda _: None)
        yield warehouse


def test_a_warehouse_of_few_patients_has_every_table_and_keeps_the_contracts(few):
    rows = write_weighting_diagnostics(few, lambda _: None) | write_confounding_diagnostics(few, lambda _: None)
    rows |= {"specifications": write_specifications(few, lambda _: None), "concerns": write_concerns(few)}
    assert set(rows) == set(TABLES)
    assert rows["influence"] == rows["confounding"] == rows["missing_outcomes"] == 0
    assert few.execute("select distinct status from diagnostics.specifications").fetchall() == [("refused",)]
    for name in TABLES:
        assert _broken(few, name) == [], name


def test_the_main_specification_is_one_a_contrast(few):
    write_specifications(few, lambda _: None)
    found = few.execute(
        "select count(*), count(*) filter (where is_naive) from diagnostics.specifications where is_main group by trial, contrast"
    ).fetchall()
    assert found == [(1, 0)] * sum(len(trial.contrasts) for trial in TRIALS.values())


@pytest.fixture
def choices():
    """Four episodes: answers 0, 10 and 20 days off, and none; the manipulation on days 3, 9 and 14, and none."""
    with open_warehouse(":memory:", threads=1) as con:
        con.execute(
            "create table cohort.decision_trial as select * from (values "
            "('a', 'add_manipulation', 6, 9.0, 1), ('b', 'add_manipulation', 4, 10.0, 0), "
            "('c', 'add_manipulation', null, null, null), ('d', 'continue_without', null, null, null)) "
            "as t (episode_key, arm, rmdq24_12wk, odi_pct_12wk, r30d_12wk)"
        )
        con.execute(
            "create table cohort.episodes as select *, true as is_r30d_evaluable, 10 as disability_points "
            "from (values ('a'), ('b'), ('c'), ('d')) as t (episode_key)"
        )
        con.execute(
            "create table cohort.outcomes as select *, 12 as timepoint_weeks, 84 as due_day from (values "
            "('a', 84, 3, 'in_window'), ('b', 94, 2, 'in_window'), ('c', 104, 9, 'off_window'), ('d', null, null, 'missed')) "
            "as t (episode_key, completed_day, disability_improvement_points, status)"
        )
        con.execute(
            "create table cohort.shorter_grace as select *, 'decision' as trial from (values ('a', 'add_manipulation'), "
            "('b', 'continue_without'), ('c', 'add_manipulation'), ('d', 'continue_without')) "
            "as t (episode_key, arm_within_7_days)"
        )
        yield con


def test_other_windows_responders_and_grace_periods_are_read_from_the_cohort(choices):
    frame = other_choices(choices, DECISION).set_index("episode_key")
    none = None
    expected = {
        "r30d_12wk_within_7": [1, none, none, none],
        "r30d_12wk_within_28": [1, 0, 1, none],
        "rmdq24_12wk_5_points": [1, 0, none, none],
        "odi_pct_12wk_10_points": [0, 1, none, none],
    }
    for column, values in expected.items():
        assert [None if np.isnan(value) else value for value in frame[column].astype(float)] == values, column
    assert frame["arm_within_7_days"].tolist() == [
        "add_manipulation",
        "continue_without",
        "add_manipulation",
        "continue_without",
    ]


def test_the_reason_of_a_missing_outcome_is_the_records_own_before_the_windows(few):
    reasons = missing_reasons(few, DECISION)
    reason_missing = next(field for field in FEEDS["outcome"].fields if field.name == "reason_missing")
    of_outcomes = {"missed", "off_window", "not_yet_due", "score_not_given", *reason_missing.codes}
    assert set(reasons["reason"]) <= {*REASONS, *of_outcomes}
    assert not reasons.duplicated(["episode_key", "variable"]).any()
    assert set(reasons["variable"]) <= {*DECISION.covariates, *(outcome.column for outcome in DECISION.outcomes)}
