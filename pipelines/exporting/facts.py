"""Coded facts of a source as records: by the rules of the mapping, with days, units and missing reasons looked at.

Some facts belong to the start of an episode, which is known only when every contact was read: baseline scores (days -7 to +3, the
window of QI-01) and what was true for a time that is over (a comorbidity, a medicine). They are held until `held_records`.
What was ruled out is said last, so that it never outweighs the same thing found elsewhere: of two sayings the first counts.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from pipelines.contracts import FEEDS, Field
from pipelines.exporting.episodes import LONGEST_GAP_DAYS
from pipelines.exporting.records import OF_A_SESSION, WHEN, Record, Value
from pipelines.exporting.tally import Tally
from pipelines.exporting.targets import AT_THE_START, SIDE, STANDING, Rules, Target

BASELINE_DAYS = (-7, 3)
NOT_KNOWN = "a code that the mapping does not know"
NO_DAY = "it has no day: no date, or one without a day"
_UNITS = {
    "kg/m2": ("kg/m2",),
    "%": ("%",),
    "min": ("min",),
    "d": ("d",),
    "h": ("h",),
    "deg": ("deg",),
    "deg or cm": ("deg", "cm"),
    "mm": ("mm",),
    "T": ("T",),
}
"""UCUM codes that a field's unit may have; fields of scales (0-10) take any, for their units are annotations."""

_LAB_UNITS = {
    "m[IU]/L": "mIU/L",
    "u[IU]/mL": "mIU/L",
    "ng/mL": "ug/L",
    "[IU]/L": "U/L",
    "10*3/uL": "10*9/L",
}
"""UCUM codes that are the same number in a unit of the contract."""

_FIELDS: dict[tuple[str, str], Field] = {
    (feed.name, field.name): field for feed in FEEDS.values() for field in feed.fields
}


class Fact(NamedTuple):
    """One fact of a source. `value` is its own value or missing token (None: it has none), `codes` a coded one as `system|code`.

    `day` and `until` are 'YYYY-MM-DD' or ''; `sites` are codes of the place in the body. Keys are the source's own.
    """

    kind: str
    patient: str
    day: str
    value: Value
    file: str
    line: int
    codes: tuple[str, ...] = ()
    unit: str = ""
    until: str = ""
    session: str = ""
    imaging: str = ""
    key: str = ""
    sites: tuple[str, ...] = ()
    is_refuted: bool = False


