import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.causal.tables import EFFECT_COLUMNS
from pipelines.warehouse import open_warehouse

ROOT = Path(__file__).resolve().parents[1]
SQL_TYPES = {"object": "varchar", "int64": "bigint", "float64": "double"}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "current"
    folder.mkdir()
    with open_warehouse(folder / "warehouse.duckdb") as con:
        columns = ", ".join(f"{name} {SQL_TYPES[kind]}" for name, kind in EFFECT_COLUMNS.items())
        con.execute(f"create table estimates.effects ({columns})")
        shared = "'decision', '{outcome}', 'add_manipulation - continue_without', 'all', 'all'"
        names = "trial, outcome, contrast, group_name, group_level"
        con.execute(
            f"insert into estimates.effects ({names}, estimate, lower, upper, n, status) "
            f"values ({shared.format(outcome='rmdq24_12wk')}, 1.6, 0.7, 2.5, 638, 'estimated')"
        )
        con.execute(
            f"insert into estimates.effects ({names}, n, status, reason) "
            f"values ({shared.format(outcome='r30d_12wk')}, 3, 'refused', 'No episode is eligible.')"
        )
        con.execute(
            "create table self_checks.withheld (trial varchar, outcome varchar, contrast varchar, reason varchar)"
        )
        con.execute(
            "create table self_checks.doubted (trial varchar, outcome varchar, contrast varchar, words varchar)"
        )
        con.execute(
            "create table cohort.exclusion_flow as "
            "select 'decision' as trial, 1 as step_no, 'never_attended' as step, 40 as n_left_out, 960 as n_remaining"
        )
    return folder


def _run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "notebooks" / "first_look.py"), *arguments]
    environment = os.environ | {"STEPCARE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def test_the_first_look_prints_the_tables_the_flow_the_effects_and_the_refusals(published: Path) -> None:
    shown = _run(str(published), home=published.parent)
    assert shown.returncode == 0, shown.stderr
    assert "cohort.exclusion_flow" in shown.stdout
    assert "never_attended" in shown.stdout
    assert "960 remain" in shown.stdout
    assert "1.60 (0.70 to 2.50)  n 638" in shown.stdout
    assert "refused: No episode is eligible." in shown.stdout


def test_the_first_look_opens_the_published_night_of_the_home_and_changes_nothing(published: Path) -> None:
    before = (published / "warehouse.duckdb").read_bytes()
    assert _run(home=published.parent).returncode == 0
    assert (published / "warehouse.duckdb").read_bytes() == before


def test_the_first_look_says_so_when_nothing_has_been_published(tmp_path: Path) -> None:
    shown = _run(home=tmp_path)
    assert shown.returncode == 8
    assert "stepcare nightly" in shown.stderr
