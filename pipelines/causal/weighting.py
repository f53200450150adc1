"""The design stage of a trial: propensities, overlap, balance. No outcome is looked at here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.features import BoolArray, Design, IntArray, encode
from pipelines.causal.overlap import effective_n, in_words, most_different, overlap_mask, standardised_differences
from pipelines.causal.parallel import jobs_for
from pipelines.causal.population import Population
from pipelines.causal.propensity import PropensityFit
from pipelines.causal.protocol import Pair, TargetTrial
from pipelines.causal.refusals import WeightedContrast
from pipelines.causal.training_sample import training_weights


@dataclass(frozen=True)
class Weighting:
    """`arms`: those of the contrasts still standing. `rows`: the population's rows in one of them; `arm` (of those
    rows, codes of `arms`), `design` and `propensity` are about these rows. `figures`: what weighting achieved."""

    arms: tuple[str, ...]
    rows: BoolArray
    arm: IntArray
    design: Design
    propensity: PropensityFit
    figures: dict[Pair, WeightedContrast]


def weigh(population: Population, trial: TargetTrial, reasons: dict[Pair, str | None]) -> Weighting | None:
    """Fit propensities among the arms of the contrasts still standing; None when none is, or with too few patients."""
    standing = [pair for pair in trial.contrasts if reasons[pair] is None]
    if not standing:
        return None
    arms = tuple(arm for arm in trial.arms if any(arm in pair for pair in standing))
    rows = np.isin(population.arm, [trial.arms.index(arm) for arm in arms])
    patients = population.frame.loc[rows, "patient_key"]
    if patients.nunique() < trial.minimum_per_arm:
        for pair in standing:
            reasons[pair] = f"Fewer than {trial.minimum_per_arm} different patients."
        return None
    practitioner = pd.Series(population.practitioner[rows])
    labels = np.array(trial.arms, dtype=object)[population.arm[rows]]
    arm = np.array([arms.index(label) for label in labels], dtype=np.int64)
    keys = population.frame.loc[rows, "episode_key"].to_list()
    training = training_weights(keys, arm, trial.most_training_rows, trial.seed)
    design = encode(population.covariates(trial.covariates)[rows].reset_index(drop=True), practitioner, training)
    estimator = estimator_of(trial, arms, len(arm))
    propensity = estimator.fit_propensity(design, labels, patient=patients, training=training)
    figures = {pair: contrast_figures(pair, arms, arm, design, propensity, trial=trial) for pair in standing}
    return Weighting(arms, rows, arm, design, propensity, figures)


def estimator_of(trial: TargetTrial, arms: tuple[str, ...], n: int) -> CrossFittedAIPW:
    """Return the unfitted estimator a protocol describes, for a population of n episodes."""
    return CrossFittedAIPW(
        arms=arms,
        learners=trial.learners,
        folds=trial.folds,
        repeats=trial.draws_of_folds(n),
        seed=trial.seed,
        clip=trial.clip,
        maximum_clipped_share=trial.maximum_clipped_share,
        overlap_low=trial.overlap_low,
        overlap_high=trial.overlap_high,
        n_jobs=jobs_for(n),
    )


def contrast_figures(
    pair: Pair, arms: tuple[str, ...], arm: IntArray, design: Design, propensity: PropensityFit, *, trial: TargetTrial
) -> WeightedContrast:
    """Return what these propensities achieve for a contrast; `arm` holds codes of `arms`."""
    treated, comparator = arms.index(pair[0]), arms.index(pair[1])
    overlap = overlap_mask(propensity.modelled[:, [treated, comparator]], trial.overlap_low, trial.overlap_high)
    target = propensity.target
    weights = propensity.own_weights(arm)[target]
    differences = standardised_differences(design.balance[target], arm[target], weights, treated, comparator)
    sizes = [effective_n(weights[arm[target] == k]) for k in (treated, comparator)]
    largest = int(np.argmax(np.abs(differences))) if len(differences) else -1
    return WeightedContrast(
        clipped_share=propensity.clipped_share,
        overlap_share=float(overlap.mean()),
        outside_overlap=most_different(design.balance, design.balance_names, overlap),
        largest_imbalance=float(np.abs(differences[largest])) if largest >= 0 else 0.0,
        most_imbalanced=in_words(design.balance_names[largest]) if largest >= 0 else "",
        effective_n=min(sizes),
    )
