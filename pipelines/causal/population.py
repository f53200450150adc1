"""The episodes of a trial, sorted and coded, from a frame with one row an episode."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.protocol import Outcome, SteppedTrial, TargetTrial

REQUIRED_COLUMNS = ("episode_key", "patient_key", "is_eligible", "arm")
NOT_RECORDED = "not recorded"
CONTRAINDICATED = "absolute_contraindication"


@dataclass(frozen=True)
class Population:
    """Eligible episodes with one of the trial's arms, by episode_key; `arm` holds codes of `trial.arms`.

    `screened_out`: episodes that only an absolute contraindication kept out, where the frame says so."""

    frame: pd.DataFrame
    arm: IntArray
    practitioner: NDArray[np.object_]
    screened_out: pd.DataFrame
    commonest_exclusion: str | None = None

    def codes(self, column: str) -> IntArray | None:
        """Return integer codes of a column, None when the frame does not have it."""
        if column not in self.frame:
            return None
        return pd.factorize(self.frame[column].astype(object).fillna(NOT_RECORDED))[0].astype(np.int64)

    def take(self, rows: BoolArray) -> Population:
        """Return these of the eligible episodes; who was screened out stays as it was."""
        frame = self.frame[rows].reset_index(drop=True)
        return replace(self, frame=frame, arm=self.arm[rows], practitioner=self.practitioner[rows])

    def covariates(self, names: tuple[str, ...]) -> pd.DataFrame:
        """Return those of the named covariates that the frame has."""
        return self.frame[[name for name in names if name in self.frame]]


def select_population(frame: pd.DataFrame, trial: TargetTrial | SteppedTrial) -> Population:
    """Return the trial's population.

    An episode is in it when `is_eligible` is true and `arm` is one of the trial's. A practitioner that was not
    recorded counts as one practitioner of that clinic. Raises ValueError when a required column is missing or an
    episode occurs twice.
    """
    missing = [name for name in REQUIRED_COLUMNS if name not in frame]
    if missing:
        raise ValueError(f"trial {trial.id}: the frame lacks the columns {missing}; found {sorted(map(str, frame))}")
    if frame["episode_key"].duplicated().any():
        raise ValueError(f"trial {trial.id}: an episode occurs twice; the frame must have one row an episode")
    ordered = frame.sort_values("episode_key", kind="stable").reset_index(drop=True)
    is_eligible = ordered["is_eligible"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    has_arm = ordered["arm"].isin(trial.arms).to_numpy(dtype=bool)
    kept = ordered[is_eligible & has_arm].reset_index(drop=True)
    return Population(
        frame=kept,
        arm=np.array([trial.arms.index(name) for name in kept["arm"]], dtype=np.int64),
        practitioner=_practitioner(kept, trial.practitioner_column),
        screened_out=_screened_out(ordered[~is_eligible]),
        commonest_exclusion=_commonest_exclusion(ordered[~is_eligible]),
    )


def outcome_values(frame: pd.DataFrame, outcome: Outcome) -> tuple[FloatArray, BoolArray]:
    """Return the outcome (n,), NaN where unknown, and which episodes can have it at all.

    An episode cannot when its time point has not passed yet or when its baseline score was not recorded or lies
    below the outcome's floor. Columns the frame does not have exclude nobody; an outcome it does not have is unknown.
    """
    n = len(frame)
    can_have = np.ones(n, dtype=bool)
    if outcome.due_column is not None and outcome.due_column in frame:
        can_have &= frame[outcome.due_column].astype("boolean").fillna(False).to_numpy(dtype=bool)
    floors = [(name, floor) for name, floor in outcome.baseline_floors if name in frame]
    if floors:
        is_decided = np.zeros(n, dtype=bool)
        is_above = np.zeros(n, dtype=bool)
        for name, floor in floors:
            values = _numbers(frame[name])
            decides = np.isfinite(values) & ~is_decided
            is_above |= decides & (values >= floor)
            is_decided |= decides
        can_have &= is_above
    y = _numbers(frame[outcome.column]) if outcome.column in frame else np.full(n, np.nan)
    return y, can_have


def _numbers(column: pd.Series) -> FloatArray:
    values = pd.to_numeric(column.astype(object).where(column.notna(), None), errors="coerce")
    return np.asarray(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan), dtype=float)


def _practitioner(frame: pd.DataFrame, column: str) -> NDArray[np.object_]:
    clinic = frame["clinic_code"].astype(object) if "clinic_code" in frame else pd.Series("", frame.index, dtype=object)
    fallback = NOT_RECORDED + " " + clinic.fillna("").astype(str)
    if column not in frame:
        return fallback.to_numpy(dtype=object)
    return frame[column].astype(object).fillna(fallback).astype(str).to_numpy(dtype=object)


def _commonest_exclusion(frame: pd.DataFrame) -> str | None:
    known = frame["exclusion"].dropna() if "exclusion" in frame else pd.Series(dtype=object)
    return None if known.empty else str(known.value_counts().sort_index(kind="stable").idxmax())


def _screened_out(frame: pd.DataFrame) -> pd.DataFrame:
    if "exclusion" not in frame:
        return frame.iloc[:0]
    return frame[(frame["exclusion"] == CONTRAINDICATED).fillna(False).to_numpy(dtype=bool)].reset_index(drop=True)
