"""Values that a clinic should never have sent are planted everywhere; nothing that alerts say or keep holds one."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from pipelines.alerts.cause import plain_name
from pipelines.alerts.memory import MEMORY
from pipelines.alerts.telling import look_and_tell
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.deliveries.raw import fill_raw
from pipelines.errors import DeliveryError
from pipelines.recording import recorded
from pipelines.settings import Settings
from pipelines.summary import LAST_NIGHT
from pipelines.warehouse import open_warehouse
from tests.alerts.conftest import NOW, Hook, Mailbox, by_mail, configure
from tests.conftest import small_tables

CANARIES = ("jane.smith@example.org", "Jane Smith", "07700 900123", "943 476 5919", "1958-03-14", "12 Elm Street")


def _csv(folder: Path, name: str, text: str, encoding: str = "utf-8") -> None:
    content = text.encode(encoding)
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = {"rows": text.count("\n") - 1, "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _in_a_value(folder: Path, canary: str) -> None:
    text = (folder / "intake.csv").read_text()
    _csv(folder, "intake.csv", text.replace("low_back;thigh", canary).replace("18-29", canary))


def _in_a_key(folder: Path, canary: str) -> None:
    text = (folder / "session.csv").read_text()
    _csv(folder, "session.csv", text.replace("session-0", f'"{canary}"'))


def _in_a_header(folder: Path, canary: str) -> None:
    text = (folder / "outcome.csv").read_text()
    _csv(folder, "outcome.csv", text.replace("episode_key", f'"{canary}"', 1))


def _in_a_broken_line(folder: Path, canary: str) -> None:
    _csv(folder, "outcome.csv", (folder / "outcome.csv").read_text() + f'{canary},"12\n')


def _in_another_encoding(folder: Path, canary: str) -> None:
    _csv(folder, "outcome.csv", (folder / "outcome.csv").read_text() + f"{canary} é,12,84,,\n", "latin-1")


def _in_a_file_name(folder: Path, canary: str) -> None:
    (folder / f"{canary}.csv").write_text(canary)
    _csv(folder, f"{canary}.csv", "a\n")


def _in_the_manifest(folder: Path, canary: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(
        json.dumps(manifest | {"clinic_code": canary, "mode": canary, canary: canary})
    )


def _take_in(settings: Settings) -> None:
    settings.store.mkdir(parents=True)
    with open_ledger(settings.ledger) as ledger, open_warehouse(":memory:", readable=(settings.home,)) as con:
        receive(settings.inbox, settings.store, ledger)
        fill_raw(con, settings.store, ledger, None, lambda _: None)


PLACES: tuple[Callable[[Path, str], None], ...] = (
    *(_in_a_value, _in_a_key, _in_a_header, _in_a_broken_line, _in_another_encoding),
    *(_in_a_file_name, _in_the_manifest),
)


@pytest.mark.ci
def test_no_alert_and_no_summary_holds_a_value_that_was_planted(
    settings: Settings, mailbox: Mailbox, hook: Hook
) -> None:
    """R-P4: what goes out by mail and webhook, and what alerts and the summary keep."""
    for number, (place, canary) in enumerate(zip(PLACES, cycle(CANARIES), strict=False)):
        clinic = f"C{number:03}"
        place(write_delivery(settings.inbox, clinic, "2026-11-01", "snapshot", small_tables(clinic)), canary)
    for canary in CANARIES:
        clinic = "C900" if plain_name(canary) == canary else canary  # a code that looks like a date is still a code
        write_delivery(settings.inbox, clinic, canary, "snapshot", small_tables(clinic))
    with contextlib.suppress(ValueError, DeliveryError), recorded(settings):
        _take_in(settings)
        raise ValueError(*CANARIES)
    configure(settings, by_mail(mailbox, f'webhook = "{hook.url}"'))
    told = look_and_tell(settings, NOW)
    assert told.problems == ()
    blocked = [cause.key for cause in told.causes if cause.key.startswith("delivery/")]
    assert len(blocked) >= 11, "most of what was planted blocks its delivery"
    said = mailbox.mails[0].get_content() + str(mailbox.mails[0]["Subject"]) + json.dumps(hook.requests)
    files = [settings.home / name for name in (LAST_NIGHT, MEMORY, f"{MEMORY}-wal")]
    kept = b"".join(path.read_bytes() for path in files if path.exists())
    for canary in CANARIES:
        forms = {canary, canary.replace(" ", ""), canary.split("@", maxsplit=1)[0], canary.split(" ", maxsplit=1)[-1]}
        assert [form for form in forms if form in said or form.encode() in kept] == []
