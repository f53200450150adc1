"""Time to sustained improvement under each strategy of a trial: adjusted curves, their differences, or a refusal in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import t

from pipelines.causal.censoring import followed_weights, interval_of
from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.inference import Estimate
from pipelines.causal.overlap import effective_n
from pipelines.causal.practitioner_levels import pooled_note
from pipelines.causal.protocol import Pair, TargetTrial, contrast_name
from pipelines.causal.refusals import after_weighting, restriction_to
from pipelines.causal.survival import CENSORED, COMPETING, EVENT, LEAST_EPISODES, cumulative_incidence, log_log_interval
from pipelines.causal.tables import IMPROVEMENT_CURVE_COLUMNS, IMPROVEMENT_EFFECT_COLUMNS, as_table
from pipelines.causal.training_sample import learned_note, together
from pipelines.causal.trial_design import TrialDesign, design_trial, in_silence
from pipelines.causal.weighted_incidence import Courses, WeightedIncidence, days_until, on_day, weighted_incidence

EVENT_CODES = {"censored": CENSORED, "improved": EVENT, "injection_or_surgery": COMPETING}
LEAST_IMPROVED = 10
SHARE_IMPROVED, DAYS_IMPROVED = "share_improved", "mean_days_improved"


@dataclass(frozen=True, slots=True)
class SustainedImprovement:
    """The outcome as cohort.improvement defines it, and what is read off its curves: a part of the protocol.

    `margin` is the smallest difference of shares that matters. Days count from the trial's time zero."""

    least_baseline_pain_points: float = 3.0
    improvement_fraction: float = 0.3
    confirmed_after_days: int = 14
    days_read: tuple[int, ...] = (28, 56, 84)
    horizon_days: int = 84
    margin: float = 0.10

    def protocol_hash(self, trial: TargetTrial) -> str:
        """Return the sha256 (hex) of the trial's protocol and this outcome."""
        own = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256((trial.protocol_hash() + own).encode()).hexdigest()


SUSTAINED = SustainedImprovement()


@dataclass(frozen=True)
class ImprovementEstimates:
    """The rows of estimates.improvement_curves and estimates.improvement_effects of one trial."""

    curves: pd.DataFrame
    effects: pd.DataFrame


@dataclass(frozen=True)
class _Sample:
    """The target population's episodes with a known course; `arm` in codes of the weighting's arms, `event` in codes
    of `survival`, `day` and `event` cut at the horizon; `own` is 1 / propensity of the arm that the episode had."""

    courses: Courses
    own: FloatArray
    arms: tuple[str, ...]


def estimate_improvement(
    frame: pd.DataFrame,
    trial: TargetTrial,
    improvement: pd.DataFrame,
    outcome: SustainedImprovement = SUSTAINED,
    say: Callable[[str], None] = in_silence,
) -> ImprovementEstimates:
    """Estimate the cumulative incidence of sustained improvement under each arm of a trial, had all been given it.

    `frame` as for `effects.estimate_trial`; `improvement` has episode_key, event ('improved', 'injection_or_surgery',
    'censored') and days_to_event from time zero, of the episodes that can improve (pain of 3 or more at intake).

    Every episode is weighted by the inverse probability of its arm and of being followed so far, given baseline.
    `effects` has, a contrast, the difference of shares on the days of the outcome and of the mean days spent improved
    by its horizon (positive is better), with the unadjusted difference beside it; what must not be shown is a row with
    status 'refused' and its reason. Curves are those of arms with an estimate. The order of rows changes nothing.
    Raises ValueError as `select_population`, and for an event that is none of the three.
    """
    design = design_trial(frame, trial, say)
    sample = _sample(design, improvement, outcome)
    curves = {} if sample is None else {k: weighted_incidence(sample.courses, k) for k in range(len(sample.arms))}
    named = {"trial": trial.id, "protocol_hash": outcome.protocol_hash(trial)}
    effects, shown = [], set()
    for pair in trial.contrasts:
        rows = _effect_rows(design, trial, outcome, pair, sample, curves)
        effects += [row | named for row in rows]
        shown |= {arm for arm in pair for row in rows if row["status"] == "estimated"}
    parts = [] if sample is None else [
        _curve_rows(sample, k, curves[k]).assign(arm=arm, **named) for k, arm in enumerate(sample.arms) if arm in shown
    ]  # fmt: skip
    return ImprovementEstimates(
        curves=as_table(parts, IMPROVEMENT_CURVE_COLUMNS),
        effects=as_table([pd.DataFrame(effects)], IMPROVEMENT_EFFECT_COLUMNS),
    )


