"""Who the prognosis is about, whose response is known under conservative care, and what stands for the others.

The prognosis is of everybody eligible, had nobody been manipulated. Who was manipulated, or did not answer, is represented by
those like them who were not and did: weights of 1 / P(conservative and answered | known at baseline), as in inverse probability
of censoring weighting (Robins, Rotnitzky and Zhao 1994). That holds when what was known at baseline explains both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.causal.calibration import calibrated_propensities
from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray, encode
from pipelines.causal.folds import assign_folds
from pipelines.causal.nuisance import CrossFit, cross_fit_observation
from pipelines.causal.overlap import effective_n
from pipelines.causal.population import outcome_values, select_population
from pipelines.causal.training_sample import training_weights
from pipelines.causal.trials import INDEX
from pipelines.prognosis.probability import has_enough
from pipelines.prognosis.protocol import PrognosisProtocol

CARE_COLUMN = "is_conservative_12wk"
NO_FOLD = -1


@dataclass(frozen=True)
class Sample:
    """Eligible episodes (n) by episode_key. `response` (n,): 1 or 0, NaN unless the answer is known and care was conservative.
    `seen` (n,): probability of that, not clipped, NaN when refused. `weight` (n,): 1 / `seen`, clipped, mean 1 over the known
    responses. `clipped_share`: of the episodes. `reason`: why nothing may be fitted, None when it may.
    `training` (n,): weights of those who teach, None where all do (see `causal.training_sample`)."""

    frame: pd.DataFrame
    response: FloatArray
    practitioner: NDArray[np.object_]
    fold: IntArray
    seen: FloatArray
    weight: FloatArray
    clipped_share: float
    reason: str | None
    training: FloatArray | None = None

    @property
    def teaches(self) -> BoolArray:
        """Who is learned from (n,): all, or the sample of `training`."""
        return np.ones(len(self.response), dtype=bool) if self.training is None else self.training > 0

    @property
    def training_weight(self) -> FloatArray:
        """Return the weight of each (n,) when a model is fitted."""
        return self.weight if self.training is None else self.weight * self.training

    @property
    def known(self) -> BoolArray:
        """Whose response is known (n,)."""
        return np.isfinite(self.response)

    @property
    def clinic(self) -> NDArray[np.object_]:
        """Each episode's clinic (n,)."""
        return self.frame["clinic_code"].astype(str).to_numpy(dtype=object)

    def design(self, covariates: tuple[str, ...]) -> Design:
        """Return the design of the prognosis: without practitioners, which a prognosis for another clinic does not know."""
        return encode(self.frame[[name for name in covariates if name in self.frame]], training=self.training)


def select_sample(frame: pd.DataFrame, protocol: PrognosisProtocol) -> Sample:
    """Return the eligible episodes with their weights, or with the reason why there are none.

    frame: that of the index trial (see `causal.trials`) with clinic_code and is_conservative_12wk. Raises ValueError when a
    required column is missing or an episode occurs twice.
    """
    if missing := [name for name in ("clinic_code", CARE_COLUMN) if name not in frame]:
        raise ValueError(f"prognosis {protocol.id}: the frame lacks the columns {missing}")
    eligible = select_population(frame, INDEX)
    answer, can_have = outcome_values(eligible.frame, protocol.outcome)
    kept = eligible.frame[can_have].reset_index(drop=True)
    is_conservative = kept[CARE_COLUMN].astype("boolean").fillna(False).to_numpy(dtype=bool)
    response = np.where(is_conservative, answer[can_have], np.nan)
    practitioner = eligible.practitioner[can_have]
    fold = np.full(len(kept), NO_FOLD, dtype=np.int64)
    reason = _too_few(response, kept["patient_key"], protocol)
    if reason is None:
        kind = np.where(np.isfinite(response), response, 2).astype(np.int64)
        patient = kept["patient_key"].to_numpy(dtype=object)
        fold = assign_folds(patient, kind, protocol.folds, np.random.default_rng(protocol.seed))
        if not all(has_enough(response[fold != k]) for k in range(protocol.folds)):
            reason = _FEW_OF_A_KIND.format(protocol.minimum_of_each)
    if reason is not None:
        nothing = np.full(len(kept), np.nan)
        return Sample(kept, response, practitioner, fold, nothing, nothing, float("nan"), reason)
    return _weighted(Sample(kept, response, practitioner, fold, response, response, 0.0, None), protocol)


_FEW_OF_A_KIND = "Fewer than {} episodes under conservative care improved by 30 %, or fewer did not."


def _too_few(response: FloatArray, patient: pd.Series, protocol: PrognosisProtocol) -> str | None:
    known = np.isfinite(response)
    if not len(response):
        return "No episode is eligible for this prognosis."
    if not known.any():
        return "No 12-week response is known under conservative care."
    if patient[known].nunique() < protocol.minimum_known:
        return f"The 12-week response of fewer than {protocol.minimum_known} patients is known under conservative care."
    if min(np.sum(response == 1), np.sum(response == 0)) < protocol.minimum_of_each:
        return _FEW_OF_A_KIND.format(protocol.minimum_of_each)
    return None


def _weighted(sample: Sample, protocol: PrognosisProtocol) -> Sample:
    covariates = sample.frame[[name for name in protocol.covariates if name in sample.frame]]
    n, known = len(sample.response), sample.known
    keys = sample.frame["episode_key"].to_list()
    training = training_weights(keys, known.astype(np.int64), protocol.most_training_rows, protocol.seed)
    design = encode(covariates, pd.Series(sample.practitioner), training)
    nobody, weight = np.zeros(n, dtype=np.int64), np.ones(n)
    setting = CrossFit(design, nobody, weight, sample.fold, 1, protocol.learners, protocol.seed, training=training)
    modelled = cross_fit_observation(setting, known)
    both = np.column_stack([modelled[:, 0], 1 - modelled[:, 0]])
    seen = calibrated_propensities(both, design.balance, np.where(known, 0, 1), np.ones(n))[:, 0]
    weight = 1 / np.maximum(seen, protocol.clip)
    weight /= weight[known].mean()
    clipped = float(np.mean(seen < protocol.clip))
    reason = None
    if effective_n(weight[known]) < protocol.minimum_effective_n:
        reason = (
            f"Effective size under {protocol.minimum_effective_n}: the prognosis would rest on a few episodes, "
            "because hardly anybody like the others stayed without manipulation and answered."
        )
    return Sample(
        sample.frame, sample.response, sample.practitioner, sample.fold, seen, weight, clipped, reason, training
    )
