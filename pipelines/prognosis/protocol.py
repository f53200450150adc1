"""The prognosis as data: who, which outcome, from what, and how it is shown. Its hash stands beside every number it gave.

'Unlikely to improve with rest or exercise alone' is a prognosis. It is never an indication for manipulation: what adding
manipulation changes is the question of the target trials.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from pipelines.causal.protocol import Outcome
from pipelines.causal.trials import BASELINE_COVARIATES, INDEX

UNLIKELY, UNCERTAIN, LIKELY = "unlikely", "uncertain", "likely"
BANDS = (UNLIKELY, UNCERTAIN, LIKELY)
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 13))
"""Probabilities of the event from which one would act: 0.05 to 0.60."""


@dataclass(frozen=True, slots=True)
class PrognosisProtocol:
    """Everything settled before an outcome is looked at.

    `covariates` are columns known by time zero. `items` are (column, cut points) of the points table, without cut points the
    column's own codes. A probability below `unlikely_below` is 'unlikely', from `likely_from` on 'likely', else 'uncertain'.
    `clip` is the least probability of conservative care and an answer that a weight is worked out from. Counts are the limits
    below which the prognosis is refused; of more than `most_training_rows` episodes a sample teaches, and everybody is told
    (`causal.training_sample`). `largest_auc` the limit above which knowledge from after time zero must be suspected.
    Raises ValueError when the parts contradict each other.
    """

    id: str
    question: str
    time_zero: str
    eligibility: tuple[str, ...]
    care: str
    outcome: Outcome
    covariates: tuple[str, ...]
    items: tuple[tuple[str, tuple[float, ...]], ...]
    unlikely_below: float
    likely_from: float
    thresholds: tuple[float, ...] = THRESHOLDS
    practitioner_column: str = "practitioner_key"
    learners: tuple[str, ...] = ("linear", "boosting")
    minimum_known: int = 100
    minimum_of_each: int = 30
    minimum_effective_n: int = 50
    minimum_per_group: int = 50
    most_groups: int = 10
    largest_auc: float = 0.85
    clip: float = 0.05
    maximum_clipped_share: float = 0.05
    folds: int = 5
    seed: int = 20262
    most_training_rows: int = 50_000

    def __post_init__(self) -> None:
        if self.outcome.column in self.covariates:
            raise ValueError(f"prognosis {self.id}: the outcome cannot be a covariate, it lies after time zero")
        if not 0 < self.unlikely_below < self.likely_from < 1:
            raise ValueError(f"prognosis {self.id}: the cut points of the bands must ascend between 0 and 1")
        if unsorted := [item for item, cuts in self.items if list(cuts) != sorted(set(cuts))]:
            raise ValueError(f"prognosis {self.id}: the cut points of {unsorted} must ascend")

    def protocol_hash(self) -> str:
        """Return the sha256 (hex) of the protocol as canonical JSON: sorted keys, no spaces."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


CONSERVATIVE_CARE = PrognosisProtocol(
    id="r30d_12wk_conservative",
    question="How likely is 30 % less disability at 12 weeks with rest, advice or exercise alone?",
    time_zero=INDEX.time_zero,
    eligibility=(*(step.kept for step in INDEX.eligibility), "Began at RMDQ-24 4 or ODI 20 or more"),
    care="no manipulation by the day of the 12-week answer",
    outcome=next(outcome for outcome in INDEX.outcomes if outcome.name == "r30d_12wk"),
    covariates=BASELINE_COVARIATES,
    items=(
        ("duration_days", (16, 42, 84, 365)),
        ("start_total", (4, 7)),
        ("leg_pain_points", (1, 4, 7)),
        ("expect_recovery", (4, 7)),
        ("prior_episodes", ()),
        ("work_status", ()),
        ("comorb_depression_anxiety", ()),
        ("age_midpoint_years", (40, 60)),
    ),
    unlikely_below=0.35,
    likely_from=0.65,
)
