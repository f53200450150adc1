"""A cause for an alert, and how names and texts that come from outside may stand in one."""

import hashlib
import re
from dataclasses import dataclass

AMBER, RED = "amber", "red"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_LONGEST_TEXT = 400


@dataclass(frozen=True)
class Cause:
    """Something that a person must know: counts and names of clinics, feeds, fields and rules, never a value of a patient.

    `key` stays the same while it lasts; `severity` is amber or red; `since` is UTC, ISO 8601, or empty.
    """

    key: str
    severity: str
    title: str
    what: str
    since: str
    remedy: str
    place: str

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """To sort by: red ones first, of these the nights first, then by key."""
        return self.severity != RED, not self.key.startswith("night/"), self.key


def plain_name(name: str) -> str:
    """A name from outside as it may stand in a message: itself when it is plain, else a short hash of it."""
    return (
        name
        if _PLAIN_NAME.fullmatch(name)
        else f"(unusual name {hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]})"
    )


def one_line(text: str) -> str:
    """A text without line breaks and control characters, cut to 400 letters."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…"
