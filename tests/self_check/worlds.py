"""A small confounded clinic, what a night says of it, and estimators that are wrong on purpose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.effects import estimate_trial
from pipelines.causal.features import Design, FloatArray
from pipelines.causal.propensity import PropensityFit
from pipelines.causal.protocol import FixedGroup, Outcome
from pipelines.self_check.effort import NIGHTLY, Effort
from pipelines.self_check.sample import Sample, sample_of, unfitted
from pipelines.self_check.trial_checks import Said
from tests.causal.worlds import ADD, CONTINUE, linear_clinic, trial_with

PAIR = (ADD, CONTINUE)
SMALL = replace(NIGHTLY, replications=(12, 6, 6), rules=0, permutations=4)
TINY = replace(SMALL, replications=(8, 0, 0), permutations=3)
TRIAL = trial_with(
    outcomes=(
        Outcome("r30d_12wk", 12, "r30d_12wk", True, "risk difference", 0.10),
        Outcome("pain_12wk", 12, "pain_12wk", False, "NPRS points", 1.0),
    ),
    groups=(FixedGroup("older", "older", "age", "a reason", "a source", low=52),),
    modifiers=("severity", "age"),
)


def clinic(n: int, seed: int, *, missing: float = 0.2, hidden: float = 0.0) -> pd.DataFrame:
    """Return a confounded clinic without any effect; `hidden` is a severity that no covariate holds, seen in earlier episodes."""
    frame = linear_clinic(n, seed, effect=0.0)
    generator = np.random.default_rng((seed, 9))
    unseen = generator.normal(size=n)
    is_treated = generator.random(n) < 1 / (1 + np.exp(-(1.2 * frame["severity"] + hidden * unseen)))
    frame["arm"] = np.where(is_treated, ADD, CONTINUE)
    frame["pain_12wk"] = frame["pain_12wk"] - hidden * unseen
    frame["r30d_12wk"] = (frame["pain_12wk"] > 1.5).astype(float)
    frame.loc[generator.random(n) < missing, ["pain_12wk", "r30d_12wk"]] = np.nan
    earlier = hidden * unseen + generator.normal(size=n)
    frame["prior_episodes"] = np.where(earlier > 1, "6+", np.where(earlier > 0, "1-2", "0"))
    frame["bmi"] = generator.normal(27, 4, n)
    frame["smoking"] = np.where(generator.random(n) < 0.2, "current", "never")
    frame["comorb_diabetes"] = generator.random(n) < 0.1
    frame["deprivation_quintile"] = generator.integers(1, 6, n)
    return frame


def said_of(frame: pd.DataFrame) -> Said:
    """Return what a night says of the clinic."""
    tables = estimate_trial(frame, TRIAL).tables
    effects = tables["effects"]
    told = effects[(effects["group_name"] == "all") & (effects["status"] == "estimated")]
    return Said(told, tables["scores"], tables["models"])


def sample_in(frame: pd.DataFrame, outcome: int = 0, said: Said | None = None) -> Sample:
    """Return the sample of an outcome."""
    sample = sample_of(frame, (said or said_of(frame)).scores, TRIAL, TRIAL.outcomes[outcome], (PAIR,))
    assert sample is not None
    return sample


def ignoring_who_was_treated(sample: Sample, y: FloatArray, effort: Effort) -> CrossFittedAIPW:
    """Neither propensities nor covariates: the difference of means, as if treatment had been random."""
    n, shares = len(y), np.bincount(sample.arm) / len(y)
    flat = np.tile(shares, (len(sample.fold), n, 1))
    propensity = PropensityFit(flat, flat[0], sample.fold, np.ones(n, dtype=bool), 0.0, {})
    return unfitted(sample, effort).fit(
        _without_covariates(sample.design),
        y,
        sample.labels,
        practitioner=sample.population.practitioner,
        observation=sample.g,
        propensity=propensity,
    )


def knowing_the_outcome(sample: Sample, y: FloatArray, effort: Effort) -> CrossFittedAIPW:
    """The outcome itself is among the covariates."""
    design = sample.design
    leaked = np.nan_to_num(y)[:, None]
    model = unfitted(sample, effort)
    propensity = PropensityFit(sample.e, sample.e[0], sample.fold, np.ones(len(y), dtype=bool), 0.0, {})
    return model.fit(
        replace(design, linear=np.hstack([design.linear, leaked])),
        y,
        sample.labels,
        practitioner=sample.population.practitioner,
        observation=sample.g,
        propensity=propensity,
    )


def _without_covariates(design: Design) -> Design:
    nothing = np.zeros((len(design.linear), 0))
    return replace(design, linear=nothing, trees=nothing, balance=nothing, is_categorical=np.zeros(0, dtype=bool))
