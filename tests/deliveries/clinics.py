"""A small delivery of any clinic, with keys of its own, and ways to change what was delivered so that the manifest agrees."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Rows = list[dict[str, str]]
Feeds = dict[str, Rows]

N_EPISODES = 4


def key(*parts: object) -> str:
    """A key as a clinic makes it: 32 hex digits that depend on the clinic, the kind and the number."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def clinic_feeds(clinic: str, n_episodes: int = N_EPISODES, rmdq24: int = 12) -> Feeds:
    """Episodes with a session, a component, an answer, an examination and a blood test each."""
    numbers = range(n_episodes)
    episodes = [key(clinic, "episode", number) for number in numbers]
    sessions = [key(clinic, "session", number) for number in numbers]
    return {
        "intake": [
            {
                "patient_key": key(clinic, "patient", number),
                "episode_key": episodes[number],
                "clinic_code": clinic,
                "schema_version": "1.0.0",
                "index_period": "2026-Q1",
                "observed_through_day": "200",
                "age_band": "40-49",
                "complaint_region": "low_back;thigh",
                "nprs_back_avg": str(number % 10),
                "rmdq24": str(rmdq24),
                "rf_any": "no",
            }
            for number in numbers
        ],
        "exam": [{"episode_key": episode, "exam_day": "0", "clinical_dx": ""} for episode in episodes],
        "lab": [
            {"episode_key": episode, "test": "crp", "day": "0", "value": "3.5", "unit": "mg/L"} for episode in episodes
        ],
        "session": [
            {
                "session_key": session,
                "episode_key": episode,
                "session_day": "0",
                "attendance": "attended",
                "nprs_pre": "5",
            }
            for session, episode in zip(sessions, episodes, strict=True)
        ],
        "session_component": [
            {"session_key": session, "component_no": "1", "component": "exercise", "exercise_type": ".a"}
            for session in sessions
        ],
        "outcome": [
            {
                "episode_key": episode,
                "timepoint_wk": "12",
                "due_day": "84",
                "completed_day": "85",
                "rmdq24": "6",
                "mode": "",
            }
            for episode in episodes
        ],
    }


def csv_bytes(rows: Sequence[Mapping[str, str]], columns: Sequence[str] | None = None) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def send(
    inbox: Path, clinic: str, delivery_id: str, feeds: Mapping[str, Sequence[Mapping[str, str]]], mode: str = "snapshot"
) -> Path:
    """Write a delivery of CSV files, manifest last; a feed without rows has the header of the clinic's ordinary one."""
    folder = inbox / clinic / delivery_id
    folder.mkdir(parents=True, exist_ok=True)
    headers = clinic_feeds(clinic, 1)
    files = {
        f"{feed}.csv": (csv_bytes(rows, list(rows[0] if rows else headers[feed][0])), len(rows))
        for feed, rows in feeds.items()
    }
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    said = {
        "schema_version": "1.0.0",
        "clinic_code": clinic,
        "delivery_id": delivery_id,
        "mode": mode,
        "files": {
            name: {"rows": n_rows, "sha256": hashlib.sha256(content).hexdigest()}
            for name, (content, n_rows) in files.items()
        },
    }
    (folder / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


def manifest_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def say(folder: Path, **changes: object) -> None:
    """Change what the manifest says."""
    (folder / "manifest.json").write_text(json.dumps(manifest_of(folder) | changes), encoding="utf-8")


def say_of(folder: Path, name: str, **changes: object) -> None:
    """Change what the manifest says of one file."""
    files = manifest_of(folder)["files"]
    files[name] = files.get(name, {}) | changes
    say(folder, files=files)


def put(folder: Path, name: str, content: bytes, rows: int | None = None) -> None:
    """Replace a file, or add one, and make the manifest agree with its content, and with `rows` when given."""
    (folder / name).write_bytes(content)
    counted = {} if rows is None else {"rows": rows}
    say_of(folder, name, sha256=hashlib.sha256(content).hexdigest(), **counted)


def swap_format(folder: Path, feed: str, content: bytes, rows: int) -> None:
    """Send a feed as Parquet instead of CSV."""
    files = manifest_of(folder)["files"]
    del files[f"{feed}.csv"]
    say(folder, files=files)
    (folder / f"{feed}.csv").unlink()
    put(folder, f"{feed}.parquet", content, rows)
