"""What estimators are given, checked and brought into one form: frames or arrays, a value a row, weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse

from pipelines.causal.features import FloatArray


def as_frame(X: pd.DataFrame | ArrayLike) -> pd.DataFrame:
    """Return covariates as a frame, rows numbered from 0 and names as text; the columns of an array are '0', '1', ...

    Raises ValueError when X is sparse, complex or has not two dimensions.
    """
    if issparse(X):
        raise ValueError("sparse input is not supported: give a frame or a dense array")
    if not isinstance(X, pd.DataFrame):
        X = np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"X must have rows and columns, found {X.ndim} dimension(s). Reshape your data")
    frame = pd.DataFrame(X).reset_index(drop=True)
    if any(pd.api.types.is_complex_dtype(kind) for kind in frame.dtypes):
        raise ValueError("Complex data not supported: covariates are numbers, a yes/no or text")
    return frame.set_axis([str(name) for name in frame.columns], axis=1)


def one_a_row(values: ArrayLike, n: int, name: str) -> NDArray[np.object_]:
    """Return the values (n,); `name` says in errors what they are. Raises ValueError when there are more or fewer."""
    column = np.asarray(values, dtype=object)
    if column.shape != (n,):
        raise ValueError(f"{name} must have one value for each of the {n} rows of X, found shape {column.shape}")
    return column


def weights_of(sample_weight: ArrayLike | None, n: int) -> FloatArray:
    """Return weights (n,), 1 without any. Raises ValueError when they are negative, missing or all zero."""
    if sample_weight is None:
        return np.ones(n)
    weight = one_a_row(sample_weight, n, "sample_weight").astype(float)
    if not np.isfinite(weight).all() or weight.min() < 0 or weight.max() == 0:
        raise ValueError("sample_weight must be finite, not negative and not all zero")
    return weight


def outcomes_of(outcome: ArrayLike, n: int) -> FloatArray:
    """Return outcomes (n,), NaN where unknown. Raises ValueError when there are more or fewer."""
    column = one_a_row(outcome, n, "outcome")
    return np.where(pd.isna(column), np.nan, column).astype(float)


def texts_of(labels: ArrayLike, n: int) -> NDArray[np.str_]:
    """Return labels as text (n,); one for all is repeated."""
    return np.broadcast_to(np.asarray(labels, dtype=object).astype(str), n)


class TellsItsColumns:
    """For estimators: after `fit`, `n_features_in_` columns with the names `feature_names_in_`; NaN and text are allowed."""

    def _remember(self, frame: pd.DataFrame) -> None:
        self.n_features_in_ = frame.shape[1]
        self.feature_names_in_ = frame.columns.to_numpy(dtype=object)

    def _check_columns(self, X: pd.DataFrame | ArrayLike, frame: pd.DataFrame) -> None:
        """Raise ValueError when an array, whose columns have no names, has more or fewer than were fitted on."""
        if not isinstance(X, pd.DataFrame) and frame.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {frame.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        return tags
