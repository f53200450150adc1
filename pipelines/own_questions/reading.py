"""The files `questions/*.toml` of an installation's home, read and checked; what they say together is part of what a night is."""

import hashlib
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import duckdb

from pipelines.causal.protocol import FixedGroup
from pipelines.causal.trials import TRIALS
from pipelines.configuration import checked
from pipelines.errors import UsageError
from pipelines.own_questions.question import OwnCovariate, OwnOutcome, OwnTrial, Question

FOLDER = "questions"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LISTS: dict[str, type[Any]] = {"covariate": OwnCovariate, "outcome": OwnOutcome, "group": FixedGroup}


@dataclass(frozen=True)
class Unreadable:
    """A file that is no question, and why."""

    id: str
    sha256: str
    reason: str


def question_files(home: Path) -> list[Path]:
    """The files of own questions, by name."""
    return sorted((home / FOLDER).glob("*.toml"))


def is_well_named(path: Path) -> bool:
    """Whether the file is called as a question must be; another is refused, and not part of a backup."""
    return bool(_NAME.fullmatch(path.stem))


def questions_hash(home: Path) -> str:
    """sha256 over the own questions, by name and content; empty without any."""
    listed = [f"{path.stem} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in question_files(home)]
    return asked_hash(listed)


def asked_hash(listed: list[str]) -> str:
    """sha256 of lines `<id> <sha256 of the file>`, in order; empty without any."""
    return hashlib.sha256("\n".join(sorted(listed)).encode()).hexdigest() if listed else ""


def hash_of_asked(con: duckdb.DuckDBPyConnection) -> str:
    """`questions_hash` of the questions that this night was asked, empty without any or before there were some."""
    is_there = con.execute(
        "select 1 from information_schema.tables where table_schema = 'estimates' and table_name = 'own_questions'"
    ).fetchall()
    if not is_there:
        return ""
    rows = con.execute("select question || ' ' || sha256 from estimates.own_questions").fetchall()
    return asked_hash([row[0] for row in rows])


def read_questions(home: Path) -> list[Question | Unreadable]:
    """Every own question of the installation, by name; a file that is wrong is Unreadable and keeps nobody else from asking."""
    return [_read(path) for path in question_files(home)]


def _read(path: Path) -> Question | Unreadable:
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        question = parse(path.stem, content.decode("utf-8"), sha256)
        question.target_trial()
    except (UsageError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        return Unreadable(path.stem, sha256, str(error))
    return question


def parse(name: str, text: str, sha256: str = "") -> Question:
    """The question that `text` (TOML) asks under this name; raises UsageError or ValueError, saying what is wrong of which key."""
    if not _NAME.fullmatch(name):
        raise UsageError("call the file by small letters, digits and underscores, at most 40, a letter first")
    said = tomllib.loads(text)
    where = Path(FOLDER) / f"{name}.toml"
    known = {field.name for field in fields(Question)} - {"id", "sha256"}
    if unknown := sorted(said.keys() - known):
        raise UsageError(f"{where}: there is no {', '.join(unknown)}. There are {', '.join(sorted(known))}")
    if said.get("starts_from") not in TRIALS:
        raise UsageError(f"{where}: starts_from must be one of {', '.join(sorted(TRIALS))}")
    if not isinstance(said.get("why"), str) or not said["why"].strip():
        raise UsageError(f"{where}: why must say, before any outcome is looked at, why the question is asked")
    parts = {key: _tables(where, key, kind, said.get(key, [])) for key, kind in _LISTS.items()}
    own = said.get("trial")
    trial = None if own is None else OwnTrial(**checked(where, "trial", OwnTrial, own))
    outcomes = said.get("outcomes", [])
    if not isinstance(outcomes, list) or not all(isinstance(one, str) for one in outcomes):
        raise UsageError(f"{where}: outcomes must be a list of names")
    return Question(
        id=name,
        starts_from=said["starts_from"],
        why=said["why"],
        sha256=sha256,
        outcomes=tuple(outcomes),
        trial=trial,
        **parts,
    )


def _tables(where: Path, key: str, kind: type[Any], said: Any) -> tuple[Any, ...]:
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise UsageError(f"{where}: {key} must be tables, each written [[{key}]]")
    found = tuple(kind(**checked(where, key, kind, one)) for one in said)
    for one in found:
        if not _NAME.fullmatch(one.name):
            raise UsageError(f"{where}: [[{key}]] name must be small letters, digits and underscores, at most 40")
    return found
