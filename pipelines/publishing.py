"""The end of a night: what the reports are stamped with, and the swap that makes the night the published one."""

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines.copying import PARQUET, published_copies, write_parquet
from pipelines.deliveries.ledger import Ledger, open_ledger
from pipelines.disk import disk_errors_named
from pipelines.filing import file_editions
from pipelines.generations import WAREHOUSE, Generation, current_warehouse, next_moment, publish, remove_old
from pipelines.own_questions.reading import hash_of_asked
from pipelines.privacy.profiles import NHS_HES, Profile
from pipelines.provenance import night_key
from pipelines.reporting.model import Stamp
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

_SOURCE_NOTES = {
    "SCIATICA": "SCIATICA: 142 real patients of the Sciatica Trial who began on conservative care (Mertens 2014, Peul 2007).",
    "SPIDER": "SPIDER: real lumbar MRI gradings of 218 people with a history of low back pain (van der Graaf 2024, CC BY 4.0).",
}

_STATES = """
with held as (
    select delivery_key, 'held: ' || string_agg(distinct rule, '; ' order by rule) as reason from raw.hold group by delivery_key
),

latest_snapshot as (
    select clinic_code, max(delivery_id) as delivery_id from clean.delivery where mode = 'snapshot' group by clinic_code
),

blocked as (
    select delivery_key, string_agg(reason, ' ' order by feed) as reason
    from raw.file
    where state = 'blocked'
    group by delivery_key
)

select
    delivery.delivery_key,
    case
        when held.delivery_key is not null and delivery.delivery_id >= coalesce(latest_snapshot.delivery_id, '')
            then 'quarantined'
        when in_force.delivery_key is not null then 'loaded'
        else 'superseded'
    end as state,
    coalesce(held.reason, blocked.reason, '') as reason
from raw.delivery as delivery
left join held on delivery.delivery_key = held.delivery_key
left join blocked on delivery.delivery_key = blocked.delivery_key
left join latest_snapshot on delivery.clinic_code = latest_snapshot.clinic_code
left join clean.delivery as in_force on delivery.delivery_key = in_force.delivery_key
anti join raw.withdrawal as withdrawal on delivery.delivery_key = withdrawal.delivery_key
order by delivery.delivery_key
"""

_LATEST_SNAPSHOTS = """
select clinic_code, max(delivery_id) from clean.delivery where mode = 'snapshot' group by clinic_code order by clinic_code
"""


@dataclass(frozen=True)
class _Made:
    """What a run's warehouse was made from, by its own account, and the state of each delivery in it (with the reason)."""

    code: str
    reading: str
    data: str
    questions: str
    clinics: tuple[str, ...]
    is_simulated: bool
    states: tuple[tuple[str, str, str], ...]
    latest_snapshots: tuple[tuple[str, str], ...]


def _made_from(con: duckdb.DuckDBPyConnection) -> _Made:
    rows = con.execute("select delivery_key, clinic_code, is_simulated from raw.delivery").fetchall()
    ((code, reading, data),) = con.execute("select code_hash, reading_hash, data_hash from raw.code").fetchall()
    return _Made(
        code=code,
        reading=reading,
        data=data,
        questions=hash_of_asked(con),
        clinics=tuple(sorted({row[1] for row in rows})),
        is_simulated=any(row[2] for row in rows),
        states=tuple(con.execute(_STATES).fetchall()),
        latest_snapshots=tuple(con.execute(_LATEST_SNAPSHOTS).fetchall()),
    )


def stamp_of(con: duckdb.DuckDBPyConnection, run_id: str, profile: Profile = NHS_HES) -> Stamp:
    """What the reports of this run are stamped with; the time and the run are all that another run would not repeat."""
    made = _made_from(con)
    return Stamp(
        made_at=datetime.now(UTC),
        run_id=run_id,
        data_hash=made.data,
        code_version=f"{version('stepcare')} ({made.code[:12]})",
        is_simulated=made.is_simulated,
        smallest_shown=profile.smallest_shown,
        source_notes=tuple(_SOURCE_NOTES[clinic] for clinic in made.clinics if clinic in _SOURCE_NOTES),
    )


def publish_night(settings: Settings, folder: Path, run_id: str) -> Generation:
    """Publish the night in `folder` and write into the ledger what became of its deliveries; returns the generation.

    What it was made from is read from its own warehouse: a run that only makes the pages again publishes the deliveries and
    the code of the night it started from, and so hides nothing that is new.
    """
    with open_warehouse(folder / WAREHOUSE) as con:
        made = _made_from(con)
        con.execute("checkpoint")
        shutil.rmtree(folder / PARQUET, ignore_errors=True)
        if published_copies(settings.home).parquet:
            write_parquet(con, folder / PARQUET)
    made_at = next_moment(settings, datetime.now(UTC))
    key = night_key(made.data, made.code, made.questions)
    generation = Generation(
        name=f"{made_at:%Y%m%dT%H%M%SZ}-{key[:8]}",
        run_id=run_id,
        made_at=made_at.isoformat(timespec="seconds"),
        night_key=key,
        code_hash=made.code,
        reading_hash=made.reading,
        data_hash=made.data,
        is_simulated=made.is_simulated,
    )
    with disk_errors_named(settings.home):
        publish(settings, folder, generation)
        file_editions(settings)
        _settle(settings, made)
    return generation


def _settle(settings: Settings, made: _Made) -> None:
    with open_ledger(settings.ledger) as ledger:
        for delivery_key, state, reason in made.states:
            ledger.mark(delivery_key, state, reason)
        for clinic_code, delivery_id in made.latest_snapshots:
            _supersede(ledger, clinic_code, delivery_id)
        erasures = ledger.erasures()
    if erasures:
        remove_old(settings, datetime.now(UTC), datetime.fromisoformat(erasures[-1].erased_at))


def _supersede(ledger: Ledger, clinic_code: str, delivery_id: str) -> None:
    """What could not be used, and lies before a snapshot in force, is healed: the snapshot holds all that the clinic has."""
    for entry in ledger.entries():
        is_older = entry.clinic_code == clinic_code and entry.delivery_id < delivery_id
        if is_older and not entry.delivery_key and entry.state in ("quarantined", "incomplete"):
            ledger.record(replace(entry, state="superseded"))


def settle_published(settings: Settings) -> None:
    """File the editions of the published night and write into the ledger what became of its deliveries, when a kill after the swap
    prevented it."""
    file_editions(settings)
    path = current_warehouse(settings)
    with open_ledger(settings.ledger) as ledger:
        is_open = any(entry.state == "seen" for entry in ledger.entries())
    if path and is_open:
        with open_warehouse(path, read_only=True) as con:
            made = _made_from(con)
        _settle(settings, made)
