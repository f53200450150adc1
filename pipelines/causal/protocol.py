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
class Criterion:
    """One step of a trial's flow: `code` in cohort.eligibility for who fails it, `kept` what those who stay have, and
    `left_out_because` what is said of the others."""

    code: str
    kept: str
    left_out_because: str


@dataclass(frozen=True, slots=True)
class GraceStrategy:
    """How an arm is followed visit by visit in the grace period: it is left at a treatment that is `forbidden`, or where none that
    is `awaited` was given by the first visit after time zero's. Treatments are codes of cohort.grace_visits."""

    arm: str
    awaited: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


# From here on one draw of folds moves a result by far less than its standard error, and time matters.
LARGE_POPULATION = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Everything settled before an outcome is looked at, whatever the kind of trial.

    `eligibility` is in the order in which cohort.eligibility asks. `contrasts` are (treated, comparator) pairs.
    `covariates` are columns known by time zero; `observation_covariates` are later columns that may only explain who
    answered, never the effect. Counts and shares are the limits below which a result is refused. Models learn from at most
    `most_training_rows` episodes (see `training_sample`); everybody eligible is scored.
    """

    id: str
    question: str
    time_zero: str
    eligibility: tuple[Criterion, ...]
    contrasts: tuple[Pair, ...]
    outcomes: tuple[Outcome, ...]
    grace_period_days: int
    covariates: tuple[str, ...]
    observation_covariates: tuple[str, ...] = ()
    practitioner_column: str = "practitioner_key"
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
    most_training_rows: int = 25_000

    def draws_of_folds(self, n_episodes: int) -> int:
        """Return how often folds are drawn: once for more than 8,000 episodes."""
        return 1 if n_episodes > LARGE_POPULATION else self.repeats

    def protocol_hash(self) -> str:
        """Return the sha256 (hex) of the protocol as canonical JSON: sorted keys, no spaces."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _must_compare(self, strategies: tuple[str, ...], named: set[str], kind: str) -> None:
        if unknown := sorted((named | {name for pair in self.contrasts for name in pair}) - set(strategies)):
            raise ValueError(f"trial {self.id}: {unknown} are not among its {kind} {list(strategies)}")

    def _must_know_by_time_zero(self, covariates: tuple[str, ...], further: tuple[str, ...]) -> None:
        settled_later = {str(name) for outcome in self.outcomes for name in (outcome.column, outcome.due_column)}
        if late := sorted(settled_later & {*covariates, *self.observation_covariates, *further}):
            raise ValueError(f"trial {self.id}: outcome columns {late} cannot be covariates, they lie after time zero")
        if len(set(covariates)) != len(covariates):
            raise ValueError(f"trial {self.id}: a covariate is named twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTrial(Protocol):
    """A trial of strategies that are chosen once, at time zero.

    `strategies` says each of `arms` in words; `grace_covariates` are columns of each visit of the grace period, seen before
    its treatment is chosen, and `grace_strategies` say how each arm is followed there. `groups` get an effect of their own,
    and patients are compared with each other, for `difference_outcomes` only, by gains learned from at most
    `most_training_rows_of_gains` episodes: a single patient's gain is farther from being known than a mean. `modifiers` are the
    covariates that clinicians approved for a rule and for the projection. Raises ValueError when the parts contradict each
    other.
    """

    arms: tuple[str, ...]
    strategies: tuple[str, ...] = ()
    groups: tuple[FixedGroup, ...] = ()
    difference_outcomes: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    grace_covariates: tuple[str, ...] = ()
    grace_strategies: tuple[GraceStrategy, ...] = ()
    arms_with_manipulation: tuple[str, ...] = ()
    most_training_rows_of_gains: int = 50_000

    def __post_init__(self) -> None:
        self._must_compare(self.arms, set(self.arms_with_manipulation), "arms")
        self._must_know_by_time_zero(self.covariates, self.grace_covariates)
        if self.strategies and len(self.strategies) != len(self.arms):
            raise ValueError(f"trial {self.id}: {len(self.strategies)} strategies for {len(self.arms)} arms")
        if self.grace_strategies and tuple(one.arm for one in self.grace_strategies) != self.arms:
            raise ValueError(f"trial {self.id}: its grace strategies are not one an arm, in the order of its arms")
        used = {*self.modifiers, *(group.column for group in self.groups)}
        if strange := sorted(used - set(self.covariates)):
            raise ValueError(f"trial {self.id}: {strange} of its groups and modifiers are not among its covariates")
        if strange := sorted(set(self.difference_outcomes) - {outcome.name for outcome in self.outcomes}):
            raise ValueError(f"trial {self.id}: {strange} are not among its outcomes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppedRegime:
    """A rule from day 0: manipulation at once; or not at once, and at the visit of `add_at_week` added for who is known
    to be under `under_percent` better then; without a week, never."""

    name: str
    words: str
    is_at_once: bool = False
    add_at_week: int | None = None
    under_percent: int | None = None

    def __post_init__(self) -> None:
        if (self.add_at_week is None) != (self.under_percent is None) or (self.is_at_once and self.add_at_week):
            raise ValueError(
                f"regime {self.name}: it begins with manipulation, adds it at a week under a percentage, or neither"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppedTrial(Protocol):
    """A trial of regimes from day 0, each a rule for the first 14 days and for the visits of later weeks.

    The course is cut into stages that do not overlap: days 0 to 13 (was manipulation given?), then for each of
    `decision_weeks` w the days 7 w to 7 w + 13 from their first attended visit on (was it added by the last of these
    days? so the grace period is 14 days at most). Each visit belongs to one stage. At a stage a decision had who was seen
    in it and not manipulated before; nobody else can follow or break a regime there. Every regime says something at
    every stage: step-up at week 4 says 'continue without' at weeks 2 and 6. So who was manipulated in days 14 to 27
    left it at that stage, is neither dropped nor counted as a follower, and is stood for by those who were alike at
    their own visit of days 14 to 27 and continued. A stage whose visits say nothing of treatment is an arm of its own
    that no regime names. Pain not recorded at the visit: not known to be under the percentage, so without. What was
    done after the last stage is as it was. Who got better within a stage, between its first visit and a manipulation
    that was planned, counts as continued: `pipelines.causal.grace` measures that slack at week 4.

    `arms` are what can be started in the first stage, `later_arms` what is done at a later one (continue, add, not recorded).
    `covariates` are known on day 0; `first_visit_covariates` by the first decision week; `visit_covariates` are columns
    of each decision week, with the suffix `_week<w>`. Raises ValueError when the parts contradict each other.
    """

    regimes: tuple[SteppedRegime, ...]
    decision_weeks: tuple[int, ...]
    first_visit_covariates: tuple[str, ...]
    visit_covariates: tuple[str, ...]
    arms: tuple[str, str] = ("without_manipulation", "manipulation")
    later_arms: tuple[str, str, str] = ("continue_without", "add_manipulation", "not_recorded")

    def __post_init__(self) -> None:
        self._must_compare(tuple(regime.name for regime in self.regimes), set(), "regimes")
        self._must_know_by_time_zero((*self.covariates, *self.first_visit_covariates), self.visit_covariates)
        weeks = {regime.add_at_week for regime in self.regimes if regime.add_at_week}
        if unknown := sorted(weeks - set(self.decision_weeks)):
            raise ValueError(f"trial {self.id}: no decision is taken at weeks {unknown}, only {self.decision_weeks}")

    def columns_of_week(self, week: int) -> tuple[str, ...]:
        """Return the columns that are learnt at the visit of a decision week."""
        own = tuple(f"{name}_week{week}" for name in self.visit_covariates)
        return (*self.first_visit_covariates, *own) if week == self.decision_weeks[0] else own


def contrast_name(treated: str, comparator: str) -> str:
    """Return the contrast as it is stored, for example 'manipulation - exercise'."""
    return f"{treated} - {comparator}"
