"""Which backups stay, and for how long."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.backups.keeping import Backup, backup_name, backups_in, no_longer_kept
from pipelines.backups.making import make_backup
from tests.backups.conftest import Place, configure

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
RECIPIENT = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"


def _made(*days_ago: float) -> list[Backup]:
    times = [NOW - timedelta(days=days) for days in days_ago]
    return [Backup(Path(backup_name(at, RECIPIENT)), at, RECIPIENT[:12], 1) for at in times]


@pytest.mark.parametrize(
    ("days_ago", "keep", "removed"),
    [
        ((0, 1, 2), 14, []),
        ((0, 1, 2, 3), 3, [3]),
        ((0, 1, 2, 3), 1, [1, 2, 3]),
        ((0, 10, 29.9, 30.1), 14, [30.1]),
        ((0, 31, 45, 60), 14, [31, 45, 60]),
        ((0,), 1, []),
    ],
)
def test_the_newest_stay_and_none_older_than_thirty_days(
    days_ago: tuple[float, ...], keep: int, removed: list[float]
) -> None:
    """R-P8: an erased patient is in no backup after thirty days."""
    backups = _made(*days_ago)
    gone = no_longer_kept(backups, backups[0].path, keep, NOW)
    assert [backup.made_at for backup in gone] == [NOW - timedelta(days=days) for days in removed]


def test_the_one_that_was_just_made_stays_whatever_the_clock_says() -> None:
    """R-F7: made a year back by a clock that was set back, or a year ahead of the others."""
    others = _made(-365, -366, -367)
    (new,) = _made(0)
    assert new not in no_longer_kept([*others, new], new.path, 1, NOW)
    assert new not in no_longer_kept([new, *_made(400)], new.path, 1, NOW)


def test_making_one_removes_what_is_kept_no_longer_and_nothing_else(place: Place) -> None:
    configure(place.settings, to=str(place.to), recipient=place.recipient, keep=2)
    for days in (1, 2, 40):
        (place.to / backup_name(NOW - timedelta(days=days), place.recipient)).touch()
    others = {"notes.txt", "stepcare-20260101T000000Z.tar.age", "other-20260101T000000Z-age1aaaaaaaa.tar.age"}
    for name in others:
        (place.to / name).touch()
    made = make_backup(place.settings, lambda _: None, now=NOW)
    assert len(made.removed) == 2
    assert {path.name for path in place.to.iterdir()} == others | {
        made.backup.path.name,
        backup_name(NOW - timedelta(days=1), place.recipient),
    }


def test_backups_are_listed_newest_first_by_their_name(tmp_path: Path) -> None:
    for backup in _made(3, 0, 7):
        (tmp_path / backup.path.name).touch()
    (tmp_path / "stepcare.key").touch()
    found = backups_in(tmp_path)
    assert [backup.made_at for backup in found] == [NOW - timedelta(days=days) for days in (0, 3, 7)]
    assert {backup.key for backup in found} == {RECIPIENT[:12]}
