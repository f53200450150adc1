"""Folders that cannot be written, readers that keep a published night open, and a second night while one runs."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.generations import current_warehouse
from pipelines.locking import unfinished_work
from pipelines.settings import Settings
from tests.faults.checking import what_is_not_healed
from tests.faults.deliveries import first_wave, records
from tests.faults.nightly import environment
from tests.faults.nursery import ROOT, Nursery, Order
from tests.faults.private_mount import needs_private_mounts, with_read_only
from tests.faults.scenarios import Scenario

By = Callable[[str], Scenario]


def _stepcare(settings: Settings, before: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-B", "-m", "pipelines.cli", *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(settings),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def _bound_by_rights() -> list[str]:
    """What goes before a command so that rights of files bind it, even when root runs the tests."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root runs the tests and there is no `setpriv` here: rights bind nobody")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def test_a_home_on_a_disk_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    needs_private_mounts()
    settings = Settings(tmp_path / "home", tmp_path / "inbox")
    settings.home.mkdir()
    settings.inbox.mkdir()
    ended = _stepcare(settings, with_read_only(settings.home), "nightly")
    assert ended.returncode == 9, ended.stdout
    assert f"{settings.home} cannot be written" in ended.stdout.replace("/night.lock", "")


@pytest.mark.ci
@pytest.mark.parametrize("name", ["home", "store", "generations", "dagster"])
def test_a_folder_without_the_right_to_write_is_named_and_nothing_is_harmed(
    nights: Nursery, scenario: By, tmp_path: Path, name: str
) -> None:
    chosen = scenario("the second night")
    settings = chosen.begun(tmp_path / "home")
    settings.dagster_home.mkdir(exist_ok=True)
    folder = settings.home if name == "home" else settings.home / name
    folder.chmod(0o500)
    before = current_warehouse(settings)
    try:
        ended = _stepcare(settings, _bound_by_rights(), "nightly")
        assert ended.returncode == 9, ended.stdout
        assert "cannot be written" in ended.stdout
        assert str(folder) in ended.stdout
        assert "Traceback" not in ended.stdout
        assert current_warehouse(settings) == before
    finally:
        folder.chmod(0o700)
    answer = nights.night(Order(str(settings.home), str(settings.inbox)))
    assert answer.status == 0, answer.said
    shutil.rmtree(settings.dagster_home)
    assert what_is_not_healed(settings, chosen.expected, chosen.said) == []


@pytest.mark.ci
def test_a_night_needs_only_to_read_the_inbox_and_a_second_one_meanwhile_ends_with_7(tmp_path: Path) -> None:
    """R-F1: the inbox is on a disk that cannot be written."""
    needs_private_mounts()
    settings = Settings(tmp_path / "home", tmp_path / "inbox")
    first_wave(settings.inbox)
    command = [*with_read_only(settings.inbox), sys.executable, "-B", "-m", "pipelines.cli", "nightly"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(settings), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as first:
        while not unfinished_work(settings.home):
            assert first.poll() is None
            time.sleep(0.05)
        second = _stepcare(settings, [], "nightly")
        said = first.communicate()[0]
    assert second.returncode == 7, second.stdout
    assert f"pid {first.pid}" in second.stdout
    assert first.returncode == 0, said
    with duckdb.connect(str(current_warehouse(settings)), read_only=True) as con:
        assert con.execute("select count(*) from clean.intake").fetchall() == [
            (len(records(settings.inbox)["intake"]),)
        ]


@pytest.mark.ci
def test_who_reads_the_oldest_night_while_a_new_one_removes_it_goes_on_reading(
    nights: Nursery, scenario: By, tmp_path: Path
) -> None:
    """R-F3: readers of the published and of the oldest night; the night succeeds, they see what they saw, new readers the new."""
    chosen = scenario("the night that removes the oldest")
    settings = chosen.begun(tmp_path / "home")
    oldest = min(settings.generations.iterdir()) / "warehouse.duckdb"
    published = current_warehouse(settings)
    count = "select count(*), count(distinct clinic_code) from clean.intake"
    with duckdb.connect(str(published), read_only=True) as reader, duckdb.connect(str(oldest), read_only=True) as other:
        before = reader.execute(count).fetchall(), other.execute(count).fetchall()
        answer = nights.night(Order(str(settings.home), str(settings.inbox)))
        assert answer.status == 0, answer.said
        assert (reader.execute(count).fetchall(), other.execute(count).fetchall()) == before
        with duckdb.connect(str(current_warehouse(settings)), read_only=True) as new:
            assert new.execute(count).fetchall() != before[0]
    assert not oldest.exists()
    assert what_is_not_healed(settings, chosen.expected, chosen.said) == []
