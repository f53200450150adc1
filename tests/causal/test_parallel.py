import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.gains import StackedDRLearner
from pipelines.causal.parallel import each, jobs_for
from tests.causal.worlds import linear_clinic


def square(item):
    return item * item


def inverse(item):
    return 1 // item


def process_after_a_while(_):
    time.sleep(0.5)
    return os.getpid()


def killed(_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_results_come_in_the_order_of_the_items(n_jobs):
    assert each(square, range(20), n_jobs) == [item * item for item in range(20)]


def test_two_jobs_run_side_by_side_in_processes_of_their_own():
    found = each(process_after_a_while, range(10), 2)
    assert len({*found, os.getpid()}) == 3


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_a_work_raises_is_raised(n_jobs):
    with pytest.raises(ZeroDivisionError):
        each(inverse, [1, 0], n_jobs)


@pytest.mark.ci
def test_a_killed_process_is_an_error_and_the_next_call_starts_anew():
    with pytest.raises(TerminatedWorkerError):
        each(killed, range(2), 2)
    assert each(square, range(3), 2) == [0, 1, 4]


@pytest.mark.ci
def test_processes_end_with_the_one_that_started_them():
    program = (
        "import os, signal\n"
        "from pipelines.causal.parallel import each\n"
        "from tests.causal.test_parallel import process_after_a_while\n"
        "print(*each(process_after_a_while, range(2), 2), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    for process in map(int, ended.stdout.split()):
        assert ended_within(process, seconds=10)


def ended_within(process, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_small_fits_stay_in_one_process():
    assert (jobs_for(999), jobs_for(1000)) == (1, -1)


def test_the_numbers_are_the_same_however_many_folds_are_fitted_at_a_time():
    frame = linear_clinic(150, 1)
    x = frame[["severity", "age", "work"]]
    fits = [
        CrossFittedAIPW(repeats=1, n_jobs=n_jobs).fit(x, frame["pain_12wk"], frame["arm"]).scores_ for n_jobs in (1, 2)
    ]
    assert fits[0].to_csv() == fits[1].to_csv()
    learners = ("linear", "kernel", "boosting")
    gains = [
        StackedDRLearner(learners=learners, repeats=1, n_jobs=n_jobs).fit(x, frame["arm"], frame["pain_12wk"]).gains_
        for n_jobs in (1, 2)
    ]
    assert np.array_equal(*gains)
