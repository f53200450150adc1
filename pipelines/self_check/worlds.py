"""Outcomes with a known effect on the real covariates, arms, practitioners and missing answers (plasmode).

After Franklin and others (Computational Statistics and Data Analysis 2014;72:219): the course without any effect is the night's
out-of-fold outcome model, mean over the arms; a known effect is added, noise is drawn anew, and who answered stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.causal.features import BoolArray, FloatArray
from pipelines.causal.group_rows import members
from pipelines.self_check.sample import Sample

NONE, UNIFORM, SUBGROUP = "none", "uniform", "subgroup"
WORLDS = (NONE, UNIFORM, SUBGROUP)
EFFECT_IN_SUBGROUP = 3.0
"""In margins of importance: in the subgroup only, so that the average stays near one margin."""
_LEAST_PROBABILITY = 0.02
_LEAST_SHARE, _LARGEST_SHARE = 0.2, 0.6


@dataclass(frozen=True)
class Known:
    """What is true in a world: `mean` (n, arms), each episode's expected outcome under each arm; `noise` (m,) to draw from,
    None where the outcome is yes or no and `mean` a probability."""

    mean: FloatArray
    noise: FloatArray | None

    def effect(self, treated: int, comparator: int) -> float:
        """Return the true average effect of one arm against another, in units of the outcome."""
        return float((self.mean[:, treated] - self.mean[:, comparator]).mean())


def known_world(sample: Sample, world: str) -> Known | None:
    """Return what is true in the world of that name: `none`; `uniform`, one margin of importance in every arm with manipulation;
    `subgroup`, three margins in a group fixed in advance. None where no such group has 20 to 60 % of the episodes.

    Probabilities are kept within 0.02 to 0.98; the effect is what is left then.
    """
    expected = sample.mu.mean(axis=0)
    mean = np.repeat((expected @ (np.bincount(sample.arm, minlength=len(sample.arms)) / len(sample.arm)))[:, None],
                     len(sample.arms), axis=1)  # fmt: skip
    gain = _gain(sample, world)
    if gain is None:
        return None
    if sample.outcome.is_binary:
        mean = np.clip(mean, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    for code, arm in enumerate(sample.arms):
        if arm in sample.trial.arms_with_manipulation:
            mean[:, code] += gain
    if sample.outcome.is_binary:
        return Known(np.clip(mean, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY), None)
    residual = (sample.y - expected[np.arange(len(sample.arm)), sample.arm])[sample.known]
    return Known(mean, residual - residual.mean())


def draw_outcomes(sample: Sample, known: Known, generator: np.random.Generator) -> FloatArray:
    """Return outcomes (n,) of the arms that were given, NaN where the real one is not known."""
    n = len(sample.arm)
    own = known.mean[np.arange(n), sample.arm]
    drawn = (generator.random(n) < own).astype(float) if known.noise is None else own + generator.choice(known.noise, n)
    return np.where(sample.known, drawn, np.nan)


def _gain(sample: Sample, world: str) -> FloatArray | None:
    n, margin = len(sample.arm), sample.outcome.margin
    if world != SUBGROUP:
        return np.full(n, margin if world == UNIFORM else 0.0)
    inside = _a_group(sample)
    return None if inside is None else np.where(inside, EFFECT_IN_SUBGROUP * margin, 0.0)


def _a_group(sample: Sample) -> BoolArray | None:
    """The first group fixed in advance that has enough episodes inside and outside."""
    for group in sample.trial.groups:
        if group.column in sample.population.frame:
            inside = members(sample.population.frame, group)
            if _LEAST_SHARE <= inside.mean() <= _LARGEST_SHARE:
                return inside
    return None
