"""E-values: how strongly an unmeasured factor would have to go with both treatment and outcome to explain an effect away.

VanderWeele and Ding, Ann Intern Med 2017;167:268. On the scale of risk ratios: the E-value is the least risk ratio that the
factor must have with the treatment and with the outcome, beside what was adjusted for.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np

from pipelines.causal.inference import Estimate, median_of_repeats
from pipelines.causal.protocol import Pair
from pipelines.robustness.scored import ScoredOutcome, mean_of_codes

# A difference of one standard deviation stands for a risk ratio of exp(0.91) (table 2 of the paper, after Chinn 2000).
LOG_RATIO_PER_DEVIATION = 0.91


@dataclass(frozen=True, slots=True)
class RiskRatio:
    """A risk ratio with its interval, measured or approximate; NaN where it cannot be formed."""

    ratio: float
    lower: float
    upper: float


def e_value(ratio: float) -> float:
    """Return RR + sqrt(RR (RR - 1)) of a risk ratio, of its inverse when it is below 1; NaN unless it is above 0."""
    if not ratio > 0:
        return float("nan")
    above = max(ratio, 1 / ratio)
    return above + sqrt(above * (above - 1))


def e_value_of_limit(found: RiskRatio) -> float:
    """Return the E-value of the limit nearer to 1: exactly 1 when the interval holds 1."""
    if not (np.isfinite(found.lower) and np.isfinite(found.upper)):
        return float("nan")
    if found.lower <= 1 <= found.upper:
        return 1.0
    return e_value(found.lower if found.ratio > 1 else found.upper)


def risk_ratio(scored: ScoredOutcome, pair: Pair) -> RiskRatio:
    """Return the risk ratio of a binary outcome from the arms' mean scores, its interval by the delta method on its logarithm.

    Of a continuous outcome the approximate one, exp(0.91 d) with d the effect in pooled standard deviations of the known
    outcomes within the two arms, and the same of the interval's limits.
    """
    if not scored.outcome.is_binary:
        return _of_points(scored, pair)
    treated, comparator = scored.codes(pair)
    logs = []
    for psi in scored.psi:
        first, second = float(psi[:, treated].mean()), float(psi[:, comparator].mean())
        if first <= 0 or second <= 0:
            return RiskRatio(float("nan"), float("nan"), float("nan"))
        middle = log(first / second)
        linear = middle + (psi[:, treated] - first) / first - (psi[:, comparator] - second) / second
        logs.append(mean_of_codes(linear, scored.practitioner))
    estimate: Estimate = median_of_repeats(logs)
    lower, upper = estimate.interval()
    return RiskRatio(exp(estimate.estimate), exp(lower), exp(upper))


def _of_points(scored: ScoredOutcome, pair: Pair) -> RiskRatio:
    estimate = scored.mean(scored.contrast(pair))
    deviation = pooled_deviation(scored, pair)
    if not deviation > 0:
        return RiskRatio(float("nan"), float("nan"), float("nan"))
    ratios = [exp(LOG_RATIO_PER_DEVIATION * value / deviation) for value in (estimate.estimate, *estimate.interval())]
    return RiskRatio(*ratios)


def pooled_deviation(scored: ScoredOutcome, pair: Pair) -> float:
    """Return the standard deviation of the known outcomes within the two arms, pooled; NaN with fewer than two in one."""
    groups = [scored.y[scored.known & (scored.arm == code)] for code in scored.codes(pair)]
    if min(len(group) for group in groups) < 2:
        return float("nan")
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in groups)
    return sqrt(squares / (sum(len(group) for group in groups) - 2))
