"""What a night would have discovered in outcomes whose truth is known: that patients differ, a rule that does better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.differences import find_differences
from pipelines.causal.features import FloatArray
from pipelines.causal.heterogeneity import heterogeneity
from pipelines.causal.learned_rule import rule_tables
from pipelines.causal.protocol import Pair, contrast_name
from pipelines.self_check.effort import Effort
from pipelines.self_check.sample import Sample


@dataclass(frozen=True)
class Discoveries:
    """`differs`: by contrast whether both tests passed. `has_rule`: whether a rule would be shown, None where none was learned."""

    differs: dict[Pair, bool]
    has_rule: bool | None


def search(sample: Sample, model: CrossFittedAIPW, y: FloatArray, effort: Effort, *, learns_rule: bool) -> Discoveries:
    """Return what is discovered in outcomes y (n,), to which `model` was fitted.

    The tests are the night's. With little effort the expected gain that they are put to is the difference of the model's
    out-of-fold means, and with much, in the replications in which a rule is learned, the night's own stack of effect models.
    """
    if learns_rule and effort.has_gains:
        return _as_at_night(sample, model, y)
    shape = (len(model.psi_), len(y), len(model.arms_))
    mu = model.scores_["mu"].to_numpy(dtype=float).reshape(shape)
    differs = {}
    for pair in sample.pairs:
        treated, comparator = sample.codes(pair)
        found = heterogeneity(
            model.psi_[:, :, treated] - model.psi_[:, :, comparator],
            mu[:, :, treated] - mu[:, :, comparator],
            sample.population.practitioner,
            model.propensity_.fold,
        )
        differs[pair] = found.is_shown
    return Discoveries(differs, _has_rule(sample, model) if learns_rule else None)


def _as_at_night(sample: Sample, model: CrossFittedAIPW, y: FloatArray) -> Discoveries:
    estimates = {pair: model.contrast(*pair) for pair in sample.pairs}
    rows = np.ones(len(y), dtype=bool)
    found = find_differences(
        sample.population, sample.trial, sample.outcome, model, y=y, rows=rows, estimates=estimates
    )
    tests = found.tables["heterogeneity"]
    differs = {
        pair: bool(tests.loc[tests["contrast"] == contrast_name(*pair), "is_shown"].any()) for pair in sample.pairs
    }
    rules = found.tables.get("rule_values")
    is_learned = rules is not None and rules["status"].iloc[0] == "estimated"
    return Discoveries(differs, bool(rules["is_shown"].iloc[0]) if rules is not None and is_learned else None)


def _has_rule(sample: Sample, model: CrossFittedAIPW) -> bool | None:
    people = sample.population.covariates(sample.trial.modifiers)
    if not people.shape[1]:
        return None
    table = rule_tables(
        sample.trial,
        sample.outcome,
        people,
        model.psi_.mean(axis=0),
        sample.arms,
        patient=sample.patient,
        practitioner=sample.population.practitioner,
    )["rule_values"]
    return bool(table["is_shown"].iloc[0]) if table["status"].iloc[0] == "estimated" else None
