"""The end of a night: what the reports are stamped with, and the swap that makes the night the published one."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines.deliveries.ledger import open_ledger
from pipelines.generations import Generation, publish
from pipelines.provenance import code_hash, data_hash, night_key, reading_hash
from pipelines.reporting.model import Stamp
from pipelines.settings import Settings

_SOURCE_NOTES = {
    "SCIATICA": "SCIATICA: 142 real patients of the Sciatica Trial who began on conservative care (Mertens 2014, Peul 2007).",
    "SPIDER": "SPIDER: real lumbar MRI gradings of 218 people with a history of low back pain (van der Graaf 2024, CC BY 4.0).",
}


def stamp_of(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str) -> Stamp:
    """What the reports of this run are stamped with; the time is the only part that another run would not repeat."""
    with open_ledger(settings.ledger) as ledger:
        entries = ledger.entries()
    rows = con.execute(
        "select clinic_code, bool_or(is_simulated) from raw.delivery group by clinic_code order by 1"
    ).fetchall()
    return Stamp(
        made_at=datetime.now(UTC),
        run_id=run_id,
        data_hash=data_hash(entries),
        code_version=f"{version('stepcare')} ({code_hash()[:12]})",
        is_simulated=any(is_simulated for _, is_simulated in rows),
        source_notes=tuple(_SOURCE_NOTES[clinic] for clinic, _ in rows if clinic in _SOURCE_NOTES),
    )


def publish_night(settings: Settings, folder: Path, run_id: str, *, is_simulated: bool, loaded: set[str]) -> Generation:
    """Publish the night in `folder` and mark its deliveries as loaded; returns the generation."""
    made_at = datetime.now(UTC)
    with open_ledger(settings.ledger) as ledger:
        for key in sorted(loaded):
            ledger.mark(key, "loaded")
        entries = ledger.entries()
    key = night_key(entries)
    generation = Generation(
        name=f"{made_at:%Y%m%dT%H%M%SZ}-{key[:8]}",
        run_id=run_id,
        made_at=made_at.isoformat(timespec="seconds"),
        night_key=key,
        code_hash=code_hash(),
        reading_hash=reading_hash(),
        data_hash=data_hash(entries),
        is_simulated=is_simulated,
    )
    publish(settings, folder, generation)
    return generation
