"""What is known of a delivery when it is judged, and what is found in it: counts and names of the contract, no row and no text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pipelines.drift.headers import Drift
from pipelines.drift.histograms import FIELDS, below, n_bins
from pipelines.drift.likeness import Counts, Sums

Place = tuple[str, str, str]
"""Feed, field and stratum; or feed and the two fields of a pair."""


@dataclass(frozen=True)
class Profile:
    """The values of one field in one stratum, as `raw.profile` has them; addable."""

    n_given: int
    n_outside: int
    n_units: int
    sum: float
    n_summed: float
    histogram: Mapping[int, int]

    def __add__(self, other: "Profile") -> "Profile":
        bins = self.histogram.keys() | other.histogram.keys()
        return Profile(
            self.n_given + other.n_given,
            self.n_outside + other.n_outside,
            self.n_units + other.n_units,
            self.sum + other.sum,
            self.n_summed + other.n_summed,
            {number: self.histogram.get(number, 0) + other.histogram.get(number, 0) for number in bins},
        )

    def __sub__(self, other: "Profile") -> "Profile":
        """This without the other, which is a part of it; never below nothing."""
        left = {number: max(0, count - other.histogram.get(number, 0)) for number, count in self.histogram.items()}
        return Profile(
            max(0, self.n_given - other.n_given),
            max(0, self.n_outside - other.n_outside),
            max(0, self.n_units - other.n_units),
            self.sum - other.sum,
            max(0.0, self.n_summed - other.n_summed),
            left,
        )

    @property
    def mean(self) -> float | None:
        """The mean of the numbers up to ten times the highest allowed, None where there are none."""
        return self.sum / self.n_summed if self.n_summed else None

    def in_order(self, feed: str, name: str) -> Counts:
        """Counts by bin in the order of the values: below the range, the range, above, far above. Unreadable ones are left out."""
        spec = FIELDS[feed, name]
        counts = [self.histogram.get(number, 0) for number in range(1, n_bins(spec) + 1)]
        outside = [self.histogram.get(below(spec) + step, 0) for step in range(3)]
        return np.array([outside[0], *counts, *outside[1:]], dtype=np.float64)


EMPTY = Profile(0, 0, 0, 0.0, 0.0, {})


@dataclass(frozen=True)
class Change:
    """What a delivery changed in one field (or, with field '', in whole rows), as `raw.change` has it."""

    n_before: int
    n_known: int
    n_changed: int
    mean_before: float | None
    mean_after: float | None


@dataclass(frozen=True)
class Evidence:
    """One delivery beside the accepted ones before it. What is new of it is all when it is the clinic's first.

    `rows` are by feed. `columns` are those of the contract that a feed's file had, `blocked` feeds whose file could not be used;
    `owners` and `new_owners` the buckets that the owners of a feed's rows, and of rows with something new, fall into.
    """

    mode: str
    rows: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()
    values: Mapping[Place, Profile] = field(default_factory=dict)
    new_values: Mapping[Place, Profile] = field(default_factory=dict)
    figures: Mapping[Place, Sums] = field(default_factory=dict)
    new_figures: Mapping[Place, Sums] = field(default_factory=dict)
    changes: Mapping[tuple[str, str], Change] = field(default_factory=dict)
    header: Sequence[Drift] = ()
    owners: Mapping[str, frozenset[int]] = field(default_factory=dict)
    new_owners: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @cached_property
    def by_field(self) -> dict[tuple[str, str], dict[str, Profile]]:
        """`values` by feed and field, then stratum."""
        return _by_field(self.values)

    @cached_property
    def new_by_field(self) -> dict[tuple[str, str], dict[str, Profile]]:
        """`new_values` by feed and field, then stratum."""
        return _by_field(self.new_values)

    @cached_property
    def sizes(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(n_given, n_units) of the new values by feed and field, over the strata."""
        return {
            place: (sum(one.n_given for one in strata.values()), sum(one.n_units for one in strata.values()))
            for place, strata in self.new_by_field.items()
        }


def _by_field(values: Mapping[Place, Profile]) -> dict[tuple[str, str], dict[str, Profile]]:
    found: dict[tuple[str, str], dict[str, Profile]] = {}
    for (feed, name, stratum), profile in values.items():
        found.setdefault((feed, name), {})[stratum] = profile
    return found


RULES = {
    "renamed_column": "a column was renamed",
    "removed_column": "a column is no longer there",
    "changed_codes": "values that are no code of the contract",
    "out_of_range": "values outside the range",
    "old_rows_changed": "more than 5 % of the old rows were changed",
    "old_values_changed": "more than 5 % of the old values were changed",
    "rows_missing": "more than half of the clinic's rows are missing",
    "shifted": "new values are higher or lower than the clinic's own before",
    "redistributed": "new values are spread otherwise than the clinic's own before",
    "reversed_scale": "the scale looks reversed",
    "contradicting_answers": "answers contradict one another",
    "identical_answers": "questionnaires have the same answers throughout",
    "new_column": "a column that the contract does not list",
    "reordered_columns": "columns in another order",
    "rows_withdrawn": "more than 5 % of the rows were withdrawn",
    "unusual_number_of_rows": "far more or fewer rows than usual",
    "round_numbers": "mostly round numbers",
    "implausible_pair": "two scores go together in an implausible way",
    "unlike_other_clinics": "unlike all the other clinics",
}
"""The kinds of findings in words, as a person reads them; those from `new_column` on are only reported, never held for."""


@dataclass(frozen=True)
class Finding:
    """One difference: its rule (`kind`, a key of RULES), where, whether it holds, how much of it, what to do; counts only.

    `measure` grows with how bad it is: a delivery like one that was released is held only when it is half as bad again.
    """

    kind: str
    feed: str
    field: str
    is_holding: bool
    n_broken: int
    n_rows: int
    measure: float
    remedy: str
