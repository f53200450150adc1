"""The rule of at most two questions that the scores suggest, and what a rule learned this way is worth: as rows.

Scores are smoothed before a tree is learned on them: ridge regression and boosting of the scores on the covariates that
clinicians approved, half of each. Everything a tree is valued on had no part in it (see `policy`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipelines.causal.encoding import learn_encoding
from pipelines.causal.features import FloatArray
from pipelines.causal.learners import Training, fit_boosting, fit_linear
from pipelines.causal.needed import episodes_needed
from pipelines.causal.policy import RuleValue, nested_gains, rule_folds, value_of_learned_rule
from pipelines.causal.policy_tree import PolicyTree, in_words
from pipelines.causal.protocol import Outcome, TargetTrial
from pipelines.causal.tree_search import LEAST_LEAF, fit_policy_tree

FOLDS = 5
FEWEST_EPISODES = 3 * LEAST_LEAF
"""Below it hardly any question could part the episodes into leaves of 200 in four folds of five."""


def rule_tables(
    trial: TargetTrial,
    outcome: Outcome,
    people: pd.DataFrame,
    scores: FloatArray,
    arms: tuple[str, ...],
    *,
    patient: NDArray[np.object_],
    practitioner: NDArray[np.object_],
) -> dict[str, pd.DataFrame]:
    """Return the rows of estimates.rule_values (one) and estimates.rules (a node each; none when refused).

    people: the approved covariates (n rows); scores (n, arms): raw doubly robust scores; patient: folds keep one together.
    """
    named = {"trial": trial.id, "outcome": outcome.name, "protocol_hash": trial.protocol_hash()}
    nothing = dict.fromkeys(("value", "value_single", "gain", "gain_lower", "gain_upper"), np.nan)
    row = (
        named
        | nothing
        | {"words": None, "arms": ", ".join(arms), "n": len(scores), "is_shown": False, "status": "refused"}
    )
    if len(scores) < FEWEST_EPISODES:
        reason = f"No rule is learned from fewer than {FEWEST_EPISODES} episodes: each side of a question needs {LEAST_LEAF}."
        return {"rule_values": pd.DataFrame([row | {"reason": reason, "episodes_needed": FEWEST_EPISODES}])}
    features = as_numbers(people)
    tree, value = learn_rule(features, scores, arms, patient, practitioner, trial.seed)
    lower, upper = value.gain.interval()
    row |= {"status": "estimated", "is_shown": value.is_shown, "reason": value.verdict, "value": value.rule.estimate}
    row |= {
        "value_single": value.single.estimate,
        "gain": value.gain.estimate,
        "gain_lower": lower,
        "gain_upper": upper,
    }
    row |= {"episodes_needed": _episodes_needed(value, outcome.margin), "words": "; ".join(in_words(tree))}
    nodes = pd.DataFrame(tree.as_rows()).rename(columns={"number": "node"})
    return {"rule_values": pd.DataFrame([row]), "rules": nodes.assign(**named, is_shown=value.is_shown)}


def learn_rule(
    features: pd.DataFrame,
    scores: FloatArray,
    arms: tuple[str, ...],
    patient: NDArray[np.object_],
    practitioner: NDArray[np.object_],
    seed: int,
) -> tuple[PolicyTree, RuleValue]:
    """Return the tree learned on all rows, and the value, out of fold, of trees learned this way.

    features: numbers only, NaN where missing. Other arguments as in `rule_tables`.
    """
    fold = rule_folds(patient, FOLDS, seed)
    with threadpool_limits(1):
        gains = nested_gains(smoothed_scores, features, scores, fold)
        value = value_of_learned_rule(features, gains, scores, arms, practitioner, fold)
        smooth = np.empty_like(scores)
        for k in range(FOLDS):
            own = fold == k
            smooth[own] = smoothed_scores(features[~own], scores[~own], features[own])
    return fit_policy_tree(features, smooth, arms), value


def smoothed_scores(features: pd.DataFrame, scores: FloatArray, others: pd.DataFrame) -> FloatArray:
    """Return the expected scores (m, arms) of `others`, learned from `features` and `scores` (n, arms)."""
    encoding = learn_encoding(features.reset_index(drop=True))
    known, new = encoding.apply(features.reset_index(drop=True)), encoding.apply(others.reset_index(drop=True))
    columns = []
    for k in range(scores.shape[1]):
        training = Training(known, scores[:, k], np.ones(len(scores)), is_binary=False, seed=0)
        columns.append((fit_linear(training)(new) + fit_boosting(training)(new)) / 2)
    return np.column_stack(columns)


def as_numbers(people: pd.DataFrame) -> pd.DataFrame:
    """Return the covariates as numbers, yes as 1, NaN where missing."""
    return pd.DataFrame(
        {name: people[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan) for name in people}
    )


def _episodes_needed(value: RuleValue, margin: float) -> float:
    if value.is_shown or not np.isfinite(value.gain.standard_error) or value.gain.standard_error == 0:
        return float("nan")
    return float(episodes_needed(value.gain, margin).episodes or np.nan)
