import threading
import warnings

import numpy as np
import pytest

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.gains import StackedDRLearner
from pipelines.causal.linear import fit_logistic
from pipelines.causal.parallel import each
from tests.causal.worlds import linear_clinic


@pytest.mark.parametrize("n_jobs", [None, 1, 2, -1])
def test_results_come_in_the_order_of_the_items(n_jobs):
    assert each(lambda item: item * item, range(20), n_jobs) == [item * item for item in range(20)]


def test_two_jobs_run_side_by_side():
    barrier = threading.Barrier(2, timeout=30)
    assert sorted(each(lambda _: barrier.wait(), range(2), 2)) == [0, 1]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_a_work_raises_is_raised(n_jobs):
    with pytest.raises(ZeroDivisionError):
        each(lambda item: 1 // item, [1, 0], n_jobs)


def test_the_numbers_are_the_same_however_many_folds_are_fitted_at_a_time():
    frame = linear_clinic(150, 1)
    x = frame[["severity", "age", "work"]]
    fits = [
        CrossFittedAIPW(repeats=1, n_jobs=n_jobs).fit(x, frame["pain_12wk"], frame["arm"]).scores_ for n_jobs in (1, 3)
    ]
    assert fits[0].to_csv() == fits[1].to_csv()
    gains = [
        StackedDRLearner(repeats=1, n_jobs=n_jobs).fit(x, frame["arm"], frame["pain_12wk"]).gains_ for n_jobs in (1, 3)
    ]
    assert np.array_equal(*gains)


def test_logistic_fits_side_by_side_leave_the_warning_filters_as_they_were():
    generator = np.random.default_rng(0)
    x, label = generator.normal(size=(200, 5)), generator.integers(0, 2, 200)
    before = list(warnings.filters)
    each(lambda _: fit_logistic(x, label, np.ones(200), n_labels=2), range(60), 4)
    assert warnings.filters == before
