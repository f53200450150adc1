"""What a source yields: records of the contract's feeds as the clinic has them, with its own keys and real dates still in them.

A record may be a part of a row: records of one row (the same key, or the same day of the same patient) are put together by
`assembling`, so that a source can stream and need not hold anything back. What the contract's fields do not say but the export
needs (a birth date, whose record it is) stands in LINKS; it never leaves.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from pipelines.contracts import FEEDS

Value = str | int | float | bool | date | datetime | None
"""A raw value: a code, number or missing token of the contract; a day as date, datetime or 'YYYY-MM-DD'; bool is yes or no."""


class Record(NamedTuple):
    """One record, or a part of one: `values` by field of the contract or link; `file` and `line` say where it was found.

    Fields of DAY_FIELDS hold days of the calendar. Fields of KEY_FIELDS hold the clinic's own keys; they are pseudonymised before
    anything is written to a disk. `line` counts from 1; 0 where a file has no lines. A value of None or '' says nothing.
    """

    feed: str
    values: Mapping[str, Value]
    file: str
    line: int


LINKS: dict[str, tuple[str, ...]] = {
    "intake": ("happened_on", "lasting_since", "birth_date", "age_years", "onset_date", "weight_kg", "height_cm"),
    "exam": ("patient_key",),
    "lab": ("patient_key",),
    "imaging": ("patient_key",),
    "imaging_level": (),
    "session": ("patient_key", "starts_at", "ends_at"),
    "session_component": ("patient_key", "happened_on"),
    "adverse_event": ("patient_key", "happened_on"),
    "outcome": ("patient_key",),
}
"""What a record may hold besides the contract's fields, by feed; nothing of it leaves.

- `patient_key`: whose record it is, when the episode (or session) is not known; the day then says which episode.
- `happened_on`: the day of an intake record (absent: true of the patient on any day, as a sex is), or of a component or adverse
  event whose session is not known.
- `lasting_since`: instead of happened_on, for what is true from that day on, as a chronic illness is: it counts for the patient's
  episodes that begin on that day or later.
- `birth_date`: 'YYYY-MM-DD', 'YYYY-MM' or 'YYYY' (or a date); `age_years`: in years on `happened_on`, or at the index day.
- `weight_kg`, `height_cm`: give `bmi` where that is not said.
- `onset_date`: when the complaint began; gives `episode_duration_days` where that is not said.
- `starts_at`, `ends_at`: of a session, as datetime; give `session_day`, `duration_min` and the order of a day's sessions.
"""

DAY_FIELDS: dict[str, tuple[str, ...]] = {
    "intake": ("happened_on", "lasting_since", "birth_date", "onset_date"),
    "exam": ("exam_day",),
    "lab": ("day",),
    "imaging": ("study_day",),
    "imaging_level": (),
    "session": ("session_day",),
    "session_component": ("happened_on",),
    "adverse_event": ("happened_on",),
    "outcome": ("due_day", "completed_day"),
}
"""Fields that hold a day of the calendar in a record; those of the contract leave as days since the episode's day 0."""

WHEN = {
    "intake": "happened_on",
    "exam": "exam_day",
    "lab": "day",
    "imaging": "study_day",
    "session": "session_day",
    "session_component": "happened_on",
    "adverse_event": "happened_on",
    "outcome": "completed_day",
}
"""By feed, the field that says when a fact was so."""
OF_A_SESSION = ("session", "session_component", "adverse_event")
"""Feeds whose facts hang on a session where it is known, else on a day."""

KEY_FIELDS = {
    "patient_key": "patient",
    "episode_key": "episode",
    "session_key": "session",
    "imaging_key": "imaging",
    "practitioner_key": "practitioner",
    "reader_id": "reader",
}
"""Fields that hold a key of the clinic's, with the purpose (the key space) of their pseudonym."""

SAID_BY_US = ("clinic_code", "schema_version", "index_period", "observed_through_day")
"""Fields of intake that the export itself says; a source does not."""


def fields_of(feed: str) -> tuple[str, ...]:
    """Every name that a record of the feed may hold: the contract's fields in its order, then the links."""
    return tuple(name for name in FEEDS[feed].columns if name not in SAID_BY_US) + LINKS[feed]


def unknown_fields(feed: str, names: Iterable[str]) -> list[str]:
    """Those of `names` that no record of the feed may hold, sorted."""
    return sorted(set(names) - set(fields_of(feed)))
