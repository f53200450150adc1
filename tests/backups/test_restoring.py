"""Restoring backups: bit for bit what was kept, or nothing at all."""

import hashlib
import io
import random
import tarfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyrage
import pytest

from pipelines.backups.keys import read_identity, read_recipient, write_new_identity
from pipelines.backups.restoring import restore_backup
from pipelines.checksums import files_of, sha256_of, sums_text
from pipelines.deliveries.ledger import open_ledger
from pipelines.doctor_home import open_to_others
from pipelines.errors import BackupError, StepcareError, UsageError
from pipelines.reporting.branding import read_report_configuration
from pipelines.reporting.editions import spoilt_in
from tests.backups.conftest import Place
from tests.delivering.conftest import file_reports

FLIPS = 100


def _restore(backup: Path, identity: Path, home: Path) -> None:
    restore_backup(backup, identity, home, lambda _: None)


def _refused(backup: Path, place: Place, message: str = "Nothing was restored") -> None:
    """Nothing is restored, and nothing of the try is left beside it."""
    home = place.to.parent / "new"
    before = sorted(place.to.parent.iterdir())
    with pytest.raises(StepcareError, match=message):
        _restore(backup, place.identity, home)
    assert sorted(place.to.parent.iterdir()) == before


def test_a_restored_home_is_bit_for_bit_what_was_kept(place: Place, tmp_path: Path) -> None:
    """R-F10: store, ledger and settings; R-P7: closed to others."""
    home = tmp_path / "new"
    home.mkdir()
    _restore(place.make(), place.identity, home)
    kept = place.settings.home
    for name in [f"store/{name}" for name in files_of(kept / "store")] + ["stepcare.toml"]:
        assert (home / name).read_bytes() == (kept / name).read_bytes()
    with open_ledger(kept / "ledger.sqlite") as first, open_ledger(home / "ledger.sqlite") as second:
        assert first.entries() == second.entries()
        assert first.events() == second.events()
    assert open_to_others(home) == []
    assert {path.stat().st_mode & 0o777 for path in (home / "store").rglob("*") if path.is_file()} == {0o400}


def test_filed_reports_are_restored_with_their_index_pages(place: Place, tmp_path: Path) -> None:
    file_reports(place.settings, date(2026, 11, 23))
    home = tmp_path / "new"
    _restore(place.make(), place.identity, home)
    kept = place.settings.reports
    for name in files_of(kept):
        assert (home / "reports" / name).read_bytes() == (kept / name).read_bytes()
    editions = sorted((home / "reports").glob("*/*/v1"))
    assert len(editions) == 8
    assert [spoilt_in(edition) for edition in editions] == [[]] * 8
    assert open_to_others(home) == []


def test_own_questions_are_restored_but_for_those_that_no_night_can_ask(place: Place, tmp_path: Path) -> None:
    questions = place.settings.home / "questions"
    questions.mkdir()
    (questions / "mine.toml").write_text("why", encoding="utf-8")
    (questions / "Not a name.toml").write_text("why", encoding="utf-8")
    restore_backup(place.make(), place.identity, tmp_path / "restored", lambda _: None)
    assert [path.name for path in (tmp_path / "restored" / "questions").iterdir()] == ["mine.toml"]
    assert (tmp_path / "restored" / "questions" / "mine.toml").read_bytes() == b"why"


def test_the_reports_logo_is_restored_so_that_the_night_can_be_made_again(place: Place, tmp_path: Path) -> None:
    settings = place.settings.home / "stepcare.toml"
    settings.write_text(f"{settings.read_text(encoding='utf-8')}\n[report]\nlogo = 'our.logo.svg'\n", encoding="utf-8")
    (place.settings.home / "our.logo.svg").write_text('<svg viewBox="0 0 2 1"><path d="M0 0h2v1z"/></svg>')
    restore_backup(place.make(), place.identity, tmp_path / "restored", lambda _: None)
    branding = read_report_configuration(tmp_path / "restored").branding
    assert branding == read_report_configuration(place.settings.home).branding
    assert branding.logo.startswith("data:image/svg+xml;base64,")


