"""The part of `stepcare doctor` that looks at the home: its disk, who may read it, its room, its settings, its clock."""

import os
import stat
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.alerts.settings import read_alert_settings, read_clinic_settings
from pipelines.at_rest import Machine, at_rest, plain_swaps
from pipelines.backups.keeping import backup_folder, backup_settings, backups_in
from pipelines.backups.keys import read_identity, read_recipient
from pipelines.configuration import CONFIGURATION, read_section
from pipelines.copying import published_copies
from pipelines.delivering.readers import read_delivery_settings, read_readers, read_subscriptions
from pipelines.engine.settings import read_engine
from pipelines.errors import UsageError
from pipelines.finding import Finding
from pipelines.generations import current_generation, published_at
from pipelines.memory import MachineSettings
from pipelines.own_questions.reading import Unreadable, read_questions
from pipelines.portal.settings import read_sign_on
from pipelines.practitioner_reports import PractitionerSettings
from pipelines.privacy.profiles import profile_of
from pipelines.room import WAREHOUSES_OF_ROOM, DiskSettings, room
from pipelines.settings import Settings

CLOCKS_MAY_DIFFER = timedelta(minutes=5)
_BACKUP_MAY_LAG = timedelta(days=1)
_MOST_NAMED = 3


def look_at_home(settings: Settings, machine: Machine, now: datetime, *, accept_plaintext: bool) -> Iterator[Finding]:
    """Every finding about the home of the installation, on a given machine and at a given time."""
    yield from _disk(settings, machine, accept_plaintext=accept_plaintext)
    yield from _modes(settings.home)
    yield from _owners(settings.home)
    there = room(settings) if _is_right(lambda: room(settings)) else None
    if there:
        yield Finding(
            f"{there.free / 1e9:.1f} GB free where {settings.home} lies, of {there.needed / 1e9:.1f} GB that a night needs",
            there.free >= there.needed,
            f"free some space: {WAREHOUSES_OF_ROOM} times the published warehouse and what [disk] of {CONFIGURATION} asks for",
        )
    yield from _settings(settings.home)
    yield from _questions(settings.home)
    yield from _clock(settings, now)
    yield from _backups(settings, now)


def _disk(settings: Settings, machine: Machine, *, accept_plaintext: bool) -> Iterator[Finding]:
    found = at_rest(settings.home, machine)
    swaps = plain_swaps(machine)
    accepted = _who_accepts(settings, asked=accept_plaintext)
    for is_safe, what, remedy in (
        (
            found.is_safe,
            f"{settings.home} lies {found.how}",
            "patients' records there can be read by whoever takes the disk. Move the home to an encrypted disk (LUKS, fscrypt, "
            "an encrypted zfs dataset)",
        ),
        (
            not swaps,
            f"swap that is not encrypted: {', '.join(swaps)}" if swaps else "no swap, or only encrypted swap",
            "records in memory may be written there. Encrypt it, or switch it off (swapoff -a)",
        ),
    ):
        if is_safe or not accepted:
            otherwise = (
                ". Or answer for it: `stepcare doctor --accept-plaintext`, or accept_plaintext = true under [disk]"
            )
            yield Finding(what, is_safe, remedy + otherwise)
        else:
            yield Finding(f"{what}: accepted, since {accepted}", is_well=True)


def _who_accepts(settings: Settings, *, asked: bool) -> str:
    if asked:
        return "--accept-plaintext says so"
    try:
        said = read_section(settings.home, "disk", DiskSettings).accept_plaintext
    except UsageError:
        return ""
    return f"accept_plaintext = true stands in {CONFIGURATION}" if said else ""


def _modes(home: Path) -> Iterator[Finding]:
    if not home.exists():
        return
    offenders = open_to_others(home)
    yield Finding(
        f"{len(offenders)} files and folders under {home} are open to others: {_first(offenders)}"
        if offenders
        else f"{home} and all in it is closed to others",
        not offenders,
        f"chmod -R go-rwx {home}",
    )


def _owners(home: Path) -> Iterator[Finding]:
    if not home.exists():
        return
    strangers, owner = of_another_account(home), home.stat()
    yield Finding(
        f"{len(strangers)} files and folders under {home} belong to another account than the home: {_first(strangers)}"
        if strangers
        else f"all in {home} belongs to the account that the home belongs to",
        not strangers,
        f"chown -R {owner.st_uid}:{owner.st_gid} {home}, and run every command as the account that owns the home",
    )


def _first(paths: list[Path]) -> str:
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return ", ".join(str(path) for path in paths[:_MOST_NAMED]) + more