def _sample(design: TrialDesign, improvement: pd.DataFrame, outcome: SustainedImprovement) -> _Sample | None:
    weighting = design.weighting
    if weighting is None:
        return None
    unknown = sorted(set(improvement["event"].dropna()) - set(EVENT_CODES))
    if unknown:
        raise ValueError(f"event must be one of {list(EVENT_CODES)}, found {unknown}")
    keys = design.population.frame.loc[weighting.rows, "episode_key"]
    course = improvement.drop_duplicates("episode_key").set_index("episode_key").reindex(keys)
    day = course["days_to_event"].to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(day) & course["event"].notna().to_numpy() & weighting.propensity.target
    if not known.any():
        return None
    cut = np.minimum(day[known], outcome.horizon_days).astype(np.int64)
    event = course["event"][known].map(EVENT_CODES).to_numpy(dtype=np.int64)
    event = np.where(day[known] > outcome.horizon_days, CENSORED, event)
    arm, practitioner = weighting.arm[known], design.population.practitioner[weighting.rows][known]
    own = weighting.propensity.take(known).own_weights(arm)
    is_lost = (event == CENSORED) & (day[known] < outcome.horizon_days)
    followed = followed_weights(weighting.design.linear[known], arm, cut, is_lost, outcome.horizon_days)
    daily = followed[:, interval_of(np.arange(outcome.horizon_days + 1))]
    courses = Courses(arm, pd.factorize(practitioner)[0].astype(np.int64), cut, event, own[:, None] * daily)
    return _Sample(courses, own, weighting.arms)


def _effect_rows(
    design: TrialDesign,
    trial: TargetTrial,
    outcome: SustainedImprovement,
    pair: Pair,
    sample: _Sample | None,
    curves: dict[int, WeightedIncidence],
) -> list[dict[str, object]]:
    readings = [(SHARE_IMPROVED, day) for day in outcome.days_read] + [(DAYS_IMPROVED, outcome.horizon_days)]
    reason, effective, sizes = design.reasons[pair], float("nan"), [0, 0]
    if sample is not None and set(pair) <= set(sample.arms):
        inside = [sample.courses.arm == sample.arms.index(name) for name in pair]
        sizes = [int(rows.sum()) for rows in inside]
        effective = min(_effective_n(sample, rows) for rows in inside)
    if reason is None and design.weighting is not None:
        figures = replace(design.weighting.figures[pair], effective_n=effective)
        reason = _reason_of_courses(trial, sample, pair, sizes) or after_weighting(trial, figures)
    rows = []
    for measure, day in readings:
        row: dict[str, object] = {
            "contrast": contrast_name(*pair),
            "measure": measure,
            "day": day,
            "n": sum(sizes),
            "n_treated": sizes[0],
            "n_comparator": sizes[1],
            "effective_n": effective,
        }
        thin = reason or _reason_of_day(sample, pair, curves, day)
        if thin is None and sample is not None:
            row |= _result(sample, pair, curves, measure, day) | {"reason": _restriction(design, trial, pair)}
        else:
            row |= _refused(thin)
        rows.append(row)
    return rows


