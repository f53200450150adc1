"""Where backups lie, what they are called, and how long they are kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.configuration import read_section
from pipelines.errors import UsageError
from pipelines.settings import Settings

KEPT_FOR = timedelta(days=30)
"""No backup is kept longer, so that an erased patient is in none after that time: reliability.md, R-P8."""

_NAME = re.compile(r"stepcare-(\d{8}T\d{6}Z)-(age1[0-9a-z]{8})\.tar\.age")
_STAMP = "%Y%m%dT%H%M%SZ"
_N_KEY_CHARACTERS = 12


@dataclass(frozen=True)
class BackupSettings:
    """`[backup]` of stepcare.toml.

    `to` is the folder of the backups, `recipient` the public key they are made for, `second_recipient` that of another person
    who can open them too; `keep` how many stay; `nightly` whether a published night is followed by one; `identity` the key
    file with which the monthly drill opens one.
    """

    to: str = ""
    recipient: str = ""
    second_recipient: str = ""
    keep: int = 14
    nightly: bool = False
    identity: str = ""


@dataclass(frozen=True)
class Backup:
    """A backup by its name: when it was made (UTC), the beginning of the recipient it was made for, and its size."""

    path: Path
    made_at: datetime
    key: str
    n_bytes: int


def backup_settings(home: Path) -> BackupSettings:
    """What stepcare.toml says of backups. Raises UsageError when it is wrong."""
    said = read_section(home, "backup", BackupSettings)
    if said.keep < 1:
        raise UsageError("stepcare.toml: [backup] keep must be 1 or more")
    return said


def backup_folder(settings: Settings, to: Path | None = None) -> Path:
    """The folder of the backups: `to`, or that of stepcare.toml. Raises UsageError when there is none.

    It is never made here: a disk that is not mounted would be taken for an empty folder.
    """
    said = backup_settings(settings.home).to
    if to is None and not said:
        raise UsageError("no folder for backups: name one with --to, or as `to` in [backup] of stepcare.toml")
    folder = to or Path(said)
    if to is None and not folder.is_absolute():
        raise UsageError(f"stepcare.toml: [backup] to is {said}, which is no full path. Write it from /")
    if not folder.is_dir():
        raise UsageError(
            f"the folder for backups {folder} is not there. Is its disk mounted? Else: mkdir -m 700 {folder}"
        )
    return folder


def backup_name(made_at: datetime, recipient: str) -> str:
    """What a backup is called; the beginning of the recipient tells later which key opens it."""
    return f"stepcare-{made_at.astimezone(UTC).strftime(_STAMP)}-{recipient[:_N_KEY_CHARACTERS]}.tar.age"


def backups_in(folder: Path) -> list[Backup]:
    """The backups in the folder, the newest first; other files are passed over."""
    found = []
    for path in folder.iterdir():
        named = _NAME.fullmatch(path.name)
        if named and path.is_file() and not path.is_symlink():
            made_at = datetime.strptime(named[1], _STAMP).replace(tzinfo=UTC)
            found.append(Backup(path, made_at, named[2], path.stat().st_size))
    return sorted(found, key=lambda backup: (backup.made_at, backup.path.name), reverse=True)


def no_longer_kept(backups: Sequence[Backup], newest: Path, keep: int, now: datetime) -> list[Backup]:
    """The backups to remove once `newest` is whole: all but the `keep` newest, and all that are older than 30 days.

    `newest` itself always stays, whatever the clock says. Nothing is removed while no new backup is made.
    """
    others = [backup for backup in backups if backup.path != newest]
    return [backup for number, backup in enumerate(others) if number >= keep - 1 or now - backup.made_at > KEPT_FOR]
