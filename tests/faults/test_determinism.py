"""The same deliveries give the same bytes, whatever the threads, the seed of Python's hashes and the order of the rows."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.synthetic import simulate
from tests.faults.nursery import ROOT


def _exports(folder: Path, inbox: Path, threads: int, hash_seed: str) -> dict[str, str]:
    """sha256 of every table as CSV and of every page, by file."""
    command = [sys.executable, "-B", "-m", "tests.faults.whole_night", str(folder), str(inbox), str(threads)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": hash_seed}, check=True)
    files = sorted(path for part in ("exports", "reports") for path in (folder / part).rglob("*") if path.is_file())
    found = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    shutil.rmtree(folder)
    return found


def _shuffled(inbox: Path, to: Path, seed: int) -> Path:
    """The inbox with the rows of every CSV in another order; the manifests fit."""
    draw = random.Random(seed)
    shutil.copytree(inbox, to)
    for manifest in sorted(to.rglob("manifest.json")):
        said = json.loads(manifest.read_text(encoding="utf-8"))
        for name, about in said["files"].items():
            header, *rows = (manifest.parent / name).read_text(encoding="utf-8").splitlines(keepends=True)
            draw.shuffle(rows)
            (manifest.parent / name).write_text(header + "".join(rows), encoding="utf-8")
            about["sha256"] = hashlib.sha256((manifest.parent / name).read_bytes()).hexdigest()
        manifest.write_text(json.dumps(said), encoding="utf-8")
    return to


def _differing(first: dict[str, str], second: dict[str, str]) -> list[str]:
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


@pytest.mark.ci
def test_threads_hash_seeds_and_the_order_of_rows_change_no_byte(tmp_path: Path) -> None:
    """R-F9: 150 episodes with some dirt; every estimate is refused, and every table and page made."""
    inbox = tmp_path / "inbox"
    simulate(inbox, episodes=150, clinics=3, world="uniform", seed=8, dirt=0.01)
    first = _exports(tmp_path / "1", inbox, threads=1, hash_seed="0")
    assert any(name.startswith("exports/estimates.") for name in first)
    assert any(name.endswith(".html") for name in first)
    shuffled = _shuffled(inbox, tmp_path / "shuffled", seed=1)
    assert _differing(first, _exports(tmp_path / "2", shuffled, threads=4, hash_seed="12345")) == []


@pytest.mark.long
def test_whole_nights_with_estimates_are_the_same_to_the_byte(tmp_path: Path) -> None:
    """R-F9: three times over, on 1, 2 and 4 threads, with other hash seeds, and with the rows in another order."""
    inbox = tmp_path / "inbox"
    simulate(inbox, episodes=2500, clinics=6, world="uniform", seed=8, dirt=0.002)
    first = _exports(tmp_path / "night", inbox, threads=2, hash_seed="0")
    shuffled = _shuffled(inbox, tmp_path / "shuffled", seed=1)
    ways = [
        (inbox, 2, "0"),
        (inbox, 2, "0"),
        (inbox, 1, "1"),
        (inbox, 4, "random"),
        (shuffled, 2, "2"),
        (shuffled, 4, "3"),
    ]
    for place, threads, hash_seed in ways:
        found = _exports(tmp_path / "night", place, threads, hash_seed)
        assert _differing(first, found) == [], (place.name, threads, hash_seed)
