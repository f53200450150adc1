"""Our bounds against DoubleML's: the same nuisances and folds give the same. Needs the extra `benchmarks`."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from pipelines.causal.aipw import aipw_scores
from pipelines.robustness.omitted_variables import bounds, robustness_value, short_model_of, strength

pytestmark = pytest.mark.long

N = 800
C_Y, C_D = 0.08, 0.05


@pytest.fixture(scope="module")
def both():
    """DoubleML's interactive regression model with its sensitivity analysis, and our model of the same predictions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        doubleml = pytest.importorskip("doubleml", reason="DoubleML is not installed: pip install '.[benchmarks]'")
        generator = np.random.default_rng(5)
        x = generator.normal(size=(N, 3))
        arm = (generator.random(N) < 1 / (1 + np.exp(-0.6 * x[:, 0]))).astype(np.int64)
        y = 0.5 * arm + x[:, 0] + generator.normal(size=N)
        np.random.seed(1)
        data = doubleml.DoubleMLData.from_arrays(x, y, arm)
        model = doubleml.DoubleMLIRM(data, LinearRegression(), LogisticRegression(), n_folds=4)
        model.fit(store_predictions=True)
        model.sensitivity_analysis(cf_y=C_Y, cf_d=C_D, rho=1.0)
    mu = np.column_stack([model.predictions[f"ml_g{k}"][:, 0, 0] for k in (0, 1)])
    e1 = model.predictions["ml_m"][:, 0, 0]
    e = np.column_stack([1 - e1, e1])
    psi = aipw_scores(mu, e, np.ones((N, 2)), y, arm)
    ours = short_model_of(
        scores=(psi[:, 1] - psi[:, 0])[None],
        mu=mu[None],
        weight=(1 / e)[None],
        y=y,
        arm=arm,
        codes=(1, 0),
        practitioner=np.arange(N),
        is_out_of_fold=True,
    )
    return model, ours


def test_the_bounds_are_doublemls(both):
    model, ours = both
    lower, upper = bounds(ours, strength(C_Y, C_D))
    theirs = model.sensitivity_params
    assert lower.estimate == pytest.approx(float(theirs["theta"]["lower"][0]), abs=1e-8)
    assert upper.estimate == pytest.approx(float(theirs["theta"]["upper"][0]), abs=1e-8)


def test_the_standard_errors_of_the_bounds_are_doublemls_but_for_n_and_n_less_1(both):
    """DoubleML 0.11.4 divides its scores by a derivative of -1, but not those of sigma and nu: its lower is our upper.
    Which is right, test_the_standard_error_of_a_bound_is_the_jackknifes says."""
    model, ours = both
    theirs = [float(model.sensitivity_params["se"][side][0]) * np.sqrt(N / (N - 1)) for side in ("upper", "lower")]
    found = [one.standard_error for one in bounds(ours, strength(C_Y, C_D))]
    assert found == pytest.approx(theirs, rel=1e-6)


def test_the_robustness_value_is_doublemls(both):
    model, ours = both
    assert robustness_value(ours, of_limit=False) == pytest.approx(float(model.sensitivity_params["rv"][0]), abs=1e-4)


def test_the_variances_are_doublemls(both):
    model, ours = both
    assert ours.sigma_squared == pytest.approx(float(model.sensitivity_elements["sigma2"].ravel()[0]), abs=1e-10)
    assert ours.nu_squared == pytest.approx(float(model.sensitivity_elements["nu2"].ravel()[0]), abs=1e-10)
