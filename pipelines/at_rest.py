"""Whether what lies in a folder is encrypted when the machine is off: by what the kernel says of its mounts and devices.

Only what is known to be encrypted counts; whatever cannot be told (network disks, disks that encrypt by themselves, the layers
of a container) counts as plain. Everything that is asked of the machine is in `Machine`, so that a test can be another one.
"""

import fcntl
import os
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_IN_MEMORY = ("tmpfs", "ramfs")
_ENCRYPTING = ("ecryptfs", "fuse.gocryptfs", "fuse.cryfs")
_CAN_ENCRYPT_FOLDERS = ("ext4", "f2fs", "ubifs", "ceph")
_CRYPT = "CRYPT-"
_ONLY_CHECKSUMS = ("CRYPT-VERITY", "CRYPT-INTEGRITY")  # device-mapper calls them so, but they hide nothing
_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS of <linux/fs.h>
_ENCRYPTED_FLAG = 0x800  # FS_ENCRYPT_FL


@dataclass(frozen=True)
class Machine:
    """What is asked: the texts of /proc/self/mountinfo and /proc/swaps, the folder /sys, the number (`8:1`) of a device file,
    whether a folder is encrypted by fscrypt, and what zfs says of the encryption of a dataset."""

    mountinfo: str
    swaps: str
    sys: Path
    device_number: Callable[[str], str | None]
    is_folder_encrypted: Callable[[Path], bool]
    zfs_encryption: Callable[[str], str]


@dataclass(frozen=True)
class AtRest:
    """Whether a place is safe from a thief of the disk, and what that is known from."""

    is_safe: bool
    how: str


@dataclass(frozen=True)
class _Mount:
    number: str
    point: str
    kind: str
    source: str


def this_machine() -> Machine:
    """The machine that this runs on; where there is no /proc, nothing is known and all counts as plain."""
    return Machine(
        mountinfo=_text(Path("/proc/self/mountinfo")),
        swaps=_text(Path("/proc/swaps")),
        sys=Path("/sys"),
        device_number=_device_number,
        is_folder_encrypted=_is_folder_encrypted,
        zfs_encryption=_zfs_encryption,
    )


def at_rest(place: Path, machine: Machine) -> AtRest:
    """What becomes of the files at `place` (or the nearest folder above it that exists) when the machine is off."""
    while not place.exists():
        place = place.parent
    place = place.resolve()
    mount = _mount_of(place, machine)
    if mount is None:
        return AtRest(is_safe=False, how="on a disk of which the system tells nothing")
    where = f"on {mount.source} ({mount.kind})"
    if mount.kind in _IN_MEMORY:
        return AtRest(is_safe=True, how=f"in memory ({mount.kind}), so never at rest, and gone with the power")
    if mount.kind in _ENCRYPTING:
        return AtRest(is_safe=True, how=f"{where}, which encrypts")
    if mount.kind == "zfs":
        said = machine.zfs_encryption(mount.source)
        return AtRest(is_safe=said.startswith("aes-"), how=f"{where}, with encryption {said or 'unknown'}")
    if mount.kind in _CAN_ENCRYPT_FOLDERS and machine.is_folder_encrypted(place):
        return AtRest(is_safe=True, how=f"{where}, in a folder that fscrypt encrypts")
    numbers = _numbers_of(mount, machine)
    found = [_encryption_of(number, machine, frozenset()) for number in numbers]
    if found and all(found):
        return AtRest(is_safe=True, how=f"{where}, encrypted by {found[0]}")
    return AtRest(is_safe=False, how=f"{where}, which nothing shows to be encrypted")


def plain_swaps(machine: Machine) -> list[str]:
    """The swap files and devices that are not encrypted: what is in memory may be written there."""
    plain = []
    for line in machine.swaps.splitlines()[1:]:
        name, kind = (_unescaped(word) for word in line.split()[:2])
        if kind == "file":
            is_safe = at_rest(Path(name), machine).is_safe
        else:
            number = machine.device_number(name)
            is_safe = number is not None and _encryption_of(number, machine, frozenset()) is not None
        if not is_safe:
            plain.append(name)
    return plain


def _mount_of(place: Path, machine: Machine) -> _Mount | None:
    """The mount that `place` lies in: the one with the longest path; of several at one point the last covers the others."""
    found: _Mount | None = None
    for line in machine.mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if len(fields) < 6 or len(rest) < 2:
            continue
        mount = _Mount(number=fields[2], point=_unescaped(fields[4]), kind=rest[0], source=_unescaped(rest[1]))
        if place.is_relative_to(mount.point) and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found


def _numbers_of(mount: _Mount, machine: Machine) -> list[str]:
    """The numbers of every device that the file system lies on. One on several devices (btrfs) has a number of its own."""
    number = mount.number
    if number.startswith("0:"):
        number = (machine.device_number(mount.source) if mount.source.startswith("/") else None) or number
    if mount.kind != "btrfs":
        return [number]
    for devices in machine.sys.glob("fs/btrfs/*/devices"):
        members = [_text(device / "dev") for device in devices.iterdir()]
        if number in members:
            return members
    return [number]


def _encryption_of(number: str, machine: Machine, seen: frozenset[str]) -> str | None:
    """What encrypts the block device, or every device that it is made of; None when nothing does."""
    device = machine.sys / "dev" / "block" / number
    if number in seen or not device.exists():
        return None
    seen |= {number}
    name = _text(device / "dm" / "uuid")
    if name.startswith(_CRYPT) and not name.startswith(_ONLY_CHECKSUMS):
        return f"dm-crypt ({name.split('-')[1]})"
    real = device.resolve()
    if real.name.startswith("zram"):
        return "nothing, but it is memory"
    if backing := _text(device / "loop" / "backing_file"):
        below = at_rest(Path(backing), machine)
        return below.how if below.is_safe else None
    beneath = [_text(slave / "dev") for slave in sorted((device / "slaves").glob("*"))]
    if not beneath and (device / "partition").exists():
        beneath = [_text(real.parent / "dev")]
    found = [_encryption_of(one, machine, seen) for one in beneath]
    return found[0] if found and all(found) else None


def _unescaped(text: str) -> str:
    """The kernel writes blanks and the like as three octal digits."""
    for code in ("040", "011", "012", "134"):
        text = text.replace(f"\\{code}", chr(int(code, 8)))
    return text


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _device_number(name: str) -> str | None:
    try:
        number = os.stat(name).st_rdev  # noqa: PTH116  (a device's name, not a path of ours)
    except OSError:
        return None
    return f"{os.major(number)}:{os.minor(number)}" if number else None


def _is_folder_encrypted(folder: Path) -> bool:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        (flags,) = struct.unpack("l", fcntl.ioctl(descriptor, _GET_FLAGS, struct.pack("l", 0)))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return bool(flags & _ENCRYPTED_FLAG)


def _zfs_encryption(dataset: str) -> str:
    command = ["zfs", "get", "-H", "-o", "value", "encryption", dataset]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
