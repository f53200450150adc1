from collections.abc import Iterator

import duckdb
import numpy as np
import pytest

from pipelines.diagnosing import (
    write_concerns,
    write_confounding_diagnostics,
    write_specifications,
    write_weighting_diagnostics,
)
from pipelines.estimating import write_sensitivity, write_trial_estimates
from pipelines.self_check.effort import NIGHTLY
from pipelines.self_check.tables import SELF_CHECK_TABLES
from pipelines.self_checking import write_self_checks
from pipelines.tables import build, in_order, materialize
from pipelines.warehouse import open_warehouse
from tests.sql.random_records import write_random_clean_tables
from tests.sql.sql_case import model_files


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(":memory:", threads=1) as warehouse:
        write_random_clean_tables(warehouse, 16, np.random.default_rng(20261101))
        materialize(warehouse, model_files()["clean.practitioner"])
        for model in in_order(file for file in model_files().values() if file.schema == "cohort"):
            materialize(warehouse, model)
        write_trial_estimates(warehouse, lambda _: None)
        write_sensitivity(warehouse, lambda _: None)
        write_weighting_diagnostics(warehouse, lambda _: None)
        write_confounding_diagnostics(warehouse, lambda _: None)
        write_specifications(warehouse, lambda _: None)
        write_concerns(warehouse)
        write_self_checks(warehouse, NIGHTLY, lambda _: None)
        build(warehouse, ["self_checks"])
        yield warehouse


@pytest.mark.parametrize("table", SELF_CHECK_TABLES)
def test_every_table_has_its_columns_though_nothing_was_estimated(con: duckdb.DuckDBPyConnection, table: str) -> None:
    columns = [row[0] for row in con.execute(f"describe self_checks.{table}").fetchall()]
    assert columns == list(SELF_CHECK_TABLES[table][0])


def test_what_was_refused_needs_no_check_and_is_not_withheld(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select count(*) from self_checks.withheld").fetchall() == [(0,)]
    assert con.execute("select distinct trial, status from self_checks.verdicts").fetchall() == [
        ("stepped", "not_done")
    ]
    assert (
        con.execute("select count(*) from self_checks.labels").fetchall()
        == con.execute("select count(*) from estimates.episode_effects").fetchall()
    )
