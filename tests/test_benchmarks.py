"""The figures that benchmarks print are those of the definitions, and absent data or peers are said to be."""

import importlib
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.methods import methods_for
from benchmarks.study import Answer, Study, World, compare, figures_of
from pipelines.generations import current_warehouse
from pipelines.night import run_night
from pipelines.synthetic import simulate
from tests.conftest import ROOT, process_as_it_was

CONTRASTS = ((1, 0), (2, 0), (2, 1))
FEW = ("--draws", "1", "--methods", "without boosting", "means")
TWO_ROWS = ("| ours without boosting, 1 |", "| difference in means |")
ONE_SET = ("--n", "300", "--seeds", "1")
SMALLEST = {
    "acceptance": ((*ONE_SET, *FEW), (*TWO_ROWS, "| ours: step up - never |", "| ever - never, difference in means |")),
    "acic2016": (("--instances", "1", *FEW), TWO_ROWS),
    "clinic_world": ((*ONE_SET, *FEW), TWO_ROWS),
    "cluster": (("60", "--workers", "1", "--buckets", "2"), ("local", "dask")),
    "estimator": (("300",), ("stepcare", "T-learner", "textbook AIPW")),
    "fhir_export": (("300",), ("300 resources", "to floor", '"read": 300')),
    "fhir_readers": (("--resources", "50"), ("floor", "ours", "to floor")),
    "ihdp": (FEW, TWO_ROWS),
    "lalonde": (("--methods", "means"), ("| experiment | 445 (185) | difference in means | 1,794 |",)),
    "learned_rule": (
        ("--n", "600", "--seeds", "1"),
        ("| ours, smoothed scores |", "| best single arm |"),
    ),
    "only_changed": (("60",), ("52 of 52 tables hold the same rows", "cohort")),
    "missing_outcomes": ((*ONE_SET, *FEW), TWO_ROWS),
    "policy_tree": (("600",), ("stepcare", "plain exact", "scikit-learn")),
    "reports": (("--clinics", "2"), ("of the 150 KiB asked", "largest PDF")),
    "report_pages": (("2",), ("network KiB",)),
    "validation": (("2000", "--pandas"), ("alike: True", "Great Expectations, pandas")),
    "simulate": (("50", "--clinics", "2"), ("episodes",)),
}
SLOWEST = ("cluster", "policy_tree")
"""Of those, the ones that only the long run takes: what they call is tested elsewhere."""
OF_A_NIGHT = ("backup", "estimates", "night", "script", "trials", "truth", "worlds")
SLOWER = (
    "acic2016",
    "cluster",
    "estimator",
    "fhir_export",
    "fhir_readers",
    "ihdp",
    "lalonde",
    "learned_rule",
    "only_changed",
    "policy_tree",
)
"""Marked `ci`: they have more people, or fit more, than it takes to see that a benchmark still runs."""


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


def test_a_method_that_says_whom_its_averages_are_about_is_held_against_their_truth():
    data, gains = world()
    some = gains[:, 0] > 0
    average = gains[some].mean(axis=0)
    found = figures_of(data, lambda study, new: Answer(average, average - 0.1, average + 0.1, gains, gains, some))
    assert found.bias == pytest.approx([0, 0, 0])
    assert found.is_covered.tolist() == [1, 1, 1]
    assert abs(average - data.average).max() > 0.1


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


@pytest.mark.parametrize("name", ["clinic_world", "fhir_readers", "ihdp", "lalonde"])
def test_a_benchmark_without_its_data_says_so_and_ends_well(name, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}"],
        capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ | {"STEPCARE_SHARED": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr.startswith("skipped: no ")
    assert "STEPCARE_SHARED" in done.stderr


def run(name, arguments, monkeypatch, capsys):
    """What the benchmark printed; skipped, saying why, where it says itself that it cannot run here."""
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    try:
        importlib.import_module(f"benchmarks.{name}").main()
    except SystemExit:
        said = capsys.readouterr().err
        if not said.startswith("skipped: "):
            raise
        pytest.skip(said.strip())
    return capsys.readouterr().out


def test_every_benchmark_is_run_by_a_test():
    programs = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "def main(" in path.read_text()}
    assert programs == {*SMALLEST, *OF_A_NIGHT}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long if name in SLOWEST else pytest.mark.ci) if name in SLOWER else name
        for name in SMALLEST
    ],
)
def test_a_benchmark_runs_at_its_smallest_size(name, monkeypatch, capsys):
    arguments, rows = SMALLEST[name]
    said = run(name, arguments, monkeypatch, capsys)
    for row in rows:
        assert row in said


@pytest.mark.ci
def test_every_method_that_is_installed_answers_for_all_it_claims(monkeypatch, capsys):
    said = run("missing_outcomes", ("--n", "400", "--seeds", "1", "--draws", "1"), monkeypatch, capsys)
    for name in methods_for(None, [1]):
        assert said.count(f"| {name} | ") == 2
    for package in ("econml", "doubleml", "stochtree"):
        assert find_spec(package) or f"{package} is not installed: no row of " in said


@pytest.mark.ci
@pytest.mark.parametrize("name", ["backup", "night", "script", "truth"])
def test_a_benchmark_of_a_night_runs_at_its_smallest_size(name):
    arguments = {
        "backup": ["60"],
        "night": ["60", "120", "--until", "checks"],
        "script": ["120"],
        "truth": ["uniform", "--episodes", "60", "--clinics", "2"],
    }
    told = {
        "backup": "backup restore",
        "night": "growth from 60 to 120 episodes",
        "script": "script / night: CPU",
        "truth": "intervals hold the truth",
    }
    assert told[name] in apart(name, *arguments[name])


@pytest.mark.ci
def test_the_benchmark_of_the_trials_runs_on_the_warehouse_of_a_night(settings):
    simulate(settings.inbox, episodes=90, clinics=2, world="uniform", seed=1)
    with process_as_it_was():
        run_night(settings, lambda _: None)
        warehouse = current_warehouse(settings)
    said = apart("trials", str(warehouse), "--outcomes", "1")
    for trial in ("index", "decision", "stepped"):
        assert any(line.startswith(trial) for line in said.splitlines())
    said = apart("estimates", str(warehouse), "--episodes", "60", "--only", "trials", "regimes", "prognosis")
    assert said.startswith("60 episodes")
    assert [line.split()[0] for line in said.splitlines()[2:]] == ["trials", "regimes", "prognosis", "all"]


def apart(name, *arguments):
    """What the benchmark printed in a process of its own: a night sets things for its whole process."""
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
