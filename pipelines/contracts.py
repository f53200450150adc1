"""The delivery contract in code: one declaration (contract_fields.csv) from which come the reader, the SQL types and casts,
the Great Expectations suites and the data dictionary. What belongs here is what is true of a delivery, whoever sends it."""

import csv
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

SCHEMA_VERSION = "1.0.0"
KNOWN_MAJOR_VERSION = 1

REASONS = {
    "a": "not asked or not recorded",
    "p": "not performed, not tested",
    "d": "declined",
    "u": "asked, the patient does not know",
    "n": "not applicable",
    "s": "masked for privacy",
    "x": "set by the pipeline: out of range, wrong unit or unreadable",
}
"""Missing-reason tokens. In a delivery they are written with a dot (`.p`); an empty field means `.a`."""

DELIVERED_REASONS = tuple(token for token in REASONS if token != "x")

OUTCOME_WINDOW_DAYS = {0: 3, 2: 7, 4: 7, 6: 10, 12: 14, 26: 28, 52: 42}
"""Days either side of an outcome's due day, by time point in weeks."""

MANDATORY_FEEDS = ("intake", "session", "session_component", "outcome")

_KEYS = {
    "intake": ("episode_key",),
    "exam": ("episode_key", "exam_day"),
    "lab": ("episode_key", "test", "day"),
    "imaging": ("imaging_key",),
    "imaging_level": ("imaging_key", "level", "side", "reader_no"),
    "session": ("session_key",),
    "session_component": ("session_key", "component_no"),
    "adverse_event": ("session_key", "event_no"),
    "outcome": ("episode_key", "timepoint_wk"),
}

_PARENTS = {
    "exam": ("intake", "episode_key"),
    "lab": ("intake", "episode_key"),
    "imaging": ("intake", "episode_key"),
    "imaging_level": ("imaging", "imaging_key"),
    "session": ("intake", "episode_key"),
    "session_component": ("session", "session_key"),
    "adverse_event": ("session", "session_key"),
    "outcome": ("intake", "episode_key"),
}

_PATTERNS = {
    "patient_key": "[0-9a-fA-F]{32,64}",
    "episode_key": "[A-Za-z0-9_-]{16,64}",
    "schema_version": r"[0-9]+\.[0-9]+\.[0-9]+",
    "index_period": "[0-9]{4}(?:-Q[1-4])?",
}
_ANY_KEY = r"[A-Za-z0-9_.:/-]{1,64}"

_SQL_TYPES = {
    "key": "VARCHAR",
    "enum": "VARCHAR",
    "int": "INTEGER",
    "float": "DOUBLE",
    "tri": "BOOLEAN",
    "bool": "BOOLEAN",
    "set": "VARCHAR[]",
}


@dataclass(frozen=True)
class Field:
    """One field of a feed, as the contract declares it. `low` and `high` are inclusive, in `unit`."""

    feed: str
    name: str
    tier: int
    is_minimum: bool
    roles: tuple[str, ...]
    type: str
    unit: str
    low: float | None
    high: float | None
    codes: tuple[str, ...]
    is_required: bool
    code: str
    rule: str

    @property
    def sql_type(self) -> str:
        """The DuckDB type of the field's column in `clean.*`."""
        return _SQL_TYPES[self.type]

    @property
    def pattern(self) -> str | None:
        """The regular expression that a key's whole text must match; None for other types."""
        return _PATTERNS.get(self.name, _ANY_KEY) if self.type == "key" else None

    @property
    def has_reason(self) -> bool:
        """Whether `clean.*` keeps a `<name>_reason` column beside the value (a required field is never missing)."""
        return not self.is_required

    @property
    def breaks_row(self) -> bool:
        """Whether a bad value puts the whole row in quarantine; elsewhere only the value is set aside (`.x`)."""
        return self.is_required


@dataclass(frozen=True)
class Feed:
    """One feed: its fields in contract order, the key of a row and the feed it belongs to."""

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    parent: str | None
    parent_key: str | None
    is_mandatory: bool

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the fields, in contract order."""
        return tuple(field.name for field in self.fields)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _field(row: dict[str, str]) -> Field:
    codes = row["allowed"] or ("yes|no" if row["type"] in ("tri", "bool") else "")
    return Field(
        feed=row["feed"],
        name=row["field"],
        tier=int(row["tier"]),
        is_minimum=row["minimum"] == "yes",
        roles=tuple(part for part in row["role"].split(",") if part),
        type=row["type"],
        unit=row["unit"],
        low=_number(row["min"]),
        high=_number(row["max"]),
        codes=tuple(codes.split("|")) if codes else (),
        is_required=row["required"] == "yes",
        code=row["code"],
        rule=row["rule"],
    )


@cache
def feeds() -> dict[str, Feed]:
    """The nine feeds by name, in contract order."""
    with (Path(__file__).parent / "contract_fields.csv").open(encoding="utf-8", newline="") as file:
        fields = [_field(row) for row in csv.DictReader(file)]
    return {
        name: Feed(
            name=name,
            fields=tuple(field for field in fields if field.feed == name),
            key=key,
            parent=_PARENTS.get(name, (None, None))[0],
            parent_key=_PARENTS.get(name, (None, None))[1],
            is_mandatory=name in MANDATORY_FEEDS,
        )
        for name, key in _KEYS.items()
    }


FEEDS = feeds()
