"""The summary of a night for machines: `last_night.json` in the home (docs/operators.md, Run summary)."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

SCHEMA_VERSION = "1.0"
LAST_NIGHT = "last_night.json"
Outcome = Literal["published", "nothing_new", "nothing_to_do", "failed", "already_running"]
WELL = ("published", "nothing_new")
"""Outcomes of a night that did what it should."""


@dataclass(frozen=True)
class DeliverySummary:
    """A delivery whose state changed in this night."""

    clinic_code: str
    delivery_id: str
    state: str
    n_rows: int
    reason: str


@dataclass(frozen=True)
class BrokenCheck:
    """A check that is not met. `asset` and `told_by` are the check of the graph that tells of it; `name` is the same, or the
    single check where one of the graph stands for several. `severity` is error, warn or note."""

    asset: str
    told_by: str
    name: str
    severity: str
    detail: str = ""
    counts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Trouble:
    """What an operator must mend though the night went well: the kind of error and its message."""

    error: str
    message: str


@dataclass(frozen=True)
class Summary:
    """How a night ended. Times are UTC, ISO 8601; `newest_success_at` is the newest end of a night that did what it should.

    `checks_broken` is as each check was last evaluated: a night that ended before a check keeps what was known of it.
    `spoilt` names the folders below the home with files that are not what was written, until they are whole again.
    """

    schema_version: str
    stepcare_version: str
    started_at: str
    ended_at: str
    outcome: Outcome
    exit_code: int
    error: str
    message: str
    remedy: str
    run_id: str
    generation: str
    newest_success_at: str
    free_bytes: int
    deliveries: tuple[DeliverySummary, ...]
    checks_broken: tuple[BrokenCheck, ...]
    troubles: tuple[Trouble, ...]
    spoilt: tuple[str, ...]
    stage_seconds: dict[str, float]


def read_last_night(home: Path) -> Summary | None:
    """The summary of the last night in the installation, or None when there is none that can be read."""
    try:
        said = json.loads((home / LAST_NIGHT).read_text(encoding="utf-8"))
        known = {name: said[name] for name in Summary.__dataclass_fields__}
        known["deliveries"] = tuple(DeliverySummary(**one) for one in known["deliveries"])
        known["checks_broken"] = tuple(BrokenCheck(**one) for one in known["checks_broken"])
        known["troubles"] = tuple(Trouble(**one) for one in known["troubles"])
        known["spoilt"] = tuple(known["spoilt"])
        return Summary(**known)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_summary(path: Path, summary: Summary) -> None:
    """Write the summary whole or not at all, for its owner only."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(summary), indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
