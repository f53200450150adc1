"""Watching a command from outside: what it tries to reach, with no route to anything."""

import ast
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

WATCH = ROOT / "tests" / "watched"
LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|::1|localhost")
LOOPBACK_IN_TRACE = re.compile(r'inet_addr\("127\.|"::1"')


@dataclass(frozen=True)
class Watched:
    code: int
    said: str
    python: list[str]
    system: list[str]
    is_traced: bool


def without_route() -> list[str]:
    """The command that runs another in a network namespace with no route; where it is not allowed the test is skipped."""
    for command in (["unshare", "-n"], ["unshare", "-rn"]):
        if (
            shutil.which("unshare")
            and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
        ):
            return command
    pytest.skip("no network namespace may be made on this machine (unshare -n)")


def watched(folder: Path, command: Sequence[str], environment: dict[str, str]) -> Watched:
    """Run the command without a route, and note where Python, and with strace any program, tried to connect or send to."""
    notes, trace = folder / "python.txt", folder / "system.txt"
    strace = shutil.which("strace")
    tracing = [strace, "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(trace)]
    done = subprocess.run(
        [*without_route(), *(tracing if strace else []), *command],
        env={**os.environ, **environment, **noting(notes)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = trace.read_text(errors="replace").splitlines() if strace else []
    system = [line for line in lines if "AF_INET" in line and not LOOPBACK_IN_TRACE.search(line)]
    return Watched(done.returncode, done.stdout + done.stderr, outside(notes), system, is_traced=bool(strace))


def noting(notes: Path) -> dict[str, str]:
    """The environment in which every Python process writes its attempts to reach another one into the file `notes`."""
    notes.touch()
    return {"PYTHONPATH": f"{WATCH}{os.pathsep}{ROOT}", "STEPCARE_TEST_CONNECTS": str(notes)}


def outside(notes: Path) -> list[str]:
    """The attempts that are not for this machine: a Unix socket's path, or a loopback address."""
    found = []
    for line in notes.read_text(encoding="utf-8").splitlines():
        event, _, where = line.partition(" ")
        address = ast.literal_eval(where)
        is_name = event in ("socket.getaddrinfo", "socket.gethostbyname")
        host = address if is_name else address[0] if isinstance(address, tuple) else None  # None: a Unix socket
        if host is not None and not LOOPBACK.fullmatch(str(host)):
            found.append(line)
    return found
