"""What the unanswered could hide: worst and best case, and the tipping point of a delta adjustment.

The main estimate takes those who did not answer to have done as those alike who did. With delta they did better by delta than
that (worse when it is below 0). The mean of arm k then moves by delta times P(not answered | arm k), which is estimated from that
arm's episodes weighted by 1 / e (Rubin, J Am Stat Assoc 1977;72:538; for trials Cro and others, Stat Med 2020;39:2815). Worst and
best case give all unanswered of one arm the worst known outcome of the contrast and of the other the best, or the reverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.optimize import brentq

from pipelines.causal.features import FloatArray
from pipelines.causal.inference import Estimate
from pipelines.causal.protocol import Pair, contrast_name
from pipelines.robustness.codes import NONE_SHOWN, verdict
from pipelines.robustness.e_values import pooled_deviation
from pipelines.robustness.scored import ScoredOutcome

# Half a standard deviation is about the smallest change that people notice on most scales (Norman, Sloan and Wyrwich, Med Care
# 2003;41:582): that those who did not answer differ by less from those alike who did is plausible.
PLAUSIBLE_DEVIATIONS = 0.5


@dataclass(frozen=True)
class Unanswered:
    """Scores (repeats, n) of the share of each arm of a contrast that would not have answered."""

    treated: FloatArray
    comparator: FloatArray


def unanswered(scored: ScoredOutcome, pair: Pair) -> Unanswered:
    """Return the scores whose means are P(not answered | arm) of treated and comparator."""
    is_missing = (~scored.known).astype(float)
    return Unanswered(*(_arm_scores(scored, code, is_missing, None) for code in scored.codes(pair)))


def shifted(scored: ScoredOutcome, pair: Pair, missing: Unanswered, delta: tuple[float, float]) -> Estimate:
    """Return the effect when the unanswered of treated and comparator did better by these deltas than those alike."""
    moved = scored.contrast(pair) + delta[0] * missing.treated - delta[1] * missing.comparator
    return scored.mean(moved)


def extreme_case(scored: ScoredOutcome, pair: Pair, values: tuple[float, float]) -> Estimate:
    """Return the effect when every unanswered outcome of treated and comparator has these values."""
    parts = []
    for code, value in zip(scored.codes(pair), values, strict=True):
        filled = np.where(scored.known, scored.y, value)
        parts.append(_arm_scores(scored, code, filled, value))
    return scored.mean(parts[0] - parts[1])


def _arm_scores(scored: ScoredOutcome, code: int, values: FloatArray, filled_with: float | None) -> FloatArray:
    """Return scores (repeats, n) of an arm's mean of `values` (n,), known of all: guess + 1(arm) / e (value - guess).

    The guess is the arm's weighted mean, or where the unanswered are filled in, that mixture of mu and the value.
    """
    in_arm = scored.arm == code
    found = []
    for e, mu in zip(scored.e[:, :, code], scored.mu[:, :, code], strict=True):
        weight = in_arm / e
        if filled_with is None:
            guess = np.full(len(values), float(weight @ values / weight.sum()))
        else:
            share_known = float(weight @ scored.known / weight.sum())
            guess = share_known * mu + (1 - share_known) * filled_with
        found.append(guess + weight * (values - guess))
    return np.array(found)


def tipping_point(
    scored: ScoredOutcome, pair: Pair, missing: Unanswered, *, in_both: bool, of_estimate: bool, widest: float
) -> float:
    """Return the delta, as an amount, at which the interval (or the estimate) no longer shows the effect; NaN if none to `widest`.

    The unanswered of the arm that did better are worse by it; `in_both` also those of the other arm better by it. 0 where nothing
    is shown to begin with.
    """
    sign = float(np.sign(scored.mean(scored.contrast(pair)).estimate))

    def left(amount: float) -> float:
        change = -sign * amount
        delta = (change, -change) if in_both else ((change, 0.0) if sign > 0 else (0.0, -change))
        found = shifted(scored, pair, missing, delta)
        if of_estimate:
            return sign * found.estimate
        lower, upper = found.interval()
        return lower if sign > 0 else -upper

    if not left(0.0) > 0:
        return 0.0
    if left(widest) > 0:
        return float("nan")
    return float(brentq(left, 0.0, widest, xtol=1e-6 * widest))


def missing_outcomes_row(scored: ScoredOutcome, pair: Pair) -> dict[str, object] | None:
    """Return the row of one contrast; None when every outcome of its arms is known."""
    codes = scored.codes(pair)
    of_pair = np.isin(scored.arm, codes)
    if scored.known[of_pair].all():
        return None
    values = scored.y[scored.known & of_pair]
    low, high = float(values.min()), float(values.max())
    missing = unanswered(scored, pair)
    worst, best = (extreme_case(scored, pair, ends) for ends in ((low, high), (high, low)))
    effect = scored.mean(scored.contrast(pair))
    said = verdict(*effect.interval())
    nothing = float("nan")
    row: dict[str, object] = {
        "trial": scored.trial.id,
        "outcome": scored.outcome.name,
        "contrast": contrast_name(*pair),
        "estimate": effect.estimate,
        "missing_treated": scored.mean(missing.treated).estimate,
        "missing_comparator": scored.mean(missing.comparator).estimate,
        "plausible_delta": PLAUSIBLE_DEVIATIONS * _deviation(scored, pair),
        "verdict": said,
        "protocol_hash": scored.protocol_hash,
    }
    for name, case in (("worst", worst), ("best", best)):
        lower, upper = case.interval()
        row |= {f"{name}_case": case.estimate, f"{name}_case_lower": lower, f"{name}_case_upper": upper}
    for name, in_both, of_estimate in (
        ("tipping_delta", False, False),
        ("tipping_delta_both_arms", True, False),
        ("tipping_delta_of_estimate", False, True),
    ):
        row[name] = (
            nothing
            if said == NONE_SHOWN
            else tipping_point(scored, pair, missing, in_both=in_both, of_estimate=of_estimate, widest=high - low)
        )
    return row


def _deviation(scored: ScoredOutcome, pair: Pair) -> float:
    if not scored.outcome.is_binary:
        return pooled_deviation(scored, pair)
    share = float(np.mean(scored.y[scored.known & np.isin(scored.arm, scored.codes(pair))]))
    return sqrt(share * (1 - share))
