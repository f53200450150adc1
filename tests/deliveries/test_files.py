"""Opening and copying what lies in the inbox, and what becomes of folders that cannot be deliveries."""

import ctypes
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.deliveries import limits
from pipelines.deliveries.files import copy_regular, open_regular, read_regular
from pipelines.deliveries.folders import NO_DELIVERY, look
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.errors import DeliveryError, UnreadableNow
from pipelines.settings import Settings
from tests.conftest import ROOT
from tests.deliveries.clinics import clinic_feeds, send


def _receive(settings: Settings) -> list[Entry]:
    settings.store.mkdir(parents=True, exist_ok=True)
    with open_ledger(settings.ledger) as ledger:
        return receive(settings.inbox, settings.store, ledger)


class _Capabilities(ctypes.Structure):
    """Linux's header and data of capget and capset, in one piece: the first 32 capabilities are in the first word."""

    _fields_ = [
        ("version", ctypes.c_uint32),
        ("pid", ctypes.c_int),
        *((f"word{number}", ctypes.c_uint32) for number in range(6)),
    ]


def _set_effective(change: Callable[[int], int]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    held = _Capabilities(version=0x20080522)
    data = ctypes.byref(held, 8)
    assert libc.capget(ctypes.byref(held), data) == 0
    held.word0 = change(held.word0)
    assert libc.capset(ctypes.byref(held), data) == 0


@contextmanager
def _without_rights(path: Path) -> Iterator[None]:
    """Take the right to read away, and from root the power to read all the same (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""
    mode = path.stat().st_mode
    path.chmod(0)
    is_root = os.geteuid() == 0
    try:
        if is_root:
            _set_effective(lambda held: held & ~0b110)
        yield
    finally:
        if is_root:
            _set_effective(lambda held: held | 0b110)
        path.chmod(mode)


def test_a_plain_file_is_opened_and_anything_else_is_not(tmp_path: Path) -> None:
    """R-S3: no link, no pipe (which would wait for ever), no folder."""
    (tmp_path / "plain").write_bytes(b"x")
    (tmp_path / "link").symlink_to("plain")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert read_regular(tmp_path / "plain", 1) == b"x"
    for name in ("link", "folder", "pipe"):
        with pytest.raises(DeliveryError, match=f"{name}: it is not there as a plain file"):
            open_regular(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "nothing")


def test_a_file_in_a_folder_that_is_a_link_is_not_opened(tmp_path: Path) -> None:
    """R-S3: a folder that was swapped for a link after it was looked at leads nowhere."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "intake.csv").write_bytes(b"x")
    (tmp_path / "swapped").symlink_to("real")
    with pytest.raises(DeliveryError, match="no link"):
        open_regular(tmp_path / "swapped" / "intake.csv")


def test_a_file_that_grows_while_it_is_copied_stops_at_the_limit(tmp_path: Path) -> None:
    """R-S3: what counts is what is copied, not what the folder said."""
    source, target = tmp_path / "intake.csv", tmp_path / "copy"
    source.write_bytes(b"x" * 100)
    has_stopped = threading.Event()

    def grow() -> None:
        with source.open("ab") as file:
            while not has_stopped.is_set() and file.tell() < 50_000_000:
                file.write(b"y" * 1_000_000)
                file.flush()

    def copy_until_refused() -> None:
        while True:
            copy_regular(source, target, 2_000_000)
            target.unlink()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(DeliveryError, match="more than 2,000,000 bytes"):
            copy_until_refused()
    finally:
        has_stopped.set()
        writer.join()
    assert not target.exists()


def test_a_sparse_file_is_refused_before_a_byte_is_copied(tmp_path: Path) -> None:
    """R-S3: ten gigabytes of nothing take no time."""
    with (tmp_path / "intake.csv").open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(DeliveryError, match="more than 2,000,000,000 bytes"):
        copy_regular(tmp_path / "intake.csv", tmp_path / "copy", limits.LARGEST_FILE_BYTES)
    assert not (tmp_path / "copy").exists()


def test_an_error_of_writing_is_no_fault_of_the_delivery(tmp_path: Path) -> None:
    """R-F2: a full disk or a read-only store quarantines nothing."""
    (tmp_path / "intake.csv").write_bytes(b"x")
    with pytest.raises(OSError, match="No such file") as raised:
        copy_regular(tmp_path / "intake.csv", tmp_path / "no folder" / "copy", 10)
    assert not isinstance(raised.value, DeliveryError)


def test_a_file_that_cannot_be_read_now_is_tried_again_the_next_night(settings: Settings) -> None:
    """R-S3, R-F2: without the right to read, the delivery waits; nothing is lost and nobody has to send anything."""
    folder = send(settings.inbox, "C001", "2026-11-01", clinic_feeds("C001"))
    with _without_rights(folder / "outcome.csv"), pytest.raises(UnreadableNow):
        open_regular(folder / "outcome.csv")
    with _without_rights(folder / "outcome.csv"):
        (entry,) = _receive(settings)
        assert entry.state == "quarantined"
        assert "outcome.csv: it could not be read (Permission denied)" in entry.reason
    (entry,) = _receive(settings)
    assert entry.state == "seen"


def test_a_folder_that_cannot_be_read_does_not_stop_the_night(settings: Settings) -> None:
    """R-S3: neither a clinic's folder nor a delivery's."""
    send(settings.inbox, "C001", "2026-11-01", clinic_feeds("C001"))
    folder = send(settings.inbox, "C002", "2026-11-01", clinic_feeds("C002"))
    for shut, names in ((folder, ("C002", "2026-11-01")), (folder.parent, ("C002", NO_DELIVERY))):
        with _without_rights(shut):
            found = list(look(settings.inbox))
        assert [(one.clinic_code, one.delivery_id, bool(one.refusal)) for one in found] == [
            ("C001", "2026-11-01", False), (*names, True),
        ]  # fmt: skip
        assert "could not be read (Permission denied)" in found[1].refusal


def test_a_folder_that_was_renamed_is_no_longer_complained_of(settings: Settings) -> None:
    folder = send(settings.inbox, "C001", "2026-11-01", clinic_feeds("C001"))
    odd = folder.with_name("November, Jane Canary")
    folder.rename(odd)
    (entry,) = _receive(settings)
    assert (entry.state, entry.delivery_id[:8]) == ("quarantined", "unnamed-")
    assert _receive(settings) == []
    odd.rename(folder)
    _receive(settings)
    with open_ledger(settings.ledger) as ledger:
        states = sorted((one.delivery_id[:8], one.state) for one in ledger.entries())
    assert states == [("2026-11-", "seen"), ("unnamed-", "superseded")]
    folder.rename(odd)
    (again,) = _receive(settings)
    assert again.state == "quarantined"


@pytest.mark.ci
def test_of_a_clinic_that_sends_too_much_at_once_the_next_night_takes_the_rest(settings: Settings) -> None:
    """R-S3: the others of the night do not wait for it."""
    for number in range(limits.MOST_DELIVERIES_A_NIGHT + 2):
        (settings.inbox / "C001" / f"d{number:05d}").mkdir(parents=True)
    send(settings.inbox, "C002", "2026-11-01", clinic_feeds("C002"))
    lines: list[str] = []
    settings.store.mkdir(parents=True)
    with open_ledger(settings.ledger) as ledger:
        first = receive(settings.inbox, settings.store, ledger, lines.append)
        second = receive(settings.inbox, settings.store, ledger)
    assert len(first) == limits.MOST_DELIVERIES_A_NIGHT + 1
    assert "C001: 2 more wait for the next night, which judges 1,000 of a clinic" in lines
    assert [entry.delivery_id for entry in second] == ["d01000", "d01001"]


def test_the_operators_guide_states_every_limit() -> None:
    guide = (
        (ROOT / "docs" / "operators.md")
        .read_text(encoding="utf-8")
        .split("### Limits of a delivery")[1]
        .split("## ")[0]
    )
    for name, value in vars(limits).items():
        if name.isupper() and isinstance(value, (int, str)):
            assert (f"{value:,}" if isinstance(value, int) else value) in guide, name
    for form in (limits.CLINIC_CODE, limits.NAME):
        longest = next(length for length in range(1_000, 0, -1) if form.fullmatch("a" * length))
        assert f"{longest}" in guide


def test_the_operators_guide_quotes_messages_that_exist() -> None:
    """Of every message in the table, three words on end are in the code wherever no number or name stands between them."""
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "pipelines").rglob("*.py")))
    code = re.sub(r'"\n\s*f?"', "", code)
    guide = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    table = guide.split("| message (shortened) | found by | remedy |")[1].split("\n\n")[0]
    messages = [row.split("|")[1] for row in table.splitlines() if row.startswith("| ")]
    names_and_numbers = r"[0-9][0-9,.]*|\(.*?\)|[a-z_]+\.(?:csv|parquet|json):?|[.]{3}| / "
    parts = [part.split() for message in messages for part in re.split(names_and_numbers, message)]
    assert len(messages) > 25
    assert not [
        part for part in parts if len(part) > 2 and not any(" ".join(part[at : at + 3]) in code for at in range(len(part) - 2))
    ]  # fmt: skip
