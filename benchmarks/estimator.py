"""CPU seconds of the doubly robust scores of three arms, against peers on the same data in the same run.

python benchmarks/estimator.py 2000 10000

Peers: a T-learner (a default HistGradientBoosting in each arm, no scores, no intervals) and textbook cross-fitted AIPW
with default HistGradientBoosting throughout (no stack, no calibration, no practitioners); DoubleML only when installed.
`bias` is of manipulation against exercise, whose true effect is -1 for everybody.
"""

import argparse
import importlib
import importlib.util
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import KFold, cross_val_predict
from threadpoolctl import threadpool_limits

from pipelines.causal.aipw import CrossFittedAIPW, aipw_scores

ARMS, FEATURES, PRACTITIONERS, FOLDS = 3, 30, 60, 5
EFFECTS = np.array([0.0, 3.0, 2.0])


@dataclass(frozen=True)
class Clinic:
    """Confounded episodes with known effects of each arm."""

    x: np.ndarray
    arm: np.ndarray
    y: np.ndarray
    practitioner: np.ndarray


def clinic(n: int, seed: int) -> Clinic:
    """Return n episodes: treatment by severity, chronicity and habit; outcome by both and the practitioner's skill."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, FEATURES))
    treated_by = generator.integers(0, PRACTITIONERS, n)
    habit, skill = generator.normal(0, 0.5, (PRACTITIONERS, ARMS)), generator.normal(0, 2, PRACTITIONERS)
    logits = habit[treated_by] + np.column_stack([np.zeros(n), 0.6 * x[:, 0], 0.6 * x[:, 1] - 0.5 * x[:, 0]])
    arm = (logits + generator.gumbel(size=(n, ARMS))).argmax(axis=1)
    baseline = 4 * x[:, 1] - 3 * x[:, 0] + 2 * np.sin(2 * x[:, 2]) + x[:, 3] * x[:, 4]
    y = baseline + EFFECTS[arm] + skill[treated_by] + generator.normal(0, 9, n)
    return Clinic(x, arm, y, treated_by)


def stepcare(data: Clinic) -> float:
    """One repeat of the product's estimator, practitioners included."""
    model = CrossFittedAIPW(repeats=1, folds=FOLDS)
    model.fit(pd.DataFrame(data.x), data.y, data.arm, practitioner=[f"t{k}" for k in data.practitioner])
    return model.contrast("2", "1").estimate


def t_learner(data: Clinic) -> float:
    """A boosted model in each arm, fitted and read on the same rows."""
    means = [
        HistGradientBoostingRegressor(random_state=0).fit(data.x[data.arm == k], data.y[data.arm == k]).predict(data.x)
        for k in range(ARMS)
    ]
    return float((means[2] - means[1]).mean())


def textbook_aipw(data: Clinic) -> float:
    """Cross-fitted AIPW with one boosted model for each nuisance."""
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    classifier = HistGradientBoostingClassifier(random_state=0)
    e = cross_val_predict(classifier, data.x, data.arm, cv=folds, method="predict_proba").clip(0.01)
    mu = np.empty_like(e)
    for train, test in folds.split(data.x):
        for k in range(ARMS):
            rows = train[data.arm[train] == k]
            model = HistGradientBoostingRegressor(random_state=0).fit(data.x[rows], data.y[rows])
            mu[test, k] = model.predict(data.x[test])
    scores = aipw_scores(mu, e, np.ones_like(e), data.y, data.arm)
    return float((scores[:, 2] - scores[:, 1]).mean())


def double_ml(data: Clinic) -> float:
    """DoubleML's average potential outcomes with the same boosting."""
    doubleml = importlib.import_module("doubleml")

    frame = doubleml.DoubleMLData.from_arrays(data.x, data.y, data.arm)
    model = doubleml.DoubleMLAPOS(
        frame,
        HistGradientBoostingRegressor(random_state=0),
        HistGradientBoostingClassifier(random_state=0),
        treatment_levels=list(range(ARMS)),
        n_folds=FOLDS,
    )
    model.fit()
    return float(model.coef[2] - model.coef[1])


PEERS: dict[str, Callable[[Clinic], float]] = {
    "stepcare": stepcare,
    "T-learner": t_learner,
    "textbook AIPW": textbook_aipw,
}
if importlib.util.find_spec("doubleml"):
    PEERS["DoubleML APOS"] = double_ml


def main() -> None:
    """Print a line a size and peer; give the sizes in ascending order, peak memory is that of the process so far."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[2_000, 10_000], help="episodes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    stepcare(clinic(500, options.seed))
    print(f"{'episodes':>9} {'estimator':>14} {'CPU s':>8} {'of stepcare':>12} {'bias':>7} {'peak GB':>8}")
    for n in options.sizes:
        data = clinic(n, options.seed)
        own = float("nan")
        for name, estimate in PEERS.items():
            with threadpool_limits(1):
                start = time.process_time()
                value = estimate(data)
                seconds = time.process_time() - start
            own = seconds if name == "stepcare" else own
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
            bias = value - (EFFECTS[2] - EFFECTS[1])
            print(f"{n:9d} {name:>14} {seconds:8.2f} {seconds / own:12.2f} {bias:+7.2f} {peak:8.2f}")


if __name__ == "__main__":
    main()
