"""Dagster's own page and daemon, started as an operator starts them, and beside it the page for managers."""

import base64
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import chromium
from tests.conftest import ROOT
from tests.watching import noting, outside

pytestmark = pytest.mark.ci
SECONDS_TO_START = 120
PASSWORD = "the password of all managers"
STATES = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
    schedules { name scheduleState { status } } sensors { name sensorState { status } }
    assetGroups { groupName } } } } }"""
GROUPS = ("raw", "clean", "cohort", "checks", "estimates", "diagnostics", "self_checks", "report")


@dataclass(frozen=True)
class Started:
    port: int
    process: "subprocess.Popen[bytes]"
    connects: Path
    log: Path
    password: str = ""

    def ask(self, query: str) -> dict:
        """The answer to a GraphQL document; raises URLError when the page does not answer with 200."""
        headers = {"Content-Type": "application/json"}
        if self.password:
            headers["Authorization"] = f"Basic {base64.b64encode(f'a:{self.password}'.encode()).decode()}"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", data=json.dumps({"query": query}).encode(), headers=headers
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())["data"]

    def repositories(self) -> list[dict]:
        until = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < until and self.process.poll() is None:
            try:
                said: object = self.ask(STATES)["repositoriesOrError"]
                if isinstance(said, dict) and (nodes := said.get("nodes")):
                    return nodes
            except (urllib.error.URLError, OSError) as error:
                said = error
            time.sleep(0.5)
        raise AssertionError(f"the page did not answer: {said}; {self.log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def started(home: Path, *options: str, password: str = "") -> Iterator[Started]:
    """`stepcare ui` with its options, answering; ended on the way out, with all that it began."""
    port = _free_port()
    environment = {**os.environ, **noting(home.with_name("connects.txt")), "STEPCARE_HOME": str(home)}
    command = [sys.executable, "-m", "pipelines.cli", "ui", "--port", str(port), *options]
    log = home.with_name("log.txt")
    with (
        log.open("wb") as said,
        subprocess.Popen(command, env=environment, cwd=ROOT, stdout=said, stderr=said) as process,
    ):
        try:
            page = Started(port, process, home.with_name("connects.txt"), log, password)
            page.repositories()
            yield page
        finally:
            began = descendants(process.pid)
            process.terminate()
            process.wait(timeout=60)
    until = time.monotonic() + 20
    while (left := {process for process in began if is_running(process)}) and time.monotonic() < until:
        time.sleep(0.2)
    assert left == set(), "ending the command ends all that it began"


@pytest.fixture(scope="module")
def operators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("operators") / "home") as page:
        yield page


@pytest.fixture(scope="module")
def managers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("managers")
    file = folder / "password"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    with started(folder / "home", "--read-only", "--password-file", str(file), password=PASSWORD) as page:
        yield page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def descendants(process: int) -> set[int]:
    """The process and all that it began, in whatever session, as `ps` lists them."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = dict(map(int, line.split()) for line in listed.splitlines())
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def listening(processes: set[int]) -> set[str]:
    """The TCP addresses on which the processes listen, as `ss` writes them."""
    lines = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[3] for line in lines if processes & set(map(int, re.findall(r"pid=(\d+)", line)))}


def test_the_page_answers_on_loopback_with_the_graph_and_the_schedules_running(operators: Started) -> None:
    (repository,) = operators.repositories()
    states = {s["name"]: s["scheduleState"]["status"] for s in repository["schedules"]}
    assert {"nightly", "weekly_report"} <= states.keys()
    assert set(states.values()) == {"RUNNING"}
    assert {s["name"]: s["sensorState"]["status"] for s in repository["sensors"]}["new_deliveries"] == "RUNNING"
    assert {group["groupName"] for group in repository["assetGroups"]} >= set(GROUPS)


def test_no_port_answers_but_the_guarded_one(operators: Started, managers: Started) -> None:
    """R-S6: the page, the daemon and the code servers together listen on one address, of this machine only."""
    for page in (operators, managers):
        began = descendants(page.process.pid)
        assert len(began) >= 3
        assert listening(began) == {f"127.0.0.1:{page.port}"}
        with pytest.raises(urllib.error.HTTPError, match="403"):
            _ask_by_another_name(page)


def _ask_by_another_name(page: Started) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{page.port}/", headers={"Host": "rebound.example"})
    urllib.request.urlopen(request, timeout=20)


def is_running(process: int) -> bool:
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())  # empty once it has ended and waits for its parent
    except FileNotFoundError:
        return False


def visited(browser: Browser, page: Started, path: str) -> tuple[Page, list[str], list[str]]:
    """The page at `path` in the browser, the addresses it asked for, and what failed or was refused."""
    user = {"http_credentials": {"username": "a", "password": page.password}} if page.password else {}
    context = browser.new_context(viewport={"width": 1400, "height": 900}, **user)
    tab = context.new_page()
    asked: list[str] = []
    failed: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("websocket", lambda opened: asked.append(opened.url))
    tab.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    tab.on("console", lambda message: failed.append(message.text) if message.type == "error" else None)
    tab.goto(f"http://127.0.0.1:{page.port}{path}")
    return tab, asked, failed


def is_own(address: str, page: Started) -> bool:
    return address.startswith((f"http://127.0.0.1:{page.port}/", f"ws://127.0.0.1:{page.port}/", "data:", "blob:"))


def test_an_operator_sees_the_graph_and_can_start_a_night_through_the_guard(
    browser: Browser, operators: Started
) -> None:
    """R-S6, R-S7: the page works behind the guard, asks nobody but itself, and nothing of its own is refused."""
    tab, asked, failed = visited(browser, operators, "/asset-groups")
    for group in GROUPS:
        tab.get_by_text(group, exact=True).first.wait_for()
    tab.get_by_role("button", name="Materialize all").wait_for()
    assert tab.get_by_role("button", name="Materialize all").is_enabled()
    assert [address for address in asked if not is_own(address, operators)] == []
    assert any(address.startswith("ws://") for address in asked)
    assert failed == []
    tab.context.close()


def test_a_manager_sees_the_graph_and_can_start_nothing(browser: Browser, managers: Started) -> None:
    """R-S6: read-only for managers: no launch on the page, and no mutation behind it."""
    tab, asked, failed = visited(browser, managers, "/asset-groups")
    for group in GROUPS:
        tab.get_by_text(group, exact=True).first.wait_for()
    button = tab.get_by_role("button", name="Materialize all")
    button.wait_for()
    assert button.is_disabled()
    assert [address for address in asked if not is_own(address, managers)] == []
    assert failed == []
    tab.context.close()
    for mutation in ("setNuxSeen", 'deletePipelineRun(runId: "a") { __typename }', "shutdownRepositoryLocation"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            managers.ask(f"mutation {{ {mutation} }}")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        Started(managers.port, managers.process, managers.connects, managers.log).ask("{ version }")


def test_neither_page_nor_daemon_nor_code_server_tries_to_reach_another_machine(
    operators: Started, managers: Started
) -> None:
    """R-S7: 0 attempts of any Python process that the two pages began, while they were looked at."""
    assert [line for page in (operators, managers) for line in outside(page.connects)] == []


def test_a_page_for_reading_runs_no_daemon(managers: Started) -> None:
    daemons = managers.ask("{ instance { daemonHealth { allDaemonStatuses { lastHeartbeatTime } } } }")
    assert {d["lastHeartbeatTime"] for d in daemons["instance"]["daemonHealth"]["allDaemonStatuses"]} == {None}
