"""A backup as a stream: a plain tar of files with their SHA-256 at its end, made and taken apart in parts of at most 1 MB.

The tar is of the simplest kind (plain files, short names), so that any `age` and any `tar` open a backup without Stepcare.
"""

import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipelines.checksums import SUMS, parse_sums, sums_text
from pipelines.errors import BackupError

RECORD = "backup"
"""The folder of a backup with what speaks of the backup itself: its SHA-256 sums and the report it was made beside."""

_CHUNK_BYTES = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
_SUMS_NAME = f"{RECORD}/{SUMS}"
_KNOWN_NAME = re.compile(
    r"store/[0-9a-f]{64}/[A-Za-z0-9_-][A-Za-z0-9._-]{0,80}|ledger\.sqlite|stepcare\.toml"
    r"|questions/[a-z][a-z0-9_]{0,39}\.toml|[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}\.(?:svg|png)"
    r"|reports/[A-Za-z0-9_-]{1,60}/\d{4}-(?:W\d{2}|\d{2})/v\d{1,4}/(methods/)?[a-z0-9][a-z0-9._-]{0,60}"
    rf"|{RECORD}/({SUMS}|report\.json|(history|models|effects)\.parquet|report/[a-z0-9_]{{1,80}}\.parquet)"
)


class StoreChanged(BackupError):
    """A file is not what it was when it was listed: something else is at work, or it is spoilt. Another try tells which."""


@dataclass(frozen=True)
class Member:
    """A file to go into a backup under `name`: its size in bytes, how to open it, and its SHA-256 where it is known before."""

    name: str
    n_bytes: int
    open: Callable[[], IO[bytes]]
    sha256: str | None = None


def member_of(path: Path, name: str, sha256: str | None = None) -> Member:
    """The file at `path` as a member. Raises StoreChanged when it is not there."""
    try:
        return Member(name, path.stat().st_size, lambda: path.open("rb"), sha256)
    except FileNotFoundError:
        raise StoreChanged(f"{name} is not there") from None


def member_from(content: bytes, name: str) -> Member:
    """What is in memory as a member."""
    return Member(name, len(content), lambda: io.BytesIO(content))


class TarStream:
    """The tar of some members as something to read from; `progress` is told how many bytes each read takes.

    Raises StoreChanged when a member is not what was listed. pyrage turns what a reader raises into an error of its own: the
    first one is kept in `error`.
    """

    def __init__(self, members: Iterable[Member], progress: Callable[[int], None]) -> None:
        self._parts = _tar(members)
        self._part = memoryview(b"")
        self._progress = progress
        self.error: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes (what is left of the current part when negative); empty at the end."""
        try:
            while not self._part:
                self._part = memoryview(next(self._parts))
        except StopIteration:
            return b""
        except Exception as error:
            self.error = self.error or error
            raise
        taken = self._part[:size] if size >= 0 else self._part
        self._part = self._part[len(taken) :]
        self._progress(len(taken))
        return bytes(taken)


def _tar(members: Iterable[Member]) -> Iterator[bytes]:
    sums: dict[str, str] = {}
    for member in members:
        sums[member.name] = yield from _file(member)
    yield from _file(member_from(sums_text(sums).encode(), _SUMS_NAME))
    yield bytes(2 * _BLOCK)


def _file(member: Member) -> Generator[bytes, None, str]:
    """Header, content and padding of a file in a tar; gives the SHA-256 of the content."""
    info = tarfile.TarInfo(member.name)
    info.size, info.mode = member.n_bytes, 0o600
    yield info.tobuf(tarfile.USTAR_FORMAT)
    digest = hashlib.sha256()
    n_left = member.n_bytes
    try:
        with member.open() as file:
            while part := file.read(min(_CHUNK_BYTES, n_left + 1)):
                n_left -= len(part)
                if n_left < 0:
                    break
                digest.update(part)
                yield part
    except FileNotFoundError:
        raise StoreChanged(f"{member.name} is not there") from None
    if n_left or member.sha256 not in {None, digest.hexdigest()}:
        raise StoreChanged(f"{member.name} is not what was kept")
    yield bytes(-member.n_bytes % _BLOCK)
    return digest.hexdigest()


class Unpacker:
    """Takes a backup's tar apart into `folder` as it is written here. Only names that a backup may hold become files.

    `finish` tells whether what came is whole; `progress` is told how many bytes each part has. As with TarStream, the first
    error is kept in `error`.
    """

    def __init__(self, folder: Path, progress: Callable[[int], None]) -> None:
        self._folder = folder
        self._progress = progress
        self._sums: dict[str, str] = {}
        self._block = bytearray()
        self._file: IO[bytes] | None = None
        self._name = ""
        self._digest = hashlib.sha256()
        self._n_left = 0
        self._n_padding = 0
        self._n_zero_blocks = 0
        self.error: Exception | None = None

    def write(self, data: bytes) -> int:
        """Take the next part of the tar. Raises BackupError when it is not a tar as a backup is."""
        try:
            left = memoryview(data)
            while left:
                left = left[self._take(left) :]
            self._progress(len(data))
        except Exception as error:
            self.error = self.error or error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is held back but an unfinished file."""

    def finish(self) -> None:
        """Raise BackupError unless the tar ended as it should and every file has the SHA-256 that the backup says."""
        if self._file or self._block or self._n_zero_blocks < 2 or _SUMS_NAME not in self._sums:
            raise BackupError("the backup is cut short")
        del self._sums[_SUMS_NAME]
        said = parse_sums((self._folder / _SUMS_NAME).read_text(encoding="ascii"))
        wrong = sorted(name for name in self._sums.keys() | said.keys() if self._sums.get(name) != said.get(name))
        if wrong:
            raise BackupError(f"{len(wrong)} files are not what the backup says, among them {wrong[0]}")

    def close(self) -> None:
        """Close the file that is being written, if any."""
        if self._file:
            self._file.close()

    def _take(self, data: memoryview) -> int:
        if self._file:
            part = data[: self._n_left]
            self._file.write(part)
            self._digest.update(part)
            self._n_left -= len(part)
            if not self._n_left:
                self._end_file()
            return len(part)
        if self._n_padding:
            n_padding = min(self._n_padding, len(data))
            self._n_padding -= n_padding
            return n_padding
        n_header = min(_BLOCK - len(self._block), len(data))
        self._block += data[:n_header]
        if len(self._block) == _BLOCK:
            self._begin_file(bytes(self._block))
            self._block.clear()
        return n_header

    def _begin_file(self, block: bytes) -> None:
        if not any(block):
            self._n_zero_blocks += 1
            return
        try:
            info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError):
            raise BackupError("what was decrypted is no backup of Stepcare") from None
        if not info.isreg() or not _KNOWN_NAME.fullmatch(info.name) or info.name in self._sums or self._n_zero_blocks:
            raise BackupError("the backup holds something that a backup of Stepcare never holds")
        path = self._folder / info.name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = path.open("xb", buffering=_CHUNK_BYTES)
        path.chmod(0o400 if info.name.startswith(("store/", "reports/")) else 0o600)
        self._name, self._n_left, self._n_padding = info.name, info.size, -info.size % _BLOCK
        self._digest = hashlib.sha256()
        if not info.size:
            self._end_file()

    def _end_file(self) -> None:
        if self._file:
            self._file.close()
        self._file = None
        self._sums[self._name] = self._digest.hexdigest()
