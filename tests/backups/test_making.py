"""Making backups: what is in them, who can open them, and that a backup is whole or is not there."""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import time
import tracemalloc
from pathlib import Path

import pyrage
import pytest

from pipelines.backups.archive import Member, TarStream, Unpacker
from pipelines.backups.keeping import backups_in
from pipelines.backups.keys import read_identity, write_new_identity
from pipelines.backups.making import make_backup
from pipelines.backups.restoring import restore_backup
from pipelines.checksums import parse_sums
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.errors import BackupError, UsageError
from tests.backups.conftest import Place, configure


def _opened(backup: Path, identity: Path) -> tarfile.TarFile:
    """What any age and any tar make of it."""
    return tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(backup.read_bytes(), [read_identity(identity)])))


def test_a_backup_is_a_plain_tar_in_the_age_format_with_its_sums_at_the_end(place: Place) -> None:
    """R-F10: the data can be had without Stepcare and without DuckDB."""
    with _opened(place.make(), place.identity) as tar:
        names = tar.getnames()
        content = {name: tar.extractfile(name).read() for name in names}  # type: ignore[union-attr]
    assert {"ledger.sqlite", "stepcare.toml"} <= set(names)
    assert names[-1] == "backup/SHA256SUMS"
    kept = {str(path.relative_to(place.settings.home)) for path in place.settings.store.rglob("*") if path.is_file()}
    assert kept <= set(names)
    sums = parse_sums(content.pop("backup/SHA256SUMS").decode())
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}


def test_nothing_of_a_backup_can_be_read_without_the_key(place: Place) -> None:
    backup = place.make()
    episode = b"episode-00000001"
    assert any(episode in path.read_bytes() for path in place.settings.store.rglob("*.csv"))
    assert episode not in backup.read_bytes()
    assert backup.stat().st_mode & 0o777 == 0o600


def test_a_second_person_s_key_opens_it_too(place: Place, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    recipient = write_new_identity(other)
    configure(place.settings, to=str(place.to), recipient=place.recipient, second_recipient=recipient)
    backup = place.make()
    for identity in (place.identity, other):
        with _opened(backup, identity) as tar:
            assert "ledger.sqlite" in tar.getnames()


def test_the_name_of_a_backup_tells_when_it_was_made_and_for_which_key(place: Place) -> None:
    first, second = place.make(), place.make()
    assert first != second, "two in one second do not meet"
    for backup in (first, second):
        assert backup.name.split("-")[2] == f"{place.recipient[:12]}.tar.age"


def test_a_ledger_that_is_written_to_meanwhile_is_in_the_backup_as_of_one_moment(place: Place, tmp_path: Path) -> None:
    said: list[str] = []

    def write_meanwhile(line: str) -> None:
        said.append(line)
        if len(said) == 1:
            with open_ledger(place.settings.ledger) as ledger:
                ledger.record(Entry("C002", "2026-11-02", "f", "incomplete", reason="written meanwhile"))

    backup = make_backup(place.settings, write_meanwhile).backup.path
    assert said[1] == "  the ledger was written to meanwhile: once more", "the first try is given up"
    assert len(said) == 3
    restore_backup(backup, place.identity, tmp_path / "new", lambda _: None)
    with open_ledger(tmp_path / "new" / "ledger.sqlite") as ledger:
        assert [entry.clinic_code for entry in ledger.entries()] == ["C001", "C002"]


def test_what_is_spoilt_in_the_store_is_never_backed_up_over_good_backups(place: Place) -> None:
    """R-F2: otherwise the last good copy would go with the oldest backup."""
    earlier = place.make()
    (kept,) = place.settings.store.rglob("session.csv")
    kept.chmod(0o600)
    kept.write_bytes(kept.read_bytes().replace(b"p1", b"p2", 1))
    with pytest.raises(BackupError, match=r"session\.csv is not what was kept: no backup was made"):
        place.make()
    assert list(place.to.iterdir()) == [earlier]


def test_a_backup_that_finds_no_room_leaves_nothing_and_says_so(place: Place) -> None:
    code = (
        "import resource, sys; from pathlib import Path; from pipelines.settings import Settings\n"
        "from pipelines.backups.making import make_backup; from pipelines.errors import BackupError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)); import signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"try: make_backup(Settings(Path({str(place.settings.home)!r}), Path('none')), lambda _: None)\n"
        "except BackupError as error: print(error)\n"
    )
    settings_file = place.settings.home / "stepcare.toml"
    settings_file.write_text(settings_file.read_text() + "#" * 100_000)
    said = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "No backup was made, and the older ones stay" in said
    assert list(place.to.iterdir()) == []
    assert list((place.settings.home / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"to": "{to}"}, "has no recipient"),
        ({"to": "{to}", "recipient": "age1nonsense"}, "recipient of backups is not one"),
        ({"recipient": "{recipient}"}, "no folder for backups"),
        ({"to": "backups", "recipient": "{recipient}"}, "no full path"),
        ({"to": "{to}/not/mounted", "recipient": "{recipient}"}, "Is its disk mounted"),
        ({"to": "{to}", "recipient": "{recipient}", "keep": 0}, "keep must be 1 or more"),
    ],
)
def test_what_is_not_set_up_is_said_with_what_to_do(place: Place, said: dict[str, object], message: str) -> None:
    filled = {
        key: value.format(to=place.to, recipient=place.recipient) if isinstance(value, str) else value
        for key, value in said.items()
    }
    configure(place.settings, **filled)
    with pytest.raises(UsageError, match=message):
        place.make()


def test_a_home_without_a_ledger_is_no_home_to_back_up(place: Place) -> None:
    place.settings.ledger.unlink()
    with pytest.raises(BackupError, match="Is STEPCARE_HOME right"):
        place.make()


def test_a_backup_takes_little_memory_however_large_the_store_is(tmp_path: Path) -> None:
    """Parts of 1 MB: 48 MB go through less than 6 MB."""
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(48_000_000)
    name = f"store/{'a' * 64}/session.csv"
    stream = TarStream([Member(name, 48_000_000, lambda: large.open("rb"))], lambda _: None)
    unpacker = Unpacker(tmp_path / "out", lambda _: None)
    tracemalloc.start()
    while part := stream.read(8192):
        unpacker.write(part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    unpacker.finish()
    assert peak < 6e6
    assert (tmp_path / "out" / name).stat().st_size == 48_000_000


def test_what_a_killed_backup_left_is_cleared_after_a_day_and_is_never_taken_for_one(place: Place) -> None:
    """R-F1: a backup has its name only once it is whole and synced."""
    old, young = (place.to / f".stepcare-2026112{day}T000000Z-age1aaaaaaaa.tar.age.partial" for day in (1, 2))
    left = place.settings.home / "tmp" / "ledger-left"
    left.mkdir(parents=True)
    for path in (old, young):
        path.touch()
    long_ago = time.time() - 90_000
    for path in (old, left):
        os.utime(path, (long_ago, long_ago))
    assert backups_in(place.to) == []
    place.make()
    assert young.exists()
    assert not old.exists()
    assert not left.exists()
    assert len(backups_in(place.to)) == 1
