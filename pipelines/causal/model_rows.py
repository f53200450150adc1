"""How good the nuisance models of an outcome are, arms' means, and how many episodes would tell: rows beside the effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.features import FloatArray, IntArray
from pipelines.causal.inference import Estimate
from pipelines.causal.labels import label_of
from pipelines.causal.needed import episodes_needed, episodes_needed_by_design
from pipelines.causal.protocol import Outcome, Pair, TargetTrial
from pipelines.causal.refusals import would_end_with_more

MOST_EPISODES_NAMED = 1_000_000
"""A number above it says only that no group of clinics will ever tell."""


def arm_rows(
    trial: TargetTrial, outcome: Outcome, model: CrossFittedAIPW | None, estimates: Mapping[Pair, Estimate | None]
) -> pd.DataFrame:
    """Return a row an arm of the contrasts that were estimated: the mean outcome had everybody been given it."""
    arms = [arm for arm in trial.arms if any(arm in pair and estimate for pair, estimate in estimates.items())]
    if model is None:
        return pd.DataFrame()
    rows = []
    for arm in arms:
        mean = model.arm_mean(arm)
        lower, upper = mean.interval()
        n_arm = int((model.target_ & model.is_observed_ & (model.arm_ == model.arms_.index(arm))).sum())
        named = {"trial": trial.id, "outcome": outcome.name, "arm": arm, "protocol_hash": trial.protocol_hash()}
        rows.append(named | {"mean": mean.estimate, "lower": lower, "upper": upper, "n": mean.n, "n_arm": n_arm})
    return pd.DataFrame(rows)


def model_rows(trial: TargetTrial, outcome: Outcome, model: CrossFittedAIPW, y: FloatArray) -> pd.DataFrame:
    """Return out-of-fold figures and stack weights of the three nuisance models, a row a figure.

    y (n,): outcomes of the rows fitted on. `arm` and `answered`: log loss; `outcome`: share of the variance explained, and AUC
    where it is binary. Probabilities are those that scores divide by: clipped, and calibrated for the arm.
    """
    own = np.arange(len(y)), model.arm_
    shape = (-1, len(y), len(model.arms_))
    parts = {name: model.scores_[name].to_numpy(dtype=float).reshape(shape).mean(axis=0) for name in ("mu", "e", "g")}
    known = model.is_observed_
    mu, g = parts["mu"][own], parts["g"][own]
    chosen = parts["e"] / parts["e"].sum(axis=1, keepdims=True)
    figures = {
        ("arm", "log loss"): log_loss(model.arm_, chosen, labels=list(range(len(model.arms_)))),
        ("outcome", "share explained"): 1 - float(np.mean((y[known] - mu[known]) ** 2) / y[known].var()),
    }
    if outcome.is_binary:
        figures["outcome", "auc"] = float(roc_auc_score(y[known], mu[known]))
    if not known.all():
        figures["answered", "log loss"] = log_loss(known, np.clip(g, 0.0, 1.0), labels=[False, True])
    if (training := model.propensity_.training) is not None:
        figures["sample", "share learned from"] = float((training > 0).mean())
    for part, stack in (("arm", "propensity_stack"), ("outcome", "outcome_stack")):
        figures |= {(part, f"weight of {name}"): share for name, share in model.diagnostics_[stack].items()}
    named = {"trial": trial.id, "outcome": outcome.name, "seed": trial.seed, "protocol_hash": trial.protocol_hash()}
    return pd.DataFrame(
        [named | {"model": part, "figure": name, "value": float(value)} for (part, name), value in figures.items()]
    )


def needed_columns(
    y: FloatArray,
    arm: IntArray,
    codes: Sequence[int],
    estimate: Estimate | None,
    reason: str | None,
    margin: float,
) -> dict[str, float]:
    """Return episodes_needed and practitioners_needed where a contrast cannot tell; NaN where it can, or never will.

    y, arm (n,): outcomes (NaN unknown) and codes of all who can have the outcome; codes: treated and comparator. Of an
    estimate it is what tells the margin from none, or, where those at hand suffice for that, the effect from the margin. Of a
    refusal for size it is the least that the spread of the known outcomes asks for.
    """
    nothing = {"episodes_needed": float("nan"), "practitioners_needed": float("nan")}
    if estimate is not None:
        lower, upper = estimate.interval()
        is_unclear = label_of(estimate, margin) == "not_enough_information" or (lower <= 0 and upper >= margin)
        if not is_unclear or not np.isfinite(estimate.standard_error):
            return nothing
        needed = episodes_needed(estimate, margin)
        if needed.is_reached and estimate.estimate != margin:
            needed = episodes_needed(estimate, abs(estimate.estimate - margin))
        if needed.episodes is None or needed.episodes > MOST_EPISODES_NAMED:
            return nothing
        return {"episodes_needed": float(needed.episodes), "practitioners_needed": float(needed.practitioners)}
    of_both = np.isin(arm, codes)
    if reason is None or not would_end_with_more(reason) or not of_both.any():
        return nothing
    least = episodes_needed_by_design(y[of_both], arm[of_both] == codes[0], margin)
    return nothing | {"episodes_needed": float("nan") if least is None else float(least)}
