"""The figures that benchmarks print are those of the definitions, and absent data or peers are said to be."""

import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.study import Answer, Study, World, compare, figures_of
from tests.conftest import ROOT

CONTRASTS = ((1, 0), (2, 0), (2, 1))


def world(n=60):
    generator = np.random.default_rng(1)
    x = generator.normal(size=(n, 2))
    mu = np.column_stack([np.zeros(n), x[:, 0], np.full(n, 0.5)])
    arm = np.arange(n) % 3
    y = mu[np.arange(n), arm]
    y[0] = np.nan
    gains = np.column_stack([mu[:, a] - mu[:, b] for a, b in CONTRASTS])
    return World(Study(x, arm, y, CONTRASTS), mu, x, mu, gains.mean(axis=0)), gains


def answer_of(average, gains, half=0.1):
    return lambda study, new: Answer(average, average - half, average + half, gains, gains)


def test_a_method_that_knows_the_truth_has_no_error_and_no_regret():
    data, gains = world()
    found = figures_of(data, answer_of(data.average, gains))
    assert not found.own_error.any()
    assert not found.new_error.any()
    assert found.regret == 0
    assert found.is_covered.tolist() == [1, 1, 1]
    assert found.length == pytest.approx([0.2, 0.2, 0.2])


def test_errors_intervals_and_regret_are_worked_out_by_hand():
    data, gains = world()
    found = figures_of(data, answer_of(data.average + np.array([0.3, 0, 0]), gains + 2.0))
    assert found.own_error == pytest.approx([2, 2, 2])
    assert found.bias == pytest.approx([0.3, 0, 0])
    assert found.is_covered.tolist() == [0, 1, 1]
    never_rest = data.mu_new.max(axis=1) - data.mu_new[:, 1:].max(axis=1)
    assert found.regret == pytest.approx(never_rest.mean())


def test_what_a_method_does_not_give_is_a_dash(capsys):
    data, _ = world()
    nothing = np.full(3, np.nan)
    compare([data], {"mute": lambda study, new: Answer(data.average, nothing, nothing)}, "mute")
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("| mute"))
    assert line.startswith("| mute | - | - | +0.00 / +0.00 / +0.00 | 0.00 / 0.00 / 0.00 | - | - | - |")


def test_peers_get_complete_cases():
    data, _ = world()
    assert len(data.study.complete().y) == len(data.study.y) - 1
    assert np.isfinite(data.study.complete().y).all()


@pytest.mark.parametrize("name", ["clinic_world", "ihdp", "lalonde"])
def test_a_benchmark_without_its_data_says_so_and_ends_well(name, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}"],
        capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ | {"STEPCARE_SHARED": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr.startswith("skipped: no ")
    assert "STEPCARE_SHARED" in done.stderr
