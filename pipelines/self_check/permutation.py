"""With the treatment permuted the effect must be around 0, with the outcome permuted the AUC around 0.5: else something leaks."""

from __future__ import annotations

from math import sqrt

import numpy as np
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from pipelines.causal.features import FloatArray, IntArray
from pipelines.causal.inference import Estimate
from pipelines.causal.keys import numbered
from pipelines.causal.protocol import Pair, contrast_name
from pipelines.self_check.effort import Effort
from pipelines.self_check.limits import FALSE_ALARM_RATE, largest_bias
from pipelines.self_check.sample import Estimator, Sample, as_tonight, unfitted

TREATMENT, OUTCOME = "treatment", "outcome"
EVERY_CONTRAST = "all"
HARMLESS_AUC = 0.05
"""How far the AUC may lie from 0.5 beside chance: out of fold it falls below 0.5 by a little, as each fold's model knows that the
others' outcomes were higher or lower than the fold's own."""


def permutation_rows(
    sample: Sample, effort: Effort, *, estimate: Estimator = as_tonight, seed: int
) -> list[dict[str, object]]:
    """Return the rows of self_checks.permutations of one outcome: an effect a contrast, and the AUC where it is binary.

    The treatment is permuted among the episodes of a practitioner and everything fitted anew; the outcome among those whose
    outcome is known. `value` is the mean over permutations, `lowest` and `highest` its limits.
    """
    used = sample.thinned(effort.most_episodes).draws(effort.draws)
    alpha = FALSE_ALARM_RATE / (len(sample.pairs) + 1)
    named = {"trial": sample.trial.id, "outcome": sample.outcome.name, "protocol_hash": sample.trial.protocol_hash()}
    found = _treatment_permuted(used, effort, np.random.default_rng((seed, 1)))
    rows: list[dict[str, object]] = []
    for pair, estimates in found.items():
        values = np.array([one.estimate for one in estimates])
        error = float(np.mean([one.standard_error for one in estimates]))
        limit = largest_bias(values, error, sample.outcome.margin, alpha)
        rows.append(
            named
            | {"contrast": contrast_name(*pair), "permuted": TREATMENT, "figure": "effect"}
            | _judged(values, -limit, limit)
        )
    if sample.outcome.is_binary:
        values = _outcome_permuted(used, effort, estimate, np.random.default_rng((seed, 2)))
        limit = HARMLESS_AUC + _chance(used.y[used.known]) * float(norm.ppf(1 - alpha / 2)) / sqrt(len(values))
        rows.append(
            named
            | {"contrast": EVERY_CONTRAST, "permuted": OUTCOME, "figure": "auc"}
            | _judged(values, 0.5 - limit, 0.5 + limit)
        )
    return rows


def permuted_within(group: IntArray, values: IntArray, generator: np.random.Generator) -> IntArray:
    """Return the values (n,) permuted among the rows of each group (n,)."""
    shuffled = generator.permutation(len(values))
    source = shuffled[np.argsort(group[shuffled], kind="stable")]
    permuted = np.empty_like(values)
    permuted[np.argsort(group, kind="stable")] = values[source]
    return permuted


def _treatment_permuted(sample: Sample, effort: Effort, generator: np.random.Generator) -> dict[Pair, list[Estimate]]:
    group = numbered(sample.population.practitioner)[1].astype(np.int64)
    found: dict[Pair, list[Estimate]] = {pair: [] for pair in sample.pairs}
    for _ in range(effort.permutations):
        labels = np.array(sample.arms, dtype=object)[permuted_within(group, sample.arm, generator)]
        model = unfitted(sample, effort).fit(
            sample.design,
            sample.y,
            labels,
            patient=sample.patient,
            practitioner=sample.population.practitioner,
            observation_X=sample.later,
        )
        for pair, estimates in found.items():
            estimates.append(model.contrast(*pair))
    return found


def _outcome_permuted(
    sample: Sample, effort: Effort, estimate: Estimator, generator: np.random.Generator
) -> FloatArray:
    """The AUC of the outcome's model, out of fold, of each permutation."""
    known, own = sample.known, (np.arange(len(sample.arm)), sample.arm)
    values = []
    for _ in range(effort.permutations):
        y = sample.y.copy()
        y[known] = generator.permutation(sample.y[known])
        model = estimate(sample, y, effort)
        mu = model.scores_["mu"].to_numpy(dtype=float).reshape(len(model.psi_), len(y), -1).mean(axis=0)
        values.append(roc_auc_score(y[known], mu[own][known]))
    return np.array(values)


def _judged(values: FloatArray, lowest: float, highest: float) -> dict[str, object]:
    value = float(values.mean())
    return {
        "n_permutations": len(values),
        "value": value,
        "lowest": lowest,
        "highest": highest,
        "is_passed": bool(lowest <= value <= highest),
    }


def _chance(y: FloatArray) -> float:
    """The standard deviation of the AUC of a score that tells nothing (Mann and Whitney 1947)."""
    events = float(y.sum())
    others = len(y) - events
    return sqrt((events + others + 1) / (12 * events * others))
