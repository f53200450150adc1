"""The end of a night: what the reports are stamped with, and the swap that makes the night the published one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.generations import WAREHOUSE, Generation, publish
from pipelines.provenance import data_hash, night_key
from pipelines.reporting.model import Stamp
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

_SOURCE_NOTES = {
    "SCIATICA": "SCIATICA: 142 real patients of the Sciatica Trial who began on conservative care (Mertens 2014, Peul 2007).",
    "SPIDER": "SPIDER: real lumbar MRI gradings of 218 people with a history of low back pain (van der Graaf 2024, CC BY 4.0).",
}


@dataclass(frozen=True)
class _Made:
    """What a run's warehouse was made from, by its own account."""

    code: str
    reading: str
    entries: tuple[Entry, ...]
    clinics: tuple[str, ...]
    is_simulated: bool


def _made_from(con: duckdb.DuckDBPyConnection, settings: Settings) -> _Made:
    rows = con.execute("select delivery_key, clinic_code, is_simulated from raw.delivery").fetchall()
    ((code, reading),) = con.execute("select code_hash, reading_hash from raw.code").fetchall()
    delivered = {row[0] for row in rows}
    with open_ledger(settings.ledger) as ledger:
        entries = [e for e in ledger.entries() if e.state == "refused" or e.delivery_key in delivered]
    return _Made(
        code=code,
        reading=reading,
        entries=tuple(entries),
        clinics=tuple(sorted({row[1] for row in rows})),
        is_simulated=any(row[2] for row in rows),
    )


def stamp_of(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str) -> Stamp:
    """What the reports of this run are stamped with; the time and the run are all that another run would not repeat."""
    made = _made_from(con, settings)
    return Stamp(
        made_at=datetime.now(UTC),
        run_id=run_id,
        data_hash=data_hash(made.entries),
        code_version=f"{version('stepcare')} ({made.code[:12]})",
        is_simulated=made.is_simulated,
        source_notes=tuple(_SOURCE_NOTES[clinic] for clinic in made.clinics if clinic in _SOURCE_NOTES),
    )


def publish_night(settings: Settings, folder: Path, run_id: str) -> Generation:
    """Publish the night in `folder` and mark its deliveries as loaded; returns the generation.

    What it was made from is read from its own warehouse: a run that only makes the pages again publishes the deliveries and
    the code of the night it started from, and so hides nothing that is new.
    """
    with open_warehouse(folder / WAREHOUSE) as con:
        made = _made_from(con, settings)
        con.execute("checkpoint")
    made_at = datetime.now(UTC)
    key = night_key(made.entries, made.code)
    generation = Generation(
        name=f"{made_at:%Y%m%dT%H%M%SZ}-{key[:8]}",
        run_id=run_id,
        made_at=made_at.isoformat(timespec="seconds"),
        night_key=key,
        code_hash=made.code,
        reading_hash=made.reading,
        data_hash=data_hash(made.entries),
        is_simulated=made.is_simulated,
    )
    publish(settings, folder, generation)
    with open_ledger(settings.ledger) as ledger:
        for entry in made.entries:
            if entry.state == "received" and entry.delivery_key:
                ledger.mark(entry.delivery_key, "loaded")
    return generation
