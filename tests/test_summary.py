"""The summary of a night is there however it ended, and tells machines what a person reads."""

import contextlib
import json
import re
import subprocess
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from pipelines import errors
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.locking import unfinished_work
from pipelines.recording import recorded
from pipelines.settings import Settings
from pipelines.summary import (
    LAST_NIGHT,
    BrokenCheck,
    DeliverySummary,
    Outcome,
    Summary,
    Trouble,
    read_last_night,
    write_summary,
)
from tests.conftest import ROOT
from tests.test_locking import HOLD

CANARY = "Jane Smith 07700 900123"
BROKEN = BrokenCheck("clean/intake", "contract", "contract", "warn", counts={"rows": 4})


def _last(settings: Settings) -> Summary:
    found = read_last_night(settings.home)
    assert found is not None
    return found


def test_a_night_that_publishes_tells_what_it_did(settings: Settings) -> None:
    with open_ledger(settings.ledger) as ledger:
        ledger.record(Entry("C001", "2026-10-01", "f", "loaded", delivery_key="a"))
    with recorded(settings) as tonight:
        tonight.run_id, tonight.stage_seconds = "run", {"raw": 1.5}
        tonight.checks_broken = (BROKEN,)
        with open_ledger(settings.ledger) as ledger:
            ledger.record(Entry("C002", "2026-11-01", "f", "quarantined", reason="one reason", n_rows=3))
        tonight.has_refused = True
    last = _last(settings)
    assert (last.outcome, last.exit_code, last.run_id, last.stage_seconds) == ("published", 4, "run", {"raw": 1.5})
    assert last.deliveries == (DeliverySummary("C002", "2026-11-01", "quarantined", 3, "one reason"),)
    assert last.checks_broken == (BROKEN,)
    assert last.newest_success_at == last.ended_at
    assert datetime.fromisoformat(last.started_at).utcoffset() == datetime.fromisoformat(last.ended_at).utcoffset()
    assert datetime.fromisoformat(last.ended_at).tzinfo == UTC
    assert last.free_bytes > 0
    assert (settings.home / LAST_NIGHT).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in settings.home.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (errors.UsageError("u"), "failed", 2),
        (errors.NothingToDo("n"), "nothing_to_do", 3),
        (errors.DeliveryError("d"), "failed", 4),
        (errors.ChecksFailed("c"), "failed", 5),
        (errors.NightFailed("f"), "failed", 6),
        (errors.InstallationError("i"), "failed", 9),
        (ValueError(CANARY), "failed", 1),
        (KeyboardInterrupt(CANARY), "failed", 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_way_to_fail_is_told_with_its_remedy_and_without_the_text_of_what_was_not_expected(
    settings: Settings, error: BaseException, outcome: str, code: int
) -> None:
    with recorded(settings):
        pass
    good = _last(settings)
    with pytest.raises(type(error)), recorded(settings):
        raise error
    last = _last(settings)
    assert (last.outcome, last.exit_code, last.error) == (outcome, code, type(error).__name__)
    assert last.remedy
    assert last.newest_success_at == good.ended_at
    assert "Jane" not in (settings.home / LAST_NIGHT).read_text()
    assert (str(error) in last.message) is isinstance(error, errors.StepcareError)


def test_a_night_that_did_not_start_leaves_the_summary_of_the_other_alone(settings: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "copy.json"
    with recorded(settings):
        pass
    before = _last(settings)
    command = [sys.executable, "-c", HOLD, settings.home]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(errors.AlreadyRunning), recorded(settings, copy):
            raise AssertionError
        holder.kill()
    assert _last(settings) == before
    assert json.loads(copy.read_text())["outcome"] == "already_running"


def test_a_summary_that_cannot_be_written_changes_nothing_and_leaves_the_note_of_the_lock(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings.home / LAST_NIGHT).mkdir(parents=True)
    with recorded(settings):
        pass
    assert "the summary of the night could not be written (IsADirectoryError)" in capsys.readouterr().err
    work = unfinished_work(settings.home)
    assert work is not None
    assert not work.is_running
    (settings.home / LAST_NIGHT).rmdir()
    with recorded(settings):
        pass
    assert unfinished_work(settings.home) is None


def test_what_is_known_of_a_check_stays_until_it_is_evaluated_again(settings: Settings) -> None:
    other = BrokenCheck("checks/results", "exercise_without_type", "exercise_without_type", "warn")
    with recorded(settings) as tonight:
        tonight.run_id, tonight.checks_broken = "1", (other, BROKEN)
    with recorded(settings):
        pass
    assert _last(settings).checks_broken == (other, BROKEN), "nothing was new"
    with contextlib.suppress(errors.ChecksFailed), recorded(settings) as tonight:
        tonight.checks_evaluated = frozenset({("clean/intake", "contract")})
        raise errors.ChecksFailed
    assert _last(settings).checks_broken == (other,)
    with recorded(settings) as tonight:
        tonight.run_id = "2"
    assert _last(settings).checks_broken == ()


def test_spoilt_files_stay_in_the_summary_until_they_are_whole(settings: Settings) -> None:
    """R-F2: a night looks at a part of the files; what it found before is looked at again."""
    folder = settings.generations / "g"
    folder.mkdir(parents=True)
    with recorded(settings) as tonight:
        tonight.spoilt = ("generations/g", "generations/gone")
    with recorded(settings):
        pass
    assert _last(settings).spoilt == ("generations/g",)
    (folder / "SHA256SUMS").write_text("")
    with recorded(settings):
        pass
    assert _last(settings).spoilt == ()


def test_a_trouble_after_a_good_night_is_told_and_gives_its_exit_code(settings: Settings) -> None:
    with recorded(settings) as tonight:
        tonight.run_id, tonight.has_refused = "1", True
        tonight.troubles = (errors.BackupError("the folder is not there"),)
    last = _last(settings)
    assert (last.outcome, last.exit_code) == ("published", 10)
    assert last.troubles == (Trouble("BackupError", "the folder is not there"),)


def test_the_summary_can_be_read_back_and_a_damaged_one_counts_as_none(settings: Settings) -> None:
    assert read_last_night(settings.home) is None
    with recorded(settings) as tonight:
        tonight.checks_broken = (BROKEN,)
    last = _last(settings)
    write_summary(settings.home / LAST_NIGHT, last)
    assert _last(settings) == last
    text = (settings.home / LAST_NIGHT).read_text()
    for damaged in (
        text[:-20],
        text.replace('"outcome"', '"outcom"'),
        "[]",
        "",
        text.replace('"rows"', '"rows'),
        "\xff",
    ):
        (settings.home / LAST_NIGHT).write_text(damaged, encoding="latin-1")
        assert read_last_night(settings.home) is None
    newer = json.loads(text) | {"added_in_1_1": 3}
    (settings.home / LAST_NIGHT).write_text(json.dumps(newer))
    assert _last(settings) == last, "a later minor version may add to it"


def test_the_guide_names_every_field_and_outcome() -> None:
    guide = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"## Run summary\n(.*?)\n## ", guide, re.DOTALL)
    named = set(re.findall(r"`([a-z_]+)`", section))
    for kind in (Summary, DeliverySummary, BrokenCheck, Trouble):
        assert {field.name for field in fields(kind)} <= named
    assert set(get_args(Outcome)) <= named
