"""Which practitioners are adjusted for one by one, and what a result says where some are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# A tree learner of scikit-learn takes at most 255 categories in a column; the linear design stays narrow too.
LARGEST_LEVEL_COUNT = 250
LEAST_PRACTITIONER_EPISODES = 10


def practitioner_codes(practitioner: pd.Series, training: NDArray[np.float64] | None = None) -> NDArray[np.int64]:
    """Return a code for each row: 0 for the pooled rare or unknown practitioners, 1, 2, ... by key for the others.

    training (n,): counted are the rows where it is above 0.
    """
    keys = practitioner.astype(object).map(str, na_action="ignore")
    code_of = {key: code for code, key in enumerate(sorted(_named(keys, training)), start=1)}
    return np.array([code_of.get(key, 0) for key in keys], dtype=np.int64)


def pooled_note(practitioner: NDArray[np.object_], training: NDArray[np.float64] | None = None) -> str | None:
    """Return what a result says that could not be adjusted for each practitioner who has ten episodes; None where it was.

    Better practitioners may treat otherwise than others: what that makes of an effect is taken out between those alone who have
    an indicator of their own. training (n,): as for `practitioner_codes`.
    """
    keys = pd.Series(practitioner, dtype=object).map(str, na_action="ignore")
    n_frequent = int((keys.value_counts() >= LEAST_PRACTITIONER_EPISODES).sum())
    n_named = len(_named(keys, training))
    if n_frequent <= n_named:
        return None
    return f"Of {n_frequent:,} practitioners with ten episodes {n_named:,} are adjusted for one by one, the others together."


def _named(keys: pd.Series, training: NDArray[np.float64] | None) -> list[str]:
    """The practitioners who have an indicator of their own: those with most episodes."""
    counts = (keys if training is None else keys[training > 0]).value_counts()
    frequent = counts[counts >= LEAST_PRACTITIONER_EPISODES]
    return sorted(frequent.index.astype(str), key=lambda key: (-int(counts[key]), key))[:LARGEST_LEVEL_COUNT]
