"""What is true in a simulated group, and where it is written: beside the deliveries, never inside them.

Potential outcomes at 12 and 26 weeks under each index arm (with the step-up that would have followed) and under both
strategies of the decision trial share all noise.  A truth is the mean difference over the eligible, after rounding and
clipping.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from pipelines.synthetic.choices import EXERCISE, INDEX_ARMS, MANIPULATION
from pipelines.synthetic.coding import Array, Columns
from pipelines.synthetic.course import Course, Scores, manipulation_points, scores_at
from pipelines.synthetic.patients import Patients
from pipelines.synthetic.setting import Setting
from pipelines.synthetic.visits import Visits

SCHEMA = "stepcare-truth-1"
TIMEPOINTS = {"12wk": 4, "26wk": 5}
DECISION_STRATEGIES = ("continue_without", "add_manipulation")
CONTRASTS = {
    "decision": (("add_manipulation", "continue_without"),),
    "index": (("manipulation", "exercise"), ("manipulation", "rest_or_advice"), ("exercise", "rest_or_advice")),
}
RESPONDER_FRACTION = 0.30
LEAST_RMDQ, LEAST_ODI, LEAST_PAIN = 4, 20.0, 3


@dataclass(frozen=True)
class Effect:
    """A true average effect: points of improvement or a difference of responder risks; n is the eligible it is over."""

    trial: str
    outcome: str
    contrast: str
    effect: float
    n: int


@dataclass(frozen=True)
class Truth:
    """What `simulate` returns and truth.json holds; shares and counts describe what was delivered."""

    world: str
    description: str
    seed: int
    episodes: int
    clinics: int
    practitioners: int
    sessions: int
    eligible: dict[str, int]
    arm_counts: dict[str, dict[str, int]]
    propensity_outside_05_95_share: float | None
    corrections: dict[str, int]
    dirt: dict[str, int]
    effects: tuple[Effect, ...]

    def effect(self, trial: str, outcome: str, contrast: str | None = None) -> float:
        """The true average effect of that trial and outcome; `contrast` may be left out for the decision trial."""
        wanted = contrast or " - ".join(CONTRASTS[trial][0])
        for one in self.effects:
            if (one.trial, one.outcome, one.contrast) == (trial, outcome, wanted):
                return one.effect
        raise KeyError((trial, outcome, wanted))


@dataclass(frozen=True)
class PotentialOutcomes:
    """y[trial][strategy][outcome] (n,) arrays, NaN where the outcome is not defined; eligible[trial] masks."""

    y: dict[str, dict[str, dict[str, Array]]]
    eligible: dict[str, Array]


def potential_outcomes(
    setting: Setting, index_arm: Array, potential: tuple[Visits, Visits, Visits], visits: Visits
) -> PotentialOutcomes:
    """Outcomes of every episode under every strategy, and who is eligible for each trial."""
    patients, course, world = setting.patients, setting.course, setting.world
    is_absolute = setting.screening.is_absolute
    points = manipulation_points(patients, world)
    with_exercise = world.exercise_points * (index_arm != 0)
    decision = {
        "continue_without": _outcomes(patients, course, with_exercise),
        "add_manipulation": _outcomes(patients, course, with_exercise + points),
    }
    index = {}
    for arm, name in enumerate(INDEX_ARMS):
        is_manipulated = np.full(patients.n, arm == MANIPULATION) | potential[arm].adds_manipulation
        index[name] = _outcomes(patients, course, world.exercise_points * (arm >= EXERCISE) + points * is_manipulated)
    eligible = {
        "decision": visits.is_under_30_percent_better
        & (index_arm != MANIPULATION)
        & ~is_absolute
        & (visits.decision_day <= patients.observed_through_day),
        "index": ~is_absolute,
    }
    return PotentialOutcomes({"decision": decision, "index": index}, eligible)


def true_effects(outcomes: PotentialOutcomes) -> tuple[Effect, ...]:
    """Mean differences over the eligible whose outcome is defined, for every trial, contrast and outcome."""
    effects = []
    for trial, contrasts in CONTRASTS.items():
        for treated, comparator in contrasts:
            for outcome in outcomes.y[trial][treated]:
                difference = outcomes.y[trial][treated][outcome] - outcomes.y[trial][comparator][outcome]
                defined = difference[outcomes.eligible[trial] & ~np.isnan(difference)]
                if len(defined):
                    effects.append(
                        Effect(trial, outcome, f"{treated} - {comparator}", float(defined.mean()), len(defined))
                    )
    return tuple(effects)


def write_truth(
    folder: Path, truth: Truth, outcomes: PotentialOutcomes, keys: Columns, *, index_arm: Array, added: Array
) -> None:
    """Write truth.json and potential_outcomes.parquet (one row an episode, a column a trial, strategy and outcome)."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"schema": SCHEMA, **asdict(truth)}
    (folder / "truth.json").write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    columns = {
        "episode_key": keys["episode_key"],
        "clinic_code": keys["clinic_code"],
        "index_arm": pa.array(np.array(INDEX_ARMS)[index_arm]),
        "is_manipulation_added": pa.array(added),
    }
    for trial, strategies in outcomes.y.items():
        columns[f"is_eligible_{trial}"] = pa.array(outcomes.eligible[trial])
        for strategy, by_outcome in strategies.items():
            for outcome, values in by_outcome.items():
                columns[f"{trial}.{strategy}.{outcome}"] = pa.array(values, from_pandas=True)
    pyarrow.parquet.write_table(pa.table(columns), folder / "potential_outcomes.parquet", compression="zstd")


def _outcomes(patients: Patients, course: Course, points: Array) -> dict[str, Array]:
    """Improvements and responders as a record would show them: on the instruments recorded at baseline."""
    twelve, half_year = (scores_at(patients, course, TIMEPOINTS[name], points) for name in ("12wk", "26wk"))
    has_rmdq, has_odi = patients.is_recorded("rmdq24"), patients.is_recorded("odi_pct")
    main = patients.is_leg_main
    pain_known = patients.is_recorded("nprs_leg_avg") | patients.is_recorded("nprs_back_avg")
    after = np.where(main, twelve.leg_pain, twelve.back_pain)
    return {
        "r30d_12wk": _responds(patients, twelve),
        "rmdq24_12wk": np.where(has_rmdq, patients.rmdq24.astype(float) - twelve.rmdq24, np.nan),
        "odi_pct_12wk": np.where(has_odi, patients.odi_pct - twelve.odi_pct, np.nan),
        "pain_12wk": np.where(pain_known, patients.main_pain.astype(float) - after, np.nan),
        "r30d_26wk": _responds(patients, half_year),
    }


def _responds(patients: Patients, scores: Scores) -> Array:
    """R30D: 30 % less disability on RMDQ-24 if recorded at baseline, else on ODI; NaN below the baseline floor."""
    uses_rmdq = patients.is_recorded("rmdq24")
    start = np.where(uses_rmdq, patients.rmdq24, patients.odi_pct)
    end = np.where(uses_rmdq, scores.rmdq24, scores.odi_pct)
    is_defined = np.where(uses_rmdq, start >= LEAST_RMDQ, patients.is_recorded("odi_pct") & (start >= LEAST_ODI))
    responds = (start - end) >= RESPONDER_FRACTION * start - 1e-9
    return np.where(is_defined, responds.astype(float), np.nan)
