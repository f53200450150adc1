"""The states that a power cut may leave of a logged night (`writelog.c`), and how each is put on the disk again.

What is modelled, after ext4 and stricter: names (made, renamed, linked, removed) reach the disk in order, and for certain only
when their own folder was synced; bytes reach it for certain only when their file was synced, and each write that was not may
be there, be missing, or be torn at pages of 4 KiB.
"""

import os
import random
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PAGE = 4096
CREATE, WRITE, TRUNCATE, SYNC, SYNC_FOLDER, RENAME, UNLINK, RMDIR, MKDIR, SYMLINK = range(1, 11)
_NAMES = {CREATE, RENAME, UNLINK, RMDIR, MKDIR, SYMLINK}
_HEAD = struct.Struct("<IIIIQQ")


@dataclass(frozen=True)
class Did:
    """One thing that the night did to the disk. Paths are relative to the home."""

    kind: int
    inode: int
    offset: int
    path: str
    second: str
    data: bytes


@dataclass
class Node:
    """A file as it was before the night (`source`), or as the night made it; `bytes` once anything was written."""

    source: Path | None = None
    link: str = ""
    bytes: bytearray | None = None
    unsynced: list[Did] = field(default_factory=list)


def read_log(log: Path, home: Path) -> list[Did]:
    """Everything that was done below `home`, in order."""
    raw, at, found = log.read_bytes(), 0, []
    while at < len(raw):
        kind, n_path, n_second, n_data, inode, offset = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        path, second, data = (
            raw[at : at + n_path],
            raw[at + n_path :][:n_second],
            raw[at + n_path + n_second :][:n_data],
        )
        at += n_path + n_second + n_data
        said = os.fsdecode(second) if kind == SYMLINK else _below(os.fsdecode(second), home)
        found.append(Did(kind, inode, offset, _below(os.fsdecode(path), home), said, data))
    return found


def _below(path: str, home: Path) -> str:
    return os.path.relpath(os.path.normpath(path), home) if path else ""


def names_before(home: Path, pristine: Path) -> tuple[dict[str, Node], dict[int, Node]]:
    """What lies in `home` before the night, by path and by inode number; its bytes are those of `pristine`, an equal copy."""
    names: dict[str, Node] = {}
    inodes: dict[int, Node] = {}
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        if path.is_symlink():
            names[name] = Node(link=str(path.readlink()))
        else:
            node = Node(source=None if path.is_dir() else pristine / name)
            names[name] = node
            inodes[path.stat().st_ino] = node
    return names, inodes


class Disk:
    """The disk while the log is played: what is there for certain, and what is not yet."""

    def __init__(self, names: dict[str, Node], inodes: dict[int, Node]) -> None:
        self.names, self._inodes = names, inodes
        self._waiting: list[tuple[Did, Node | None]] = []

    def play(self, did: Did) -> None:
        """Take the next thing that was done."""
        node = self._inodes.get(did.inode)
        if did.kind in _NAMES:
            if did.kind == CREATE:
                node = self._inodes[did.inode] = Node(bytes=bytearray())
            self._waiting.append((did, node))
        elif did.kind == SYNC_FOLDER:
            self._sync_names(did.path)
        elif node is None:
            return
        elif did.kind == SYNC:
            for one in node.unsynced:
                _write(node, one, 0, len(one.data))
            node.unsynced.clear()
        else:
            node.unsynced.append(did)

    def _sync_names(self, folder: str) -> None:
        """All that happened in the folder is on the disk now, and what happened before it."""
        last = max((n for n, (did, _) in enumerate(self._waiting) if folder in _folders(did)), default=-1)
        for did, node in self._waiting[: last + 1]:
            _rename(self.names, did, node)
        del self._waiting[: last + 1]

    def kept(self) -> dict[str, Node]:
        """All that was done, as if everything had reached the disk."""
        return self._state(random.Random(0), len(self._waiting), 1.0)

    def cut(self, draw: random.Random) -> dict[str, Node]:
        """The power goes now: one of the states that may be found afterwards."""
        n_names = draw.choice([0, len(self._waiting), draw.randint(0, len(self._waiting))])
        return self._state(draw, n_names, chance=draw.choice([0.0, 1.0, 0.5, 0.9]))

    def _state(self, draw: random.Random, n_names: int, chance: float) -> dict[str, Node]:
        names = dict(self.names)
        for did, node in self._waiting[:n_names]:
            _rename(names, did, node)
        return {name: _cut_file(node, draw, chance) for name, node in names.items()}


def _folders(did: Did) -> set[str]:
    paths = [did.path, did.second] if did.kind == RENAME else [did.path]
    return {str(Path(path).parent) for path in paths}


def _rename(names: dict[str, Node], did: Did, node: Node | None) -> None:
    if did.kind == RENAME:
        moved = {name: names.pop(name) for name in list(names) if name == did.path or name.startswith(f"{did.path}/")}
        for name, one in moved.items():
            names[did.second + name.removeprefix(did.path)] = one
    elif did.kind in (UNLINK, RMDIR):
        names.pop(did.path, None)
    elif did.kind == CREATE:
        assert node
        names[did.path] = node
    else:  # a folder, or a link to `second`
        names[did.path] = Node(link=did.second)


def _bytes_of(node: Node) -> bytearray:
    if node.bytes is None:
        node.bytes = bytearray(node.source.read_bytes() if node.source else b"")
    return node.bytes


def _write(node: Node, did: Did, first: int, last: int) -> None:
    held = _bytes_of(node)
    if did.kind == TRUNCATE:
        del held[did.offset :]
        held.extend(bytes(did.offset - len(held)))
        return
    end = did.offset + last
    held.extend(bytes(max(0, end - len(held))))
    held[did.offset + first : end] = did.data[first:last]


def _cut_file(node: Node, draw: random.Random, chance: float) -> Node:
    """The file with each write that was not synced kept with this chance, missing, or torn at its pages."""
    if not node.unsynced:
        return node
    found = Node(bytes=bytearray(_bytes_of(node)))
    for did in node.unsynced:
        if did.kind == TRUNCATE:
            if draw.random() < chance:
                _write(found, did, 0, 0)
            continue
        is_torn = draw.random() < 0.5
        is_kept = draw.random() < chance
        for first, last in _pages(did):
            if draw.random() < chance if is_torn else is_kept:
                _write(found, did, first, last)
    return found


def _pages(did: Did) -> Iterator[tuple[int, int]]:
    """The parts of a write that lie in one page of the file each."""
    first = 0
    while first < len(did.data):
        last = min(len(did.data), first + PAGE - (did.offset + first) % PAGE)
        yield first, last
        first = last


def put_on_disk(names: dict[str, Node], home: Path) -> None:
    """Make `home` this state. Files that the night did not touch are hard links; those it may write to are copies."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    for name, node in sorted(names.items()):
        path = home / name
        if node.link:
            path.symlink_to(node.link)
        elif node.bytes is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(node.bytes)
        elif node.source is None:
            path.mkdir(parents=True, exist_ok=True)
        elif path.parent != home:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(node.source, path)
        else:
            shutil.copy2(node.source, path)
