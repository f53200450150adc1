"""Look into the inbox, verify what is new and keep it in the store. Looking is cheap: files already judged are not read again."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from pipelines.deliveries.files import hash_regular
from pipelines.deliveries.folders import Found, is_masked, look
from pipelines.deliveries.ledger import Entry, Erasure, Ledger, now
from pipelines.deliveries.limits import LARGEST_FILE_BYTES, MOST_DELIVERIES_A_NIGHT
from pipelines.deliveries.manifest import Manifest, read_manifest
from pipelines.deliveries.store import heal_store, keep, strip_all
from pipelines.errors import DeliveryError, UnreadableNow
from pipelines.provenance import reading_hash


def receive(inbox: Path, store: Path, ledger: Ledger, say: Callable[[str], None] = lambda _: None) -> list[Entry]:
    """Judge every delivery of the inbox that the ledger does not know yet and keep the good ones in the store.

    Returns the entries that are new this time, in order. A delivery that cannot be used is quarantined with a reason and the
    others go on; one whose content is known already is a duplicate and changes nothing. Of a clinic that sends more than
    MOST_DELIVERIES_A_NIGHT at once the next nights judge the others. An error of the machine's (no space) stays an OSError.
    """
    known = {
        entry.delivery_key: entry for entry in ledger.entries() if entry.delivery_key and entry.state != "duplicate"
    }
    heal_store(store, known)
    if any(not erasure.is_done for erasure in ledger.erasures()):
        _finish_erasures(store, ledger)
    new = []
    judged = ledger.judged(reading_hash())
    erased = {erasure.patient_tag for erasure in ledger.erasures()}
    n_judged: Counter[str] = Counter()
    seen = set()
    for found in look(inbox):
        seen.add((found.clinic_code, found.delivery_id))
        if (found.clinic_code, found.delivery_id, found.fingerprint) in judged:
            continue
        n_judged[found.clinic_code] += 1
        if n_judged[found.clinic_code] > MOST_DELIVERIES_A_NIGHT:
            continue
        before = set(erased)
        entry = _judge(found, store, known, erased)
        for tag in sorted(erased - before):
            ledger.erase(Erasure(tag, found.clinic_code, now(), "belongs to an erased patient"))
        ledger.record(entry)
        if entry.delivery_key and entry.state != "duplicate":
            known[entry.delivery_key] = entry
        new.append(entry)
        say(f"{entry.name}: {entry.state}{': ' if entry.reason else ''}{entry.reason}")
    for clinic, number in n_judged.items():
        if number > MOST_DELIVERIES_A_NIGHT:
            waiting = number - MOST_DELIVERIES_A_NIGHT
            say(
                f"{clinic}: {waiting} more wait for the next night, which judges {MOST_DELIVERIES_A_NIGHT:,} of a clinic"
            )
    _forget_masked(ledger, seen)
    return new


def _finish_erasures(store: Path, ledger: Ledger) -> None:
    """Go on with an erasure that a kill stopped."""
    pending = [erasure for erasure in ledger.erasures() if not erasure.is_done]
    clinics = {erasure.clinic_code for erasure in pending}
    kept = {e.delivery_key for e in ledger.entries() if e.delivery_key and e.clinic_code in clinics}
    strip_all(store, sorted(kept), [erasure.patient_tag for erasure in pending])
    for erasure in pending:
        ledger.erase(replace(erasure, n_deliveries=0, n_rows=0, is_done=True))


def _forget_masked(ledger: Ledger, seen: Collection[tuple[str, str]]) -> None:
    """A folder without a usable name that is no longer there was renamed: the new name has an entry of its own."""
    for entry in ledger.entries():
        odd = is_masked(entry.clinic_code) or is_masked(entry.delivery_id)
        if odd and entry.state == "quarantined" and (entry.clinic_code, entry.delivery_id) not in seen:
            ledger.record(replace(entry, state="superseded", judged_by=""))


def _judge(found: Found, store: Path, known: dict[str, Entry], erased: set[str]) -> Entry:
    entry = Entry(found.clinic_code, found.delivery_id, found.fingerprint, "seen", judged_by=reading_hash())
    if found.refusal:
        return replace(entry, state="quarantined", reason=found.refusal)
    if not found.is_complete:
        return replace(
            entry,
            state="incomplete",
            reason="manifest.json is missing, so the delivery is not complete. It is written last; nothing was loaded",
        )
    try:
        manifest = _as_delivered(found.folder, read_manifest(found.folder))
        entry = replace(entry, mode=manifest.mode, n_rows=manifest.n_rows, files=manifest.files_in_words)
        if earlier := known.get(manifest.delivery_key):
            return replace(
                entry,
                state="duplicate",
                delivery_key=manifest.delivery_key,
                reason=f"the same content came as {earlier.delivery_id} ({earlier.state}); nothing was changed",
            )
        place = store / manifest.delivery_key
        keep(found.folder, place, manifest, erased)
        kept = read_manifest(place, is_in_store=True)
    except UnreadableNow as error:
        return replace(entry, state="quarantined", reason=str(error), judged_by="")
    except DeliveryError as error:
        return replace(entry, state="quarantined", reason=str(error))
    reason = " ".join(file.blocked for file in kept.files if file.blocked)
    return replace(entry, delivery_key=kept.delivery_key, n_rows=kept.n_rows, files=kept.files_in_words, reason=reason)


def _as_delivered(folder: Path, manifest: Manifest) -> Manifest:
    """The manifest with the SHA-256 of the files as they lie in `folder`: what a delivery is, is not for its manifest to say.

    A copy that was cut short is thus not the delivery it was copied from. Raises UnreadableNow when a file cannot be read.
    """
    hashed = (hash_regular(folder / file.name, LARGEST_FILE_BYTES) for file in manifest.files)
    files = (replace(file, delivered_sha256=sha256) for file, sha256 in zip(manifest.files, hashed, strict=True))
    return replace(manifest, files=tuple(files))
