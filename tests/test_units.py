"""The systemd units as they are delivered: systemd takes them, they are closed, and they call commands that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines import errors
from pipelines.cli import main
from tests.conftest import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
MOST_EXPOSED = 2.0  # of 10; systemd itself calls 2 to 4.9 medium


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed, so the units are not verified here")
    return found


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The units as an operator would put them in place, with the paths of this checkout and a command that is there."""
    command = tmp_path / "stepcare"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o700)
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/stepcare/.venv/bin/stepcare", str(command))
        (tmp_path / unit.name).write_text(text.replace("/opt/stepcare", str(ROOT)), encoding="utf-8")
    return tmp_path


def _run(*command: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=60)


def test_systemd_takes_every_unit_without_a_word(analyze: str, here: Path) -> None:
    done = _run(analyze, "verify", "--man=no", *(here / unit.name for unit in UNITS))
    said = [line for line in done.stderr.splitlines() if "stepcare" in line]
    assert (done.returncode, said) == (0, [])


@pytest.mark.parametrize("service", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_hardly_exposed(analyze: str, service: Path) -> None:
    done = _run(analyze, "security", "--offline=true", "--no-pager", service)
    found = re.search(r"exposure level for .*: (\d+\.\d) ", done.stdout)
    if found is None:
        pytest.skip("this systemd-analyze cannot look at a file (--offline is of version 250)")
    assert float(found[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("service", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_its_users_alone_and_writes_in_the_home_only(service: Path) -> None:
    said = dict(re.findall(r"^(\w+)=(.*)$", service.read_text(encoding="utf-8"), re.MULTILINE))
    assert (said["User"], said["UMask"], said["ProtectSystem"]) == ("stepcare", "0077", "strict")
    assert (said["NoNewPrivileges"], said["PrivateTmp"], said["CapabilityBoundingSet"]) == ("yes", "yes", "")
    assert said["ReadWritePaths"] == "/srv/stepcare"


def test_the_night_has_no_network_and_is_followed_by_a_look_however_it_ends() -> None:
    text = (ROOT / "deploy/systemd/stepcare-night.service").read_text(encoding="utf-8")
    assert "PrivateNetwork=yes\nIPAddressDeny=any\n" in text
    assert "OnSuccess=stepcare-watch.service\nOnFailure=stepcare-watch.service\n" in text
    kinds = (errors.NothingToDo, errors.DeliveryError, errors.AlreadyRunning)
    assert f"SuccessExitStatus={' '.join(str(kind.exit_code) for kind in kinds)}\n" in text


@pytest.mark.parametrize("name", ["stepcare-night", "stepcare-deliver"])
def test_a_timer_of_a_time_of_day_rings_in_the_clinics_zone_as_the_service_has_it(name: str) -> None:
    """Else a machine in UTC would do it an hour late all summer."""
    timer, service = (
        (ROOT / "deploy" / "systemd" / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("timer", "service")
    )
    (zone,) = re.findall(r"STEPCARE_TIMEZONE=(\S+)", service)
    assert re.findall(r"^OnCalendar=\S+ [\d:]+ ?(.*)$", timer, re.MULTILINE) == [zone]


@pytest.mark.parametrize("service", SERVICES, ids=lambda unit: unit.name)
def test_a_service_calls_a_command_with_options_that_there_are(service: Path) -> None:
    (command,) = re.findall(r"^ExecStart=/opt/stepcare/.venv/bin/stepcare (.*)$", service.read_text(), re.MULTILINE)
    name, *options = command.split()
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert all(option in result.output for option in options)


@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"])
def test_the_timer_rings_once_on_each_date_that_the_clocks_change(analyze: str, night: str) -> None:
    """R-F7: 02:30 in Europe/London is there once on each date, also on those when the clocks change."""
    text = (ROOT / "deploy/systemd/stepcare-night.timer").read_text(encoding="utf-8")
    (calendar,) = re.findall(r"^OnCalendar=(.*)$", text, re.MULTILINE)
    day = int(night[-2:])
    before = f"{night[:-2]}{day - 1:02} 12:00:00 UTC"
    done = _run(analyze, "calendar", "--iterations=2", f"--base-time={before}", calendar)
    assert done.returncode == 0, done.stderr
    rings = re.findall(r"\(in UTC\): \w+ (\S+) (\S+) UTC", done.stdout) or re.findall(
        r"(?:elapse|#2): \w+ (\S+) (\S+) UTC", done.stdout
    )
    assert [date for date, _ in rings] == [night, f"{night[:-2]}{day + 1:02}" if day < 31 else "2027-11-01"]
