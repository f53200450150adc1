import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines import errors
from pipelines.cli import main
from pipelines.locking import only_one
from pipelines.settings import Settings

COMMANDS = (
    "adapt", "alerts", "backup", "check-delivery", "copy-results",
    "demo", "doctor", "nightly", "rebuild", "report", "simulate", "status", "ui", "watch"
)  # fmt: skip


@pytest.fixture
def at_home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("STEPCARE_HOME", str(settings.home))
    monkeypatch.setenv("STEPCARE_INBOX", str(settings.inbox))
    monkeypatch.setenv("DAGSTER_HOME", str(settings.dagster_home))
    return settings


def _run(*arguments: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(main, list(arguments))


def test_the_help_names_every_command_and_the_exit_codes() -> None:
    said = _run("--help").output
    assert all(command in said for command in COMMANDS)
    assert "Exit codes" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = _run(command, "--help")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 4


def test_exit_codes_are_stable_and_tell_errors_apart() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.StepcareError)
    ]
    assert {kind.exit_code for kind in kinds} == set(range(1, 12))


def test_an_empty_inbox_is_said_with_what_to_do(at_home: Settings) -> None:
    result = _run("nightly")
    assert result.exit_code == errors.NothingToDo.exit_code
    assert "manifest.json last" in result.output


def test_an_inbox_that_is_not_there_is_told_from_an_empty_one(at_home: Settings) -> None:
    at_home.inbox.rmdir()
    assert f"There is no folder {at_home.inbox}" in " ".join(_run("nightly").output.split())
    at_home.inbox.mkdir()
    assert "There is no folder" not in _run("nightly").output


def test_an_inbox_that_is_no_folder_is_a_wrong_use(at_home: Settings) -> None:
    result = _run("nightly", "--inbox", str(at_home.inbox / "nowhere"))
    assert result.exit_code == errors.UsageError.exit_code
    assert "is no folder" in result.output


def test_a_wrong_time_zone_is_said(at_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPCARE_TIMEZONE", "Middle-earth/Shire")
    result = _run("report")
    assert result.exit_code == errors.UsageError.exit_code
    assert "Europe/London" in result.output


def test_an_unknown_world_is_a_wrong_use_that_names_the_worlds(at_home: Settings) -> None:
    result = _run("simulate", "--out", str(at_home.home / "in"), "--world", "narnia")
    assert result.exit_code == errors.UsageError.exit_code
    assert "no-effect" in result.output


def test_the_report_before_the_first_night_says_what_to_run(at_home: Settings) -> None:
    result = _run("report")
    assert result.exit_code == errors.NotPublished.exit_code
    assert "stepcare nightly" in result.output


def test_the_doctor_says_what_to_mend_in_a_new_place(at_home: Settings) -> None:
    at_home.inbox.rmdir()
    result = _run("doctor")
    assert result.exit_code == errors.InstallationError.exit_code
    assert "make the folder, or set STEPCARE_INBOX" in result.output


def test_the_doctor_finds_a_spoilt_delivery_in_the_store(at_home: Settings, delivery: Path) -> None:
    from pipelines.deliveries.inbox import receive
    from pipelines.deliveries.ledger import open_ledger

    at_home.store.mkdir(parents=True)
    at_home.home.chmod(0o700)
    with open_ledger(at_home.ledger) as ledger:
        (entry,) = receive(at_home.inbox, at_home.store, ledger)
    assert _run("doctor", "--accept-plaintext").exit_code == 0
    kept = at_home.store / str(entry.delivery_key) / "intake.csv"
    kept.chmod(0o600)
    kept.write_bytes(kept.read_bytes()[:-1] + b"8")
    result = _run("doctor")
    assert result.exit_code == errors.InstallationError.exit_code
    assert "Restore the last backup" in result.output


def test_a_second_night_at_once_is_told_so(at_home: Settings, delivery: Path) -> None:
    with only_one(at_home.home):
        result = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", "nightly"],
            capture_output=True,
            text=True,
            check=False,
            env=dict(os.environ),
        )
    assert result.returncode == errors.AlreadyRunning.exit_code
    assert "already running since" in result.stderr
    assert "Traceback" not in result.stderr


def test_simulate_writes_the_truth_beside_the_deliveries_never_inside(at_home: Settings) -> None:
    out = at_home.home / "simulated"
    assert _run("simulate", "--out", str(out), "--episodes", "60", "--clinics", "2").exit_code == 0
    assert {path.name for path in out.iterdir()} == {"C001", "C002"}
    assert json.loads((out.with_name("simulated.truth") / "truth.json").read_text())["world"] == "no-effect"


def test_a_package_that_is_missing_is_named_with_what_to_do(delivery: Path) -> None:
    """As in the exporter's own environment, which has neither Dagster nor numpy."""
    without = "import sys; sys.modules['numpy'] = None; from pipelines.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-B", "-c", without, "check-delivery", str(delivery)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == errors.InstallationError.exit_code, done.stderr
    assert "this command needs numpy, which is not installed here: make setup" in done.stderr


def test_what_the_commands_make_is_closed_to_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {**os.environ, "STEPCARE_HOME": str(home)}
    command = [sys.executable, "-m", "pipelines.cli", "simulate", "--out", str(home / "inbox"), "--episodes", "20"]
    subprocess.run([*command, "--clinics", "1"], check=True, capture_output=True, env=environment)
    assert [path for path in (home, *home.rglob("*")) if path.stat().st_mode & 0o077] == []
