"""Dagster's own page and daemon, started as an operator starts them."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.ci
SECONDS_TO_START = 120


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _ask(port: int, query: str) -> dict:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())["data"]


def test_the_page_answers_on_loopback_with_the_graph_and_the_schedules_running(tmp_path: Path) -> None:
    port = _free_port()
    environment = {**os.environ, "STEPCARE_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "pipelines.cli", "ui", "--port", str(port)]
    query = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
        schedules { name scheduleState { status } } sensors { name sensorState { status } }
        assetGroups { groupName } } } } }"""
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            nodes: list[dict] = []
            until = time.monotonic() + SECONDS_TO_START
            while not nodes and time.monotonic() < until:
                time.sleep(1)
                try:
                    nodes = _ask(port, query)["repositoriesOrError"].get("nodes") or []
                except (urllib.error.URLError, OSError):
                    continue
            addresses = subprocess.run(["ss", "-ltn"], capture_output=True, text=True, check=False).stdout
        finally:
            process.terminate()
            process.wait(timeout=60)
    left = subprocess.run(["pgrep", "-f", str(port)], capture_output=True, text=True, check=False).stdout.split()
    assert left == [], "ending the command ends the page and the daemon"
    assert nodes, "the page did not answer"
    (repository,) = nodes
    states = {s["name"]: s["scheduleState"]["status"] for s in repository["schedules"]}
    assert states == {"nightly": "RUNNING", "weekly_report": "RUNNING"}
    assert {s["name"]: s["sensorState"]["status"] for s in repository["sensors"]}["new_deliveries"] == "RUNNING"
    assert {group["groupName"] for group in repository["assetGroups"]} == {
        "raw", "clean", "cohort", "checks", "estimates", "report",
    }  # fmt: skip
    listening = [
        line.split()[3] for line in addresses.splitlines() if line.split()[3:4] and f":{port}" in line.split()[3]
    ]
    assert all(address.startswith("127.0.0.1") for address in listening)
