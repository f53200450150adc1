"""From the records of a few patients to the tables of estimates: far too few for a number, so each row is a refusal."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest

from pipelines.causal.tables import PROTOCOL_COLUMNS, REGIME_COLUMNS, SENSITIVITY_COLUMNS
from pipelines.causal.trials import DECISION, INDEX, STEPPED
from pipelines.estimating import write_protocols, write_regimes, write_sensitivity
from pipelines.tables import in_order, materialize
from pipelines.warehouse import open_warehouse

from .random_records import write_random_clean_tables
from .sql_case import model_files


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(":memory:", threads=1) as warehouse:
        write_random_clean_tables(warehouse, 16, np.random.default_rng(20261101))
        materialize(warehouse, model_files()["clean.practitioner"])
        for model in in_order(file for file in model_files().values() if file.schema == "cohort"):
            materialize(warehouse, model)
        yield warehouse


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [str(row[0]) for row in con.execute(f"describe estimates.{table}").fetchall()]


def test_a_warehouse_of_few_patients_has_a_refusal_for_every_regime_and_outcome(con: duckdb.DuckDBPyConnection) -> None:
    rows = write_regimes(con, lambda _: None)
    assert rows == len(STEPPED.outcomes) * (len(STEPPED.regimes) + len(STEPPED.contrasts))
    assert _columns(con, "regimes") == list(REGIME_COLUMNS)
    assert con.execute("select distinct status from estimates.regimes").fetchall() == [("refused",)]
    assert con.execute("select count(*) from estimates.regimes where reason is null").fetchall() == [(0,)]


def test_a_warehouse_of_few_patients_has_a_refusal_for_every_sensitivity_analysis(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert write_sensitivity(con, lambda _: None) == 2 * len(DECISION.outcomes) + len(INDEX.contrasts) * len(
        INDEX.outcomes
    )
    assert _columns(con, "sensitivity") == list(SENSITIVITY_COLUMNS)
    assert con.execute("select distinct status from estimates.sensitivity").fetchall() == [("refused",)]


def test_the_protocols_are_a_table(con: duckdb.DuckDBPyConnection) -> None:
    assert write_protocols(con) == con.execute("select count(*) from estimates.protocols").fetchall()[0][0]
    assert _columns(con, "protocols") == list(PROTOCOL_COLUMNS)
    assert con.execute("select distinct trial from estimates.protocols order by 1").fetchall() == [
        ("decision",),
        ("index",),
        ("stepped",),
    ]
