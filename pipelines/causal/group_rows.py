"""The effects in groups fixed in advance, as rows of estimates.effects: shrunk, with intervals that hold for all at once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.features import BoolArray, FloatArray
from pipelines.causal.groups import group_effects
from pipelines.causal.overlap import effective_n
from pipelines.causal.protocol import FixedGroup, Outcome, Pair, TargetTrial
from pipelines.causal.refusals import of_outcome

IN_GROUP = "yes"


def members(frame: pd.DataFrame, group: FixedGroup) -> BoolArray:
    """Return who is in the group (n,); nobody of whom its column is not recorded."""
    column = frame[group.column]
    is_known = column.notna().to_numpy(dtype=bool)
    if group.level is not None:
        return is_known & (column == group.level).fillna(False).to_numpy(dtype=bool)
    values = column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    low = -np.inf if group.low is None else group.low
    high = np.inf if group.high is None else group.high
    return is_known & (values >= low) & (values <= high)


def group_rows(
    whole: dict[str, object],
    trial: TargetTrial,
    outcome: Outcome,
    pair: Pair,
    *,
    frame: pd.DataFrame,
    y: FloatArray,
    model: CrossFittedAIPW,
) -> list[dict[str, object]]:
    """Return a row a group of the trial: `whole`, the row of all, with what differs.

    frame, y (n,): the rows that `model` was fitted on. A group is refused with the whole, or when it is too small. All groups
    that are not refused are shrunk together (see `groups.group_effects`).
    """
    arm = np.array([trial.arms.index(name) for name in model.arms_], dtype=np.int64)[model.arm_]
    rows, standing = [], {}
    for group in trial.groups:
        inside = members(frame, group) & model.target_ if group.column in frame else np.zeros(len(y), dtype=bool)
        known = inside & model.is_observed_
        effective = _effective_n(model, pair, known) if known.any() else 0.0
        reason = of_outcome(trial, outcome, y[inside], arm[inside], pair)
        if reason is None and effective < trial.minimum_effective_n:
            reason = f"Effective size under {trial.minimum_effective_n} in this group."
        if reason is None and len(set(model.practitioner_[inside])) < trial.minimum_practitioners:
            reason = f"Fewer than {trial.minimum_practitioners} practitioners treated this group."
        if whole["status"] == "refused":
            reason = str(whole["reason"])
        if reason is None:
            standing[group.name] = inside
        n_treated, n_comparator = (int((known & (arm == trial.arms.index(name))).sum()) for name in pair)
        rows.append(
            whole
            | {"group_name": group.name, "group_level": IN_GROUP, "effective_n": effective, "n": int(inside.sum())}
            | {"n_treated": n_treated, "n_comparator": n_comparator, "status": "refused", "reason": reason}
            | dict.fromkeys(
                ("estimate", "lower", "upper", "shrinkage", "episodes_needed", "practitioners_needed"), np.nan
            )
        )
    return _with_effects(rows, standing, pair, model)


def _with_effects(
    rows: list[dict[str, object]], standing: dict[str, BoolArray], pair: Pair, model: CrossFittedAIPW
) -> list[dict[str, object]]:
    if not standing:
        return rows
    kept = model.target_
    treated, comparator = (model.arms_.index(name) for name in pair)
    contrast = (model.psi_[:, :, treated] - model.psi_[:, :, comparator]).mean(axis=0)[kept]
    inside = {name: flags[kept] for name, flags in standing.items()}
    found = {one.group: one for one in group_effects(contrast, inside, model.practitioner_[kept])}
    return [
        row
        | {"estimate": one.shrunk, "lower": one.lower, "upper": one.upper}
        | {"shrinkage": one.shrinkage, "status": "estimated", "reason": None}
        if (one := found.get(str(row["group_name"])))
        else row
        for row in rows
    ]


def _effective_n(model: CrossFittedAIPW, pair: Pair, known: BoolArray) -> float:
    return min(effective_n(model.own_weights_[known & (model.arm_ == model.arms_.index(name))]) for name in pair)
