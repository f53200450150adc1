"""When a result is refused, and why, in plain words. Reasons hold no counts: a small count is a disclosure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.overlap import predictability_of_arm
from pipelines.causal.protocol import Outcome, Pair, TargetTrial
from pipelines.causal.trials import CRITERIA

# Balanced accuracy with which the rest of a clinic's episodes tell an episode's arm; 1 = the clinic decides alone.
DECIDED_BY_GROUP = 0.95


@dataclass(frozen=True, slots=True)
class WeightedContrast:
    """What weighting achieved for one contrast: the figures that `after_weighting` judges.

    `outside_overlap`: the covariate in which those without overlap differ most from the others; empty where nobody is."""

    clipped_share: float
    overlap_share: float
    outside_overlap: str
    largest_imbalance: float
    most_imbalanced: str
    effective_n: float


def before_fitting(
    trial: TargetTrial,
    arm: IntArray,
    practitioner: IntArray,
    clinic: IntArray | None,
    pair: Pair,
    commonest_exclusion: str | None = None,
) -> str | None:
    """Return why a contrast cannot be estimated from these eligible episodes, whatever the outcome; None if it can.

    `arm` holds codes of `trial.arms`; `practitioner` and `clinic` are codes of who treated and where;
    `commonest_exclusion` is the code for which most episodes were left out.
    """
    treated, comparator = (trial.arms.index(name) for name in pair)
    if len(arm) == 0:
        return nobody_eligible(commonest_exclusion)
    if nothing := _nothing_to_compare(arm, treated, comparator, pair):
        return nothing
    if len(np.unique(practitioner)) == 1:
        return of_practitioners(trial, practitioner)
    for k, name in zip((treated, comparator), pair, strict=True):
        if (arm == k).sum() < trial.minimum_per_arm:
            return f"Fewer than {trial.minimum_per_arm} episodes had {_worded(name)}."
    for group, who in ((clinic, "clinic"), (practitioner, "practitioner")):
        if group is not None and predictability_of_arm(group, arm, treated, comparator) >= DECIDED_BY_GROUP:
            return f"The {who} decided the treatment: hardly any gave both, so the two cannot be compared."
    return of_practitioners(trial, practitioner)


def of_practitioners(trial: TargetTrial, practitioner: IntArray) -> str | None:
    """Return why practitioners, codes (n,), are too few for any interval, or None."""
    n_practitioners = len(np.unique(practitioner))
    if n_practitioners == 1:
        return "One practitioner treated everybody: the result could not be told from that practitioner's habits."
    if n_practitioners < trial.minimum_practitioners:
        return (
            f"Fewer than {trial.minimum_practitioners} practitioners: how much results differ between "
            "practitioners cannot be estimated, so no honest interval can be given."
        )
    return None


def nobody_eligible(commonest_exclusion: str | None) -> str:
    """Return that nobody can be compared, and why most were left out where that is known."""
    step = CRITERIA.get(commonest_exclusion or "")
    return f"No episode is eligible for this comparison{f', mostly because {step.left_out_because}' if step else ''}."


def _nothing_to_compare(arm: IntArray, treated: int, comparator: int, pair: Pair) -> str | None:
    has_treated, has_comparator = bool((arm == treated).any()), bool((arm == comparator).any())
    if has_treated and has_comparator:
        return None
    if not has_treated and not has_comparator:
        return f"No eligible episode had {_worded(pair[0])} or {_worded(pair[1])}."
    given, absent = pair if has_treated else pair[::-1]
    return f"One arm only: no eligible episode had {_worded(absent)}, so {_worded(given)} has nothing to compare with."


def of_outcome(trial: TargetTrial, outcome: Outcome, y: FloatArray, arm: IntArray, pair: Pair) -> str | None:
    """Return why a contrast cannot be estimated for this outcome in these episodes (the whole or a group); None if it
    can. `y` is NaN where unknown, `arm` holds codes of `trial.arms`."""
    known = np.isfinite(y)
    if not known.any():
        return f"No outcome is known at {outcome.timepoint_weeks} weeks."
    codes = [trial.arms.index(name) for name in pair]
    for k, name in zip(codes, pair, strict=True):
        if (known & (arm == k)).sum() < trial.minimum_per_arm:
            return f"Fewer than {trial.minimum_per_arm} episodes with {_worded(name)} have a known outcome."
    values = y[known & np.isin(arm, codes)]
    if values.min() == values.max():
        return "Every known outcome has the same value: nothing can be learned from it."
    return None


def after_weighting(trial: TargetTrial, figures: WeightedContrast) -> str | None:
    """Return which of the protocol's limits the weighting breaks; None if none."""
    if figures.overlap_share < trial.minimum_overlap_share:
        return (
            f"Too little overlap: for over {100 * (1 - trial.minimum_overlap_share):.0f} % of the episodes one of "
            f"the two treatments was hardly ever chosen for patients like these.{_unlike(figures)}"
        )
    if figures.effective_n < trial.minimum_effective_n:
        return (
            f"Effective size under {trial.minimum_effective_n}: after weighting the comparison would rest on "
            "a few episodes."
        )
    if not figures.largest_imbalance <= trial.maximum_imbalance:
        return (
            f"The groups still differ after weighting: standardised difference over {trial.maximum_imbalance:g} "
            f"in {figures.most_imbalanced}."
        )
    return None


def restriction_to(target: BoolArray, figures: WeightedContrast) -> str | None:
    """Return what an estimate about the `target` (n,) is limited to, None when it is about everybody eligible."""
    if target.all():
        return None
    return (
        f"About the overlap population only, {100 * target.mean():.0f} % of the episodes: "
        f"for the others one of the treatments was hardly ever chosen.{_unlike(figures)}"
    )


def _unlike(figures: WeightedContrast) -> str:
    return f" They differ most in '{figures.outside_overlap}'." if figures.outside_overlap else ""


def would_end_with_more(reason: str) -> bool:
    """Return whether a refusal is for too few episodes or patients, so that more of the same kind would end it.

    More episodes of the same few practitioners would not.
    """
    return reason.startswith(("Fewer than", "Effective size under")) and "practitioners" not in reason


def _worded(arm: str) -> str:
    return f"'{arm.replace('_', ' ')}'"