class Facts:
    """Turns facts into records; see the module. `contact` must be told of every attended contact."""

    def __init__(self, rules: Rules, tally: Tally) -> None:
        self.rules = rules
        self._tally = tally
        self._days: dict[str, set[str]] = defaultdict(set)
        self._episode_days: dict[tuple[str, str], str] = {}
        self._scores: list[tuple[str, str, tuple[tuple[str, Value], ...], str, int]] = []
        self._ended: list[tuple[Fact, dict[str, Value]]] = []
        self._ruled_out: list[Record] = []

    def contact(self, patient: str, day: str, episode: str = "") -> None:
        """Note an attended contact, with its episode where the source has episodes."""
        if not episode:
            self._days[patient].add(day)
        elif day < self._episode_days.get((patient, episode), "9999"):
            self._episode_days[patient, episode] = day

    def records(self, fact: Fact, targets: tuple[Target, ...]) -> Iterator[Record]:
        """The records of one fact that are known at once; those of an episode's start are held."""
        for target in targets:
            fields = self._fields(fact, target)
            if fields and not fact.day and not (target.feed in OF_A_SESSION and fact.session):
                fields = self._unused(fact, NO_DAY)
            if not fields:
                continue
            if target.kind == STANDING and fact.until:
                self._ended.append((fact, fields))
                continue
            if target.kind == AT_THE_START:
                self.hold_score(fact.patient, fact.day, fields, fact.file, fact.line)
            links = _lasting(fact) if target.kind == STANDING else _links(target.feed, fact)
            record = Record(target.feed, {**links, **fields}, fact.file, fact.line)
            if fact.is_refuted:
                self._ruled_out.append(record)
            else:
                yield record

    def hold_score(self, patient: str, day: str, fields: Mapping[str, Value], file: str, line: int) -> None:
        """Keep scores as the baseline of an episode that begins about their day."""
        if day:
            self._scores.append((patient, day, tuple(fields.items()), file, line))

    def held_records(self) -> Iterator[Record]:
        """The intake records of what was held, now that every contact is known."""
        starts = self._starts()
        for patient, day, fields, file, line in self._scores:
            for start, key in starts.get(patient, ()):
                if BASELINE_DAYS[0] <= (date.fromisoformat(day) - date.fromisoformat(start)).days <= BASELINE_DAYS[1]:
                    yield Record("intake", {**_episode(patient, start, key), **dict(fields)}, file, line)
        for fact, lasting in self._ended:
            for start, key in starts.get(fact.patient, ()):
                if fact.day <= start <= fact.until:
                    yield Record("intake", {**_episode(fact.patient, start, key), **lasting}, fact.file, fact.line)
        yield from self._ruled_out

    def _starts(self) -> dict[str, list[tuple[str, str]]]:
        """By patient the first day of each episode, with its key: those of the source, else new after a gap of 90 days."""
        starts: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for (patient, episode), day in self._episode_days.items():
            starts[patient].append((day, episode))
        for patient, days in self._days.items():
            before = ""
            for day in sorted(days):
                if not before or date.fromisoformat(day) - date.fromisoformat(before) > timedelta(LONGEST_GAP_DAYS):
                    starts[patient].append((day, ""))
                before = day
        return starts

    def _fields(self, fact: Fact, target: Target) -> dict[str, Value]:
        """The contract's fields of a fact, empty (and counted) when it cannot be used for the target."""
        fields: dict[str, Value] = {}
        for name, constant in target.fields:
            if SIDE in name:
                side = self._site(fact, "side")
                if side not in ("left", "right"):
                    return self._unused(fact, "a side that the mapping does not know")
                name = name.replace(SIDE, side[0])  # noqa: PLW2901
            value, reason = self._value(fact, target.feed, name, constant)
            if reason:
                return self._unused(fact, reason)
            fields[name] = value
        if target.feed == "lab" and not self._has_unit(fact, fields):
            return self._unused(fact, "a unit that the contract does not have")
        if target.feed == "imaging_level" and not self._has_level(fact, fields):
            return self._unused(fact, "a finding without a spinal level that the mapping knows")
        return fields

    def _value(self, fact: Fact, feed: str, name: str, constant: str | None) -> tuple[Value, str]:
        field = _FIELDS.get((feed, name))
        if constant is not None:
            is_tri = field is not None and field.type in ("tri", "bool")
            if not fact.is_refuted:
                return constant, ""
            return ("no", "") if is_tri and constant == "yes" else (None, "it was ruled out, and the field has no 'no'")
        if fact.is_refuted:
            is_tri = field is not None and field.type == "tri"
            return ("no", "") if is_tri else (None, "it was ruled out, and the field has no 'no'")
        if fact.codes:
            said = next(filter(None, (self.rules.coded(feed, name, code) for code in fact.codes)), None)
            return (said, "") if said else (None, "a value whose code the mapping does not know")
        if fact.value is None:
            return None, "it has no value"
        return self._plain(fact, field)

    def _plain(self, fact: Fact, field: Field | None) -> tuple[Value, str]:
        value = fact.value
        if isinstance(value, str):
            is_token = value.startswith(".")
            known = is_token or (field is not None and value in field.codes)
            return (value, "") if known else (None, "a text where a code or a number was expected")
        if isinstance(value, bool):
            is_tri = field is not None and field.type in ("tri", "bool")
            return (value, "") if is_tri else (None, "the field needs a value: write field=value")
        if field is not None and field.type not in ("int", "float"):
            own = str(value)
            return (own, "") if own in field.codes else (None, "a number where a code was expected")
        if field is not None and fact.unit and field.unit in _UNITS and fact.unit not in _UNITS[field.unit]:
            return None, "a unit that the field does not have"
        return (int(value) if isinstance(value, float) and value.is_integer() else value), ""

    def _has_unit(self, fact: Fact, fields: dict[str, Value]) -> bool:
        unit = _LAB_UNITS.get(fact.unit, fact.unit)
        fields["unit"] = unit
        return unit in _FIELDS["lab", "unit"].codes

    def _has_level(self, fact: Fact, fields: dict[str, Value]) -> bool:
        fields.setdefault("level", self._site(fact, "level"))
        fields.setdefault("side", self._site(fact, "side") or "na")
        fields.setdefault("assessed", "yes")
        return bool(fields["level"] and fact.imaging)

    def _site(self, fact: Fact, name: str) -> str:
        known = self.rules.values.get(name, {})
        return next((known[site] for site in fact.sites if site in known), "")

    def _unused(self, fact: Fact, reason: str) -> dict[str, Value]:
        self._tally.unmapped(fact.kind, reason, fact.file, fact.line)
        return {}


def _episode(patient: str, start: str, key: str) -> dict[str, Value]:
    links: dict[str, Value] = {"patient_key": patient, "happened_on": start}
    if key:
        links["episode_key"] = key
    return links


def _lasting(fact: Fact) -> dict[str, Value]:
    """Of which episodes it is true that lasts: those that begin on its day or later."""
    return {"patient_key": fact.patient, "lasting_since": fact.day}


def _links(feed: str, fact: Fact) -> dict[str, Value]:
    """Which row the record of a fact belongs to."""
    if feed == "imaging_level":
        return {"imaging_key": fact.imaging}
    links: dict[str, Value] = {"patient_key": fact.patient}
    if feed in OF_A_SESSION and fact.session:
        links["session_key"] = fact.session
        return links
    if feed == "imaging":
        links["imaging_key"] = fact.imaging or fact.key
    links[WHEN[feed]] = fact.day
    return links
