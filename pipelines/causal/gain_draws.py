"""The gains of one draw of folds: a stack without every fold, for each contrast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines.causal.features import Design, FloatArray
from pipelines.causal.gain_candidates import FoldGain, fit_fold_gain
from pipelines.causal.kernel import KernelMap, learn_kernel_map
from pipelines.causal.learners import Model
from pipelines.causal.leave_two_out import (
    fit_leave_two_out,
    outcome_means,
    outcome_names,
    plug_in_means,
)
from pipelines.causal.nuisance import CrossFit


@dataclass(frozen=True)
class Draw:
    """`curves`: of the kernel regressions. `of_everybody`: outcome models fitted on all; `shift` (candidates, 1, arms): by how
    much their mean differs from that of the models without a fold, which the stacks know. `stacks`: by the fold left out, one a
    contrast."""

    curves: KernelMap
    of_everybody: tuple[Model, ...]
    shift: FloatArray
    stacks: dict[int, tuple[FoldGain, ...]]

    def read(self, people: Design, open_practitioner: Design) -> FloatArray:
        """Return the mean over folds of the gains (n_new, contrasts) of people who are in no fold: each fold's weights, on what
        the models of everybody say."""
        means = outcome_means(self.of_everybody, self.curves.apply(open_practitioner)) - self.shift
        said = [[stack.read(people, means) for stack in stacks] for stacks in self.stacks.values()]
        return np.asarray(np.mean(said, axis=0).T, dtype=float)


def fit_draw(
    setting: CrossFit,
    people: Design,
    y: FloatArray,
    contrasts: Sequence[tuple[int, int]],
    later: Design | None = None,
    *,
    is_binary: bool,
    clip: float,
) -> tuple[Draw, FloatArray]:
    """Fit the stacks of one draw of folds; return them and the out-of-fold gains (n, contrasts).

    setting: its design may hold practitioners; people: the same rows without. contrasts: codes of treated and
    comparator. y (n,): NaN where unknown. later: may explain who answered, see `fit_leave_two_out`.
    """
    curves = learn_kernel_map(setting.design.linear, setting.seed)
    setting = replace(setting, design=curves.apply(setting.design))
    fitted = fit_leave_two_out(setting, y, later, is_binary=is_binary, clip=clip)
    open_practitioner = curves.apply(with_open_practitioner(people, setting.design))
    means = plug_in_means(fitted.models, open_practitioner)
    names = outcome_names(setting.learners)
    gains = np.empty((len(y), len(contrasts)))
    stacks: dict[int, tuple[FoldGain, ...]] = {}
    for fold in sorted(set(setting.fold.tolist())):
        known = fitted.without(fold, open_practitioner)
        own = setting.fold == fold
        stacks[fold] = tuple(
            fit_fold_gain(known, pair, setting=setting, people=people, names=names) for pair in contrasts
        )
        gains[own] = np.column_stack([stack.read(people.take(own), means[fold][:, own]) for stack in stacks[fold]])
    of_everybody = outcome_means(fitted.of_everybody, open_practitioner)
    differs = of_everybody - np.mean(list(means.values()), axis=0)
    shift = np.average(differs, axis=1, weights=setting.weight)[:, None]
    return Draw(curves, fitted.of_everybody, shift, stacks), gains


def with_open_practitioner(people: Design, like: Design) -> Design:
    """Return the people with the columns of `like` that they lack, the practitioners', for an average practitioner:
    indicators at their mean, which is 0 after standardising, and an unknown code for the trees."""
    n = len(people.linear)
    missing_trees = like.trees.shape[1] - people.trees.shape[1]
    return replace(
        people,
        linear=np.hstack([people.linear, np.zeros((n, like.n_practitioner_columns))]),
        trees=np.hstack([people.trees, np.full((n, missing_trees), np.nan)]),
        is_categorical=like.is_categorical,
        n_practitioner_columns=like.n_practitioner_columns,
    )
