"""What the weights do: overlap of the arms, balance after weighting, effective sample size."""

from __future__ import annotations

import numpy as np

from pipelines.causal.features import BoolArray, FloatArray, IntArray


def overlap_mask(propensity: FloatArray, low: float, high: float) -> BoolArray:
    """Return which units have every column of `propensity` (n, arms) inside [low, high]."""
    return np.asarray(((propensity >= low) & (propensity <= high)).all(axis=1))


def effective_n(weights: FloatArray) -> float:
    """Return Kish's effective sample size, (sum w)^2 / sum w^2; 0 without weights."""
    return float(weights.sum() ** 2 / np.sum(weights**2)) if len(weights) else 0.0


def standardised_differences(
    covariates: FloatArray, arm: IntArray, weights: FloatArray, treated: int, comparator: int
) -> FloatArray:
    """Return the weighted difference of each covariate's mean, treated minus comparator, in its standard deviations.

    `covariates` (n, p) over the target population, whose spread is the unit; NaN when an arm is empty.
    """
    means = []
    for k in (treated, comparator):
        rows = arm == k
        if not rows.any():
            return np.full(covariates.shape[1], np.nan)
        means.append(np.average(covariates[rows], axis=0, weights=weights[rows]))
    spread = covariates.std(axis=0, dtype=np.float64)
    difference = means[0] - means[1]
    return np.asarray(np.divide(difference, spread, out=np.zeros_like(difference), where=spread > 0), dtype=float)


def largest_difference(differences: FloatArray) -> float:
    """Return the largest absolute standardised difference, 0 when there is no covariate."""
    return float(np.max(np.abs(differences), initial=0.0))


def most_different(covariates: FloatArray, names: tuple[str, ...], inside: BoolArray) -> str:
    """Return in words the covariate in which those outside differ most, in standard deviations, from those inside.

    `covariates` (n, p), `names` (p,), `inside` (n,). Empty where nobody is outside, or nobody inside, or nothing differs.
    """
    if inside.all() or not inside.any() or not names:
        return ""
    equal = np.ones(len(covariates))
    differences = np.abs(standardised_differences(covariates, inside.astype(np.int64), equal, 0, 1))
    largest = int(np.argmax(differences))
    return in_words(names[largest]) if differences[largest] > 0 else ""


def in_words(balance_name: str) -> str:
    """Return a column of the balance table as it is told: 'smoking: current', 'age'."""
    return balance_name.replace("=", ": ").replace("_", " ")


def predictability_of_arm(group: IntArray, arm: IntArray, treated: int, comparator: int) -> float:
    """Return how well the other episodes of the same clinic or practitioner tell a unit's arm: the balanced accuracy.

    1 means that the group alone decides the treatment, 0.5 that it tells nothing. A unit alone in its group counts
    as half right. NaN unless both arms are present.
    """
    rows = (arm == treated) | (arm == comparator)
    is_treated = arm[rows] == treated
    if is_treated.all() or not is_treated.any():
        return float("nan")
    code = group[rows]
    others = np.bincount(code)[code] - 1
    others_treated = np.bincount(code, weights=is_treated)[code] - is_treated
    guess = np.divide(others_treated, others, out=np.full(len(code), 0.5), where=others > 0)
    is_right = np.where(guess == 0.5, 0.5, (guess > 0.5) == is_treated)
    return float((is_right[is_treated].mean() + is_right[~is_treated].mean()) / 2)
