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
    Pair,
    PairModels,
    fit_leave_two_out,
    outcome_names,
    plug_in_means,
)
from pipelines.causal.nuisance import CrossFit


@dataclass(frozen=True)
class Draw:
    """`curves`: of the kernel regressions. `models`: nuisances by the pair of folds left out. `of_everybody`: position of an
    outcome candidate -> its model fitted on all, and by how much the mean of that (arms,) differs from the mean of the models
    without a fold, which the stacks know. `stacks`: by the fold left out, one a contrast."""

    curves: KernelMap
    models: dict[Pair, PairModels]
    of_everybody: dict[int, tuple[Model, FloatArray]]
    stacks: dict[int, tuple[FoldGain, ...]]

    def read(self, people: Design, open_practitioner: Design) -> FloatArray:
        """Return the mean over folds of the gains (n_new, contrasts) of people who are in no fold: each fold's weights, on what
        the models of everybody say."""
        new = self.curves.apply(open_practitioner)
        means = _mean_over_folds(plug_in_means(self.models, new))
        for index, (model, differs) in self.of_everybody.items():
            means[index] = model(new) - differs
        said = [[stack.read(people, means) for stack in stacks] for stacks in self.stacks.values()]
        return np.asarray(np.mean(said, axis=0).T, dtype=float)

    def read_of_fold(self, fold: int, people: Design, open_practitioner: Design) -> FloatArray:
        """Return the gains (n_new, contrasts) of people of this fold by the models that saw nobody of it."""
        new = self.curves.apply(open_practitioner)
        without = [fitted for pair, fitted in self.models.items() if fold in pair]
        means = np.mean([[model(new) for model in fitted.outcome] for fitted in without], axis=0)
        return np.column_stack([stack.read(people, means) for stack in self.stacks[fold]])


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
    without_fold = _mean_over_folds(means)
    of_everybody = {}
    for name, model in fitted.of_everybody.items():
        index = names.index(name)
        differs = np.average(model(open_practitioner) - without_fold[index], axis=0, weights=setting.weight)
        of_everybody[index] = model, differs
    return Draw(curves, fitted.models, of_everybody, stacks), gains


def _mean_over_folds(means: dict[int, FloatArray]) -> FloatArray:
    return np.asarray(np.mean(list(means.values()), axis=0), dtype=float)


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
