"""What was told is known after a kill, and two who look at once tell once."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipelines.alerts.memory import MEMORY, open_memory
from pipelines.alerts.telling import look_and_tell
from pipelines.errors import InstallationError
from pipelines.settings import Settings
from tests.alerts.conftest import NOW, Hook, Mailbox, by_mail, configure, failed_night

WATCH = "from pipelines.cli import main\nmain(['watch'])"


def _environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, "STEPCARE_HOME": str(settings.home), "STEPCARE_INBOX": str(settings.inbox)}


def test_the_memory_is_written_ahead_and_fully_synced(settings: Settings) -> None:
    with open_memory(settings.home) as memory:
        con = memory._con
        assert con.execute("pragma journal_mode").fetchone() == ("wal",)
        assert con.execute("pragma synchronous").fetchone() == (2,)


def test_a_kill_while_sending_loses_no_alert(settings: Settings) -> None:
    """The server takes the connection and never answers; the process is killed then. The next look sends."""
    failed_night(settings)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configure(settings, by_mail(Mailbox(port=silent.getsockname()[1])))
        with subprocess.Popen([sys.executable, "-c", WATCH], env=_environment(settings)) as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGKILL)
        connection.close()
    hooked = Mailbox()
    from tests.alerts.conftest import mail_server

    with mail_server(hooked, auth_require_tls=False):
        configure(settings, by_mail(hooked))
        look_and_tell(settings, NOW)
        look_and_tell(settings, NOW)
    assert [mail["Subject"] for mail in hooked.mails] == ["[Stepcare] the night of 2026-11-23 failed, and 1 more"]


def test_two_who_look_at_once_tell_once(settings: Settings, hook: Hook) -> None:
    configure(settings, f'[alerts]\nwebhook = "{hook.url}"\n')
    failed_night(settings)
    looks = [threading.Thread(target=look_and_tell, args=(settings, NOW)) for _ in range(4)]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    assert len(hook.requests) == 1


def test_a_memory_that_is_no_database_is_said_with_what_to_do(settings: Settings) -> None:
    settings.home.mkdir(exist_ok=True)
    (settings.home / MEMORY).write_bytes(b"no database" * 1000)
    with pytest.raises(InstallationError, match="remove it: what is open is told again"):
        look_and_tell(settings, NOW)


def test_what_is_over_and_told_is_forgotten(settings: Settings, hook: Hook) -> None:
    configure(settings, f'[alerts]\nwebhook = "{hook.url}"\n')
    for is_ill in (True, False, False):
        failed_night(settings, outcome="failed" if is_ill else "nothing_new", newest_success_at=NOW.isoformat())
        look_and_tell(settings, NOW)
    assert [said["alerts"][0]["news"] for _, _, said in hook.requests] == ["new", "over"]
    with sqlite3.connect(settings.home / MEMORY) as con:
        assert con.execute("select count(*) from cause").fetchone() == (0,)
        assert con.execute("select count(*) from told").fetchone() == (0,)
    con.close()


def test_the_time_since_when_is_that_of_the_first_time(settings: Settings) -> None:
    for day in ("21", "22"):
        failed_night(settings, started_at=f"2026-11-{day}T02:30:00+00:00", newest_success_at=NOW.isoformat())
        (cause,) = look_and_tell(settings, NOW).causes
    assert cause.since == "2026-11-21T02:30:00+00:00"
    assert cause.title == "the night of 2026-11-22 failed"


def test_the_memory_is_its_owners_alone(settings: Settings, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", WATCH], env=_environment(settings), check=False, capture_output=True)
    assert [path.name for path in settings.home.iterdir() if path.stat().st_mode & 0o077] == []
