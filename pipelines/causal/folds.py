"""Folds by patient: two episodes of a patient are always in the same fold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.causal.features import IntArray
from pipelines.causal.keys import numbered


def assign_folds(patient: NDArray[np.object_], arm: IntArray, folds: int, generator: np.random.Generator) -> IntArray:
    """Return a fold (0 .. folds-1) for each row.

    Patients are shuffled by the generator and dealt out arm by arm (the arm of a patient's first row), so that a
    rare arm is present in every fold. Raises ValueError when there are fewer patients than folds.
    """
    keys, patient_code = numbered(patient)
    first_row = np.unique(patient_code, return_index=True)[1]
    if len(keys) < folds:
        raise ValueError(f"{folds} folds need at least {folds} patients, found {len(keys)}")
    shuffled = generator.permutation(len(keys))
    by_arm = shuffled[np.argsort(arm[first_row][shuffled], kind="stable")]
    fold_of_patient = np.empty(len(keys), dtype=np.int64)
    fold_of_patient[by_arm] = np.arange(len(keys)) % folds
    return fold_of_patient[patient_code]
