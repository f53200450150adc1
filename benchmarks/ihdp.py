"""Individual gains on IHDP, where the true gain of everybody is known: the stack beside peers, same data, same run.

python benchmarks/ihdp.py --splits 1 --repeats 3

IHDP (Hill 2011, J Comput Graph Stat 20:217): real covariates of 747 infants, simulated outcomes. Read from
data/ihdp of the folder named by STEPCARE_SHARED, by default `shared` beside the project. A split holds out 10 %;
the first holds out the same people as the code of Louizos et al. (2017, arXiv 1705.08821), further ones are drawn.

Root PEHE is the root mean squared error of the individual gain. 'in': people who were fitted on, their own outcome
included, as peers report it; 'fold': the same people's out-of-fold gains, where there are any; 'out': held out.
One replication has gains over ten times as spread as the others and dominates every mean: read the median beside it.
"""

import argparse
import importlib
import importlib.util
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from pipelines.causal.gains import StackedDRLearner

DATA = Path(os.environ.get("STEPCARE_SHARED", Path(__file__).resolve().parents[1].parent / "shared")) / "data" / "ihdp"
HELD_OUT = 0.1


@dataclass(frozen=True)
class Replication:
    """Covariates, arm (0, 1), outcome and true gain."""

    x: np.ndarray
    arm: np.ndarray
    y: np.ndarray
    gain: np.ndarray

    def take(self, rows: np.ndarray) -> "Replication":
        """Return these rows."""
        return Replication(self.x[rows], self.arm[rows], self.y[rows], self.gain[rows])


@dataclass(frozen=True)
class Gains:
    """Gains of the people fitted on and of those held out; out-of-fold gains where the method has them."""

    inside: np.ndarray
    outside: np.ndarray
    out_of_fold: np.ndarray | None = None


def read(path: Path) -> Replication:
    """Return one replication."""
    table = pd.read_csv(path, header=None).to_numpy(dtype=float)
    return Replication(table[:, 5:], table[:, 0].astype(int), table[:, 1], table[:, 4] - table[:, 3])


def stack_of(repeats: int) -> Callable[[Replication, np.ndarray], Gains]:
    """Return the product's learner with this many fold draws."""

    def stack(data: Replication, new: np.ndarray) -> Gains:
        model = StackedDRLearner(repeats=repeats).fit(data.x, data.arm, data.y)
        return Gains(model.predict(data.x)[:, 0], model.predict(new)[:, 0], model.gains_[:, 0])

    return stack


def naive(data: Replication, new: np.ndarray) -> Gains:
    """The difference in means, for everybody."""
    difference = data.y[data.arm == 1].mean() - data.y[data.arm == 0].mean()
    return Gains(np.full(len(data.y), difference), np.full(len(new), difference))


def t_learner(data: Replication, new: np.ndarray) -> Gains:
    """A boosted model in each arm."""
    models = [
        HistGradientBoostingRegressor(random_state=0).fit(data.x[data.arm == k], data.y[data.arm == k]) for k in (0, 1)
    ]
    return Gains(models[1].predict(data.x) - models[0].predict(data.x), models[1].predict(new) - models[0].predict(new))


def causal_forest(data: Replication, new: np.ndarray) -> Gains:
    """EconML's causal forest on boosted nuisances."""
    dml = importlib.import_module("econml.dml")
    model = dml.CausalForestDML(
        model_y=HistGradientBoostingRegressor(random_state=0),
        model_t=HistGradientBoostingClassifier(random_state=0),
        discrete_treatment=True,
        n_jobs=1,
        random_state=0,
    )
    model.fit(data.y, data.arm, X=data.x)
    return Gains(model.effect(data.x), model.effect(new))


def dr_learner(data: Replication, new: np.ndarray) -> Gains:
    """EconML's DR-learner with boosting throughout."""
    dr = importlib.import_module("econml.dr")
    model = dr.DRLearner(
        model_propensity=HistGradientBoostingClassifier(random_state=0),
        model_regression=HistGradientBoostingRegressor(random_state=0),
        model_final=HistGradientBoostingRegressor(random_state=0),
        random_state=0,
    )
    model.fit(data.y, data.arm, X=data.x)
    return Gains(model.effect(data.x), model.effect(new))


def figures(data: Replication, rows: tuple[np.ndarray, np.ndarray], method: Callable) -> list[float]:
    """Return root PEHE in, out of fold and out of sample, error of the average gain in sample, CPU seconds."""
    train, test = data.take(rows[0]), data.take(rows[1])
    start = time.process_time()
    with threadpool_limits(1):
        gains = method(train, test.x)
    seconds = time.process_time() - start
    own = gains.inside if gains.out_of_fold is None else gains.out_of_fold
    folds = float("nan") if gains.out_of_fold is None else root_error(own, train.gain)
    average_error = abs(float(own.mean() - train.gain.mean()))
    return [root_error(gains.inside, train.gain), folds, root_error(gains.outside, test.gain), average_error, seconds]


def root_error(gain: np.ndarray, truth: np.ndarray) -> float:
    """Return the root mean squared error."""
    return float(np.sqrt(np.mean((gain - truth) ** 2)))


def main() -> None:
    """Print a line a method: means and medians over replications and splits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=1, help="splits of each replication")
    parser.add_argument("--repeats", type=int, default=3, help="fold draws of the stack")
    options = parser.parse_args()
    paths = sorted(DATA.glob("ihdp_npci_*.csv.gz"))
    if not paths:
        parser.exit(1, "no ihdp_npci_*.csv.gz in data/ihdp: set STEPCARE_SHARED to the folder above data\n")
    methods = {"naive difference": naive, "T-learner boosting": t_learner, "stack": stack_of(options.repeats)}
    if importlib.util.find_spec("econml"):
        methods |= {"CausalForestDML": causal_forest, "DRLearner": dr_learner}
    else:
        print("econml is not installed: CausalForestDML and DRLearner are left out")
    print(f"{len(paths)} replications, {options.splits} split(s) of 90 % and 10 %, {options.repeats} fold draw(s)")
    print(f"{'root PEHE, mean (median)':<24} {'in':>13} {'fold':>13} {'out':>13} {'average off':>12} {'CPU s':>7}")
    replications = [read(path) for path in paths]
    for name, method in methods.items():
        found = [
            figures(
                data, tuple(train_test_split(np.arange(len(data.y)), test_size=HELD_OUT, random_state=split)), method
            )
            for data in replications
            for split in range(1, options.splits + 1)
        ]
        mean, median = np.mean(found, axis=0), np.median(found, axis=0)
        cells = [f"{mean[k]:.2f} ({median[k]:.2f})" if np.isfinite(mean[k]) else "-" for k in range(3)]
        print(f"{name:<24} {cells[0]:>13} {cells[1]:>13} {cells[2]:>13} {mean[3]:>12.3f} {mean[4]:>7.2f}")


if __name__ == "__main__":
    main()
