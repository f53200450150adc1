"""Reports on their shelves: made when due, put there whole, never changed, and healed after a kill at any step."""

import json
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.editions import make_editions, seal_editions
from pipelines.filing import (
    CORRECTIONS,
    PERIODS,
    corrections_asked,
    editions_due,
    file_editions,
    today,
    write_corrections,
)
from pipelines.reporting.building import build_reports
from pipelines.reporting.editions import MANIFEST, PAGE, spoilt_in
from pipelines.reporting.shelves import editions_of, latest_edition
from pipelines.settings import Settings
from tests.reporting.released import STAMP, released_of

MONDAY = date(2026, 11, 23)
CLINICS = {"C001": 412, "C002": 96}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(tmp_path / "home", tmp_path / "inbox")
    made.home.mkdir(mode=0o700)
    return made


def night(
    settings: Settings,
    name: str,
    clinics: dict[str, int] = CLINICS,
    day: date = MONDAY,
) -> Path:
    """A published night that made what was due on a day; nothing of it is filed yet."""
    folder = settings.generations / name
    folder.mkdir(parents=True)
    reports = build_reports(released_of(tuple(clinics.items())), STAMP)
    make_editions(settings, folder / PERIODS, reports, day)
    seal_editions(folder)
    settings.current.unlink(missing_ok=True)
    settings.current.symlink_to(folder)
    return folder


def filed(settings: Settings) -> dict[str, bytes]:
    found = (path for path in settings.reports.rglob("*") if path.is_file())
    return {str(path.relative_to(settings.reports)): path.read_bytes() for path in found}


def test_the_first_night_after_a_period_makes_its_reports_and_the_next_ones_do_not(settings: Settings) -> None:
    assert [one.period for one in editions_due(settings, MONDAY)] == ["2026-W47", "2026-10"]
    night(settings, "1")
    places = file_editions(settings)
    assert len(places) == 2 * 3
    assert editions_due(settings, MONDAY) == ()
    assert editions_due(settings, date(2026, 11, 29)) == ()
    assert [one.period for one in editions_due(settings, date(2026, 11, 30))] == ["2026-W48"]
    assert [one.period for one in editions_due(settings, date(2026, 12, 1))] == ["2026-W48", "2026-11"]


@pytest.mark.ci
def test_what_is_filed_never_changes_whatever_later_nights_find(settings: Settings) -> None:
    night(settings, "1")
    file_editions(settings)
    before = filed(settings)
    night(settings, "2", {"C001": 500, "C002": 120}, date(2026, 11, 24))
    assert file_editions(settings) == []
    assert filed(settings) == before
    night(settings, "3", {"C001": 500, "C002": 120}, date(2026, 11, 30))
    file_editions(settings)
    after = filed(settings)
    kept = {name: content for name, content in before.items() if "/v" in name}
    assert {name: after[name] for name in kept} == kept
    assert (settings.reports / "C001" / "2026-W48" / "v1" / PAGE).is_file()


@pytest.mark.ci
def test_the_same_deliveries_give_the_same_files_on_another_day(settings: Settings, tmp_path: Path) -> None:
    night(settings, "1")
    file_editions(settings)
    other = Settings(tmp_path / "other", tmp_path / "inbox")
    other.home.mkdir()
    night(other, "20261125", day=date(2026, 11, 25))
    file_editions(other)
    assert filed(settings) == filed(other)


def test_every_edition_is_whole_by_its_manifest_and_a_clinic_s_folder_holds_its_own_alone(settings: Settings) -> None:
    night(settings, "1")
    for place in file_editions(settings):
        assert spoilt_in(place) == []
        assert json.loads((place / MANIFEST).read_text())["whose"] == place.parent.parent.name
    for name, content in filed(settings).items():
        if name.startswith("C001/") and not name.endswith(".pdf"):
            assert b"C002" not in content, name


