"""Deliver the newest reports to those who asked for them: once each, to those who may read them, and to no one by default.

It reads the shelves and writes the outbox; nothing that a night does waits for it, and it takes no lock of a night.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from pydantic import ValidationError

from pipelines.alerts.mail import send_mail
from pipelines.alerts.settings import AlertSettings
from pipelines.delivering.mails import file_of, mail_of
from pipelines.delivering.outbox import Key, Outbox, State, open_outbox
from pipelines.delivering.readers import (
    DeliverySettings,
    Subscription,
    read_delivery_settings,
    read_subscriptions,
    why_not,
)
from pipelines.errors import NotTold
from pipelines.filing import today
from pipelines.reporting.editions import NUMBERS, spoilt_in
from pipelines.reporting.model import ClinicReport, NetworkReport
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.shelves import newest_edition, periods_in
from pipelines.settings import Settings

FOLDER = "outbox"


@dataclass(frozen=True)
class Delivered:
    """What became of one subscription: `done` is `sent` or `written`, or empty with the reason `why` nothing was.

    `is_trouble` when a person must see to it.
    """

    subscription: Subscription
    done: str = ""
    why: str = ""
    is_trouble: bool = False


def deliver(settings: Settings, now: datetime, *, is_dry: bool = False) -> list[Delivered]:
    """Deliver what is due and say what became of each subscription. With `is_dry`, e-mails are only written to the outbox.

    Raises UsageError for a configuration that cannot be used: then nothing is sent.
    """
    said = read_delivery_settings(settings.home)
    subscriptions = read_subscriptions(settings.home)
    if not subscriptions:
        return []
    state: State = "sent" if said.sends and not is_dry else "written"
    with open_outbox(settings.home) as outbox:
        return [_deliver_one(settings, said, outbox, one, state, now) for one in subscriptions]


def _deliver_one(
    settings: Settings, said: DeliverySettings, outbox: Outbox, one: Subscription, state: State, now: datetime
) -> Delivered:
    if not one.is_due_on(today(settings, now)):
        return Delivered(one, why="it is paused")
    shelf = settings.reports / one.shelf
    found = next(_newest(shelf, one.every), None)
    if found is None:
        return Delivered(one, why=f"no report of a {one.every} is filed for {one.of}")
    period, version, place = found
    key = Key(shelf.name, period, version, one.email.lower())
    refused = why_not(settings.home, said, one.email, one.shelf) or _unfit(place)
    if refused:
        return Delivered(one, why=refused, is_trouble=True)
    if one.only_on_signal and not _has_signal(place, one):
        return Delivered(one, why="nothing in it asks for action")
    try:
        with outbox.delivering(key, state, now) as is_due:
            if is_due:
                _hand_over(settings.home, said, key, mail_of(said, key, place, one.email, now), state)
    except NotTold as error:
        return Delivered(one, why=str(error), is_trouble=True)
    before = "it was sent before" if state == "sent" else "it was written or sent before"
    return Delivered(one, done=state) if is_due else Delivered(one, why=before)


def _newest(shelf: Path, kind: str) -> Iterator[tuple[str, int, Path]]:
    """The newest version of each period of a kind, the newest period first."""
    for period, folder in periods_in(shelf) if shelf.is_dir() else ():
        newest = newest_edition(folder)
        if period.kind == kind and newest is not None:
            yield period.name, *newest


def _unfit(place: Path) -> str:
    return "its files are not what was written; stepcare doctor tells more" if spoilt_in(place) else ""


def _has_signal(place: Path, one: Subscription) -> bool:
    """Whether a finding of the report is a problem; a report of another schema is sent rather than kept back, a practitioner's has
    none."""
    if one.practitioner_key:
        return False
    model = NetworkReport if one.clinic == NETWORK else ClinicReport
    try:
        report = model.model_validate_json((place / NUMBERS).read_text(encoding="utf-8"))
    except ValidationError:
        return True
    return any(finding.is_problem for finding in report.findings)


def _hand_over(home: Path, said: DeliverySettings, key: Key, mail: EmailMessage, state: State) -> None:
    if state == "written":
        folder = home / FOLDER
        folder.mkdir(exist_ok=True, mode=0o700)
        aside = folder / f".{file_of(key)}.writing"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(bytes(mail))
            file.flush()
            os.fsync(file.fileno())
        aside.rename(folder / file_of(key))
        return
    server = AlertSettings(said.name, said.smtp_host, said.smtp_port, said.sender, (key.email,), said.password_file)
    refused = send_mail(server, home, mail)
    if refused:
        raise NotTold(refused)
