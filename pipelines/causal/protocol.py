"""The typed protocol of a target trial and its hash: no protocol, no estimate."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome of a trial; larger is better.

    `column` is the frame's column (NaN = unknown; 0/1 when `is_binary`), `due_column` the boolean column that is true
    once the time point has passed. `baseline_floors` are (column, least value) pairs: the first of them recorded at
    baseline decides whether the episode can have this outcome at all; where none is recorded it cannot.
    `margin` is the smallest difference that matters, in `unit`.
    """

    name: str
    timepoint_weeks: int
    column: str
    is_binary: bool
    unit: str
    margin: float
    due_column: str | None = None
    baseline_floors: tuple[tuple[str, float], ...] = ()
    is_secondary: bool = False

    def __post_init__(self) -> None:
        if not self.margin > 0:
            raise ValueError(f"outcome {self.name}: the margin must be above 0, found {self.margin}")


@dataclass(frozen=True, slots=True)
class FixedGroup:
    """A group of patients named before any outcome was looked at.

    In it is whoever has `column` recorded and from `low` to `high` (both inclusive, None: no limit), or equal to `level`.
    `words` name the group in a report; `reason` and `source` say why anybody would expect another effect in it.
    """

    name: str
    words: str
    column: str
    reason: str
    source: str
    low: float | None = None
    high: float | None = None
    level: str | bool | None = None


@dataclass(frozen=True, slots=True)
class TargetTrial:
    """Everything settled before an outcome is looked at.

    `contrasts` are (treated, comparator) pairs of `arms`. `covariates` are columns known by time zero.
    `observation_covariates` are later columns that may only explain who answered, never the effect.
    `groups` get an effect of their own, and patients are compared with each other, for `difference_outcomes` only; `modifiers`
    are the covariates that clinicians approved for a rule and for the linear projection. Counts and shares are the limits
    below which a result is refused. Raises ValueError when the parts contradict each other.
    """

    id: str
    question: str
    time_zero: str
    eligibility: tuple[str, ...]
    arms: tuple[str, ...]
    contrasts: tuple[Pair, ...]
    outcomes: tuple[Outcome, ...]
    grace_period_days: int
    covariates: tuple[str, ...]
    observation_covariates: tuple[str, ...] = ()
    groups: tuple[FixedGroup, ...] = ()
    difference_outcomes: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    practitioner_column: str = "practitioner_key"
    arms_with_manipulation: tuple[str, ...] = ()
    learners: tuple[str, ...] = ("linear", "boosting")
    minimum_per_arm: int = 50
    minimum_effective_n: int = 30
    minimum_practitioners: int = 10
    maximum_imbalance: float = 0.1
    minimum_overlap_share: float = 0.8
    overlap_low: float = 0.05
    overlap_high: float = 0.95
    clip: float = 0.01
    maximum_clipped_share: float = 0.05
    folds: int = 5
    repeats: int = 3
    seed: int = 20261

    def __post_init__(self) -> None:
        named = {arm for pair in self.contrasts for arm in pair} | set(self.arms_with_manipulation)
        unknown = sorted(named - set(self.arms))
        if unknown:
            raise ValueError(f"trial {self.id}: {unknown} are not among its arms {list(self.arms)}")
        late = sorted({outcome.column for outcome in self.outcomes} & {*self.covariates, *self.observation_covariates})
        if late:
            raise ValueError(f"trial {self.id}: outcome columns {late} cannot be covariates, they lie after time zero")
        if len(set(self.covariates)) != len(self.covariates):
            raise ValueError(f"trial {self.id}: a covariate is named twice")
        used = {*self.modifiers, *(group.column for group in self.groups)}
        if strange := sorted(used - set(self.covariates)):
            raise ValueError(f"trial {self.id}: {strange} of its groups and modifiers are not among its covariates")
        if strange := sorted(set(self.difference_outcomes) - {outcome.name for outcome in self.outcomes}):
            raise ValueError(f"trial {self.id}: {strange} are not among its outcomes")

    def protocol_hash(self) -> str:
        """Return the sha256 (hex) of the protocol as canonical JSON: sorted keys, no spaces."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


def contrast_name(treated: str, comparator: str) -> str:
    """Return the contrast as it is stored, for example 'manipulation - exercise'."""
    return f"{treated} - {comparator}"
