"""One question of an installation's own: a trial fixed in advance, with a covariate, outcome, group or arms of its own."""

from dataclasses import dataclass, replace

from pipelines.causal.protocol import FixedGroup, Outcome, TargetTrial
from pipelines.causal.trials import TRIALS


@dataclass(frozen=True)
class OwnCovariate:
    """A covariate known by time zero. `sql` returns `episode_key` and a column `name`."""

    name: str
    sql: str


@dataclass(frozen=True)
class OwnOutcome:
    """An outcome; larger is better. `sql` returns `episode_key`, a column `name` (NULL where unknown, 0 or 1 when `is_binary`) and
    `is_due`; `margin` is the smallest difference that matters, in `unit`."""

    name: str
    sql: str
    timepoint_weeks: int
    unit: str
    margin: float
    is_binary: bool = False

    @property
    def due_column(self) -> str:
        """The frame's column that says whether the time point has passed."""
        return f"is_due_{self.name}"


@dataclass(frozen=True)
class OwnTrial:
    """Other arms for the episodes of the trial that is started from, at its time zero.

    `sql` returns `episode_key` and `arm`; episodes it does not return are not in the trial. `contrasts` are written
    `arm - arm`, the treated first; `strategies` say each arm in words.
    """

    question: str
    arms: tuple[str, ...]
    strategies: tuple[str, ...]
    contrasts: tuple[str, ...]
    sql: str


@dataclass(frozen=True)
class Question:
    """What one file asks. `outcomes` are those of the trial that is started from; without any, and no own one, its first."""

    id: str
    starts_from: str
    why: str
    sha256: str
    outcomes: tuple[str, ...] = ()
    covariate: tuple[OwnCovariate, ...] = ()
    outcome: tuple[OwnOutcome, ...] = ()
    group: tuple[FixedGroup, ...] = ()
    trial: OwnTrial | None = None

    @property
    def base(self) -> TargetTrial:
        """The trial that the question starts from."""
        return TRIALS[self.starts_from]

    def target_trial(self) -> TargetTrial:
        """The typed protocol of the question; raises ValueError when its parts contradict each other or name what is not there."""
        base = self.base
        known = {outcome.name: outcome for outcome in base.outcomes}
        if unknown := sorted(set(self.outcomes) - known.keys()):
            raise ValueError(f"{unknown} are not among the outcomes of {base.id}: {sorted(known)}")
        if taken := sorted({one.name for one in self.outcome} & known.keys()):
            raise ValueError(f"{taken} are outcomes of {base.id} already: choose other names")
        own = tuple(
            Outcome(
                one.name, one.timepoint_weeks, one.name, one.is_binary, one.unit, one.margin, one.due_column, (), True
            )
            for one in self.outcome
        )
        outcomes = (*(known[name] for name in self.outcomes), *own) or base.outcomes[:1]
        asked = replace(
            base,
            outcomes=outcomes,
            covariates=(*base.covariates, *(one.name for one in self.covariate)),
            groups=self.group,
            difference_outcomes=tuple(outcome.name for outcome in outcomes) if self.group else (),
            grace_strategies=(),
        )
        return asked if self.trial is None else self._with_own_arms(asked, self.trial)

    def _with_own_arms(self, asked: TargetTrial, own: OwnTrial) -> TargetTrial:
        pairs = tuple(tuple(part.strip() for part in contrast.split(" - ")) for contrast in own.contrasts)
        if not own.contrasts or any(len(pair) != 2 for pair in pairs):
            raise ValueError("each of contrasts is two arms, written 'treated - comparator'")
        return replace(
            asked,
            id=self.id,
            question=own.question,
            arms=own.arms,
            strategies=own.strategies,
            contrasts=tuple((pair[0], pair[1]) for pair in pairs),
            arms_with_manipulation=(),
        )