def _reason_of_courses(trial: TargetTrial, sample: _Sample | None, pair: Pair, sizes: list[int]) -> str | None:
    for name, size in zip(pair, sizes, strict=True):
        said = f"'{name.replace('_', ' ')}'"
        if sample is None or size < trial.minimum_per_arm:
            return f"Fewer than {trial.minimum_per_arm} episodes with {said} began with pain of 3 or more."
        inside = sample.courses.arm == sample.arms.index(name)
        if (sample.courses.event[inside] == EVENT).sum() < LEAST_IMPROVED:
            return f"Fewer than {LEAST_IMPROVED} episodes with {said} improved for good: too few to compare."
    return None


def _reason_of_day(sample: _Sample | None, pair: Pair, curves: dict[int, WeightedIncidence], day: int) -> str | None:
    if sample is None or min(curves[sample.arms.index(name)].n_at_risk[day] for name in pair) < LEAST_EPISODES:
        return f"Fewer than {LEAST_EPISODES} episodes of one treatment were still followed on day {day}."
    return None


def _result(
    sample: _Sample, pair: Pair, curves: dict[int, WeightedIncidence], measure: str, day: int
) -> dict[str, object]:
    treated, comparator = (curves[sample.arms.index(name)] for name in pair)
    n_days = len(treated.incidence)
    read = on_day(day, n_days) if measure == SHARE_IMPROVED else days_until(day, n_days)
    estimate = treated.minus(comparator, read)
    lower, upper = estimate.interval()
    crude = [_unadjusted(sample.courses, sample.arms.index(name)) @ read for name in pair]
    return {
        "estimate": estimate.estimate,
        "lower": lower,
        "upper": upper,
        "unadjusted": crude[0] - crude[1],
        "status": "estimated",
    }


def _restriction(design: TrialDesign, trial: TargetTrial, pair: Pair) -> str | None:
    weighting = design.weighting
    if weighting is None:
        return None
    training = weighting.propensity.training
    learned = learned_note(training, trial.most_training_rows)
    pooled = pooled_note(design.population.practitioner[weighting.rows], training)
    return together(restriction_to(weighting.propensity.target, weighting.figures[pair]), learned, pooled)


def _refused(reason: str | None) -> dict[str, object]:
    columns = ("estimate", "lower", "upper", "unadjusted")
    return dict.fromkeys(columns, float("nan")) | {"status": "refused", "reason": reason}


def _curve_rows(sample: _Sample, arm: int, curve: WeightedIncidence) -> pd.DataFrame:
    n_days = len(curve.incidence)
    estimates = [curve.estimate(on_day(day, n_days)) for day in range(n_days)]
    lower, upper = _pointwise(estimates)
    return pd.DataFrame(
        {
            "day": np.arange(n_days),
            "cumulative_improved": curve.incidence,
            "lower": lower,
            "upper": upper,
            "cumulative_injection_or_surgery": curve.competing,
            "unadjusted_improved": _unadjusted(sample.courses, arm),
            "n_at_risk": curve.n_at_risk,
        }
    )


def _pointwise(estimates: list[Estimate]) -> tuple[FloatArray, FloatArray]:
    values = np.array([one.estimate for one in estimates])
    errors = np.array([one.standard_error for one in estimates])
    quantiles = t.ppf(0.975, np.array([one.degrees_of_freedom for one in estimates]))
    return log_log_interval(values, errors, quantiles)


def _unadjusted(courses: Courses, arm: int) -> FloatArray:
    rows: BoolArray = courses.arm == arm
    curve = cumulative_incidence(courses.day[rows], courses.event[rows])
    step = np.searchsorted(curve.time, np.arange(courses.weight.shape[1]), side="right")
    return np.append(0.0, curve.incidence)[step]


def _effective_n(sample: _Sample, rows: BoolArray) -> float:
    last: IntArray = sample.courses.day[rows]
    return effective_n(sample.courses.weight[rows][np.arange(len(last)), last])
