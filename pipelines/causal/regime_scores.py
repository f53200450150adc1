"""The scores of regimes of several stages from what was predicted out of fold, and who followed each (see `regimes`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.nuisance import CrossFit, cross_fit_outcomes, one_arm_a_row
from pipelines.causal.overlap import effective_n
from pipelines.causal.stages import Decision


@dataclass(frozen=True)
class FittedDraw:
    """Out-of-fold predictions of one draw of folds: `e` as in `StagePropensities`; `g`, at least `clip`, and `m` (n, arms + 1) of
    the last stage, of a known outcome, in the arm that was given, and of the outcome, in the arms that some rule says."""

    e: tuple[FloatArray, ...]
    g: FloatArray
    m: FloatArray


def regime_scores(
    setting: CrossFit,
    decisions: Sequence[Decision],
    fitted: FittedDraw,
    rules: Mapping[str, list[IntArray]],
    y: FloatArray,
) -> dict[str, FloatArray]:
    """Return the scores of every regime; regimes that agree from a stage on share what was fitted before it."""
    scores = {name: _last_pseudo_outcome(decisions[-1], fitted, wanted[-1], y) for name, wanted in rules.items()}
    for k in reversed(range(len(decisions) - 1)):
        decision, rows = decisions[k], np.flatnonzero(decisions[k].decided)
        if not len(rows):
            continue
        alike: dict[tuple[bytes, ...], list[str]] = {}
        for name, wanted in rules.items():
            alike.setdefault(_said_from(wanted, k + 1), []).append(name)
        targets = [scores[names[0]][rows] for names in alike.values()]
        asked = [arms_asked([rules[name][k][rows] for name in names], decision.n_arms) for names in alike.values()]
        expected = cross_fit_outcomes(decision.narrowed(setting), targets, is_binary=False, is_lean=True, asked=asked)
        for names, (means, _) in zip(alike.values(), expected, strict=True):
            for name in names:
                code, q = rules[name][k][rows], scores[name]
                m = means[np.arange(len(rows)), code]
                followed = decision.arm[rows] == code
                q[rows] = m + followed / fitted.e[k][rows, code] * (q[rows] - m)
    return scores


def _said_from(wanted: Sequence[IntArray], stage: int) -> tuple[bytes, ...]:
    """Return what tells apart the rules that differ from this stage on."""
    return tuple(codes.tobytes() for codes in wanted[stage:])


def arms_asked(said: Sequence[IntArray], n_arms: int) -> BoolArray:
    """Return the arms (n, n_arms) that some rule says, of one code a rule and row."""
    return np.asarray(np.any([one_arm_a_row(codes, n_arms) for codes in said], axis=0))


def _last_pseudo_outcome(last: Decision, fitted: FittedDraw, wanted: IntArray, y: FloatArray) -> FloatArray:
    q = fitted.m[np.arange(len(y)), wanted].copy()
    told = np.flatnonzero((last.arm == wanted) & np.isfinite(y))
    q[told] += (y[told] - q[told]) / (fitted.e[-1][told, wanted[told]] * fitted.g[told, wanted[told]])
    return q


def followers(
    decisions: Sequence[Decision],
    rules: Mapping[str, list[IntArray]],
    fits: Sequence[FittedDraw],
    is_observed: BoolArray,
    clip: float,
) -> pd.DataFrame:
    """Return a row a regime: who did what it says, and what their weights achieve (the columns are those of `RegimeValues`)."""
    rows, balance = np.arange(len(is_observed)), decisions[0].history.balance
    e = [np.mean([fit.e[k] for fit in fits], axis=0) for k in range(len(decisions))]
    g = np.mean([fit.g for fit in fits], axis=0)
    table = []
    for name, wanted in rules.items():
        chosen = np.array([one[rows, code] for one, code in zip(e, wanted, strict=True)])
        follows = np.all([one.arm == code for one, code in zip(decisions, wanted, strict=True)], axis=0)
        told = follows & is_observed
        weights = (1 / (chosen.prod(axis=0) * g[rows, wanted[-1]]))[told]
        clipped = float((chosen <= clip).any(axis=0).mean())
        imbalance = np.abs(weights @ balance[told] / weights.sum()).max(initial=0.0) if told.any() else np.nan
        table.append((name, int(follows.sum()), int(told.sum()), effective_n(weights), clipped, float(imbalance)))
    columns = ["regime", "n_followers", "n_observed", "effective_n", "clipped_share", "largest_imbalance"]
    return pd.DataFrame(table, columns=columns)
