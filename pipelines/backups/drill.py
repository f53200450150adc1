"""The drill: restore a backup into a folder of its own, make the night again there, and compare what the two reports say."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.backups.fingerprints import Fingerprint, differences, fingerprint_of
from pipelines.backups.restoring import REPORT_RECORD, restore_backup
from pipelines.errors import BackupError
from pipelines.locking import only_one
from pipelines.settings import Settings

_FOLDER = "drill"


@dataclass(frozen=True)
class DrillResult:
    """How a drill ended. `differs` names the tables and pages that are not as they were; None when there was none to compare.

    `is_same_code` tells whether the backup was made by the code that runs now: other code may rightly say other things.
    """

    n_deliveries: int
    restore_seconds: float
    night_seconds: float
    n_compared: int
    differs: tuple[str, ...] | None
    is_same_code: bool


def run_drill(settings: Settings, file: Path, identity: Path, say: Callable[[str], None]) -> DrillResult:
    """Restore the backup and make its night again, in a folder of the home that is removed afterwards.

    Nothing that is published is touched. Raises what a restore raises, and BackupError when the night cannot be made.
    """
    folder = settings.home / _FOLDER
    with only_one(folder):
        home = folder / "home"
        try:
            shutil.rmtree(home, ignore_errors=True)  # of a drill that was killed
            started = time.monotonic()
            restored = restore_backup(file, identity, home, say)
            restore_seconds = time.monotonic() - started
            say(f"  Restored     {restored.n_deliveries} deliveries in {restore_seconds:.1f} s; making the night again")
            started = time.monotonic()
            _rebuild(Settings(home, home / "inbox", settings.timezone), say)
            night_seconds = time.monotonic() - started
            made = fingerprint_of(home / "current")
            before = _said_before(home / REPORT_RECORD)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return DrillResult(
        n_deliveries=restored.n_deliveries,
        restore_seconds=restore_seconds,
        night_seconds=night_seconds,
        n_compared=len(before.tables) + len(before.pages) if before else 0,
        differs=tuple(differences(before, made)) if before else None,
        is_same_code=before is not None and before.code_hash == made.code_hash,
    )


def _said_before(record: Path) -> Fingerprint | None:
    return Fingerprint(**json.loads(record.read_text(encoding="utf-8"))) if record.is_file() else None


def _rebuild(settings: Settings, say: Callable[[str], None]) -> None:
    """The night in a process of its own, so that a run of Dagster may call for a drill."""
    environment = {
        **os.environ,
        "STEPCARE_HOME": str(settings.home),
        "STEPCARE_INBOX": str(settings.inbox),
        "STEPCARE_TIMEZONE": settings.timezone,
    }
    command = [sys.executable, "-m", "pipelines.cli", "rebuild", "--from-store"]
    with subprocess.Popen(  # noqa: S603  (this very Python, with words of ours)
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        last = ""
        for line in process.stdout or ():
            last = line.strip() or last
            if str(settings.home) not in line:  # what the drill removes again is not to be looked for
                say(f"    {line.rstrip()}")
    if process.returncode:
        raise BackupError(f"the night could not be made again from the backup (code {process.returncode}): {last}")
