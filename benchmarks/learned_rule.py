"""Regret of a rule of at most two questions in the clinic world: ours as a night learns it, and EconML's DRPolicyTree.

python -m benchmarks.learned_rule                        # n = 2,000, seeds 0 to 29
python -m benchmarks.learned_rule --methods EconML --seeds 7

The world is that of `clinic_world`; every tree has depth 2. Ours have leaves of 10 % of the people, at least 200. 'Smoothed' is
`learn_rule`, which smooths the doubly robust scores (of three draws of folds) out of fold, and in the same time values rules
learned this way; beside it the exact tree of the raw scores and that of the gains of `StackedDRLearner`. EconML's tree is
greedy; honest, its default, means that half of the people choose the questions, the others the arms, so its leaves have
5 %, with which it does better than with ours. The best possible tree is that of the new people's true means. Regret: how far
a rule's true mean outcome on 5,000 new people is from giving each the arm best for them, in ODI points, with its Monte Carlo
standard error over the data sets.
"""

import argparse
import importlib
import importlib.util
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks import peers
from benchmarks.clinic_world import N_NEW, world_module
from benchmarks.study import Study
from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.gains import StackedDRLearner
from pipelines.causal.learned_rule import learn_rule
from pipelines.causal.tree_search import fit_policy_tree

ARMS = ("0", "1", "2")
T = TypeVar("T")

Rule = Callable[[pd.DataFrame], np.ndarray]
Method = Callable[[Study, np.ndarray], Rule]


def scores_of(study: Study) -> np.ndarray:
    """Return our doubly robust scores (n, arms), the mean over three draws of folds."""
    model = CrossFittedAIPW(arms=ARMS)
    return model.fit(study.x, study.y, study.arm, practitioner=study.practitioner).psi_.mean(axis=0)


def of_smoothed_scores(study: Study, scores: np.ndarray) -> Rule:
    """The rule of a night; what rules learned this way are worth is worked out too."""
    patient, who = np.arange(len(study.y)).astype(object), study.practitioner.astype(object)
    return learn_rule(_named(study.x), scores, ARMS, patient, who, seed=0)[0].assign


def of_raw_scores(study: Study, scores: np.ndarray) -> Rule:
    """The exact tree of scores that nothing smooths."""
    return fit_policy_tree(_named(study.x), scores, ARMS).assign


def of_stacked_gains(study: Study, _: np.ndarray) -> Rule:
    """The exact tree of the out-of-fold gains against the first arm."""
    stack = StackedDRLearner(arms=ARMS).fit(study.x, study.arm, study.y, practitioner=study.practitioner)
    gains = np.column_stack([np.zeros(len(study.y)), stack.gains_])
    return fit_policy_tree(_named(study.x), gains, ARMS).assign


def best_single(_: Study, scores: np.ndarray) -> Rule:
    """The arm with the largest mean score, for everybody."""
    arm = int(scores.mean(axis=0).argmax())
    return lambda others: np.full(len(others), arm)


def econml_tree(
    study: Study, _: np.ndarray, nuisances: str = "boosting", *, honest: bool = True, leaf_share: float = 0.05
) -> Rule:
    """EconML's DRPolicyTree of the same depth, the practitioner among the confounders."""
    given = peers.given_to(study, nuisances)
    tree = importlib.import_module("econml.policy").DRPolicyTree(
        model_propensity=given.classifier, model_regression=given.regressor, min_propensity=peers.LEAST_PROPENSITY,
        cv=peers.FOLDS, max_depth=2, min_samples_leaf=round(leaf_share * len(study.y)), honest=honest, random_state=0,
    )  # fmt: skip
    tree.fit(study.y, study.arm, X=study.x, W=given.practitioners)
    return lambda others: np.ravel(tree.predict(others.to_numpy())).astype(int)


OF_SCORES: dict[str, Method] = {
    "ours, smoothed scores": of_smoothed_scores,
    "ours, raw scores": of_raw_scores,
    "best single arm": best_single,
}
OTHERS: dict[str, Method] = {"ours, stacked gains": of_stacked_gains}
if importlib.util.find_spec("econml"):
    OTHERS |= {
        "EconML DRPolicyTree": econml_tree,
        "EconML DRPolicyTree, not honest": partial(econml_tree, honest=False),
        "EconML DRPolicyTree, leaves as ours": partial(econml_tree, leaf_share=0.1),
        "EconML DRPolicyTree, linear": partial(econml_tree, nuisances="linear"),
        "EconML DRPolicyTree, linear, not honest": partial(econml_tree, nuisances="linear", honest=False),
    }


def main() -> None:
    """Print a line a method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=2_000, help="episodes of a data set")
    parser.add_argument("--seeds", type=int, default=30, help="data sets, seeds 0, 1, ...")
    parser.add_argument("--methods", nargs="+", default=[""], help="only rules whose name holds one of these words")
    options = parser.parse_args()
    module = world_module()
    if module is None:
        parser.exit(0, "skipped: no worlds/clustered_clinic.py; set STEPCARE_SHARED to the folder above worlds\n")
    new = module.make(n=N_NEW, seed=998)
    others = _named(new["X"])
    kept = {k: one for k, one in (OF_SCORES | OTHERS).items() if any(word in k for word in options.methods)}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in kept}
    for seed in range(options.seeds):
        data = module.make(n=options.n, seed=seed)
        study = Study(data["X"], data["a"], data["y"], ((1, 0), (2, 0)), data["prov"])
        scores, spent = _timed(partial(scores_of, study)) if kept.keys() & OF_SCORES else (np.empty(0), 0.0)
        for name, method in kept.items():
            rule, seconds = _timed(partial(method, study, scores))
            found[name].append((_regret(new["mu"], rule(others)), seconds + spent * (name in OF_SCORES)))
    best = fit_policy_tree(others, new["mu"], ARMS).assign(others)
    print(
        f"{options.seeds} data sets, n = {options.n:,}; best possible tree of depth 2: {_regret(new['mu'], best):.2f}"
    )
    print("| rule | regret | its error | CPU s |\n|---|---:|---:|---:|")
    for name, rows in found.items():
        regrets, seconds = np.array(rows).T
        error = regrets.std(ddof=1) / np.sqrt(len(regrets)) if len(regrets) > 1 else np.nan
        print(f"| {name} | {regrets.mean():.2f} | {error:.2f} | {seconds.mean():.2f} |", flush=True)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what the work returns, and its CPU seconds in one thread."""
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        done = work()
        return done, time.process_time() - start


def _named(x: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(x, columns=[f"x{j}" for j in range(x.shape[1])])


def _regret(mu: np.ndarray, arm: np.ndarray) -> float:
    return float(np.mean(mu.max(axis=1) - mu[np.arange(len(mu)), arm]))


if __name__ == "__main__":
    main()
