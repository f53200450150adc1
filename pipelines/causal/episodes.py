"""Restricted rows of one outcome, an episode each: the scores that every number is a mean of, and the labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.differences import PatientGains
from pipelines.causal.features import BoolArray
from pipelines.causal.inference import Estimate, Estimates
from pipelines.causal.labels import episode_labels, label_of, screening_labels
from pipelines.causal.overlap import overlap_mask
from pipelines.causal.patients_alike import labels_where_alike_agree
from pipelines.causal.population import Population
from pipelines.causal.protocol import Outcome, Pair, TargetTrial, contrast_name
from pipelines.causal.weighting import Weighting


def score_rows(
    population: Population,
    trial: TargetTrial,
    outcome: Outcome,
    *,
    model: CrossFittedAIPW | None,
    rows: BoolArray,
    is_shown: bool,
) -> pd.DataFrame:
    """Return the scores of the target population, a row an episode, arm and repeat; none unless `is_shown`.

    The mean of `score` over an arm and repeat is that arm's mean outcome, so AVG in SQL gives every estimate back
    (the median over repeats, when there are several).
    """
    if model is None or not is_shown:
        return pd.DataFrame()
    scores = model.scores_[model.scores_["is_target"]]
    row = scores["row"].to_numpy()
    keys = population.frame.loc[rows, "episode_key"].to_numpy(dtype=object)
    return scores.drop(columns=["row", "is_target"]).assign(
        trial=trial.id,
        outcome=outcome.name,
        episode_key=keys[row],
        practitioner_key=population.practitioner[rows][row],
        protocol_hash=trial.protocol_hash(),
    )


def episode_rows(
    population: Population,
    trial: TargetTrial,
    outcome: Outcome,
    weighting: Weighting | None,
    estimates: Mapping[Pair, Estimate | None],
    gains: Mapping[Pair, PatientGains],
    alike: Mapping[Pair, Estimates],
) -> pd.DataFrame:
    """Return a row an episode and contrast: the effect, its 95 % interval, the label, and on what they rest (`basis`).

    `average`: that of everybody, with its label where patients alike (see `patients_alike`) say the same. `gain`, where patients
    were shown to differ: the episode's expected gain and the projection with its interval. Episodes kept out of the trial by
    screening alone have a label and no effect.
    """
    parts = []
    for pair, estimate in estimates.items():
        has_manipulation = pair[0] in trial.arms_with_manipulation
        inside = _screened(population.frame, has_manipulation)
        label = np.full(len(inside), label_of(estimate, outcome.margin), dtype=object)
        if estimate is not None:
            inside["effect"], inside["basis"] = estimate.estimate, "average"
            inside["lower"], inside["upper"] = estimate.interval()
            if (of_alike := alike.get(pair)) is not None:
                inside["projected"] = of_alike.estimate
                label = labels_where_alike_agree(estimate, of_alike, outcome.margin)
        if pair in gains:
            said = gains[pair].table.set_index(np.flatnonzero(gains[pair].rows))
            inside.loc[said.index, ["effect", "projected", "lower", "upper"]] = said.drop(columns="label")
            inside.loc[said.index, "basis"] = "gain"
            label[said.index] = said["label"]
        outside_overlap = _is_outside_overlap(population, trial, weighting, pair)
        inside["label"] = episode_labels(inside["label"].to_numpy(dtype=object), outside_overlap, label)
        kept_out = _screened(population.screened_out, has_manipulation).query("label != ''")
        named = {"trial": trial.id, "outcome": outcome.name, "contrast": contrast_name(*pair)}
        parts += [inside.assign(**named), kept_out.assign(**named)]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()


def _screened(frame: pd.DataFrame, has_manipulation: bool) -> pd.DataFrame:
    """Return a row an episode with the label its screening gives it, '' when it gives none, and no effect yet."""
    contraindication = frame.get("contraindication", pd.Series("unknown", frame.index))
    is_complete = frame.get("is_screening_complete", pd.Series(True, frame.index))
    return pd.DataFrame(
        {
            "episode_key": frame["episode_key"].to_numpy(dtype=object),
            "label": screening_labels(contraindication, is_complete, has_manipulation),
            "effect": np.nan,
            "projected": np.nan,
            "lower": np.nan,
            "upper": np.nan,
            "basis": None,
        }
    )


def _is_outside_overlap(
    population: Population, trial: TargetTrial, weighting: Weighting | None, pair: Pair
) -> BoolArray:
    """Episodes for which one arm of the pair was hardly ever chosen; none where no propensity was fitted."""
    outside = np.zeros(len(population.arm), dtype=bool)
    if weighting is None or pair not in weighting.figures:
        return outside
    columns = [weighting.arms.index(name) for name in pair]
    inside = overlap_mask(weighting.propensity.modelled[:, columns], trial.overlap_low, trial.overlap_high)
    outside[weighting.rows] = ~inside
    return outside
