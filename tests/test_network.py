"""A night on a machine without a network: nothing is asked for, and nothing is missed."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.deliveries.outgoing import write_delivery
from tests.conftest import ROOT, small_tables

pytestmark = pytest.mark.ci
WATCH = ROOT / "tests" / "watched"
LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|::1|localhost")
LOOPBACK_IN_TRACE = re.compile(r'inet_addr\("127\.|"::1"')
REACH_OUT = """
import socket
for family, address in ((socket.AF_INET, ("192.0.2.1", 9)), (socket.AF_INET6, ("2001:db8::1", 9))):
    try:
        socket.socket(family, socket.SOCK_DGRAM).connect(address)
    except OSError:
        pass
try:
    socket.getaddrinfo("bad.example", 9)
except OSError:
    pass
"""


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
    notes.touch()
    strace = shutil.which("strace")
    tracing = [strace, "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(trace)]
    done = subprocess.run(
        [*without_route(), *(tracing if strace else []), *command],
        env={
            **os.environ,
            **environment,
            "PYTHONPATH": f"{WATCH}{os.pathsep}{ROOT}",
            "STEPCARE_TEST_CONNECTS": str(notes),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = trace.read_text(errors="replace").splitlines() if strace else []
    system = [line for line in lines if "AF_INET" in line and not LOOPBACK_IN_TRACE.search(line)]
    return Watched(done.returncode, done.stdout + done.stderr, outside(notes), system, is_traced=bool(strace))


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


def test_a_night_needs_no_network_and_tries_to_reach_none(tmp_path: Path) -> None:
    """R-S7: the whole night in a namespace without a route; 0 attempts to connect or send outside this machine."""
    write_delivery(tmp_path / "inbox", "C001", "2026-11-01", "snapshot", small_tables())
    environment = {"STEPCARE_HOME": str(tmp_path / "home"), "STEPCARE_INBOX": str(tmp_path / "inbox")}
    night = watched(tmp_path, [sys.executable, "-m", "pipelines.cli", "nightly"], environment)
    assert night.code == 0, night.said
    assert "Published" in night.said
    assert night.python == []
    assert night.system == []


def test_an_attempt_to_reach_another_machine_is_noticed(tmp_path: Path) -> None:
    """R-S7, positive control: the same harness sees two connects and a name asked for, and the system's calls."""
    found = watched(tmp_path, [sys.executable, "-c", REACH_OUT], {})
    assert len(found.python) == 3
    assert len(found.system) >= (2 if found.is_traced else 0)
