"""`stepcare watch` and `stepcare alerts`, as a timer and a person call them."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from pipelines import errors
from pipelines.cli import main
from pipelines.settings import Settings
from tests.alerts.conftest import BLOCKED, Mailbox, by_mail, configure, deliver, failed_night, night

NO_SOCKET = """
import os, sys

def hook(event, arguments):
    if event.startswith("socket.") and event != "socket.gethostname":
        os.write(2, f"a socket was opened: {event}".encode())
        os._exit(99)

sys.addaudithook(hook)
from pipelines.cli import main
main(["watch"])
"""
LIGHT = """
import sys
from pipelines.cli import main
try:
    main(["watch"])
finally:
    print(sorted({name.split(".")[0] for name in sys.modules} & {"dagster", "pandas", "sklearn", "great_expectations"}))
"""


@pytest.fixture
def at_home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("STEPCARE_HOME", str(settings.home))
    monkeypatch.setenv("STEPCARE_INBOX", str(settings.inbox))
    return settings


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def _run_apart(code: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)


def _recent(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


def test_when_all_is_well_watch_says_so(at_home: Settings) -> None:
    night(at_home, newest_success_at=_recent(1))
    result = _run("watch")
    assert (result.exit_code, result.output) == (0, "Nothing is wrong.\n")


def test_without_a_channel_something_red_ends_with_its_own_code(at_home: Settings) -> None:
    failed_night(at_home, newest_success_at=_recent(1))
    result = _run("watch")
    assert result.exit_code == errors.NotTold.exit_code == 11
    assert "red    the night of 2026-11-23 failed. To do: look at it" in result.output
    assert "set up [alerts]" in result.output


def test_without_a_channel_something_amber_is_printed_only(at_home: Settings) -> None:
    night(at_home, newest_success_at=_recent(1))
    deliver(at_home, **BLOCKED)
    result = _run("watch")
    assert result.exit_code == 0
    assert "amber  C003: delivery 2026-11-01 blocked" in result.output


def test_when_everybody_was_told_watch_ends_well_though_something_is_wrong(at_home: Settings, mailbox: Mailbox) -> None:
    configure(at_home, by_mail(mailbox))
    failed_night(at_home, newest_success_at=_recent(1))
    first, second = _run("watch"), _run("watch")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "Sent by e-mail: 1" in first.output
    assert "Sent by" not in second.output


def test_a_message_that_cannot_be_sent_ends_with_its_own_code(at_home: Settings) -> None:
    configure(at_home, by_mail(Mailbox(port=1)))
    failed_night(at_home, newest_success_at=_recent(1))
    result = _run("watch")
    assert result.exit_code == errors.NotTold.exit_code
    assert "did not reach everybody: the mail server 127.0.0.1:1 could not be used" in result.output


def test_settings_of_alerts_that_cannot_be_used_are_a_wrong_use(at_home: Settings) -> None:
    configure(at_home, "[alerts]\nsmtp = 3\n")
    assert _run("watch").exit_code == errors.UsageError.exit_code


@pytest.mark.parametrize("state", ["well", "failed"])
def test_unless_a_channel_is_set_up_no_socket_is_opened(at_home: Settings, state: str) -> None:
    (night if state == "well" else failed_night)(at_home, newest_success_at=_recent(1))
    done = _run_apart(NO_SOCKET)
    assert "a socket was opened" not in done.stderr
    assert done.returncode == (0 if state == "well" else 11)


def test_with_a_channel_the_hook_of_the_test_above_does_find_the_socket(at_home: Settings, mailbox: Mailbox) -> None:
    configure(at_home, by_mail(mailbox))
    failed_night(at_home, newest_success_at=_recent(1))
    done = _run_apart(NO_SOCKET)
    assert "a socket was opened" in done.stderr


def test_watch_loads_neither_dagster_nor_the_statistics(at_home: Settings) -> None:
    night(at_home, newest_success_at=_recent(1))
    done = _run_apart(LIGHT)
    assert done.stdout.splitlines() == ["Nothing is wrong.", "[]"]


def test_list_tells_what_is_open_and_sends_nothing(at_home: Settings, mailbox: Mailbox) -> None:
    configure(at_home, by_mail(mailbox))
    failed_night(at_home, newest_success_at=_recent(1))
    deliver(at_home, **BLOCKED)
    result = _run("alerts", "list")
    assert result.exit_code == 0
    assert "red    the night of 2026-11-23 failed" in result.output
    assert "Since 2026-11-23 02:30 UTC. To do: look at it" in result.output
    assert "Look at: stepcare quarantine show C003/2026-11-01" in result.output
    assert mailbox.raw == []


def test_a_test_message_needs_a_channel(at_home: Settings, mailbox: Mailbox) -> None:
    result = _run("alerts", "test")
    assert result.exit_code == errors.UsageError.exit_code
    assert "set smtp_host or webhook" in result.output
    configure(at_home, by_mail(mailbox))
    assert _run("alerts", "test").output == "Sent by e-mail.\n"
    assert len(mailbox.raw) == 1


def test_a_night_that_fails_tells_at_its_end_unless_told_not_to(at_home: Settings, mailbox: Mailbox) -> None:
    """The store is a file, so that the night fails before it works."""
    configure(at_home, by_mail(mailbox))
    at_home.store.write_text("")
    deliver(at_home)
    quiet = _run("nightly", "--no-alerts")
    assert mailbox.raw == []
    loud = _run("nightly", "--summary", str(at_home.home / "copy.json"))
    assert quiet.exit_code == loud.exit_code == errors.InstallationError.exit_code
    (mail,) = mailbox.mails
    assert "failed" in mail["Subject"]
    last, copy = (json.loads((at_home.home / name).read_text()) for name in ("last_night.json", "copy.json"))
    assert last == copy
    assert (last["outcome"], last["exit_code"]) == ("failed", loud.exit_code)


def test_alerts_that_cannot_be_sent_do_not_change_how_a_night_ends(at_home: Settings) -> None:
    configure(at_home, by_mail(Mailbox(port=1)))
    deliver(at_home, **BLOCKED)
    result = _run("nightly")
    assert result.exit_code == errors.NothingToDo.exit_code
    assert "an alert did not reach everybody: the mail server 127.0.0.1:1" in result.output
    configure(at_home, "[alerts]\nsmtp = 3\n")
    result = _run("nightly")
    assert result.exit_code == errors.NothingToDo.exit_code
    assert "alerts could not be sent: " in result.output
