"""The doctor: what is wrong is found, and what to do is said."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.at_rest import Machine
from pipelines.backups.keeping import backup_name
from pipelines.backups.keys import write_new_identity
from pipelines.doctor import examine
from pipelines.doctor_home import SECTIONS, of_another_account, open_to_others
from pipelines.finding import Finding
from pipelines.settings import Settings
from tests.conftest import ROOT
from tests.delivering.conftest import file_reports

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def at_home(settings: Settings) -> Iterator[Settings]:
    """An empty home that is its owner's alone."""
    before = os.umask(0o077)
    settings.home.mkdir()
    yield settings
    os.umask(before)


def _machine(tmp_path: Path, kind: str = "fuse.gocryptfs", swaps: str = "") -> Machine:
    return Machine(
        mountinfo=f"1 0 0:1 / / rw - {kind} /dev/sda1 rw\n",
        swaps=f"Filename Type Size Used Priority\n{swaps}",
        sys=tmp_path / "sys",
        device_number=lambda _: None,
        is_folder_encrypted=lambda _: False,
        zfs_encryption=lambda _: "",
    )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One whose only disk is encrypted."""
    return _machine(tmp_path)


def _ill(settings: Settings, machine: Machine, *, accept_plaintext: bool = False) -> list[Finding]:
    found = examine(settings, accept_plaintext=accept_plaintext, machine=machine, now=NOW)
    return [finding for finding in found if not finding.is_well]


def _write(settings: Settings, text: str) -> None:
    (settings.home / "stepcare.toml").write_text(text)


def test_an_encrypted_disk_and_an_empty_home_are_well(at_home: Settings, machine: Machine) -> None:
    assert _ill(at_home, machine) == []


def test_a_plain_disk_and_plain_swap_fail_closed_unless_somebody_answers_for_them(
    at_home: Settings, tmp_path: Path
) -> None:
    """R-P7"""
    plain = _machine(tmp_path, "ext4", "/dev/sda2 partition 1 0 -2\n")
    disk, swap = _ill(at_home, plain)
    assert "nothing shows to be encrypted" in disk.what
    assert "LUKS" in disk.remedy
    assert "--accept-plaintext" in disk.remedy
    assert "/dev/sda2" in swap.what
    assert _ill(at_home, plain, accept_plaintext=True) == []
    _write(at_home, "[disk]\naccept_plaintext = true\n")
    assert _ill(at_home, plain) == []
    said = " ".join(finding.what for finding in examine(at_home, machine=plain, now=NOW))
    assert "nothing shows to be encrypted: accepted, since accept_plaintext = true stands in stepcare.toml" in said


def test_settings_that_are_wrong_accept_nothing(at_home: Settings, tmp_path: Path) -> None:
    _write(at_home, '[disk]\naccept_plaintext = "true"\n')
    ill = _ill(at_home, _machine(tmp_path, "ext4"))
    assert any("nothing shows to be encrypted" in finding.what for finding in ill)
    assert any("accept_plaintext is not true or false" in finding.remedy for finding in ill)


def test_whatever_is_open_to_others_is_named_with_the_command_that_closes_it(
    at_home: Settings, machine: Machine
) -> None:
    """R-P7: every folder and file under the home, the first three by name."""
    (at_home.home / "store" / "a").mkdir(parents=True)
    for number in range(4):
        path = at_home.home / "store" / "a" / f"{number}.csv"
        path.touch()
        path.chmod(0o604)
    (at_home.home / "store").chmod(0o710)
    (at_home.home / "link").symlink_to("/etc/passwd")
    (finding,) = [finding for finding in _ill(at_home, machine) if "open to others" in finding.what]
    assert finding.what.startswith("5 files and folders under")
    assert "2.csv" not in finding.what
    assert finding.remedy == f"chmod -R go-rwx {at_home.home}"
    os.system(finding.remedy)
    assert open_to_others(at_home.home) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file another account's")
def test_what_another_account_left_in_the_home_is_named_with_the_command_that_gives_it_back(
    at_home: Settings, machine: Machine
) -> None:
    """As when root runs a command on the home of the account that the units use: the next night could not write."""
    for path in (at_home.home / "portal.key", at_home.home / "ledger.sqlite"):
        path.touch()
    os.chown(at_home.home, 12345, 12345)
    os.chown(at_home.home / "portal.key", 12345, 12345)
    (finding,) = [finding for finding in _ill(at_home, machine) if "another account" in finding.what]
    assert finding.what.startswith("1 files and folders under")
    assert finding.what.endswith("ledger.sqlite")
    os.system(finding.remedy.partition(",")[0])
    assert of_another_account(at_home.home) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[backup\n", "is not TOML"),
        ("[backup]\nkep = 3\n", "has no setting kep"),
        ("[backup]\nkeep = 0\n", "keep must be 1 or more"),
        ('[backup]\nrecipient = "age1x"\n', "recipient of backups is not one"),
        ('[backup]\nidentity = "/nowhere/key"\n', "the key file /nowhere/key is not there"),
        ("[bakcup]\nkeep = 3\n", "no part of Stepcare reads bakcup"),
        ("[disk]\nsmallest_free_gigabytes = 'many'\n", "is not a number"),
    ],
)
def test_what_is_wrong_in_the_settings_is_named(at_home: Settings, machine: Machine, text: str, message: str) -> None:
    _write(at_home, text)
    assert any(message in finding.remedy for finding in _ill(at_home, machine))


def test_the_doctor_knows_every_table_that_any_part_reads() -> None:
    read = set()
    for path in (ROOT / "pipelines").rglob("*.py"):
        read |= set(re.findall(r'read_(?:section|tables?)\([\w.]*home[^"]*"(\w+)"', path.read_text(encoding="utf-8")))
    assert read == set(SECTIONS)


def test_an_own_question_that_no_night_can_ask_is_named(at_home: Settings, machine: Machine) -> None:
    folder = at_home.home / "questions"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "right.toml").write_text('starts_from = "decision"\nwhy = "w"\n', encoding="utf-8")
    (folder / "wrong.toml").write_text('starts_from = "nothing"\n', encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o600)
    (found,) = _ill(at_home, machine)
    assert found.what == "the own question wrong can be asked"
    assert "starts_from must be one of" in found.remedy


def test_too_little_room_for_a_night_is_said_with_the_figures(at_home: Settings, machine: Machine) -> None:
    """R-F2: three times the warehouse and a floor."""
    _write(at_home, "[disk]\nsmallest_free_gigabytes = 1e9\n")
    (finding,) = _ill(at_home, machine)
    assert "1000000000.0 GB that a night needs" in finding.what
    assert "3 times the published warehouse" in finding.remedy


def test_a_night_from_the_future_tells_of_a_wrong_clock(at_home: Settings, machine: Machine) -> None:
    """R-F7"""
    (at_home.generations / "20261124T023000Z-abc").mkdir(parents=True)
    clock = [finding for finding in _ill(at_home, machine) if "this machine says" in finding.what]
    assert "timedatectl" in clock[0].remedy
    later = examine(at_home, machine=machine, now=NOW + timedelta(days=1))
    assert all(finding.is_well for finding in later if "this machine says" in finding.what)


def test_a_missing_or_late_backup_is_said(at_home: Settings, machine: Machine, tmp_path: Path) -> None:
    """R-F10"""
    to = tmp_path / "backups"
    recipient = write_new_identity(tmp_path / "key")
    _write(at_home, f'[backup]\nto = "{to}"\nrecipient = "{recipient}"\n')
    assert any("Is its disk mounted" in finding.remedy for finding in _ill(at_home, machine))
    to.mkdir()
    assert _ill(at_home, machine) == [], "nothing is published yet, so there is nothing to lose"
    night = at_home.generations / "20261121T023000Z-abc"
    night.mkdir(parents=True)
    (night / "generation.json").write_text(
        '{"name": "20261121T023000Z-abc", "run_id": "r", "made_at": "2026-11-21T02:30:00+00:00", "night_key": "k", '
        '"code_hash": "c", "reading_hash": "r", "data_hash": "d", "is_simulated": false}'
    )
    at_home.current.symlink_to(night)
    about = [finding for finding in _ill(at_home, machine) if "backup" in finding.what]
    assert [finding.what for finding in about] == ["no backup was made yet"]
    (to / backup_name(NOW - timedelta(days=9), recipient)).touch()
    about = [finding for finding in _ill(at_home, machine) if "backup" in finding.what]
    assert [finding.remedy for finding in about] == ["stepcare backup make"]
    (to / backup_name(NOW - timedelta(days=1), recipient)).touch()
    assert not [finding for finding in _ill(at_home, machine) if "backup" in finding.what]


def test_a_published_warehouse_that_does_not_open_is_made_again_by_the_command_that_is_named(
    at_home: Settings, machine: Machine
) -> None:
    """`stepcare nightly` would say that nothing is new."""
    night = at_home.generations / "20261121T023000Z-abc"
    night.mkdir(parents=True)
    (night / "generation.json").write_text(
        '{"name": "20261121T023000Z-abc", "run_id": "r", "made_at": "2026-11-21T02:30:00+00:00", "night_key": "k", '
        '"code_hash": "c", "reading_hash": "r", "data_hash": "d", "is_simulated": false}'
    )
    (night / "warehouse.duckdb").write_bytes(b"no warehouse")
    at_home.current.symlink_to(night)
    (found,) = [finding for finding in _ill(at_home, machine) if finding.what.startswith("published: ")]
    assert found.remedy == "the warehouse does not open: `stepcare rebuild --from-store` makes it again"


def test_a_filed_report_that_was_changed_is_named(at_home: Settings, machine: Machine) -> None:
    file_reports(at_home, NOW.date())
    assert _ill(at_home, machine) == []
    (at_home.reports / "C001" / "2026-10" / "v1" / "report.csv").write_text("another")
    (found,) = _ill(at_home, machine)
    assert found.what == "7 of 8 filed reports are what was filed"
    assert "reports/C001/2026-10/v1 was changed" in found.remedy
