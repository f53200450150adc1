"""A filed report as an e-mail: the text of its letter, and its PDF attached."""

import hashlib
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from pipelines.delivering.outbox import Key
from pipelines.delivering.readers import DeliverySettings
from pipelines.reporting.editions import LETTER, PDF

_NO_SENDER = "stepcare@localhost.invalid"


def mail_of(settings: DeliverySettings, key: Key, place: Path, to: str, now: datetime) -> EmailMessage:
    """The e-mail of the edition in the folder `place`. The same report to the same recipient has the same Message-ID."""
    letter = (place / LETTER).read_text(encoding="utf-8")
    subject, _, _ = letter.partition("\n\n")
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = f"{settings.name}: {' '.join(subject.split())}"
    mail["From"] = settings.sender or _NO_SENDER
    mail["To"] = to
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{_digest(key)}@{(settings.sender or _NO_SENDER).rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter)
    name = f"{key.whose}-{key.period}-v{key.version}.pdf"
    mail.add_attachment((place / PDF).read_bytes(), maintype="application", subtype="pdf", filename=name)
    return mail


def file_of(key: Key) -> str:
    """The name of the file that an e-mail becomes in a dry run; addresses stand in no file name."""
    return f"{key.whose}-{key.period}-v{key.version}-{_digest(key)[:12]}.eml"


def _digest(key: Key) -> str:
    return hashlib.sha256(f"{key.whose} {key.period} {key.version} {key.email}".encode()).hexdigest()[:40]
