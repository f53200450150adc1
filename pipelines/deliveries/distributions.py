"""Rules about one field: values outside the contract, and new values that are not distributed as the clinic's own before.

New values of a clinic of a few patients a night say little. They are added up over its latest accepted deliveries, newest first,
until they are enough, and set beside what was known before those.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from pipelines.deliveries.evidence import EMPTY, Evidence, Finding, Profile
from pipelines.deliveries.histograms import FIELDS, above, is_number
from pipelines.deliveries.likeness import Sample, shift, stability_index
from pipelines.deliveries.units import unit_words

MOST_OUTSIDE = 0.02
"""Share of a field's values outside its codes or range (R-F6: more than 2 % holds), beyond the share that was accepted before."""

FEWEST_OUTSIDE = 10
"""Fewer values than this never hold a delivery, whatever their share."""

INDEX_LIMIT, INDEX_VALUES = 0.25, 200
"""Population stability index above which a distribution is another one, and the values it needs now and before (R-F6, A7)."""

SWAPPED_INDEX = 1.0
"""Index above which a field's codes mean something else: yes and no swapped where under 27 % say yes. Less is reported."""

SHIFT_Z = 4.0
"""Standard errors of a shift against the clinic's own history (R-S8: |z| > 4)."""

SHIFT_SIZE = 0.125
"""Least size of a shift that matters: 0.45 standard deviations, about one point of pain. The change that a patient notices is two
points; a smaller difference between deliveries is case mix."""

SHIFT_PATIENTS = 30
"""Patients that a shift needs, now and before."""

WINDOW = 30
"""Deliveries that new values are added up over at most."""

_OF_THE_PATIENT = {"Y", "Y0", "C", "M", "S"}
_OF_TIME = {"T", "ID", "X"}
_ASK = "Ask the clinic what changed in its system; correct the export and send the delivery again, or release it if it is right"


class History:
    """A delivery's new values beside what the clinic had before, by field."""

    def __init__(self, evidence: Evidence, history: Sequence[Evidence]) -> None:
        self.evidence = evidence
        self.history = history
        self._recent = list(reversed(history[1:]))[: WINDOW - 1]

    @cached_property
    def before(self) -> dict[tuple[str, str], dict[str, Profile]]:
        """The values of the accepted deliveries before: of the last snapshot, and what the deltas since have added."""
        snapshots = [place for place, earlier in enumerate(self.history) if earlier.mode == "snapshot"]
        start = snapshots[-1] if snapshots else 0
        found: dict[tuple[str, str], dict[str, Profile]] = {}
        for place, earlier in enumerate(self.history[start:]):
            for field, strata in (earlier.new_by_field if place else earlier.by_field).items():
                mine = found.setdefault(field, {})
                for stratum, profile in strata.items():
                    mine[stratum] = mine.get(stratum, EMPTY) + profile
        return found

    def n_given(self, feed: str, name: str) -> int:
        """Values of the field that the clinic had before."""
        return sum(profile.n_given for profile in self.before.get((feed, name), {}).values())

    def window(self, feed: str, name: str, n_given: int, n_units: int) -> tuple[dict[str, Profile], dict[str, Profile]]:
        """(before, now) by stratum: the new values with as many of the latest ones before as make up the numbers asked for."""
        place = (feed, name)
        now = dict(self.evidence.new_by_field.get(place, {}))
        before = dict(self.before.get(place, {}))
        for earlier in self._recent:
            if pooled(now).n_given >= n_given and pooled(now).n_units >= n_units:
                break
            for stratum, profile in earlier.new_by_field.get(place, {}).items():
                now[stratum] = now.get(stratum, EMPTY) + profile
                before[stratum] = before.get(stratum, EMPTY) - profile
        return before, now


def pooled(strata: Mapping[str, Profile]) -> Profile:
    """All strata of a field together."""
    return sum(strata.values(), EMPTY)


def outside_findings(beside: History) -> Iterator[Finding]:
    """Fields of which too many values are no code or number of the contract: in the whole delivery, or among the new values."""
    for (feed, name), strata in beside.evidence.by_field.items():
        before = pooled(beside.before.get((feed, name), {}))
        known = before.n_outside / before.n_given if before.n_given else 0.0
        candidates = [(before, pooled(strata))]
        if beside.history and (feed, name) in beside.evidence.new_by_field:
            candidates += [
                (pooled(earlier), pooled(now))
                for earlier, now in (beside.window(feed, name, n, 0) for n in (1, INDEX_VALUES))
            ]
        broken = [
            (now.n_outside / now.n_given, earlier, now)
            for earlier, now in candidates
            if now.n_outside >= FEWEST_OUTSIDE and now.n_outside / now.n_given > known + MOST_OUTSIDE
        ]
        if broken:
            share, earlier, now = max(broken, key=lambda one: one[0])
            yield _outside(feed, name, share, earlier, now)


