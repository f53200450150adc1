"""What a clinic is told before it sends: everything a night would find, in which row, and never a value."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.deliveries.raw import fill_raw
from pipelines.delivery_check import check_delivery
from pipelines.settings import Settings
from pipelines.synthetic import simulate
from pipelines.warehouse import open_warehouse
from tests.conftest import ROOT, small_tables


def _check(folder: Path) -> Result:
    return CliRunner().invoke(main, ["check-delivery", str(folder)])


def _delivery(inbox: Path, mode: str = "snapshot", **changed: pd.DataFrame) -> Path:
    tables = small_tables()
    tables["intake"] = tables["intake"].assign(
        sex="male", age_band="40-49", nprs_back_avg=["5", "7", "8", "3"], rmdq24=["12", "14", "9", "9"]
    )
    return write_delivery(inbox, "C001", "2026-11-01", mode, tables | changed)


def _intake(tmp_path: Path, **columns: object) -> pd.DataFrame:
    made = pd.read_csv(_delivery(tmp_path / "made") / "intake.csv", dtype="str", keep_default_na=False)
    return made.assign(**columns)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    inbox = tmp_path_factory.mktemp("simulated") / "inbox"
    simulate(inbox, episodes=120, clinics=1, world="uniform", seed=3)
    return inbox / "C001" / "2026-11-01"


def test_a_good_delivery_passes_and_is_left_as_it_was(simulated: Path) -> None:
    before = {path.name: path.read_bytes() for path in simulated.iterdir()}
    result = _check(simulated)
    assert {path.name: path.read_bytes() for path in simulated.iterdir()} == before
    assert result.exit_code == 0, result.output
    assert "C001/2026-11-01: a snapshot of" in result.output
    assert "All of it would be used" in result.output


@pytest.mark.ci
def test_the_check_needs_neither_a_warehouse_nor_dagster_nor_great_expectations(
    simulated: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from pipelines.delivery_check import check_delivery;"
        f"assert check_delivery(Path({str(simulated)!r})).is_judged_by_rules;"
        "print({name.split('.')[0] for name in sys.modules} & {'dagster', 'great_expectations', 'sklearn'})"
    )
    before = set(tmp_path.iterdir())
    environment = {"PYTHONPATH": str(ROOT), "STEPCARE_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert said.stdout.strip() == "set()"
    assert set(tmp_path.iterdir()) == before  # neither a home nor the copy


@pytest.mark.ci
def test_what_is_found_is_what_a_night_would_set_aside(settings: Settings) -> None:
    simulate(settings.inbox, episodes=120, clinics=1, world="uniform", seed=3, dirt=0.02)
    checked = check_delivery(settings.inbox / "C001" / "2026-11-01")
    with (
        open_ledger(settings.ledger) as ledger,
        open_warehouse(settings.home / "night.duckdb", readable=(settings.store,)) as con,
    ):
        receive(settings.inbox, settings.store, ledger)
        fill_raw(con, settings.store, ledger, None, lambda _: None)
        lines = con.execute(
            "select distinct feed || '.csv, ' || field, rule from raw.quarantine where scope <> 'repeat'"
        ).fetchall()
    found = [(finding.place, finding.what) for finding in checked.findings if finding.weight == "set aside"]
    assert len(found) == len(lines) > 20
    assert all(any(place == file and what.startswith(rule) for place, what in found) for file, rule in lines)
    assert not checked.is_accepted_whole


def test_values_that_break_the_contract_are_told_by_row_and_never_shown(tmp_path: Path) -> None:
    broken = _intake(
        tmp_path,
        nprs_back_avg=["5", "99", "8", "canary-81"],
        sex=["male", "male", "canary-81", "male"],
        clinic_code=["C001", "C002", "C001", "C001"],
    )
    result = _check(_delivery(tmp_path / "inbox", "delta", intake=broken))
    assert result.exit_code == 4
    assert "MEND    intake.csv, nprs_back_avg: a whole number from 0 to 10 (2: the value is set aside)" in result.output
    assert "\n        rows 2, 4\n        Correct it at the clinic" in result.output
    assert "[female, male, " in result.output
    assert "equals the manifest's clinic_code (1: the row is set aside)" in result.output
    assert "canary" not in result.output


def test_text_that_looks_like_a_patients_name_refuses_its_file_without_being_shown(tmp_path: Path) -> None:
    named = _intake(tmp_path, age_band=["40-49", "Mrs Jane Smith", "40-49", "40-49"])
    result = _check(_delivery(tmp_path / "inbox", intake=named))
    assert result.exit_code == 4
    assert "look like a person's name" in result.output
    assert "REFUSED intake.csv, age_band: text that looks like a direct identifier\n        rows 2\n" in result.output
    assert "Jane" not in result.output


def test_every_broken_file_is_told_at_once(tmp_path: Path) -> None:
    folder = _delivery(tmp_path / "inbox")
    (folder / "session.csv").write_bytes((folder / "session.csv").read_bytes() + b"x,y\n")
    (folder / "outcome.csv").unlink()
    output = _check(folder).output
    assert "REFUSED session.csv: its SHA-256 is not the one in the manifest" in output
    assert "REFUSED outcome.csv: the manifest lists it, but it is not there" in output
    assert "Not asked: the rules across fields and feeds (what is refused comes first)" in output


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"clinic_code": "C002"}, "clinic_code differs from the folder it lies in"),
        ({"mode": "all"}, "mode is neither snapshot nor delta"),
        ({"schema_version": "9.0.0"}, "schema_version 9.0.0 has an unknown major number"),
        ({"files": {}}, "it does not list"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_with_its_remedy(
    tmp_path: Path, said: dict[str, object], message: str
) -> None:
    folder = _delivery(tmp_path / "inbox")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps(manifest | said), encoding="utf-8")
    result = _check(folder)
    assert result.exit_code == 4
    assert f"REFUSED manifest.json: {message}" in result.output


def test_a_delivery_without_its_manifest_is_not_complete(tmp_path: Path) -> None:
    folder = _delivery(tmp_path / "inbox")
    (folder / "manifest.json").unlink()
    assert "Write it last, once every file is complete" in _check(folder).output


def test_a_folder_called_after_a_patient_is_refused_without_its_name(tmp_path: Path) -> None:
    folder = _delivery(tmp_path / "inbox")
    odd = folder.rename(folder.parent / "Jane Smith")
    result = _check(odd)
    assert result.exit_code == 4
    assert "has a name that is no code" in result.output
    assert "Jane" not in result.output


def test_columns_that_the_contract_does_not_list_are_told_and_a_misspelt_one_would_be_held(tmp_path: Path) -> None:
    renamed = _intake(tmp_path, shoe_size="42").rename(columns={"nprs_back_avg": "nprs_back_average"})
    result = _check(_delivery(tmp_path / "inbox", intake=renamed))
    assert result.exit_code == 4
    assert "look    intake.csv: 2 columns that the contract does not list" in result.output
    assert "REFUSED intake.csv, nprs_back_avg: it would be held" in result.output


def test_other_files_in_the_folder_are_counted_without_their_names(tmp_path: Path) -> None:
    folder = _delivery(tmp_path / "inbox", "delta")
    (folder / "jane smith.pdf").write_bytes(b"x")
    output = _check(folder).output
    assert "look    other files: 1 in the folder that the manifest does not list" in output
    assert "jane" not in output


def test_a_rule_across_fields_names_its_rows(tmp_path: Path) -> None:
    folder = _delivery(
        tmp_path / "inbox", intake=_intake(tmp_path, rf_any="no", rf_cancer_history=["no", "yes", "no", "yes"])
    )
    result = _check(folder)
    assert result.exit_code == 0
    assert (
        "look    intake.csv, rf_any: The single red-flag answer is no, and a red flag is recorded as yes. (2 of 4; "
        in result.output
    )
    assert "        rows 2, 4\n        Derive the single red-flag answer" in result.output


def test_rules_that_need_earlier_records_are_not_asked_of_a_delta(tmp_path: Path) -> None:
    result = _check(_delivery(tmp_path / "inbox", "delta"))
    assert result.exit_code == 0
    assert "Not asked: the rules across fields and feeds (they need the clinic's other records)" in result.output


def test_a_folder_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert _check(tmp_path / "nothing").exit_code == 2
