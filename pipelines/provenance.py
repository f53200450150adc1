"""What a night was made from: hashes of the code and of the deliveries, so that the same night is never worked twice."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipelines.deliveries.ledger import Entry, Ledger

ROOT = Path(__file__).resolve().parents[1]
_LIBRARIES = ("duckdb", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy")
_READING = (
    "pipelines/contract_fields.csv",
    "pipelines/contracts.py",
    "pipelines/casting.py",
    "pipelines/deliveries",
    "pipelines/drift",
    "pipelines/privacy/identifiers.py",
    "pipelines/privacy/check_digits.py",
    "pipelines/privacy/forms.py",
    "pipelines/privacy/vocabulary.py",
)


def _sha256_of(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(*places: str) -> Iterable[Path]:
    for place in places:
        path = ROOT / place
        if path.is_file():
            yield path
        yield from (p for p in path.rglob("*") if p.suffix in (".py", ".sql", ".csv", ".css", ".j2", ".toml", ".typ"))


@cache
def code_hash() -> str:
    """sha256 of Stepcare's own files and the versions of the libraries that numbers depend on."""
    versions = [f"{library} {version(library)}" for library in _LIBRARIES]
    return hashlib.sha256(json.dumps([_sha256_of(_files("assets", "pipelines", "sql")), versions]).encode()).hexdigest()


@cache
def reading_hash() -> str:
    """sha256 of what decides how a delivery is read: while it is unchanged, `raw.*` of an earlier night may be kept."""
    macros = (ROOT / "sql" / "macros.sql",)
    return _sha256_of([*_files(*_READING), *macros])


def data_hash(entries: Iterable[Entry], releases: Iterable[str] = (), n_erasures: int = 0) -> str:
    """sha256 of what the deliveries say together, whatever order they came in.

    That is: under which name each content counts, what could not be used and why, what was withdrawn, released (delivery
    keys) or erased. That the same content came once more changes nothing.
    """
    listed = sorted(entries, key=lambda entry: (entry.clinic_code, entry.delivery_id, entry.seen_at))
    contents: dict[tuple[str, str], list[str]] = {}
    for entry in listed:
        if entry.delivery_key and entry.delivery_key not in contents.setdefault(
            (entry.clinic_code, entry.delivery_id), []
        ):
            contents[entry.clinic_code, entry.delivery_id].append(entry.delivery_key)
    placed: dict[str, tuple[str, str]] = {}
    for name, keys in contents.items():
        placed.setdefault(keys[-1], name)
    corrected = [(name, keys) for name, keys in contents.items() if len(keys) > 1]
    unusable = [
        (e.clinic_code, e.delivery_id, e.reason) for e in listed if e.state == "quarantined" and not e.delivery_key
    ]
    withdrawn = sorted({e.delivery_key for e in listed if e.delivery_key and e.state == "withdrawn"})
    said = [sorted(placed.items()), corrected, unusable, withdrawn, sorted(releases), n_erasures]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def ledger_hash(ledger: Ledger) -> str:
    """`data_hash` of everything that the ledger knows."""
    return data_hash(ledger.entries(), (key for key, _ in ledger.releases()), len(ledger.erasures()))


def night_key(data: str, code: str | None = None, questions: str = "") -> str:
    """The identity of a night: the same code (default: today's) on the same deliveries (`data_hash`) with the same own questions
    (`own_questions.reading.questions_hash`) gives the same results."""
    return hashlib.sha256(f"{code or code_hash()} {data}{questions}".encode()).hexdigest()