def _outside(feed: str, name: str, share: float, before: Profile, now: Profile) -> Finding:
    field = FIELDS[feed, name]
    kind, what = (
        ("out_of_range", "outside the range") if is_number(field) else ("changed_codes", "no code of the contract")
    )
    words = unit_words(feed, name, before.mean, now.mean)
    if not words and field.high == 10 and now.histogram.get(above(field), 0) > now.n_outside / 2:
        words = "looks like 0-100 instead of 0-10"
    remedy = f"{now.n_outside} of {now.n_given} values are {what}{': ' if words else ''}{words}. {_ASK}"
    return Finding(kind, feed, name, True, now.n_outside, now.n_given, share, remedy)


def shift_findings(beside: History) -> Iterator[Finding]:
    """Fields whose new values lie elsewhere than the clinic's own before."""
    if not beside.history:
        return
    for feed, name in beside.evidence.new_by_field:
        field = FIELDS[feed, name]
        if _OF_TIME & set(field.roles):
            continue
        found = [
            finding
            for before, now in _windows(beside, feed, name)
            for finding in (_shifted(feed, name, before, now), _redistributed(feed, name, before, now))
            if finding
        ]
        if found:
            yield max(found, key=lambda finding: (finding.is_holding, finding.measure))


def _windows(beside: History, feed: str, name: str) -> list[tuple[dict[str, Profile], dict[str, Profile]]]:
    short = beside.window(feed, name, 1, SHIFT_PATIENTS)
    long = beside.window(feed, name, INDEX_VALUES, SHIFT_PATIENTS)
    return [short] if pooled(short[1]).n_given == pooled(long[1]).n_given else [short, long]


def _samples(feed: str, name: str, before: Mapping[str, Profile], now: Mapping[str, Profile]) -> list[Sample]:
    return [
        Sample(before[key].in_order(feed, name), now[key].in_order(feed, name), before[key].n_units, now[key].n_units)
        for key in sorted(now)
        if key in before and before[key].n_given and now[key].n_given
    ]


def _shifted(feed: str, name: str, before: Mapping[str, Profile], now: Mapping[str, Profile]) -> Finding | None:
    if not is_number(FIELDS[feed, name]):
        return None
    if min(pooled(before).n_units, pooled(now).n_units) < SHIFT_PATIENTS:
        return None
    moved = shift(_samples(feed, name, before, now))
    if abs(moved.z) <= SHIFT_Z or abs(moved.size) < SHIFT_SIZE:
        return None
    direction = "higher" if moved.size > 0 else "lower"
    return _of_values("shifted", feed, name, before, now, f"clearly {direction} than", abs(moved.size))


def _redistributed(feed: str, name: str, before: Mapping[str, Profile], now: Mapping[str, Profile]) -> Finding | None:
    if min(pooled(before).n_given, pooled(now).n_given) < INDEX_VALUES:
        return None
    is_ordered = is_number(FIELDS[feed, name])
    index = stability_index(_samples(feed, name, before, now), is_ordered=is_ordered)
    if index <= INDEX_LIMIT:
        return None
    finding = _of_values("redistributed", feed, name, before, now, "spread otherwise than", index)
    return finding if is_ordered or index > SWAPPED_INDEX else replace(finding, is_holding=False)


def _of_values(
    kind: str, feed: str, name: str, before: Mapping[str, Profile], now: Mapping[str, Profile], how: str, measure: float
) -> Finding:
    shared = now.keys() & before.keys()
    n_now = {key: now[key].n_summed for key in shared}
    words = ""
    if is_number(FIELDS[feed, name]):
        words = unit_words(
            feed,
            name,
            sum((before[key].mean or 0.0) * n for key, n in n_now.items()),
            sum((now[key].mean or 0.0) * n for key, n in n_now.items()),
        )
    is_holding = bool(words) or bool(_OF_THE_PATIENT & set(FIELDS[feed, name].roles))
    said = f"the latest {pooled(now).n_given} values are {how} the clinic's own before{': ' if words else ''}{words}"
    n_now_given = pooled(now).n_given
    return Finding(kind, feed, name, is_holding, n_now_given, n_now_given, measure, f"{said}. {_ASK}")