def of_another_account(home: Path) -> list[Path]:
    """Folders and files below the home that do not belong to its owner, who then cannot read or replace them."""
    owner = home.stat().st_uid
    return [
        path
        for place, folders, files in os.walk(home)
        for path in (Path(place, name) for name in sorted([*folders, *files]))
        if path.lstat().st_uid != owner
    ]


def open_to_others(home: Path) -> list[Path]:
    """The home, folders and files below it that anybody but their owner may read, write or enter; links are not followed."""
    offenders = [home] if home.stat().st_mode & 0o077 else []
    for place, folders, files in os.walk(home):
        for path in (Path(place, name) for name in sorted([*folders, *files])):
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & 0o077:
                offenders.append(path)
    return offenders


def _settings(home: Path) -> Iterator[Finding]:
    path = home / CONFIGURATION
    if not path.is_file():
        yield Finding(f"no {CONFIGURATION}: every setting has its default", is_well=True)
        return
    wrong = []
    for read in SECTIONS.values():
        try:
            read(home)
        except UsageError as error:
            wrong.append(str(error))
    try:
        unknown = sorted(tomllib.loads(path.read_text(encoding="utf-8")).keys() - SECTIONS.keys())
    except ValueError:
        unknown = []
    if unknown:
        wrong.append(f"{path}: no part of Stepcare reads {', '.join(unknown)}. Known are {', '.join(sorted(SECTIONS))}")
    yield Finding(f"{path} is readable and right", not wrong, "; ".join(dict.fromkeys(wrong)))


def _read_backup(home: Path) -> None:
    said = backup_settings(home)
    for recipient in filter(None, (said.recipient, said.second_recipient)):
        read_recipient(recipient)
    if said.identity:
        read_identity(Path(said.identity))


def _read_report(home: Path) -> object:
    from pipelines.reporting.branding import read_report_configuration

    return read_report_configuration(home)


def _read_notebooks(home: Path) -> object:
    from pipelines.notebooks.nightly import notebook_settings

    return notebook_settings(home)


def _read_sections(home: Path) -> object:
    from pipelines.sections.making import section_settings

    return section_settings(home)


SECTIONS: dict[str, Callable[[Path], object]] = {
    "alerts": read_alert_settings,
    "backup": _read_backup,
    "clinics": read_clinic_settings,
    "delivery": read_delivery_settings,
    "disclosure": profile_of,
    "disk": lambda home: read_section(home, "disk", DiskSettings),
    "engine": read_engine,
    "machine": lambda home: read_section(home, "machine", MachineSettings),
    "notebooks": _read_notebooks,
    "portal": read_sign_on,
    "reader": read_readers,
    "practitioners": lambda home: read_section(home, "practitioners", PractitionerSettings),
    "published": published_copies,
    "report": _read_report,
    "sections": _read_sections,
    "subscription": read_subscriptions,
    "targets": _read_report,
    "words": _read_report,
}
"""Every table of stepcare.toml, and what reads it: raises UsageError when it is wrong."""


def _questions(home: Path) -> Iterator[Finding]:
    for one in read_questions(home):
        remedy = one.reason if isinstance(one, Unreadable) else ""
        yield Finding(f"the own question {one.id} can be asked", not remedy, remedy)


def _clock(settings: Settings, now: datetime) -> Iterator[Finding]:
    if not settings.generations.is_dir():
        return
    made = [at for path in settings.generations.iterdir() if (at := published_at(path.name))]
    if made:
        yield Finding(
            f"the newest night is of {max(made):%Y-%m-%d %H:%M} UTC, and this machine says {now.astimezone(UTC):%Y-%m-%d %H:%M}",
            max(made) <= now + CLOCKS_MAY_DIFFER,
            "the clock is behind, or was ahead that night: set it (timedatectl set-ntp true)",
        )


def _backups(settings: Settings, now: datetime) -> Iterator[Finding]:
    if not _is_right(lambda: backup_settings(settings.home)) or not backup_settings(settings.home).to:
        yield Finding(f"backups: none are set up ([backup] of {CONFIGURATION})", is_well=True)
        return
    try:
        newest = next(iter(backups_in(backup_folder(settings))), None)
    except UsageError as error:
        yield Finding("the folder for backups", False, str(error))
        return
    generation = current_generation(settings)
    since = datetime.fromisoformat(generation.made_at) if generation else None
    if newest is None:
        yield Finding("no backup was made yet", since is None, "stepcare backup make")
        return
    is_late = since is not None and newest.made_at < since and now - since > _BACKUP_MAY_LAG
    yield Finding(f"the newest backup is of {newest.made_at:%Y-%m-%d %H:%M} UTC", not is_late, "stepcare backup make")


def _is_right(read: Callable[[], object]) -> bool:
    try:
        read()
    except UsageError:
        return False
    return True
