"""A hundred thousand episodes, within a minute and 4 GB."""

import resource
import time

import pytest

from pipelines.synthetic import simulate


@pytest.mark.ci
def test_100_000_episodes_take_less_than_a_minute_of_cpu_and_4_gb(tmp_path):
    started = time.process_time()
    truth = simulate(tmp_path / "inbox", episodes=100_000, clinics=20, world="uniform", seed=1)
    assert time.process_time() - started < 60
    assert truth.sessions > 750_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2 < 4
