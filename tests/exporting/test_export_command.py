"""The command of a clinic: what it says, with which exit code, and that it needs nothing of the warehouse."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from tests.conftest import ROOT
from tests.exporting.small import Small

NOT_AT_A_CLINIC = (
    "dagster",
    "great_expectations",
    "pandas",
    "sklearn",
    "numpy",
    "pyarrow",
    "scipy",
    "jinja2",
    "pydantic",
    "joblib",
)

WITHOUT = f"""
import sys
for name in {NOT_AT_A_CLINIC!r}:
    sys.modules[name] = None  # whoever imports it fails
from pipelines.cli import main
main(sys.argv[1:], prog_name="stepcare")
"""


def _without_the_warehouse(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def test_a_delivery_is_made_without_dagster_great_expectations_pandas_or_scikit_learn(tmp_path: Path) -> None:
    order = Small(tmp_path).order()
    order.key.unlink()
    made = _without_the_warehouse("export", "init", order.key)
    assert made.returncode == 0, made.stderr
    done = _without_the_warehouse(
        "export", "run", order.mapping, order.place, "--key", order.key, "--to", tmp_path / "inbox"
    )
    assert done.returncode == 0, done.stderr
    assert "checked against the contract" in done.stdout
    manifest = json.loads((tmp_path / "inbox" / "C001" / "2024-01-03" / "manifest.json").read_bytes())
    assert manifest["files"]["intake.csv"]["rows"] == 12


def test_init_makes_a_key_once(tmp_path: Path) -> None:
    path = tmp_path / "clinic.key"
    assert CliRunner().invoke(main, ["export", "init", str(path)]).exit_code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = CliRunner().invoke(main, ["export", "init", str(path)])
    assert again.exit_code == 2
    assert "not overwritten" in again.output


def test_a_preview_names_columns_counts_and_reasons(tmp_path: Path) -> None:
    small = Small(tmp_path)
    small.patients[3]["Red flag"] = "Maybe"
    order = small.order()
    done = CliRunner().invoke(
        main, ["export", "preview", str(order.mapping), str(order.place), "--key", str(order.key)]
    )
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "intake 12 rows" in said
    assert "rf_any 11 1 missing" in said
    assert "patients.csv: not mapped, 1 column: Name" in said
    assert "1 intake.rf_any: a text that the map of values does not have (first: patients.csv:5)" in said
    assert "Nothing was written" in said
    assert not (tmp_path / "inbox").exists()


def test_a_wrong_mapping_ends_with_exit_code_2_and_its_line(tmp_path: Path) -> None:
    small = Small(tmp_path)
    small.mapping = small.mapping.replace("clinic_code: C001", "clinic_code: C 001")
    order = small.order()
    done = CliRunner().invoke(
        main, ["export", "preview", str(order.mapping), str(order.place), "--key", str(order.key)]
    )
    assert done.exit_code == 2
    assert "map.yaml line 2: clinic_code is malformed" in done.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_an_export_that_is_ended_leaves_no_records_behind(tmp_path: Path, number: signal.Signals) -> None:
    small = Small(tmp_path)
    order = small.order()
    header, rows = (order.place / "visits.csv").read_text(encoding="utf-8").split("\n", 1)
    (order.place / "visits.csv").write_text(f"{header}\n{rows * 40_000}", encoding="utf-8")  # takes a minute to read
    (tmp_path / "aside").mkdir()
    command = [sys.executable, "-c", WITHOUT, "export", "run", str(order.mapping), str(order.place)]
    process = subprocess.Popen(
        [*command, "--key", str(order.key), "--to", str(tmp_path / "inbox")],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path / "aside")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    for _ in range(600):
        if list((tmp_path / "aside").glob("stepcare-export-*/staged.duckdb")):
            break
        time.sleep(0.1)
    assert process.poll() is None
    (folder,) = (tmp_path / "aside").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number, said
    assert list((tmp_path / "aside").iterdir()) == []
    assert not (tmp_path / "inbox").exists()
