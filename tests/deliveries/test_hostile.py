"""What a clinic sends by mistake or in malice: each kind ends in a state with a reason, and the others of the night still land."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.deliveries.clinics import clinic_feeds, put, send
from tests.deliveries.hostile_csv import BYTES, HEADERS, RECORDS, VALUES
from tests.deliveries.hostile_folders import FOLDERS, MANIFESTS, USED, Kind
from tests.deliveries.hostile_parquet import PARQUET

KINDS: dict[str, Kind] = FOLDERS | MANIFESTS | BYTES | HEADERS | RECORDS | VALUES | PARQUET
CLINICS = {kind: f"H{number:03d}" for number, kind in enumerate(KINDS)}
GOOD = ("C001", "Z001")

MOST_SECONDS, MOST_MEGABYTES = 10, 1_000
"""Of CPU for one delivery, and resident for the whole night (reliability.md R-S3)."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One night on an inbox with a delivery of every kind, between two good ones."""
    place = tmp_path_factory.mktemp("hostile")
    inbox = place / "inbox"
    with_exam = {CLINICS[kind] for kind in ("an optional file with another hash", "a file twice")}
    for clinic in (*GOOD, *CLINICS.values()):
        left_out = {"lab"} if clinic in with_exam else {"lab", "exam"}
        feeds = {feed: rows for feed, rows in clinic_feeds(clinic).items() if feed not in left_out}
        send(inbox, clinic, "2026-11-01", feeds)
    for kind, clinic in CLINICS.items():
        KINDS[kind].build(inbox / clinic / "2026-11-01")
    return _night(place, inbox)


def _night(place: Path, inbox: Path) -> dict[str, Any]:
    result = place / "result.json"
    command = [sys.executable, "-m", "tests.deliveries.hostile_night", place / "home", inbox, result]
    subprocess.run(command, check=True, cwd=ROOT, timeout=300)
    return json.loads(result.read_text(encoding="utf-8")) | {"home": place / "home"}


def test_the_corpus_is_large_enough() -> None:
    """R-S3 asks for 60 hostile files."""
    assert len(KINDS) >= 180
    assert len(set(KINDS)) == len(FOLDERS) + len(MANIFESTS) + len(BYTES) + len(HEADERS) + len(RECORDS) + len(
        VALUES
    ) + len(PARQUET)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_hostile_ends_in_a_state_with_a_reason_of_one_line(hostile: dict[str, Any], kind: str) -> None:
    """R-S3, R-F5: quarantined or incomplete with the reason, or used with what is wrong in it set aside."""
    ((state, reason),) = [(entry[2], entry[3]) for entry in hostile["entries"] if entry[0] == CLINICS[kind]]
    rules = [rule for clinic, _, rule, _, _ in hostile["rules"] if clinic == CLINICS[kind]]
    wanted = KINDS[kind]
    assert state == wanted.state, reason
    if wanted.state == USED:
        assert any(wanted.said in rule for rule in rules) if wanted.said else not rules
    else:
        assert wanted.said in reason
        assert not rules
    assert len(reason.splitlines()) <= 1
    assert len(reason) < 400


def test_the_other_deliveries_of_the_night_still_land(hostile: dict[str, Any]) -> None:
    """R-S3: what comes before and after the hostile ones is used."""
    assert [(entry[0], entry[2]) for entry in hostile["entries"] if entry[0] in GOOD] == [
        (clinic, USED) for clinic in GOOD
    ]


def test_a_hostile_night_keeps_to_its_time_and_memory(hostile: dict[str, Any]) -> None:
    """R-S3: at most 10 s of CPU for a delivery and 1 GB resident for all."""
    assert hostile["seconds"] < MOST_SECONDS
    assert hostile["megabytes"] < MOST_MEGABYTES


def test_no_name_or_remark_of_a_hostile_delivery_is_kept(hostile: dict[str, Any]) -> None:
    """R-P4: neither a folder called after a patient, nor what stands beside the manifest's fields."""
    assert "Canary" not in json.dumps([hostile["entries"], hostile["rules"], hostile["blocked"]])
    for path in hostile["home"].rglob("*"):
        assert "Canary" not in path.name
        assert not path.is_file() or b"Canary" not in path.read_bytes(), path.name


def test_a_refused_folder_is_told_by_its_place(hostile: dict[str, Any]) -> None:
    clinic = CLINICS["a name with blanks, as of a patient"]
    ((delivery_id, reason),) = [(entry[1], entry[3]) for entry in hostile["entries"] if entry[0] == clinic]
    assert delivery_id.startswith("unnamed-")
    assert reason.startswith(
        f"folder 1 of 1 in the clinic {clinic} (in the order of LC_ALL=C ls) has a name that is no code"
    )


@pytest.mark.long
def test_a_million_rows_that_are_set_aside_end_in_time_and_hold_their_delivery_alone(tmp_path: Path) -> None:
    """R-S3: 10^6 quarantined rows in one delivery; the message says the limit, and the other clinic is used."""
    inbox = tmp_path / "inbox"
    send(inbox, "C001", "2026-11-01", clinic_feeds("C001"))
    folder = send(inbox, "C002", "2026-11-01", clinic_feeds("C002"))
    content = b"".join(b"%032d,12,nobody knows,85,6,\n" % number for number in range(1_000_000))
    put(folder, "outcome.csv", b"episode_key,timepoint_wk,due_day,completed_day,rmdq24,mode\n" + content, 1_000_000)
    night = _night(tmp_path, inbox)
    assert [(entry[0], entry[2]) for entry in night["entries"]] == [("C001", USED), ("C002", USED)]
    assert night["rules"] == [["C002", "outcome", "a whole number from 0 to 3650", "row", 1_000_000]]
    assert night["held"] == [["C002", "more than 20 % of the rows of outcome had to be set aside"]]
    assert night["megabytes"] < MOST_MEGABYTES
    assert night["seconds"] < MOST_SECONDS