def test_the_latest_report_and_every_index_are_found(settings: Settings) -> None:
    night(settings, "1")
    file_editions(settings)
    assert latest_edition(settings.reports / "C001") == settings.reports / "C001" / "2026-W47" / "v1"
    redirect = (settings.reports / "C001" / "latest" / "index.html").read_text()
    assert 'url=../2026-W47/v1/report.html"' in redirect
    index = (settings.reports / "C001" / "index.html").read_text()
    for href in ("2026-W47/v1/report.html", "2026-10/v1/report.pdf"):
        assert f'href="{href}"' in index
        assert (settings.reports / "C001" / href).is_file()
    assert 'href="network/index.html"' in (settings.reports / "index.html").read_text()
    assert latest_edition(settings.reports / "C404") is None


@pytest.mark.ci
def test_a_correction_is_a_version_beside_the_first_for_those_whose_numbers_differ(settings: Settings) -> None:
    night(settings, "1")
    file_editions(settings)
    before = filed(settings)
    write_corrections(settings.home / CORRECTIONS, {"2026-W47": "C001 sent its forms again."})
    night(settings, "2", CLINICS | {"C001": 450})
    file_editions(settings)
    changed = [place.relative_to(settings.reports) for place in editions_of(settings.reports, "2026-W47")]
    assert [str(place) for place in changed] == [
        "C001/2026-W47/v1",
        "C001/2026-W47/v2",
        "C002/2026-W47/v1",
        "C002/2026-W47/v2",  # the network's share stands on its page too
        "network/2026-W47/v1",
        "network/2026-W47/v2",
    ]
    after = filed(settings)
    assert {name: after[name] for name in before if "/v1/" in name} == {
        name: content for name, content in before.items() if "/v1/" in name
    }
    page = (settings.reports / "C001" / "2026-W47" / "v2" / PAGE).read_text()
    assert "it takes the place of version 1" in page
    assert "C001 sent its forms again." in page
    assert "410 is now 450" in page
    assert "Version 2 takes its place." in (settings.reports / "C001" / "index.html").read_text()
    assert latest_edition(settings.reports / "C001") == settings.reports / "C001" / "2026-W47" / "v2"
    assert corrections_asked(settings) == {}


def test_a_correction_that_changes_nothing_makes_nothing_and_is_not_asked_again(settings: Settings) -> None:
    night(settings, "1")
    file_editions(settings)
    write_corrections(settings.home / CORRECTIONS, {"2026-W47": "Looked at again."})
    night(settings, "2")
    assert file_editions(settings) == []
    assert corrections_asked(settings) == {}


def test_a_kill_before_any_step_of_filing_is_healed_by_the_next_filing(settings: Settings) -> None:
    """Signal 9's like: the process ends before its n-th touch of the disk, for every n; what stands on a shelf is whole."""
    made = night(settings, "1")
    file_editions(settings)
    whole = filed(settings)
    n_killed = 0
    for step in range(0, 400, 5):
        for path in sorted(settings.reports.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        if not _killed_at(step, settings):
            break
        n_killed += 1
        for place in settings.reports.glob("*/*/v*"):
            assert spoilt_in(place) == []
        file_editions(settings)
        left = filed(settings)
        assert left == whole, step
    assert n_killed > 10
    assert all(spoilt_in(place) == [] for place in (made / PERIODS).glob("*/*/v*"))


def _killed_at(step: int, settings: Settings) -> bool:
    """File in a process that ends before its `step`-th change of the disk; False when it had no more than that."""
    child = os.fork()
    if child == 0:
        left = [step]

        def count(event: str, _: tuple[object, ...]) -> None:
            if event in ("os.link", "os.rename", "os.mkdir", "os.remove", "shutil.copytree"):
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)

        sys.addaudithook(count)
        try:
            file_editions(settings)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_the_day_is_that_of_the_clinics(settings: Settings) -> None:
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert today(settings, now) == date(2026, 11, 22)
    assert today(Settings(settings.home, settings.inbox, "Pacific/Auckland"), now) == MONDAY
