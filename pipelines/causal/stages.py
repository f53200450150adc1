"""The decisions of a course of treatment in order of time, and what a regime says at each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pipelines.causal.calibration import standardised_among
from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray, encode, joined
from pipelines.causal.nuisance import CrossFit
from pipelines.causal.outcome_candidates import with_arm

# For every stage the arm the rule says, one for all or one a unit (n,); it counts where there was a decision to take.
Regime = Sequence[ArrayLike]


@dataclass(frozen=True)
class Stage:
    """A decision: what was learnt since the one before (n, p), what was done (n,) and who had one to take (n,)."""

    known: pd.DataFrame
    arm: ArrayLike
    has_decision: ArrayLike = True


@dataclass(frozen=True)
class Decision:
    """A stage in codes: `arm` (n,) of `arms`, `len(arms)` where nothing was decided; `history` known by then."""

    arms: tuple[str, ...]
    arm: IntArray
    decided: BoolArray
    history: Design

    @property
    def n_arms(self) -> int:
        """How many arms somebody had."""
        return len(self.arms)

    def narrowed(self, setting: CrossFit) -> CrossFit:
        """The setting of those who had a decision."""
        rows = self.decided
        history = self.history if rows.all() else self.history.take(rows)
        return replace(
            setting,
            design=history,
            arm=self.arm[rows],
            weight=setting.weight[rows],
            fold=setting.fold[rows],
            n_arms=self.n_arms,
            training=None if setting.training is None else setting.training[rows],
        )


@dataclass(frozen=True)
class StagePropensities:
    """Propensities of every draw of folds, to be shared by outcomes: `e[draw][stage]` (n, arms + 1), of the stage's `arms`, 1
    where nothing was decided, at least the clip; `fold` (draws, n). `training` (n,): weights of the rows that models
    learn from, None where all do; `decisions`, where not all do: the outcomes then share them too, without the balance tables of
    later stages."""

    arms: tuple[tuple[str, ...], ...]
    fold: IntArray
    e: tuple[tuple[FloatArray, ...], ...]
    training: FloatArray | None = None
    decisions: tuple[Decision, ...] = ()

    def take(self, rows: BoolArray) -> StagePropensities:
        """Return those of these rows only."""
        if rows.all():
            return self
        return StagePropensities(
            self.arms,
            self.fold[:, rows],
            tuple(tuple(one[rows] for one in draw) for draw in self.e),
            None if self.training is None else self.training[rows],
            _taken(self.decisions, rows),
        )

    def of(self, draw: int, decisions: Sequence[Decision]) -> tuple[FloatArray, ...]:
        """Return a draw's propensities in the codes of these decisions, whose arms are some of those fitted on."""
        columns = [
            [*(arms.index(arm) for arm in decision.arms), len(arms)]
            for arms, decision in zip(self.arms, decisions, strict=True)
        ]
        return tuple(one[:, column] for one, column in zip(self.e[draw], columns, strict=True))


def decisions_of(
    stages: Sequence[Stage], practitioner: pd.Series | None, training: FloatArray | None = None
) -> list[Decision]:
    """Return the decisions in codes, each with everything known by then: the first columns of what is known by the last.

    training (n,): as for `features.encode`.

    Raises ValueError when there is no stage, or an arm is missing where there was a decision.
    """
    decisions: list[Decision] = []
    for stage in stages:
        n = len(stage.known)
        history = encode(stage.known.reset_index(drop=True), None if decisions else practitioner, training)
        if decisions:
            history = _longer(decisions[-1], history)
            decisions = [replace(one, history=_beginning(history, one.history)) for one in decisions]
        decided = np.broadcast_to(np.asarray(stage.has_decision, dtype=bool), n)
        labels = np.asarray(stage.arm, dtype=object)
        if pd.isna(labels[decided]).any():
            raise ValueError("an arm is missing for some rows: leave them out")
        arms, code = np.unique(labels[decided].astype(str), return_inverse=True)
        arm = np.full(n, len(arms), dtype=np.int64)
        arm[decided] = code
        decisions.append(Decision(tuple(arms.tolist()), arm, decided, history))
    if not decisions:
        raise ValueError("a regime needs at least one stage")
    return decisions


def _longer(before: Decision, learnt: Design) -> Design:
    """The history of a decision, what was done at it, and what was learnt since."""
    known = with_arm(before.history, before.arm, before.n_arms + 1)
    return replace(joined(known, learnt), balance=np.hstack([known.balance, learnt.balance]))


def _beginning(history: Design, earlier: Design) -> Design:
    """The columns of an earlier history, seen in the longer one: four copies of them are more than all else in memory."""
    linear, trees, balance = (part.shape[1] for part in (earlier.linear, earlier.trees, earlier.balance))
    return replace(
        earlier,
        linear=history.linear[:, :linear],
        trees=history.trees[:, :trees],
        balance=history.balance[:, :balance],
    )


def _taken(decisions: Sequence[Decision], rows: BoolArray) -> tuple[Decision, ...]:
    if not decisions:
        return ()
    last = decisions[-1].history.take(rows)
    # Balance is judged by the distance from the mean of those who are meant, in their own spreads.
    first = standardised_among(decisions[0].history.balance[rows]).astype(last.linear.dtype)
    histories = [_beginning(last, one.history) for one in decisions]
    histories[0] = replace(histories[0], balance=first)
    return tuple(
        Decision(one.arms, one.arm[rows], one.decided[rows], history)
        for one, history in zip(decisions, histories, strict=True)
    )


def without_later_balance(decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """Return the decisions with the balance table of the first alone: that of the last is as large as half of all else."""
    first, *others = decisions
    # Copied, since a view would keep the last one's whole.
    first = replace(first, history=replace(first.history, balance=first.history.balance.copy()))
    return (first, *(replace(one, history=one.history.without_balance()) for one in others))


def prescribed_codes(name: str, regime: Regime, decisions: Sequence[Decision]) -> list[IntArray]:
    """Return for each stage the code (n,) of the arm a regime says; where nothing was decided the code it has.

    Raises ValueError when it names an arm nobody had.
    """
    wanted = []
    for number, (labels, decision) in enumerate(zip(regime, decisions, strict=True), start=1):
        values = np.broadcast_to(np.asarray(labels, dtype=object).astype(str), len(decision.arm))[decision.decided]
        if unknown := sorted(set(values.tolist()) - set(decision.arms)):
            raise ValueError(f"regime {name}: nobody had {unknown} at stage {number}; there were {list(decision.arms)}")
        code = decision.arm.copy()
        code[decision.decided] = np.searchsorted(np.array(decision.arms), values)
        wanted.append(code)
    return wanted
