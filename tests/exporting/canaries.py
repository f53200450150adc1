"""Direct identifiers of people who do not exist, to plant in a source and to look for wherever an export writes.

For every kind of source: plant `CANARIES` (or single ones) in whatever the source has room for, export, and give everything that
was written (files, output, errors, logs) to `assert_no_canary`.
"""

import re
from collections.abc import Iterable
from pathlib import Path

CANARIES = {
    "given name": "Oluwaseun",
    "family name": "Szczepanskicanary",
    "practitioner": "Papadakiscanary",
    "birth date": "1961-07-23",
    "birth date as written": "23/07/1961",
    "telephone": "07911 123456",
    "telephone without blanks": "07911123456",
    "e-mail": "oluwaseun.canary@example.org",
    "street": "17 Canary Wharfinger Road",
    "postcode": "ZE3 9XY",
    "NHS number": "943 476 5919",
    "NHS number without blanks": "9434765919",
    "hospital number": "HOSP-70042-canary",
    "internet address": "203.0.113.77",
    "free text": "her daughter Canarina found her on the stairs",
}
"""Kind of identifier to a text of it."""

PATIENT = "MRN-canary-4711"
"""The practice's own number of the patient; what leaves is its pseudonym."""

_CALENDAR_DATE = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9])")


def assert_no_canary(texts: Iterable[str | bytes]) -> None:
    """Fail, naming the kind, when a planted identifier stands in one of the texts, in whatever case."""
    for text in texts:
        said = (text.decode("utf-8", "replace") if isinstance(text, bytes) else text).casefold()
        for kind, canary in (CANARIES | {"patient's number": PATIENT}).items():
            assert canary.casefold() not in said, f"the {kind} got out"


def assert_no_calendar_date(delivery: Path) -> None:
    """Fail when a date of the calendar stands in a feed of the delivery."""
    for path in sorted(delivery.glob("*.csv")):
        assert not _CALENDAR_DATE.search(path.read_text(encoding="utf-8")), f"a date in {path.name}"


def written_below(folder: Path) -> list[bytes]:
    """Every file's content and every name below the folder."""
    paths = sorted(folder.rglob("*"))
    return [str(path.relative_to(folder)).encode() for path in paths] + [
        path.read_bytes() for path in paths if path.is_file()
    ]
