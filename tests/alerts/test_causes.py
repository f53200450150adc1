"""What makes a cause for an alert, and what ends it."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipelines.alerts.cause import Cause, one_line, plain_name
from pipelines.alerts.causes import look_for_causes
from pipelines.alerts.of_nights import newest_in_words
from pipelines.generations import Generation
from pipelines.locking import hold, keep_note, only_one
from pipelines.settings import Settings
from pipelines.summary import Trouble
from tests.alerts.conftest import (
    BLOCKED,
    NIGHT,
    NOW,
    STOPPED,
    WARNED,
    configure,
    deliver,
    failed_night,
    night,
)


def causes(settings: Settings, now: datetime = NOW, watched_since: datetime = NOW) -> dict[str, Cause]:
    return {cause.key: cause for cause in look_for_causes(settings, now, watched_since).causes}


def test_after_a_good_night_there_is_no_cause(settings: Settings) -> None:
    night(settings)
    deliver(settings)
    assert causes(settings) == {}


def test_a_failed_night_is_a_cause_until_one_does_well(settings: Settings) -> None:
    failed_night(settings)
    cause = causes(settings)["night/failed/NightFailed"]
    assert (cause.severity, cause.since) == ("red", NIGHT)
    assert "exit code 6" in cause.what
    assert "the disk" not in str(asdict(cause)), "the message stays on the machine"
    night(settings)
    assert causes(settings) == {}


def test_a_night_that_found_nothing_to_do_has_not_failed(settings: Settings) -> None:
    night(settings, outcome="nothing_to_do", exit_code=3, error="NothingToDo")
    assert causes(settings) == {}


def test_a_killed_night_is_a_cause_until_the_next_one_begins(settings: Settings) -> None:
    night(settings)
    with only_one(settings.home):
        keep_note(settings.home)
        assert causes(settings) == {}, "it is running"
    assert causes(settings)["night/killed"].severity == "red"
    hold(settings.home)
    assert causes(settings) == {}


@pytest.mark.parametrize(("hours", "severity"), [(25.9, None), (26, "amber"), (49.9, "amber"), (50, "red")])
def test_a_night_is_late_after_26_hours_and_very_late_after_50(
    settings: Settings, hours: float, severity: str | None
) -> None:
    """R-F3: the watchdog that looks for the newest successful night."""
    night(settings, newest_success_at=(NOW - timedelta(hours=hours)).isoformat())
    found = causes(settings).get("night/late")
    assert (found.severity if found else None) == severity


@pytest.mark.parametrize(
    ("hours", "said"),
    [(6, "02:00 UTC, 6 hours ago"), (26, "26 hours ago (amber: late)"), (51, "51 hours ago (red: late)")],
)
def test_the_status_says_how_old_the_newest_night_is_and_whether_it_is_late(
    settings: Settings, hours: int, said: str
) -> None:
    """R-F3: what is published stays as it is; its age is told where an operator looks."""
    assert newest_in_words(settings, NOW) == "none has succeeded yet"
    night(settings, newest_success_at=(NOW - timedelta(hours=hours)).isoformat())
    assert newest_in_words(settings, NOW).endswith(said)


def test_before_the_first_night_lateness_counts_from_the_first_look(settings: Settings) -> None:
    assert causes(settings) == {}
    found = causes(settings, watched_since=NOW - timedelta(hours=27))["night/late"]
    assert found.what == "None has succeeded yet."


def test_a_clock_that_was_set_back_is_a_cause_of_its_own(settings: Settings) -> None:
    """R-F7: a newest success that is still to come would hide every late night."""
    night(settings, newest_success_at=(NOW + timedelta(hours=2)).isoformat())
    assert list(causes(settings)) == ["clock"]


@pytest.mark.parametrize(("days", "is_missing"), [(34, False), (35, True)])
def test_a_clinic_that_delivered_before_is_missing_after_35_days(
    settings: Settings, days: int, is_missing: bool
) -> None:
    night(settings)
    deliver(settings, seen_at=(NOW - timedelta(days=days)).isoformat())
    assert ("clinic/C003" in causes(settings)) is is_missing


def test_an_expected_clinic_that_never_delivered_is_missing_and_one_that_left_is_not(settings: Settings) -> None:
    night(settings)
    deliver(settings, "C001", seen_at=(NOW - timedelta(days=400)).isoformat())
    configure(settings, '[clinics]\nexpected = ["C002", "C009"]\nleft = ["C001", "C009"]\nlate_after_days = 7\n')
    assert list(causes(settings, watched_since=NOW - timedelta(days=6))) == []
    found = causes(settings, watched_since=NOW - timedelta(days=7))
    assert "never sent" in found["clinic/C002"].what
    assert [key for key in found if key.startswith("clinic/")] == ["clinic/C002"]


@pytest.mark.parametrize(
    "healed",
    [
        {"fingerprint": "mended"},
        {"name": "2026-12-01"},
        {"state": "withdrawn"},
    ],
    ids=["sent again", "a later snapshot is in force", "withdrawn"],
)
def test_a_blocked_delivery_is_a_cause_until_it_is_healed(settings: Settings, healed: dict[str, str]) -> None:
    night(settings)
    deliver(settings, **BLOCKED)
    assert causes(settings)["delivery/C003/2026-11-01"].what == BLOCKED["reason"]
    deliver(settings, **healed)
    assert causes(settings) == {}


def test_a_later_delta_does_not_stand_in_for_a_blocked_delivery(settings: Settings) -> None:
    night(settings)
    deliver(settings, **BLOCKED)
    deliver(settings, name="2026-12-01", mode="delta")
    deliver(settings, "C004", name="2026-12-01")
    assert list(causes(settings)) == ["delivery/C003/2026-11-01"]


def test_a_file_that_is_blocked_alone_is_named_by_its_feed(settings: Settings) -> None:
    night(settings)
    deliver(settings, files="intake session (imaging) (lab)", reason="imaging.csv: line 3 cannot be read")
    (cause,) = causes(settings).values()
    assert cause.title == "C003: delivery 2026-11-01 blocked, imaging and lab only"


def test_a_broken_check_is_red_when_it_stops_the_night(settings: Settings) -> None:
    failed_night(settings, checks_broken=(WARNED, STOPPED))
    found = causes(settings)
    assert found["check/checks/results/exercise_without_type"].severity == "amber"
    assert found["check/checks/results/exercise_without_type"].what.startswith("12 of 300 rows break it")
    assert found["check/clean/intake/contract"].severity == "red"
    assert "age between 0 and 120: 3 of 511" in found["check/clean/intake/contract"].what


def test_spoilt_files_are_counted_not_named(settings: Settings) -> None:
    night(settings, spoilt=("store/abc", "generations/20261101T023000Z-1"))
    (cause,) = causes(settings).values()
    assert (cause.key, cause.severity) == ("files/spoilt", "red")
    assert "Files of 1 kept deliveries and 1 published nights" in cause.what


def _published(settings: Settings, made_at: datetime) -> None:
    folder = settings.generations / "g"
    folder.mkdir(parents=True)
    generation = Generation("g", "r", made_at.isoformat(), "k", "c", "r", "d", is_simulated=False)
    (folder / "generation.json").write_text(json.dumps(asdict(generation)))
    settings.current.symlink_to(folder)


def test_a_night_without_its_backup_is_a_cause_until_there_is_one(settings: Settings, tmp_path: Path) -> None:
    night(settings)
    _published(settings, NOW - timedelta(hours=1))
    folder = tmp_path / "backups"
    configure(settings, f'[backup]\nto = "{folder}"\nrecipient = "age1"\nnightly = true\n')
    assert causes(settings) == {}, "it may still be at work"
    night(settings, troubles=(Trouble("BackupError", "the disk is full"),))
    assert "The folder for backups cannot be used" in causes(settings)["backup"].what
    night(settings)
    assert list(causes(settings, NOW + timedelta(hours=3))) == ["backup"]
    folder.mkdir()
    assert "There is none yet" in causes(settings, NOW + timedelta(hours=3))["backup"].what
    (folder / f"stepcare-{NOW:%Y%m%dT%H%M%SZ}-age1abcdefgh.tar.age").write_bytes(b"")
    assert causes(settings, NOW + timedelta(hours=3)) == {}


def test_an_inbox_that_is_not_mounted_is_a_cause(settings: Settings) -> None:
    night(settings)
    settings.inbox.rmdir()
    assert list(causes(settings)) == ["inbox"]


def test_a_ledger_that_cannot_be_read_is_a_cause_and_ends_no_other(settings: Settings) -> None:
    night(settings)
    settings.ledger.write_bytes(b"no database" * 1000)
    look = look_for_causes(settings, NOW, NOW)
    assert [cause.key for cause in look.causes] == ["ledger"]
    assert look.unseen == ("clinic/", "delivery/")


@pytest.mark.parametrize(
    "text", ["[clinics]\nlate_after_days = 0\n", "[clinics]\nexpcted = []\n", "[backup]\nkeeep = 3\n"]
)
def test_a_setting_that_cannot_be_used_is_a_cause_itself(settings: Settings, text: str) -> None:
    night(settings)
    _published(settings, NOW)
    configure(settings, text)
    (cause,) = causes(settings).values()
    assert (cause.key, cause.severity) == ("settings", "red")
    assert "stepcare.toml" in cause.what


def test_a_summary_that_cannot_be_read_falls_back_on_the_published_night(settings: Settings) -> None:
    settings.home.mkdir(exist_ok=True)
    _published(settings, NOW - timedelta(hours=30))
    (settings.home / "last_night.json").write_text('{"schema_version": "1.0"')
    assert list(causes(settings)) == ["night/late"]


def test_names_from_outside_are_shown_when_they_are_plain_only() -> None:
    assert plain_name("C003") == "C003"
    for name in ("John Smith", "a\nb", "<b>", "../x", "", "x" * 65, "é", "\udce9"):
        assert plain_name(name).startswith("(unusual name ")
    assert one_line("a\r\n\tb\x00c" + "d" * 900).startswith("a b cd")
    assert len(one_line("d" * 900)) == 400
