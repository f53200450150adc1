"""What is sent: one message of all that is news, as plain text for e-mail and as JSON for a webhook."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any

from pipelines.alerts.cause import one_line
from pipelines.alerts.memory import News
from pipelines.alerts.settings import AlertSettings

SCHEMA_VERSION = "1.0"
_MOST_SHOWN = 40
_LONGEST_SUBJECT = 150
_HEADINGS = {"new": "New", "worse": "Worse", "reminder": "Still there after a week", "over": "Is over"}
_FOOT = (
    "No patient's data stand here. Each cause is told once, once more when it is over, and a red one weekly while it lasts. "
    "`stepcare alerts list` shows what is open."
)


def subject_of(settings: AlertSettings, news: Sequence[News]) -> str:
    """One line: the first cause by name, and how many more."""
    first = news[0]
    more = f", and {len(news) - 1} more" if len(news) > 1 else ""
    prefix = "over: " if first.kind == "over" else ""
    return one_line(f"[{settings.name}] {prefix}{first.cause.title}")[:_LONGEST_SUBJECT] + more


def text_of(news: Sequence[News]) -> str:
    """The message in plain text: by kind of news, at most 40 causes in full."""
    ordered = in_order(news)
    lines: list[str] = []
    heading = ""
    for one in ordered[:_MOST_SHOWN]:
        if one.kind != heading:
            heading = one.kind
            lines += [_HEADINGS[heading], "-" * len(_HEADINGS[heading])]
        cause = one.cause
        lines += [
            f"{cause.title} ({cause.severity})",
            f"  What      {cause.what}",
            f"  Since     {_in_words(cause.since)}",
        ]
        if one.kind == "over":
            lines.append(f"  Over      {_in_words(one.over_at or '')}")
        else:
            lines += [f"  To do     {cause.remedy}", f"  Look at   {cause.place}"]
        lines.append("")
    if len(ordered) > _MOST_SHOWN:
        lines += [f"And {len(ordered) - _MOST_SHOWN} more: stepcare alerts list", ""]
    return "\n".join([*lines, _FOOT, ""])


def in_order(news: Sequence[News]) -> list[News]:
    """The news by kind (new, worse, reminder, over), the order within a kind kept."""
    kinds = list(_HEADINGS)
    return sorted(news, key=lambda one: kinds.index(one.kind))


def json_of(settings: AlertSettings, news: Sequence[News]) -> dict[str, Any]:
    """The message for a webhook; `text` is what chat programs show."""
    ordered = in_order(news)
    return {
        "schema_version": SCHEMA_VERSION,
        "subject": subject_of(settings, ordered),
        "text": f"{subject_of(settings, ordered)}\n\n{text_of(ordered)}",
        "alerts": [
            {
                "key": one.cause.key,
                "news": one.kind,
                "severity": one.cause.severity,
                "title": one.cause.title,
                "what": one.cause.what,
                "since": one.cause.since,
                "over_at": one.over_at,
                "remedy": one.cause.remedy,
                "place": one.cause.place,
            }
            for one in ordered
        ],
    }


def mail_of(settings: AlertSettings, subject: str, text: str, now: datetime) -> EmailMessage:
    """The e-mail: plain text, UTF-8; a header cannot be made to hold another (EmailMessage refuses a line break)."""
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.to)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, charset="utf-8", cte="quoted-printable")
    return mail


def _in_words(at: str) -> str:
    try:
        return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return at or "unknown"
