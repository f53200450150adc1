"""Balance of the arms before and after weighting, for a love plot: rows of diagnostics.balance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipelines.causal.features import FloatArray, IntArray
from pipelines.causal.overlap import standardised_differences
from pipelines.causal.protocol import Outcome, Pair, TargetTrial, contrast_name
from pipelines.causal.weighting import Weighting
from pipelines.robustness.codes import ALL_OUTCOMES, FROM_REFIT, FROM_SCORES
from pipelines.robustness.scored import ScoredOutcome


def balance_of_scores(scored: ScoredOutcome, covariates: FloatArray, names: Sequence[str]) -> pd.DataFrame:
    """Return a row a contrast and covariate of one outcome; covariates (n, p) as in `Design.balance`.

    `before`: all episodes alike. `after`: each weighs 1 / e of its arm, as the estimator is judged by. `after_answered`: those
    whose outcome is known, each weighing 1 / (e g).
    """
    weights = {
        "before": np.ones(len(scored.arm)),
        "after": scored.treatment_weights(),
        "after_answered": scored.answer_weights(),
    }
    parts = [
        _rows(scored.trial, scored.outcome.name, pair, scored.codes(pair), covariates, names, scored.arm, weights)
        for pair in scored.pairs
    ]
    return pd.concat(parts, ignore_index=True).assign(weights_from=FROM_SCORES) if parts else pd.DataFrame()


def balance_of_refit(trial: TargetTrial, weighting: Weighting) -> pd.DataFrame:
    """Return the rows of a trial none of whose contrasts was estimated, from propensities fitted anew (`weighting`)."""
    target = weighting.propensity.target
    arm = weighting.arm[target]
    weights = {"before": np.ones(len(arm)), "after": weighting.propensity.own_weights(weighting.arm)[target]}
    parts = [
        _rows(
            trial,
            ALL_OUTCOMES,
            pair,
            (weighting.arms.index(pair[0]), weighting.arms.index(pair[1])),
            weighting.design.balance[target],
            weighting.design.balance_names,
            arm,
            weights,
        )
        for pair in weighting.figures
    ]
    return pd.concat(parts, ignore_index=True).assign(weights_from=FROM_REFIT) if parts else pd.DataFrame()


def largest(rows: pd.DataFrame, column: str) -> tuple[float, str]:
    """Return the largest absolute difference of a contrast's rows and its covariate, (0, '') without any."""
    sizes = rows[column].abs()
    if not sizes.notna().any():
        return 0.0, ""
    place = int(np.nanargmax(sizes.to_numpy(dtype=float)))
    return float(sizes.iloc[place]), str(rows["covariate"].iloc[place])


def _rows(
    trial: TargetTrial,
    outcome: Outcome | str,
    pair: Pair,
    codes: tuple[int, int],
    covariates: FloatArray,
    names: Sequence[str],
    arm: IntArray,
    weights: dict[str, FloatArray],
) -> pd.DataFrame:
    found = {}
    for name, weight in weights.items():
        has_both = all(weight[arm == code].sum() > 0 for code in codes)
        found[name] = (
            standardised_differences(covariates, arm, weight, *codes) if has_both else np.full(len(names), np.nan)
        )
    return pd.DataFrame(
        {
            "trial": trial.id,
            "outcome": outcome,
            "contrast": contrast_name(*pair),
            "covariate": list(names),
            "before": found["before"],
            "after": found["after"],
            "after_answered": found.get("after_answered", np.nan),
            "protocol_hash": trial.protocol_hash(),
        }
    )
