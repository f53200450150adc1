"""Find the sections of a folder and ask them, each in a process of its own with a time limit."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from pipelines.children import run_child
from pipelines.results.sections import Scope
from pipelines.sections.refusals import NotShown, Refusal

Kind = Literal["yes_no", "whole", "number", "text", "other"]
LARGEST_BYTES = 2_000_000
_DECORATED = "@section"


@dataclass(frozen=True)
class Asked:
    """A section's exact answer, as its function gave it: rows, the kind of each column, and what it declares."""

    df: pd.DataFrame
    kinds: dict[str, Kind]
    note: str
    counts: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    dots: dict[str, Any] | None


@dataclass(frozen=True)
class FoundSection:
    """A section that a file has: its code (`file.function`), what it is called, and where it is."""

    code: str
    title: str
    scope: Scope
    method: str
    file: Path
    function: str


def files_with_sections(folder: Path) -> list[Path]:
    """The Python files of the folder that decorate a section, in alphabetical order."""
    return [
        path for path in sorted(folder.glob("*.py")) if _DECORATED in path.read_text(encoding="utf-8", errors="replace")
    ]


def sections_of(file: Path, home: Path, seconds: float) -> list[FoundSection]:
    """The sections of a file, in its order. Raises NotShown when it cannot be read."""
    try:
        said = _run(home, seconds, [str(file)])
    except NotShown as error:
        raise NotShown(Refusal.FILE, str(error)) from None
    return [
        FoundSection(f"{file.stem}.{one['function']}", one["title"], one["scope"], one["method"], file, one["function"])
        for one in said["sections"]
    ]


def ask(found: FoundSection, warehouse: Path, home: Path, seconds: float) -> Asked:
    """The exact answer of a section on a warehouse that nobody is writing. Raises NotShown, saying why, when there is none."""
    said = _run(home, seconds, [str(found.file), found.function, str(warehouse)])
    if not said["is_answer"]:
        raise NotShown(Refusal.NO_ANSWER)
    if said["is_patient_level"]:
        raise NotShown(Refusal.PATIENTS)
    if said["is_safe"]:
        raise NotShown(Refusal.SAFE_COPY)
    if said["n_rows"] and not said["columns"]:
        raise NotShown(Refusal.TOO_MANY_ROWS)
    return Asked(
        df=pd.DataFrame({one["name"]: pd.Series(one["values"], dtype=object) for one in said["columns"]}),
        kinds={one["name"]: one["kind"] for one in said["columns"]},
        note=said["note"],
        counts=tuple(said["counts"]),
        parts=tuple((part, whole) for part, whole in said["parts"]),
        figures=tuple((figure, count) for figure, count in said["figures"]),
        key=tuple(said["key"]),
        dots=said["dots"],
    )


def _run(home: Path, seconds: float, arguments: list[str]) -> dict[str, Any]:
    private = home / "tmp"
    private.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=private) as folder:
        out = Path(folder) / "said.json"
        command = [str(out), *arguments]
        ended = run_child("pipelines.sections.question_runner", command, seconds, {"STEPCARE_HOME": str(home)})
        if ended.state == "too long":
            raise NotShown(Refusal.TIME, f"ended after {seconds:g} s")
        if not out.is_file():
            raise NotShown(Refusal.ERROR, "the process ended")
        if out.stat().st_size > LARGEST_BYTES:
            raise NotShown(Refusal.TOO_MANY_ROWS)
        said: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    if "refused" in said:
        raise NotShown(Refusal[said["refused"]])
    if "error" in said:
        raise NotShown(Refusal.ERROR, said["error"] + (f", line {said['line']}" if said["line"] else ""))
    return said
