"""Every table that Python writes, and every column of it, is described in one place."""

import importlib
import tomllib

import pytest

from pipelines.diagnostic_contracts import CONTRACTS as DIAGNOSTICS
from pipelines.estimate_contracts import CONTRACTS as ESTIMATES
from pipelines.self_check_contracts import CONTRACTS as SELF_CHECKS
from pipelines.written_tables import meaning, one_row, written_tables
from tests.conftest import ROOT

OF_MODULES = (
    "pipelines.causal.tables",
    "pipelines.causal.dose",
    "pipelines.causal.fairness",
    "pipelines.causal.stability",
    "pipelines.case_mix.tables",
    "pipelines.effect_history",
    "pipelines.evidence.figures",
    "pipelines.own_questions.asking",
    "pipelines.prognosis.tables",
    "pipelines.robustness.tables",
    "pipelines.self_check.tables",
)


def _columns() -> set[str]:
    found: set[str] = set()
    for module in OF_MODULES:
        for name, value in vars(importlib.import_module(module)).items():
            if name.endswith("_COLUMNS") and isinstance(value, dict):
                found |= set(value)
    return found


@pytest.mark.parametrize("column", sorted(_columns()))
def test_a_column_of_a_table_that_python_writes_says_what_it_means(column: str) -> None:
    assert meaning("estimates.effects", column), f"say what {column} means in pipelines/written_tables.toml"


def test_every_table_with_a_contract_says_what_one_row_of_it_is() -> None:
    contracts = {"estimates": ESTIMATES, "diagnostics": DIAGNOSTICS, "self_checks": SELF_CHECKS}
    wanted = {f"{schema}.{name}" for schema, tables in contracts.items() for name in tables}
    assert wanted <= set(written_tables())


def test_nothing_is_described_that_no_table_has() -> None:
    said = tomllib.loads((ROOT / "pipelines" / "written_tables.toml").read_text(encoding="utf-8"))
    of_checks = importlib.import_module("pipelines.quality.results").COLUMNS
    own = {column for columns in said["columns_of"].values() for column in columns}
    known = _columns() | {column for columns in of_checks.values() for column in columns} | {"notice", "made_at"}
    assert set(said["columns"]) <= known
    assert own <= known | {"value_before", "value_now"}
    assert set(said["columns_of"]) <= set(said["tables"])


def test_a_table_that_is_not_described_is_an_error_where_it_is_made() -> None:
    with pytest.raises(KeyError):
        one_row("estimates", "nothing")


def test_a_table_may_say_what_a_shared_name_means_there() -> None:
    assert meaning("diagnostics.published_figures", "estimate") == "the published estimate"
    assert meaning("estimates.effects", "estimate") != "the published estimate"
