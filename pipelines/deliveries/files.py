"""Opening what a clinic put into the inbox: plain files only, never through a link, never waiting, never more than was allowed."""

import errno
import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import DeliveryError, UnreadableNow

_CHUNK = 1 << 20


def open_regular(path: Path) -> BinaryIO:
    """The plain file at `path`, open for reading.

    Neither the file nor its folder may be a link, and opening never waits for a writer (a FIFO) nor touches a device. Raises
    DeliveryError when something else than a plain file is there, FileNotFoundError when nothing is, UnreadableNow when the
    machine does not let us.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode):
                raise _not_plain(path)
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(path.name, flags, dir_fd=folder)
        finally:
            os.close(folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise _not_plain(path) from None
        raise _unreadable(path, error) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_plain(path)
    return os.fdopen(descriptor, "rb")


def _not_plain(path: Path) -> DeliveryError:
    return DeliveryError(
        f"{path.name}: it is not there as a plain file (no link, pipe or device). Send the file itself"
    )


def _unreadable(path: Path, error: OSError) -> UnreadableNow:
    return UnreadableNow(
        f"{path.name}: it could not be read ({error.strerror}). Look at its access rights and the disk it lies on; the next "
        "night tries again"
    )


def read_regular(path: Path, most_bytes: int) -> bytes:
    """The content of the plain file at `path`; raises DeliveryError when it has more than `most_bytes`."""
    with open_regular(path) as stream:
        content = _read(stream, path, most_bytes + 1)
    if len(content) > most_bytes:
        raise _too_large(path, most_bytes)
    return content


def hash_regular(path: Path, most_bytes: int) -> str:
    """SHA-256 of the plain file at `path` in hex; empty where there is none, or one of more than `most_bytes`.

    Raises UnreadableNow when the machine does not let us read it.
    """
    digest = hashlib.sha256()
    n_read = 0
    try:
        with open_regular(path) as stream:
            if os.fstat(stream.fileno()).st_size > most_bytes:
                return ""
            while chunk := _read(stream, path):
                n_read += len(chunk)
                if n_read > most_bytes:
                    return ""
                digest.update(chunk)
    except UnreadableNow:
        raise
    except (DeliveryError, FileNotFoundError):
        return ""
    return digest.hexdigest()


def copy_regular(source: Path, target: Path, most_bytes: int) -> None:
    """Copy the plain file `source` to the new file `target`.

    Raises DeliveryError when it is no plain file, or has more than `most_bytes`: before the first byte is copied when its size
    says so, else as soon as that many were (a file that grows). Nothing stays at `target` then. An error of reading `source`
    is UnreadableNow; an error of writing is no fault of the delivery's, and stays an OSError.
    """
    try:
        stream = open_regular(source)
    except FileNotFoundError:
        raise DeliveryError(
            f"{source.name}: the manifest lists it, but it is not there as a plain file. Send it again"
        ) from None
    try:
        with stream, target.open("xb") as copy:
            if os.fstat(stream.fileno()).st_size > most_bytes:
                raise _too_large(source, most_bytes)
            n_copied = 0
            while chunk := _read(stream, source):
                n_copied += len(chunk)
                if n_copied > most_bytes:
                    raise _too_large(source, most_bytes)
                copy.write(chunk)
    except (DeliveryError, OSError):
        with suppress(FileNotFoundError):
            target.unlink()
        raise


def _read(stream: BinaryIO, path: Path, most_bytes: int = _CHUNK) -> bytes:
    try:
        return stream.read(most_bytes)
    except OSError as error:
        raise _unreadable(path, error) from None


def _too_large(path: Path, most_bytes: int) -> DeliveryError:
    return DeliveryError(
        f"{path.name}: it has more than {most_bytes:,} bytes, the largest that is read. Export it again, without what the "
        "contract does not list"
    )
