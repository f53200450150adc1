"""The attack on every table that a night publishes, all in one system."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.privacy.disclosure import declared
from pipelines.privacy.profiles import NHS_HES
from pipelines.synthetic import simulate
from pipelines.tables import sql_files
from pipelines.warehouse import open_warehouse
from tests.conftest import ROOT

from .attacking import Attack


@pytest.mark.ci
def test_all_tables_of_a_night_together_tell_no_small_count(tmp_path: Path) -> None:
    """Five small clinics: hundreds of counts are hidden."""
    simulate(tmp_path / "inbox", episodes=300, clinics=5, world="uniform", seed=8, dirt=0.004)
    home = tmp_path / "home"
    command = [sys.executable, "-B", "-m", "tests.faults.whole_night", str(home), str(tmp_path / "inbox"), "2"]
    subprocess.run(command, cwd=ROOT, check=True)
    known = attack_on(home / "work" / "warehouse.duckdb")
    assert len(known.wanted) > 100
    assert known.recovered() == {}


def attack_on(warehouse: Path) -> Attack:
    """The attack on `report.*` of a warehouse; the exact counts are those of its queries."""
    made = Attack(NHS_HES)
    with open_warehouse(warehouse) as con:
        for file in sql_files("report"):
            said = declared(file)
            exact, shown = con.execute(file.text).df(), con.execute(f"select * from {file.table}").df()
            if said.columns:
                order = list(file.key)
                pair = [frame.sort_values(order).reset_index(drop=True) for frame in (exact, shown)]
                made.read(file.name, *pair, said)
    return made
