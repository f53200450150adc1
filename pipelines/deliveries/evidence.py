"""What is known of a delivery when it is judged: its profiles, figures, changes and header, read from `raw.*`. No row, no text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import duckdb
import numpy as np

from pipelines.deliveries.headers import Drift
from pipelines.deliveries.histograms import FIELDS, above, below, n_bins
from pipelines.deliveries.likeness import Counts, Sums

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


def read_evidence(
    con: duckdb.DuckDBPyConnection, wanted: Sequence[tuple[str, str]], modes: Mapping[str, str]
) -> dict[tuple[str, str], Evidence]:
    """The evidence of each (delivery_key, reference); `reference` is '' for a clinic's first delivery."""
    con.execute(
        "create or replace temp table wanted as select unnest($keys) as delivery_key, unnest($references) as reference",
        {"keys": [key for key, _ in wanted], "references": [reference for _, reference in wanted]},
    ).fetchall()
    values, rows, owners = _profiles(con)
    figures, changes, header, files = _figures(con), _changes(con), _header(con), _files(con)
    con.execute("drop table temp.wanted").fetchall()
    found = {}
    for key, reference in wanted:
        found[key, reference] = Evidence(
            mode=modes[key],
            rows=rows.get(key, {}),
            columns={feed: frozenset(columns) for feed, state, columns in files.get(key, []) if state != "blocked"},
            blocked=frozenset(feed for feed, state, _ in files.get(key, []) if state == "blocked"),
            values=values.get((key, ""), {}),
            new_values=values.get((key, reference), {}),
            figures=figures.get((key, ""), {}),
            new_figures=figures.get((key, reference), {}),
            changes=changes.get((key, reference), {}),
            header=header.get(key, []),
            owners=owners.get((key, ""), {}),
            new_owners=owners.get((key, reference), {}),
        )
    return found


_WANTED = "semi join wanted on wanted.delivery_key = found.delivery_key and found.reference in ('', wanted.reference)"


_Profiles = dict[tuple[str, str], dict[Place, Profile]]
_Owners = dict[tuple[str, str], dict[str, frozenset[int]]]


def _profiles(con: duckdb.DuckDBPyConnection) -> tuple[_Profiles, dict[str, dict[str, int]], _Owners]:
    """Profiles and owners by (delivery_key, reference), and rows by delivery_key and feed."""
    values: _Profiles = {}
    rows: dict[str, dict[str, int]] = {}
    owners: _Owners = {}
    for key, reference, feed, name, stratum, n_rows, n_given, n_outside, n_units, mean, bins in con.execute(
        "select delivery_key, reference, feed, field, stratum, n_rows, n_given, n_outside, n_units, mean, histogram "
        f"from raw.profile as found {_WANTED} order by all"
    ).fetchall():
        if name:
            spec = FIELDS[feed, name]
            n_summed = sum(n for number, n in bins.items() if 0 < number <= above(spec)) if mean is not None else 0
            values.setdefault((key, reference), {})[feed, name, stratum] = Profile(
                n_given, n_outside, n_units, (mean or 0.0) * n_summed, n_summed, bins
            )
        else:
            owners.setdefault((key, reference), {})[feed] = frozenset(bins)
            if not reference:
                rows.setdefault(key, {})[feed] = n_rows
    return values, rows, owners


def _figures(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[Place, Sums]]:
    found: dict[tuple[str, str], dict[Place, Sums]] = {}
    for key, reference, feed, x, y, *sums in con.execute(
        "select delivery_key, reference, feed, x, y, n, n_owners, sum_x, sum_y, sum_xx, sum_yy, sum_xy, n_directed, n_opposite "
        f"from raw.figure as found {_WANTED}"
    ).fetchall():
        found.setdefault((key, reference), {})[feed, x, y] = Sums(*sums)
    return found


def _changes(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[tuple[str, str], Change]]:
    found: dict[tuple[str, str], dict[tuple[str, str], Change]] = {}
    for key, reference, feed, name, n_before, n_known, n_changed, mean_before, mean_after in con.execute(
        "select delivery_key, reference, feed, field, n_before, n_known, n_changed, mean_before, mean_after "
        f"from raw.change as found {_WANTED}"
    ).fetchall():
        change = Change(n_before or 0, n_known or 0, n_changed, mean_before, mean_after)
        found.setdefault((key, reference), {})[feed, name] = change
    return found


def _header(con: duckdb.DuckDBPyConnection) -> dict[str, list[Drift]]:
    found: dict[str, list[Drift]] = {}
    for key, *drift in con.execute(
        "select delivery_key, kind, feed, field, detail from raw.header as found "
        "semi join wanted on found.delivery_key = wanted.delivery_key order by all"
    ).fetchall():
        found.setdefault(key, []).append(Drift(*drift))
    return found


def _files(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str, list[str]]]]:
    found: dict[str, list[tuple[str, str, list[str]]]] = {}
    for key, feed, state, columns in con.execute(
        "select delivery_key, feed, state, columns from raw.file as found "
        "semi join wanted on found.delivery_key = wanted.delivery_key order by delivery_key, feed"
    ).fetchall():
        found.setdefault(key, []).append((feed, state, columns))
    return found
