"""The clinic's key: made once, for its owner alone, and the pseudonyms made with it."""

import os
import re
import stat
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.exporting.keys import Pseudonyms, create_key, read_key


def test_a_key_is_made_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_key(tmp_path / "key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert len(read_key(tmp_path / "key")) == 32


def test_two_keys_differ(tmp_path: Path) -> None:
    create_key(tmp_path / "one")
    create_key(tmp_path / "other")
    assert read_key(tmp_path / "one") != read_key(tmp_path / "other")


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    create_key(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(UsageError, match="not overwritten"):
        create_key(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    create_key(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(UsageError, match="chmod 600"):
        read_key(tmp_path / "key")


def test_a_link_to_a_key_is_refused(tmp_path: Path) -> None:
    create_key(tmp_path / "key")
    (tmp_path / "link").symlink_to(tmp_path / "key")
    with pytest.raises(UsageError, match="no link"):
        read_key(tmp_path / "link")


def test_what_is_no_key_is_refused_without_quoting_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2\n", encoding="utf-8")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(UsageError, match="no key") as error:
        read_key(tmp_path / "key")
    assert "hunter2" not in str(error.value)


def test_a_key_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="stepcare export init"):
        read_key(tmp_path / "key")


def test_pseudonyms_depend_on_key_clinic_purpose_and_number_and_on_nothing_else() -> None:
    one = Pseudonyms(b"k" * 32, "C001")
    assert one.of("patient", "4711") == Pseudonyms(b"k" * 32, "C001").of("patient", "4711")
    others = [
        one.of("patient", "4712"),
        one.of("episode", "4711"),
        Pseudonyms(b"k" * 32, "C002").of("patient", "4711"),
        Pseudonyms(b"l" * 32, "C001").of("patient", "4711"),
    ]
    assert len({one.of("patient", "4711"), *others}) == 5
    assert all(re.fullmatch("[0-9a-f]{64}", pseudonym) for pseudonym in others)
