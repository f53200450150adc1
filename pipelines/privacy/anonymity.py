"""k-anonymity of an episode-level table: rows whose group is too small are generalised in a fixed order, then dropped.

A group is the rows that share every quasi-identifier (what a neighbour or an employer may know of a person), a missing value being
a value of its own. Its size is the number of its people, not of its episodes. Thresholds: 5 people inside, after the rule of thumb
of the privacy rules; 11 for what is exported, the 0.09 of greatest risk in EMA policy 0070 (1 / 11, to two places). Nor may
everybody of a group have one and the same sensitive value (l-diversity of 2); a group in which nobody has a claim or a serious
diagnosis tells nothing about anybody, so that it may stay.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

QUASI_IDENTIFIERS = (
    "clinic_code",
    "age_band",
    "sex",
    "index_period",
    "ethnicity_group",
    "work_status",
    "prior_spine_surgery",
)
HARMLESS = {"compensation_claim": ("none", "not_recorded"), "has_serious_diagnosis": ("no", "not_recorded")}
"""The sensitive columns, with the values that tell nothing that is held against a person."""

NOT_RECORDED = "not_recorded"
TWENTY_YEARS = {
    "18-29": "18-39",
    "30-39": "18-39",
    "40-49": "40-59",
    "50-59": "40-59",
    "60-69": "60-79",
    "70-79": "60-79",
    "80-89": "80+",
    "90+": "80+",
}
GENERALISATIONS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("ethnicity to not_stated", "ethnicity_group", lambda _: "not_stated"),
    ("age to 20 years", "age_band", lambda band: TWENTY_YEARS.get(band, band)),
    ("clinic to group", "clinic_code", lambda _: "group"),
)
"""The fixed order: what is done to rows that still fail, column by column."""


@dataclass(frozen=True)
class Target:
    """The smallest group, in people, that a table may hold for its readers."""

    name: str
    smallest_group: int


INSIDE = Target("inside", 5)
OUTSIDE = Target("outside", 11)


@dataclass(frozen=True)
class Step:
    """A table after one step: rows, rows that fail, people of its smallest group (0 without rows) and 1 over that."""

    name: str
    n_rows: int
    n_failing: int
    smallest_group: int

    @property
    def maximum_risk(self) -> float:
        """The chance of picking the right row for somebody known to be in the table, in the worst group."""
        return 1 / self.smallest_group if self.smallest_group else 0.0


@dataclass(frozen=True)
class AnonymityReport:
    """What was done to reach the target: the steps from 'as recorded' on, and how many of the kept rows were changed."""

    target: Target
    steps: tuple[Step, ...]
    n_changed: int

    @property
    def n_dropped(self) -> int:
        """Rows that no generalisation made safe."""
        return self.steps[0].n_rows - self.steps[-1].n_rows

    @property
    def changed_percent(self) -> float:
        """Share of the kept rows in which a quasi-identifier was generalised."""
        return 100 * self.n_changed / max(1, self.steps[-1].n_rows)

    @property
    def dropped_percent(self) -> float:
        """Share of all rows that were dropped."""
        return 100 * self.n_dropped / max(1, self.steps[0].n_rows)


def anonymise(frame: pd.DataFrame, target: Target, person: str = "patient_key") -> tuple[pd.DataFrame, AnonymityReport]:
    """The rows of `frame` that may be shown, generalised where they must be, and how that came about.

    `frame` has the quasi-identifiers, the sensitive columns that there are of `HARMLESS`, and a column that tells people apart;
    all other columns pass unchanged. Missing quasi-identifiers and sensitive values come back as 'not_recorded'.
    """
    known = [name for name in (*QUASI_IDENTIFIERS, *HARMLESS) if name in frame.columns]
    recorded = frame.assign(**{name: frame[name].astype(object).fillna(NOT_RECORDED).astype(str) for name in known})
    shown = recorded
    fails = failing(shown, target, person)
    steps = [_step("as recorded", shown, fails, person)]
    for name, column, generalised in GENERALISATIONS:
        shown = shown.assign(**{column: shown[column].where(~fails, shown[column].map(generalised))})
        fails = failing(shown, target, person)
        steps.append(_step(name, shown, fails, person))
    kept = shown[~fails]
    steps.append(_step("rows dropped", kept, failing(kept, target, person), person))
    columns = list(QUASI_IDENTIFIERS)
    is_changed = (kept[columns] != recorded.loc[kept.index, columns]).any(axis=1)
    return kept.reset_index(drop=True), AnonymityReport(target, tuple(steps), int(is_changed.sum()))


def failing(frame: pd.DataFrame, target: Target, person: str = "patient_key") -> pd.Series:
    """Whether a row's group has too few people, or gives away a sensitive value of everybody in it."""
    group = _group(frame)
    fails = pd.Series(_n_different(frame[person], group) < target.smallest_group, index=frame.index)
    for column, harmless in HARMLESS.items():
        if column in frame.columns:
            fails |= (_n_different(frame[column], group) == 1) & ~frame[column].isin(harmless)
    return fails


def group_sizes(frame: pd.DataFrame, person: str = "patient_key") -> pd.Series:
    """The number of people in each row's group."""
    return pd.Series(_n_different(frame[person], _group(frame)), index=frame.index)


def _group(frame: pd.DataFrame) -> IntArray:
    group: IntArray = np.zeros(len(frame), dtype=np.int64)
    for name in QUASI_IDENTIFIERS:
        code, values = pd.factorize(frame[name], use_na_sentinel=False)
        group = np.unique(group * len(values) + code, return_inverse=True)[1]
    return group


def _n_different(values: pd.Series, group: IntArray) -> IntArray:
    code, known = pd.factorize(values, use_na_sentinel=False)
    pairs = np.unique(group * len(known) + code) // max(1, len(known))
    return np.bincount(pairs, minlength=int(group.max(initial=0)) + 1)[group]


def _step(name: str, frame: pd.DataFrame, fails: pd.Series, person: str) -> Step:
    smallest = int(group_sizes(frame, person).min()) if len(frame) else 0
    return Step(name, len(frame), int(fails.sum()), smallest)
