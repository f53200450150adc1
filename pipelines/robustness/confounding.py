"""What a hidden factor would have to be like: rows of diagnostics.confounding and confounding_contours."""

from __future__ import annotations

import numpy as np

from pipelines.causal.protocol import Pair, contrast_name
from pipelines.robustness.benchmarks import Strength, strongest
from pipelines.robustness.e_values import e_value, e_value_of_limit, risk_ratio
from pipelines.robustness.omitted_variables import ShortModel, contour, robustness_value, strength
from pipelines.robustness.scored import ScoredOutcome

CONTOUR_SHARES = np.array([0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.10, 0.15, 0.20, 0.30])


def confounding_row(
    scored: ScoredOutcome, pair: Pair, model: ShortModel, groups: dict[str, Strength]
) -> dict[str, object]:
    """Return the row of one contrast: E-values, robustness values, and the strongest measured group where it was asked."""
    effect = model.shifted(0.0)
    lower, upper = effect.interval()
    ratio = risk_ratio(scored, pair)
    row: dict[str, object] = {
        "trial": scored.trial.id,
        "outcome": scored.outcome.name,
        "contrast": contrast_name(*pair),
        "estimate": effect.estimate,
        "lower": lower,
        "upper": upper,
        "risk_ratio": ratio.ratio,
        "risk_ratio_lower": ratio.lower,
        "risk_ratio_upper": ratio.upper,
        "is_ratio_approximate": not scored.outcome.is_binary,
        "e_value": e_value(ratio.ratio),
        "e_value_limit": e_value_of_limit(ratio),
        "sigma_squared": model.sigma_squared,
        "nu_squared": model.nu_squared,
        "robustness_value": robustness_value(model, of_limit=False),
        "robustness_value_limit": robustness_value(model, of_limit=True),
        "protocol_hash": scored.protocol_hash,
    }
    return row | _yardstick(model, groups)


def _yardstick(model: ShortModel, groups: dict[str, Strength]) -> dict[str, object]:
    """Return the strongest measured group and the effect that a hidden factor as strong could leave; empty without groups."""
    name = strongest(groups)
    if name is None:
        nothing = dict.fromkeys(("outcome_r2", "treatment_r2", "estimate_1x", "limit_1x"), float("nan"))
        return {"strongest_group": None, **nothing}
    outcome_r2, treatment_r2 = groups[name].times(1)
    towards = -float(np.sign(model.shifted(0.0).estimate)) or -1.0
    moved = model.shifted(towards * strength(outcome_r2, treatment_r2))
    return {
        "strongest_group": name,
        "outcome_r2": outcome_r2,
        "treatment_r2": treatment_r2,
        "estimate_1x": moved.estimate,
        "limit_1x": moved.interval()[0 if towards < 0 else 1],
    }


def contour_rows(scored: ScoredOutcome, pair: Pair, model: ShortModel) -> list[dict[str, object]]:
    """Return the grid of a contour plot: the effect left by a factor of every pair of strengths."""
    named: dict[str, object] = {
        "trial": scored.trial.id,
        "outcome": scored.outcome.name,
        "contrast": contrast_name(*pair),
        "protocol_hash": scored.protocol_hash,
    }
    return [named | row for row in contour(model, CONTOUR_SHARES, CONTOUR_SHARES)]
