"""Deliveries for nights that are disturbed, in four waves, and what a plain reading of their CSVs says must come of them."""

import csv
import hashlib
import json
from pathlib import Path

import pandas as pd

from pipelines.deliveries.outgoing import write_delivery
from tests.conftest import small_tables

Records = dict[str, dict[tuple[str, ...], str]]
_KEYS = {
    "intake": ("episode_key",),
    "session": ("session_key",),
    "session_component": ("session_key", "component_no"),
    "outcome": ("episode_key", "timepoint_wk"),
}
CANARY = "jane.smith@example.org"
_SAID = {"intake": "age_band", "session": "session_day", "session_component": "component", "outcome": "rmdq24"}


def _tables(clinic_code: str, rmdq24: str = "6") -> dict[str, pd.DataFrame]:
    tables = small_tables(clinic_code)
    for table in tables.values():
        for key in ("episode_key", "session_key"):
            if key in table:
                table[key] = table[key] + f"-{clinic_code}"
    tables["intake"]["patient_key"] = [f"{number:061x}{clinic_code[1:]}" for number in range(4)]
    tables["outcome"] = tables["outcome"].assign(rmdq24=[rmdq24, ""])
    return tables


def first_wave(inbox: Path) -> None:
    """Snapshots of two clinics."""
    for clinic_code in ("C001", "C002"):
        write_delivery(inbox, clinic_code, "2026-11-01", "snapshot", _tables(clinic_code))


def second_wave(inbox: Path) -> None:
    """A correction, a new clinic, a smaller snapshot, one that comes twice, one cut short, and two with an e-mail address."""
    write_delivery(inbox, "C001", "2026-11-08", "delta", {**_empty("C001"), "outcome": _tables("C001", "3")["outcome"]})
    write_delivery(inbox, "C003", "2026-11-08", "snapshot", _tables("C003"))
    smaller = {feed: table.head(3) for feed, table in _tables("C002", "4").items()}
    write_delivery(inbox, "C002", "2026-11-08", "snapshot", smaller)
    write_delivery(inbox, "C001", "2026-11-09", "snapshot", _tables("C001"))
    cut = write_delivery(inbox, "C004", "2026-11-08", "snapshot", _tables("C004"))
    (cut / "intake.csv").write_bytes((cut / "intake.csv").read_bytes()[:-20])
    named = _tables("C004")
    named["intake"]["sex"] = CANARY
    write_delivery(inbox, "C004", "2026-11-10", "snapshot", named)
    episodes = _tables("C006")["intake"]["episode_key"]
    lab = pd.DataFrame({"episode_key": episodes, "test": "crp", "day": "0", "value": CANARY, "unit": "mg/L"})
    write_delivery(inbox, "C006", "2026-11-08", "snapshot", {**_tables("C006"), "lab": lab})


def third_wave(inbox: Path) -> None:
    """A correction that comes late, behind one that is newer."""
    late = {**_empty("C001"), "session": _tables("C001")["session"], "outcome": _tables("C001", "9")["outcome"]}
    write_delivery(inbox, "C001", "2026-11-05", "delta", late)


def fourth_wave(inbox: Path) -> None:
    """Another clinic that is new."""
    write_delivery(inbox, "C005", "2026-11-15", "snapshot", _tables("C005"))


def _empty(clinic_code: str) -> dict[str, pd.DataFrame]:
    return {feed: table.head(0) for feed, table in _tables(clinic_code).items()}


def records(inbox: Path) -> Records:
    """One value a record, by feed and key, from the CSVs alone: later deliveries of a clinic go before earlier ones."""
    found: Records = {feed: {} for feed in _KEYS}
    for clinic in sorted(path for path in inbox.iterdir() if path.is_dir()):
        of_clinic: Records = {feed: {} for feed in _KEYS}
        seen: set[str] = set()
        for folder in sorted(path for path in clinic.iterdir() if not path.name.startswith(".")):
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in manifest["files"]}
            content = repr((manifest["mode"], sorted(files.items())))
            is_cut = any(files[name] != said["sha256"] for name, said in manifest["files"].items())
            if content in seen or is_cut or CANARY in (folder / "intake.csv").read_text(encoding="utf-8"):
                continue
            seen.add(content)
            if manifest["mode"] == "snapshot":
                of_clinic = {feed: {} for feed in _KEYS}
            for feed, key in _KEYS.items():
                with (folder / f"{feed}.csv").open(encoding="utf-8", newline="") as file:
                    rows = {tuple(row[name] for name in key): row[_SAID[feed]] for row in csv.DictReader(file)}
                of_clinic[feed] |= rows
        for feed, rows in of_clinic.items():
            found[feed] |= rows
    return found


def is_said(said: str, stored: object) -> bool:
    """Whether the stored value is the delivered text: empty and missing-reason tokens are stored as missing."""
    return stored is None if not said or said.startswith(".") else str(stored) == said


def key_columns(feed: str) -> tuple[tuple[str, ...], str]:
    """The columns of a record's key, and the one whose value is compared."""
    return _KEYS[feed], _SAID[feed]
