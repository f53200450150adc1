"""A delivery's new values beside what the clinic had before, by field.

New values of a clinic of a few patients a night say little. They are added up over its latest accepted deliveries, newest
first, until they are enough, and set beside what was known before those.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipelines.drift.evidence import EMPTY, Evidence, Profile
from pipelines.drift.likeness import Sample
from pipelines.drift.profiles import BUCKETS

WINDOW = 30
"""Deliveries that new values are added up over at most."""

Strata = Mapping[str, Profile]


@dataclass(frozen=True)
class Window:
    """One field's values before and now, by stratum."""

    feed: str
    name: str
    before: Strata
    now: Strata
    n_owners_before: float = math.inf
    n_owners_now: float = math.inf

    @property
    def units_before(self) -> float:
        """Different patients, sessions or studies before: the same one at another time point is no other."""
        return min(self.all_before.n_units, self.n_owners_before)

    @property
    def units_now(self) -> float:
        """The same of now."""
        return min(self.all_now.n_units, self.n_owners_now)

    @cached_property
    def all_before(self) -> Profile:
        """All strata before together."""
        return sum(self.before.values(), EMPTY)

    @cached_property
    def all_now(self) -> Profile:
        """All strata now together."""
        return sum(self.now.values(), EMPTY)

    @property
    def samples(self) -> list[Sample]:
        """The strata that have values before and now, in the order of their names; a patient in several counts in parts."""
        part_before = self.units_before / max(1, self.all_before.n_units)
        part_now = self.units_now / max(1, self.all_now.n_units)
        return [
            Sample(
                before.in_order(self.feed, self.name),
                now.in_order(self.feed, self.name),
                before.n_units * part_before,
                now.n_units * part_now,
            )
            for stratum, now in sorted(self.now.items())
            if (before := self.before.get(stratum, EMPTY)).n_given and now.n_given
        ]

    @property
    def means(self) -> tuple[float | None, float | None]:
        """The means before and now, before weighted as if it had now's strata; None where there are no numbers."""
        shared = [key for key, now in self.now.items() if now.n_summed and self.before.get(key, EMPTY).n_summed]
        n_now = sum(self.now[key].n_summed for key in shared)
        if not n_now:
            return None, None
        before = sum((self.before[key].mean or 0.0) * self.now[key].n_summed for key in shared)
        return before / n_now, sum(self.now[key].sum for key in shared) / n_now


class History:
    """A delivery and the clinic's accepted ones before it, oldest first."""

    def __init__(self, evidence: Evidence, earlier: Sequence[Evidence]) -> None:
        self.evidence = evidence
        self.earlier = earlier
        self.recent = list(reversed(earlier[1:]))[: WINDOW - 1]
        self._windows: dict[tuple[str, str, int], Window] = {}
        self._n_owners: dict[tuple[str, int], float] = {}

    @property
    def _view(self) -> Sequence[Evidence]:
        """The last snapshot and what came after it."""
        snapshots = [place for place, earlier in enumerate(self.earlier) if earlier.mode == "snapshot"]
        return self.earlier[snapshots[-1] if snapshots else 0 :]

    @cached_property
    def before(self) -> dict[tuple[str, str], dict[str, Profile]]:
        """The values of the accepted deliveries before: of the last snapshot, and what the deltas since have added."""
        found: dict[tuple[str, str], dict[str, Profile]] = {}
        for place, earlier in enumerate(self._view):
            for field, strata in (earlier.new_by_field if place else earlier.by_field).items():
                mine = found.setdefault(field, {})
                for stratum, profile in strata.items():
                    mine[stratum] = mine[stratum] + profile if stratum in mine else profile
        return found

    def n_given(self, feed: str, name: str) -> int:
        """Values of the field that the clinic had before."""
        return sum(profile.n_given for profile in self.before.get((feed, name), {}).values())

    def whole(self, feed: str, name: str) -> Window:
        """All values of the delivery, beside what was before."""
        return Window(feed, name, self.before.get((feed, name), {}), self.evidence.by_field.get((feed, name), {}))

    def window(self, feed: str, name: str, n_given: int, n_units: int) -> Window:
        """The new values with as many of the latest before as make up the numbers asked for, beside what was before those."""
        place = (feed, name)
        given, units = self.evidence.sizes.get(place, (0, 0))
        depth = 0
        while depth < len(self.recent) and (given < n_given or min(units, self._owners_now(feed, depth)) < n_units):
            more_given, more_units = self.recent[depth].sizes.get(place, (0, 0))
            given, units, depth = given + more_given, units + more_units, depth + 1
        if (feed, name, depth) not in self._windows:
            self._windows[feed, name, depth] = self._window(feed, name, depth)
        return self._windows[feed, name, depth]

    def n_owners_lately(self, feed: str) -> float:
        """Different owners of new values in this delivery and the latest before it together."""
        return self._owners_now(feed, len(self.recent))

    def _window(self, feed: str, name: str, depth: int) -> Window:
        now = dict(self.evidence.new_by_field.get((feed, name), {}))
        before = dict(self.before.get((feed, name), {}))
        for earlier in self.recent[:depth]:
            for stratum, profile in earlier.new_by_field.get((feed, name), {}).items():
                now[stratum] = now.get(stratum, EMPTY) + profile
                before[stratum] = before.get(stratum, EMPTY) - profile
        return Window(feed, name, before, now, self._owners_before(feed), self._owners_now(feed, depth))

    def _owners_before(self, feed: str) -> float:
        if (feed, -1) not in self._n_owners:
            self._n_owners[feed, -1] = _different(earlier.owners.get(feed, frozenset()) for earlier in self._view)
        return self._n_owners[feed, -1]

    def _owners_now(self, feed: str, depth: int) -> float:
        if (feed, depth) not in self._n_owners:
            deliveries = (self.evidence, *self.recent[:depth])
            self._n_owners[feed, depth] = _different(one.new_owners.get(feed, frozenset()) for one in deliveries)
        return self._n_owners[feed, depth]


def _different(owners: Iterable[frozenset[int]]) -> float:
    """How many different owners several deliveries have, by linear counting; not limited when nearly all buckets are hit."""
    n_hit = len(frozenset[int]().union(*owners))
    return -BUCKETS * math.log(1 - n_hit / BUCKETS) if n_hit < 0.95 * BUCKETS else math.inf
