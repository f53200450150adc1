"""The funnel: how far a clinic may lie from the network by chance, and what may be said of one that lies further.

Spiegelhalter, Funnel plots for comparing institutional performance (Stat Med 24:1185, 2005): interpolated exact binomial limits
at 95 and 99.8 %, and multiplicative overdispersion estimated from winsorised z-scores. A position inside the limits carries no
information; nothing here ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import binom

from pipelines.causal.features import FloatArray

FEWEST_EPISODES = 20
FEWEST_CLINICS = 8
WINSORISED_SHARE = 0.1
LEVELS = (0.95, 0.998)
N_SIMULATED = 4_000

Signal = Literal["inside", "outside 95", "outside 99.8", "not judged"]


@dataclass(frozen=True)
class Limits:
    """Lower and upper limit of the network's value at 95 and at 99.8 %, in the value's own unit."""

    lower_95: float
    upper_95: float
    lower_998: float
    upper_998: float


def binomial_limits(share: float, n: float, overdispersion: float = 1.0) -> Limits:
    """Return the interpolated exact binomial limits of a share among `n` episodes, widened by sqrt(overdispersion)."""
    whole = max(1, round(n))
    edges = [_binomial_quantile(share, whole, p) for level in LEVELS for p in ((1 - level) / 2, (1 + level) / 2)]
    widened = [min(1.0, max(0.0, share + (edge - share) * np.sqrt(overdispersion))) for edge in edges]
    return Limits(*(float(edge) for edge in widened))


def _binomial_quantile(share: float, n: int, p: float) -> float:
    """Return the share at cumulative probability `p`, interpolated between whole counts (Spiegelhalter 2005, appendix A.1)."""
    count = int(binom.ppf(p, n, share))
    at, before = float(binom.cdf(count, n, share)), float(binom.cdf(count - 1, n, share))
    fraction = (at - p) / (at - before) if at > before else 0.0
    return min(1.0, max(0.0, (count - fraction) / n))


def simulated_limits(deviations: FloatArray, n: int, *, seed: int, overdispersion: float = 1.0) -> Limits:
    """Return the limits of a mean of `n` deviations drawn from the network's own (m,), skewed as they are; 0 is the network."""
    rng = np.random.default_rng(seed)
    centred = deviations - deviations.mean()
    means = np.array([rng.choice(centred, n).mean() for _ in range(N_SIMULATED)])
    quantiles = np.quantile(means, [p for level in LEVELS for p in ((1 - level) / 2, (1 + level) / 2)])
    return Limits(*(float(edge * np.sqrt(overdispersion)) for edge in quantiles))


def overdispersion(z: FloatArray) -> float:
    """Return the winsorised multiplicative overdispersion of z-scores (k,), never under 1; 1 with fewer than 8 clinics."""
    if len(z) < FEWEST_CLINICS:
        return 1.0
    low, high = np.quantile(z, [WINSORISED_SHARE, 1 - WINSORISED_SHARE]).tolist()
    spread = float(np.mean(np.clip(z, low, high) ** 2))
    return max(1.0, spread)


def signal(value: float, limits: Limits) -> Signal:
    """Return where a value lies; on a limit is inside."""
    if value < limits.lower_998 or value > limits.upper_998:
        return "outside 99.8"
    return "outside 95" if value < limits.lower_95 or value > limits.upper_95 else "inside"


def shrunk(values: FloatArray, errors: FloatArray) -> pd.DataFrame:
    """Return `value`, `lower` and `upper` of empirical-Bayes estimates (k,): each value drawn to the mean of all.

    Normal model; the variance between clinics by DerSimonian and Laird (Control Clin Trials 7:177, 1986), 0 at the least. The
    interval is 95 % and takes that variance as known. `errors` (k,) are standard errors, above 0.
    """
    weight = 1 / errors**2
    mean = float(np.sum(weight * values) / np.sum(weight))
    spread = float(np.sum(weight * (values - mean) ** 2)) - (len(values) - 1)
    scale = float(np.sum(weight) - np.sum(weight**2) / np.sum(weight))
    between = max(0.0, spread / scale) if scale > 0 else 0.0
    centre = float(np.average(values, weights=1 / (errors**2 + between)))
    reliability = between / (between + errors**2)
    middle = centre + reliability * (values - centre)
    half = 1.959963984540054 * np.sqrt(reliability) * errors
    return pd.DataFrame({"value": middle, "lower": middle - half, "upper": middle + half})


def has_three_in_a_row(beyond: list[int]) -> bool:
    """Return whether three consecutive quarters lie beyond 95 % on one side; `beyond` holds 1, -1 or 0 (inside), in order."""
    return any(beyond[at] != 0 and len(set(beyond[at : at + 3])) == 1 for at in range(len(beyond) - 2))
