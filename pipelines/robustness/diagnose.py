"""Every diagnostic of a trial's estimates, from the trial's frame and the stored scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.causal.features import Design, encode
from pipelines.causal.population import Population, select_population
from pipelines.causal.protocol import Outcome, Pair, TargetTrial, contrast_name
from pipelines.causal.tables import as_table
from pipelines.causal.trial_design import design_trial
from pipelines.causal.weighting import Weighting
from pipelines.robustness.balance import balance_of_refit, balance_of_scores
from pipelines.robustness.baseline import baseline_rows
from pipelines.robustness.benchmarks import LinearRefits, Strength, benchmark_rows, refit_propensities, strengths
from pipelines.robustness.confounding import confounding_row, contour_rows
from pipelines.robustness.influence import influence_rows
from pipelines.robustness.missing_data import missing_rows
from pipelines.robustness.missing_outcomes import missing_outcomes_row
from pipelines.robustness.omitted_variables import short_model
from pipelines.robustness.scored import ScoredOutcome, scored_outcome
from pipelines.robustness.tables import CONFOUNDING_TABLES, WEIGHTING_TABLES
from pipelines.robustness.weights import overlap_of_refit, overlap_of_scores, weight_rows

Tables = dict[str, pd.DataFrame]
Scores = pd.DataFrame | Callable[[Outcome], pd.DataFrame]
"""Rows of estimates.scores, or what gives those of an outcome: of a million episodes no more than one outcome's are held."""
Say = Callable[[str], None]


def weighting_diagnostics(
    frame: pd.DataFrame, trial: TargetTrial, scores: Scores, effects: pd.DataFrame, reasons: pd.DataFrame
) -> Tables:
    """Return baseline, balance, overlap, weights, missing data and influence of one trial.

    frame: as for `estimate_trial`; scores, effects: rows of estimates.*; reasons: as for `missing_data.missing_rows`. Where no
    contrast was estimated, balance and overlap are those of propensities fitted anew by logistic regression.
    """
    population = select_population(frame, trial)
    scored = scored_outcomes(population, trial, scores)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in WEIGHTING_TABLES}
    parts["baseline"].append(baseline_rows(population, trial))
    parts["missing_data"].append(missing_rows(population, trial, reasons))
    designs: dict[tuple[str, ...], tuple[Design, np.ndarray]] = {}
    for one in scored:
        if one.arms not in designs:
            designs[one.arms] = _design(population, trial, one.arms)
        design, rows = designs[one.arms]
        parts["balance"].append(balance_of_scores(one, design.balance[one.rows[rows]], design.balance_names))
        parts["weights"].append(weight_rows(one))
        units = {"practitioner": population.practitioner[one.rows]}
        if "clinic_code" in population.frame:
            clinic = population.frame.loc[one.rows, "clinic_code"].astype(object).fillna("")
            units["clinic"] = clinic.to_numpy(dtype=object)
        parts["influence"].append(influence_rows(one, estimated_pairs(one, effects), units))
    if scored:
        largest = max(scored, key=lambda one: len(one.arm))
        parts["overlap"].append(overlap_of_scores(largest))
    elif (weighting := _refitted_weighting(frame, trial)) is not None:
        parts["balance"].append(balance_of_refit(trial, weighting))
        parts["overlap"].append(overlap_of_refit(trial, weighting))
    return {name: as_table(parts[name], columns) for name, (columns, _) in WEIGHTING_TABLES.items()}


def confounding_diagnostics(
    frame: pd.DataFrame, trial: TargetTrial, scores: Scores, effects: pd.DataFrame, say: Say
) -> Tables:
    """Return E-values, omitted-variable bounds, their benchmarks and contours, and what missing outcomes could hide.

    Of every estimated contrast; contours of outcomes that are not secondary only.
    """
    population = select_population(frame, trial)
    parts: dict[str, list[dict[str, object]]] = {name: [] for name in CONFOUNDING_TABLES}
    refits: dict[tuple[str, ...], LinearRefits] = {}
    for one in scored_outcomes(population, trial, scores):
        pairs = estimated_pairs(one, effects)
        if not pairs:
            continue
        say(f"{trial.id}: what could explain away {one.outcome.name}")
        if one.arms not in refits:
            refits[one.arms] = refit_propensities(population, trial, one.arms)
        groups = strengths(one, refits[one.arms])
        for pair in pairs:
            _add(parts, one, pair, groups.get(pair, {}))
    return {name: as_table([pd.DataFrame(parts[name])], columns) for name, (columns, _) in CONFOUNDING_TABLES.items()}


def _add(
    parts: dict[str, list[dict[str, object]]], one: ScoredOutcome, pair: Pair, groups: dict[str, Strength]
) -> None:
    if (missing := missing_outcomes_row(one, pair)) is not None:
        parts["missing_outcomes"].append(missing)
    model = short_model(one, pair)
    if not model.is_usable:
        return
    parts["confounding"].append(confounding_row(one, pair, model, groups))
    parts["confounding_benchmarks"] += benchmark_rows(one, pair, model, groups)
    if not one.outcome.is_secondary:
        parts["confounding_contours"] += contour_rows(one, pair, model)


def scored_outcomes(population: Population, trial: TargetTrial, scores: Scores) -> list[ScoredOutcome]:
    """Return every outcome of a trial that has scores, in the protocol's order."""
    found = (
        scored_outcome(scores if isinstance(scores, pd.DataFrame) else scores(outcome), population, trial, outcome)
        for outcome in trial.outcomes
    )
    return [one for one in found if one is not None]


def estimated_pairs(one: ScoredOutcome, effects: pd.DataFrame) -> list[Pair]:
    """Return the contrasts of an outcome whose effect was estimated, not refused."""
    rows = effects[
        (effects["trial"] == one.trial.id)
        & (effects["outcome"] == one.outcome.name)
        & (effects["group_name"] == "all")
        & (effects["status"] == "estimated")
    ]
    names = set(rows["contrast"])
    return [pair for pair in one.pairs if contrast_name(*pair) in names]


def _design(population: Population, trial: TargetTrial, arms: tuple[str, ...]) -> tuple[Design, np.ndarray]:
    """Return the covariates as numbers, as the estimator had them, and which of the population's rows they are of."""
    rows = np.isin(population.arm, [trial.arms.index(arm) for arm in arms])
    return encode(population.covariates(trial.covariates)[rows].reset_index(drop=True)), rows


def _refitted_weighting(frame: pd.DataFrame, trial: TargetTrial) -> Weighting | None:
    return design_trial(frame, replace(trial, learners=("linear",), repeats=1)).weighting
