"""What a night was made from: hashes of the code and of the deliveries, so that the same night is never worked twice."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipelines.deliveries.ledger import Entry

ROOT = Path(__file__).resolve().parents[1]
_LIBRARIES = ("duckdb", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy")
_READING = ("pipelines/contract_fields.csv", "pipelines/contracts.py", "pipelines/casting.py", "pipelines/deliveries")


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
        yield from (p for p in path.rglob("*") if p.suffix in (".py", ".sql", ".csv", ".j2"))


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


def data_hash(entries: Iterable[Entry]) -> str:
    """sha256 of the deliveries in use and of those that were refused, whatever order they came in."""
    judged = sorted(
        {
            (entry.clinic_code, entry.delivery_id, entry.delivery_key or "", entry.reason)
            for entry in entries
            if entry.state in ("received", "loaded", "refused")
        }
    )
    return hashlib.sha256(json.dumps(judged).encode()).hexdigest()


def night_key(entries: Iterable[Entry], code: str | None = None) -> str:
    """The identity of a night: the same code (default: today's) on the same deliveries gives the same results."""
    return hashlib.sha256(f"{code or code_hash()} {data_hash(entries)}".encode()).hexdigest()