def test_one_flipped_bit_anywhere_is_refused_and_leaves_nothing(place: Place) -> None:
    """R-P7: 100 of 100."""
    whole = place.make().read_bytes()
    spoilt = place.to / "spoilt.tar.age"
    for position in random.Random(7).sample(range(len(whole) * 8), FLIPS):
        data = bytearray(whole)
        data[position // 8] ^= 1 << position % 8
        spoilt.write_bytes(data)
        _refused(spoilt, place)


@pytest.mark.ci
def test_every_single_bit_of_the_head_of_a_backup_counts(place: Place) -> None:
    """R-P7: the age header, where the key lies, and the first bytes after it."""
    whole = place.make().read_bytes()
    key = read_identity(place.identity)
    n_head = whole.index(b"\n--- ") + 80
    for position in range(n_head * 8):
        data = bytearray(whole)
        data[position // 8] ^= 1 << position % 8
        with pytest.raises((pyrage.DecryptError, OSError)):
            pyrage.decrypt(bytes(data), [key])


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_backup_that_was_cut_short_is_refused(place: Place, share: float) -> None:
    whole = place.make().read_bytes()
    cut = place.to / "cut.tar.age"
    cut.write_bytes(whole[: int(len(whole) * share)])
    _refused(cut, place, "Nothing was restored")


def test_another_key_is_refused_and_the_message_says_so(place: Place, tmp_path: Path) -> None:
    backup = place.make()
    place.identity.unlink()
    write_new_identity(place.identity)
    _refused(backup, place, "made for another key")


def test_a_key_file_that_others_may_read_is_not_used(place: Place) -> None:
    backup = place.make()
    place.identity.chmod(0o640)
    _refused(backup, place, "chmod 600")


@pytest.mark.parametrize("text", ["", "AGE-SECRET-KEY-1QQQ\n", "not a key"])
def test_a_file_that_holds_no_key_is_said_to_hold_none(place: Place, text: str) -> None:
    backup = place.make()
    place.identity.write_text(text)
    _refused(backup, place, "does not hold one identity")


def test_a_key_is_never_written_over_another(place: Place) -> None:
    before = place.identity.read_bytes()
    with pytest.raises(UsageError, match="never written over"):
        write_new_identity(place.identity)
    assert place.identity.read_bytes() == before
    assert place.identity.stat().st_mode & 0o777 == 0o600


def test_nothing_is_ever_restored_over_something(place: Place, tmp_path: Path) -> None:
    backup = place.make()
    home = tmp_path / "new"
    home.mkdir()
    (home / "something").touch()
    _refused(backup, place, "is not empty")
    with pytest.raises(UsageError, match="is not empty"):
        _restore(backup, place.identity, place.settings.home)
    with pytest.raises(UsageError, match="is not empty"):
        _restore(backup, place.identity, Path("/"))


def test_what_a_killed_restore_left_does_not_disturb_the_next(place: Place, tmp_path: Path) -> None:
    left = tmp_path / ".new.restoring" / "store"
    left.mkdir(parents=True)
    (left / "half").touch()
    _restore(place.make(), place.identity, tmp_path / "new")
    assert not left.parent.exists()
    assert not (tmp_path / "new" / "store" / "half").exists()


def _member(name: str, content: bytes = b"x", **said: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in said.items():
        setattr(info, key, value)
    return info, content


def _with_sums(*members: tuple[tarfile.TarInfo, bytes]) -> list[tuple[tarfile.TarInfo, bytes]]:
    sums = {info.name: hashlib.sha256(content).hexdigest() for info, content in members}
    return [*members, _member("backup/SHA256SUMS", sums_text(sums).encode())]


HOSTILE: dict[str, Callable[[], list[tuple[tarfile.TarInfo, bytes]]]] = {
    "a way out": lambda: _with_sums(_member("../outside")),
    "a way out of the store": lambda: _with_sums(_member(f"store/{'a' * 64}/../../outside")),
    "a full path": lambda: _with_sums(_member("/tmp/outside")),
    "a link": lambda: _with_sums(_member("ledger.sqlite", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
    "a hard link": lambda: _with_sums(_member("ledger.sqlite", b"", type=tarfile.LNKTYPE, linkname="stepcare.toml")),
    "a pipe": lambda: _with_sums(_member("ledger.sqlite", b"", type=tarfile.FIFOTYPE)),
    "code": lambda: _with_sums(_member("pipelines/cli.py")),
    "a hidden file": lambda: _with_sums(_member(f"store/{'a' * 64}/.hidden")),
    "a file twice": lambda: _with_sums(_member("ledger.sqlite"), _member("ledger.sqlite")),
    "a file that the sums do not list": lambda: [*_with_sums(_member("stepcare.toml")), _member("ledger.sqlite")],
    "no sums": lambda: [_member("ledger.sqlite")],
    "no ledger": lambda: _with_sums(_member("stepcare.toml")),
    "a ledger that is none": lambda: _with_sums(_member("ledger.sqlite", b"nonsense" * 1000)),
    "nothing": list,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_backup_that_somebody_else_put_there_writes_nothing_anywhere(place: Place, kind: str) -> None:
    """Whoever knows the recipient can make a backup: what it holds is not trusted."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in HOSTILE[kind]():
            tar.addfile(info, io.BytesIO(content))
    made = place.to / "made.tar.age"
    made.write_bytes(pyrage.encrypt(buffer.getvalue(), [read_recipient(place.recipient)]))
    _refused(made, place, "Nothing was restored")


def test_what_is_no_tar_at_all_is_refused(place: Place) -> None:
    made = place.to / "made.tar.age"
    made.write_bytes(pyrage.encrypt(b"good evening" * 500, [read_recipient(place.recipient)]))
    _refused(made, place, "no backup of Stepcare")


def test_a_delivery_that_is_not_whole_in_the_backup_is_refused(place: Place) -> None:
    """The sums of the backup agree, and the delivery's own manifest does not."""
    backup = place.make()
    with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(backup.read_bytes(), [read_identity(place.identity)]))) as tar:
        members = [(tar.getmember(name), tar.extractfile(name).read()) for name in tar.getnames()[:-1]]  # type: ignore[union-attr]
    changed = [
        _member(info.name, content.replace(b"p1", b"p2") if info.name.endswith("session.csv") else content)
        for info, content in members
    ]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in _with_sums(*changed):
            tar.addfile(info, io.BytesIO(content))
    backup.write_bytes(pyrage.encrypt(buffer.getvalue(), [read_recipient(place.recipient)]))
    _refused(backup, place, "1 deliveries are not whole")


def test_restoring_reads_the_backup_and_changes_nothing_of_it(place: Place, tmp_path: Path) -> None:
    backup = place.make()
    before = sha256_of(backup)
    _restore(backup, place.identity, tmp_path / "new")
    spoilt = place.to / "spoilt"
    spoilt.write_bytes(b"x" + backup.read_bytes())
    with pytest.raises(BackupError, match="is damaged"):
        _restore(spoilt, place.identity, tmp_path / "newer")
    assert sha256_of(backup) == before
