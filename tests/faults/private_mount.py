"""A mount that only one process and its children see: a small disk of memory, or a folder that cannot be written."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

_UNSHARE = ("unshare", "--mount", "--map-root-user")


@cache
def _reason() -> str:
    """Why there can be no private mount here; empty when there can."""
    if not shutil.which("unshare"):
        return "there is no `unshare` here, so no private mount"
    tried = subprocess.run(
        [*_UNSHARE, "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True, text=True, check=False
    )
    return f"no private mount: {tried.stderr.strip()[:100]}" if tried.returncode else ""


def needs_private_mounts() -> None:
    """Skip the test, saying so, where no mount of one's own is allowed."""
    if reason := _reason():
        pytest.skip(reason)


def on_small_disk(folder: Path, megabytes: int) -> list[str]:
    """What goes before a command so that it sees a disk of so many megabytes at `folder`."""
    return [*_UNSHARE, "sh", "-c", f'mount -t tmpfs -o size={megabytes}m none "$0" && exec "$@"', str(folder)]


def with_read_only(folder: Path) -> list[str]:
    """What goes before a command so that it cannot write to `folder`."""
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    return [*_UNSHARE, "sh", "-c", script, str(folder)]
