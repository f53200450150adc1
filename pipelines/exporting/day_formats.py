"""Dates as a practice writes them: the order of day and month is said in the mapping, never guessed from the records."""

import re
from collections.abc import Callable
from datetime import date, datetime

_PARTS = {
    "YYYY": "(?P<year>[0-9]{4})",
    "MM": "(?P<month>[0-9]{1,2})",
    "DD": "(?P<day>[0-9]{1,2})",
    "hh": "(?P<hour>[0-9]{1,2})",
    "mm": "(?P<minute>[0-9]{2})",
    "ss": "(?P<second>[0-9]{2})",
    "AM": "(?P<half>[AaPp][Mm])",
}
_PART = re.compile("|".join(_PARTS))
_LETTERS = re.compile("[A-Za-z]")

ISO = "ISO"
"""The format of ISO 8601: 2024-03-01, or 2024-03-01T10:00 with or without a zone."""


def day_reader(form: str) -> Callable[[str], date | datetime]:
    """A function that reads a text of this form, such as DD/MM/YYYY or 'MM/DD/YYYY hh:mm AM'; it raises ValueError.

    Raises ValueError for a form without YYYY, MM and DD, with other letters (two-digit years could be of two centuries), or with a
    part twice. A form with hh gives a datetime (without a zone: the clinic's), another a date.
    """
    if form == ISO:
        return _read_iso
    parts = _PART.findall(form)
    if not {"YYYY", "MM", "DD"} <= set(parts) or len(set(parts)) != len(parts):
        raise ValueError("YYYY, MM and DD must each stand in it once")
    if _LETTERS.search(_PART.sub("", form)):
        raise ValueError("it holds letters other than YYYY, MM, DD, hh, mm, ss and AM")
    pattern = re.compile("".join(_PARTS.get(piece, re.escape(piece)) for piece in re.split(f"({_PART.pattern})", form)))
    has_time = "hh" in parts

    def read(text: str) -> date | datetime:
        found = pattern.fullmatch(text)
        if found is None:
            raise ValueError("not of the form")
        said = found.groupdict()
        day = date(int(said["year"]), int(said["month"]), int(said["day"]))
        if not has_time:
            return day
        hour = int(said["hour"])
        if half := said.get("half"):
            if not 1 <= hour <= 12:
                raise ValueError("no hour of a half day")
            hour = hour % 12 + (12 if half.lower() == "pm" else 0)
        return datetime(  # noqa: DTZ001  (the clinic's own time)
            day.year, day.month, day.day, hour, int(said.get("minute") or 0), int(said.get("second") or 0)
        )

    return read


def _read_iso(text: str) -> date | datetime:
    return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
