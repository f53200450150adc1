"""CPU seconds and regret of the exact policy tree, against peers on the same scores in the same run.

python benchmarks/policy_tree.py 2000 10000 100000

Three arms, 30 features, depth 2, leaves of at least 10 %. Peers: scikit-learn's DecisionTreeClassifier of depth 2 (the
best arm as class, weighted by how much it is better than the others: greedy), and a plain exact search over the same
thresholds, sorted sums and all pairs of splits (up to 2,000 episodes); EconML's PolicyTree (greedy) when installed.
`sum taken`: the sum of the scores the tree was fitted on, of the arms it gives. 'smoothed': those regressed
by boosting, out of fold.
Regret: how far the tree's true mean outcome on 200,000 others is from treating each by the arm best for them.
"""

import argparse
import importlib
import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from pipelines.causal.split_tables import candidates
from pipelines.causal.tree_search import THRESHOLDS, fit_policy_tree, least_leaf

ARMS, FEATURES = ("exercise", "manipulation", "rest"), 30
LARGEST_PLAIN = 2_000

Rule = Callable[[pd.DataFrame], np.ndarray]


@dataclass(frozen=True)
class Clinic:
    """Features, true mean outcome of each arm, doubly robust scores (noise of sd 12) and gains smoothed from them."""

    x: pd.DataFrame
    mu: np.ndarray
    scores: np.ndarray
    gains: np.ndarray


def clinic(n: int, seed: int) -> Clinic:
    """Return episodes for whom manipulation or exercise is better by three features together: no question helps alone."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(n, FEATURES))
    values[:, ::3] = np.round(2 * values[:, ::3])
    x = pd.DataFrame(values, columns=[f"f{j}" for j in range(FEATURES)])
    recent, high, young = x["f1"] < -0.2, x["f4"] > 0.3, x["f3"] < 1
    mu = np.column_stack([3.0 - 4 * (high & ~recent), -1.0 + 6 * (recent & young), 0.5 + 0.3 * x["f2"]])
    scores = mu + generator.normal(0, 12, mu.shape)
    smoother = HistGradientBoostingRegressor(max_iter=40, max_depth=3, min_samples_leaf=100, random_state=0)
    gains = [cross_val_predict(smoother, values, scores[:, k], cv=3) for k in range(len(ARMS))]
    return Clinic(x, mu, scores, np.column_stack(gains))


def stepcare(x: pd.DataFrame, scores: np.ndarray) -> Rule:
    return fit_policy_tree(x, scores, ARMS).assign


def sklearn_tree(x: pd.DataFrame, scores: np.ndarray) -> Rule:
    ordered = np.sort(scores, axis=1)
    tree = DecisionTreeClassifier(max_depth=2, min_samples_leaf=least_leaf(len(x)), random_state=0)
    return tree.fit(x, scores.argmax(axis=1), sample_weight=ordered[:, -1] - ordered[:, :-1].mean(axis=1)).predict


def plain_exact(x: pd.DataFrame, scores: np.ndarray) -> Rule:
    """For every first split, the best second split of each side from sums sorted by every feature."""
    least = least_leaf(len(x))
    columns = [candidates(x.iloc[:, j].to_numpy(), THRESHOLDS, least) for j in range(x.shape[1])]

    def best_side(rows: np.ndarray) -> tuple[float, int, int, tuple[int, ...]]:
        total = scores[rows].sum(axis=0)
        best = (float(total.max()), -1, -1, (int(total.argmax()),))
        for j, column in enumerate(columns):
            order = np.argsort(column.interval[rows], kind="stable")
            sums = scores[rows][order].cumsum(axis=0)
            ends = np.searchsorted(column.interval[rows][order], np.arange(column.intervals - 1), side="right")
            ends = np.where((ends >= least) & (len(order) - ends >= least), ends, 0)
            below = sums[ends - 1]
            value = np.where(ends > 0, below.max(axis=1) + (total - below).max(axis=1), -np.inf)
            if value.max() > best[0]:
                i = int(value.argmax())
                arms = (int(below[i].argmax()), int((total - below[i]).argmax()))
                best = (float(value[i]), j, i, arms)
        return best

    found = (-np.inf, 0, 0.0, best_side(np.ones(len(x), dtype=bool)), best_side(np.ones(len(x), dtype=bool)))
    for j, column in enumerate(columns):
        for i, threshold in enumerate(column.thresholds):
            upper = column.interval > i
            if min(upper.sum(), (~upper).sum()) >= least:
                low, high = best_side(~upper), best_side(upper)
                if low[0] + high[0] > found[0]:
                    found = (low[0] + high[0], j, float(threshold), low, high)

    def assign(others: pd.DataFrame) -> np.ndarray:
        def side(best: tuple[float, int, int, tuple[int, ...]]) -> np.ndarray:
            if best[1] < 0:
                return np.full(len(others), best[3][0])
            return np.where(others.iloc[:, best[1]] >= columns[best[1]].thresholds[best[2]], best[3][1], best[3][0])

        return np.where(others.iloc[:, found[1]] >= found[2], side(found[4]), side(found[3]))

    return assign


def econml_tree(x: pd.DataFrame, scores: np.ndarray) -> Rule:
    policy = importlib.import_module("econml.policy")
    tree = policy.PolicyTree(max_depth=2, min_samples_leaf=least_leaf(len(x)), honest=False, random_state=0)
    tree.fit(x.to_numpy(), scores)
    return lambda others: tree.predict(others.to_numpy())


def best_single(_x: pd.DataFrame, scores: np.ndarray) -> Rule:
    arm = int(scores.mean(axis=0).argmax())
    return lambda others: np.full(len(others), arm)


PEERS: dict[str, Callable[[pd.DataFrame, np.ndarray], Rule]] = {
    "stepcare": stepcare,
    "plain exact": plain_exact,
    "scikit-learn": sklearn_tree,
    "best single arm": best_single,
}
if importlib.util.find_spec("econml"):
    PEERS["EconML PolicyTree"] = econml_tree


def main() -> None:
    """Print a line a size, kind of scores and peer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[2_000, 10_000, 100_000], help="episodes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    others = clinic(200_000, options.seed + 1)
    best = others.mu.max(axis=1).mean()
    print(f"{'episodes':>9} {'fitted on':>10} {'tree':>18} {'CPU s':>8} {'sum taken':>10} {'regret':>7}")
    for n in options.sizes:
        data = clinic(n, options.seed)
        for kind, scores in (("raw", data.scores), ("smoothed", data.gains)):
            for name, fit in PEERS.items():
                if name == "plain exact" and n > LARGEST_PLAIN:
                    continue
                with threadpool_limits(1):
                    start = time.process_time()
                    rule = fit(data.x, scores)
                    seconds = time.process_time() - start
                taken = scores[np.arange(n), rule(data.x)].sum()
                regret = best - others.mu[np.arange(len(others.x)), rule(others.x)].mean()
                print(f"{n:9d} {kind:>10} {name:>18} {seconds:8.2f} {taken:10.0f} {regret:7.2f}", flush=True)


if __name__ == "__main__":
    main()
