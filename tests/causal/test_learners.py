import numpy as np
import pandas as pd
import pytest

from pipelines.causal.boosting import LARGEST_TRAINING_ROWS, fit_boosted_means
from pipelines.causal.features import encode
from pipelines.causal.kernel import learn_kernel_map
from pipelines.causal.learners import Training, fit_kernel


def test_boosting_of_more_than_20000_rows_is_that_of_20000_evenly_spread():
    generator = np.random.default_rng(1)
    x, n = generator.normal(size=(2 * LARGEST_TRAINING_ROWS, 2)), 2 * LARGEST_TRAINING_ROWS
    y = x[:, 0] + generator.normal(size=n)
    settings = {"is_categorical": np.zeros(2, dtype=bool), "seed": 0}
    every_other = fit_boosted_means(x[::2], y[::2], np.ones(n // 2), **settings)
    assert np.array_equal(fit_boosted_means(x, y, np.ones(n), **settings).predict(x), every_other.predict(x))


def test_a_kernel_regression_follows_a_curve():
    x = pd.DataFrame({"x": np.linspace(-3, 3, 400)})
    design = encode(x)
    design = learn_kernel_map(design.linear, seed=0).apply(design)
    y = np.sin(2 * x["x"].to_numpy())
    model = fit_kernel(Training(design, y, np.ones(400), is_binary=False, seed=0))
    assert np.abs(model(design) - y).max() < 0.1


def test_a_kernel_regression_without_curved_features_is_an_error():
    design = encode(pd.DataFrame({"x": [0.0, 1.0, 2.0]}))
    with pytest.raises(ValueError, match="curved features"):
        fit_kernel(Training(design, np.arange(3.0), np.ones(3), is_binary=False, seed=0))
