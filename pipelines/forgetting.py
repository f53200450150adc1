"""Erase a patient everywhere (GDPR article 17): store, inbox, warehouse, reports, older nights. The ledger keeps that it was done.

The order makes it safe to be killed at any moment: the ledger is told first, so that the next night goes on where this one
stopped, and nothing that comes later brings the patient back.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.deliveries.erasure import find_doomed, tag_of
from pipelines.deliveries.folders import look
from pipelines.deliveries.ledger import Erasure, Ledger, now, open_ledger
from pipelines.deliveries.manifest import read_manifest
from pipelines.deliveries.store import heal_store, strip_all
from pipelines.engine.opening import clear_store
from pipelines.errors import UsageError
from pipelines.locking import only_one
from pipelines.night import run_night
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

Say = Callable[[str], None]


@dataclass(frozen=True)
class Erased:
    """What an erasure did: deliveries changed, rows taken out, folders of the inbox removed, or left because they could not be."""

    n_deliveries: int
    n_rows: int
    removed: tuple[Path, ...]
    left: tuple[Path, ...]


def forget_patient(settings: Settings, clinic_code: str, patient_key: str, because: str, say: Say) -> Erased:
    """Erase the patient of a clinic and publish a night without the patient; returns what was done.

    Raises UsageError when no kept delivery of the clinic holds the key and it was not erased before; else as a night does: then
    the store is clean already, and the next night removes what is left.
    """
    with only_one(settings.home), open_ledger(settings.ledger) as ledger:
        kept = {entry.delivery_key: entry for entry in ledger.entries() if entry.delivery_key}
        heal_store(settings.store, kept)
        mine = sorted(key for key, entry in kept.items() if entry.clinic_code == clinic_code)
        n_rows, changed = _strip_store(settings, ledger, clinic_code, mine, patient_key, because)
        clear_store(settings.home, is_everything=True)
        say(f"  {n_rows:,} rows of {len(changed)} kept deliveries were taken out.")
        names = {entry.name for entry in ledger.entries() if entry.delivery_key in changed}
        removed, left = _clear_inbox(settings, names)
        shutil.rmtree(settings.notebook_pages, ignore_errors=True)
    say("  The night is made again without the patient.")
    run_night(settings, say)
    return Erased(len(changed), n_rows, tuple(removed), tuple(left))


def _strip_store(
    settings: Settings, ledger: Ledger, clinic_code: str, keys: list[str], patient_key: str, because: str
) -> tuple[int, list[str]]:
    """Strike the patient out of these kept deliveries; returns the rows that went and the deliveries that had any."""
    whose = tag_of(patient_key)
    is_known = whose in {erasure.patient_tag for erasure in ledger.erasures()}
    with open_warehouse(":memory:", readable=(settings.store,)) as con:
        places = [settings.store / key for key in keys]
        tags = find_doomed(con, [(place, read_manifest(place, is_in_store=True)) for place in places], [whose])
    if tags == {whose} and not is_known:
        raise UsageError(
            "no kept delivery of this clinic holds an episode of a patient with this key. Write the key as the clinic's "
            "deliveries have it, and the clinic's code"
        )
    for tag in sorted(tags):
        ledger.erase(Erasure(tag, clinic_code, now(), because, is_patient=tag == whose, is_done=False))
    gone = strip_all(settings.store, keys, tags)
    for tag in sorted(tags):
        counts = (len(gone), sum(gone.values())) if tag == whose else (0, 0)
        ledger.erase(Erasure(tag, clinic_code, now(), because, *counts, is_patient=tag == whose))
    return sum(gone.values()), list(gone)


def _clear_inbox(settings: Settings, names: set[str]) -> tuple[list[Path], list[Path]]:
    """Remove the folders of these deliveries from the inbox: what may be kept of them lies in the store."""
    removed: list[Path] = []
    left: list[Path] = []
    for found in look(settings.inbox):
        if f"{found.clinic_code}/{found.delivery_id}" in names:
            try:
                shutil.rmtree(found.folder)
                removed.append(found.folder)
            except OSError:
                left.append(found.folder)
    return removed, left
