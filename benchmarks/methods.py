"""The methods compared: ours, what is often done, and the peers that are installed."""

import importlib.util
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import peers
from benchmarks.study import Answer, Method, Study
from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.differences import learners_of_gains
from pipelines.causal.gains import LEARNERS, StackedDRLearner
from pipelines.causal.nuisance import LEARNERS as AVERAGES


def methods_for(words: list[str] | None, draws: list[int], without: list[str] | None = None) -> dict[str, Method]:
    """Return the methods by name, ours first; say which peers are not installed. words: keep names that hold one; without:
    then leave out those that hold one of these."""
    methods: dict[str, Method] = {f"ours, {k} draw{'s' if k > 1 else ''}": partial(ours, draws=k) for k in draws}
    methods |= {f"ours as at night, {k}": partial(ours, draws=k, of_gains=None) for k in draws}
    methods |= {
        f"ours without boosting, {k}": partial(ours, draws=k, of_averages=("linear",), of_gains=LEARNERS) for k in draws
    }
    methods |= {
        "difference in means": difference_in_means,
        "T-learner, boosting": t_learner,
        "T-learner, ridge": partial(t_learner, kind="ridge"),
    }
    packages: dict[str, dict[str, Method]] = {
        "econml": {
            "EconML CausalForestDML": peers.causal_forest,
            "EconML CausalForestDML, linear": partial(peers.causal_forest, nuisances="linear"),
            "EconML CausalForestDML, its own choice": partial(peers.causal_forest, nuisances="auto"),
            "EconML CausalForestDML, default boosting": partial(peers.causal_forest, nuisances="default boosting"),
            "EconML CausalForestDML, 400 trees": partial(peers.causal_forest, nuisances="default boosting", trees=400),
            "EconML DRLearner, forest": peers.dr_learner,
            "EconML ForestDRLearner": peers.forest_dr_learner,
            "EconML LinearDRLearner": peers.linear_dr_learner,
            "EconML LinearDRLearner, linear": partial(peers.linear_dr_learner, nuisances="linear"),
        },
        "doubleml": {
            "DoubleML APOS": peers.doubleml_apos,
            "DoubleML APOS, linear": partial(peers.doubleml_apos, nuisances="linear"),
        },
        "stochtree": {"stochtree BCF": peers.bcf},
    }
    for package, rows in packages.items():
        if importlib.util.find_spec(package):
            methods |= rows
        else:
            print(f"{package} is not installed: no row of {', '.join(rows)} (pip install '.[benchmarks]')")
    kept = [name for name in methods if not words or any(word in name for word in words)]
    return {name: methods[name] for name in kept if not any(word in name for word in without or ())}


def ours(
    study: Study,
    new: np.ndarray,
    draws: int,
    of_averages: Sequence[str] = AVERAGES,
    of_gains: Sequence[str] | None = (*LEARNERS, "boosting"),
) -> Answer:
    """The estimator of the averages and the stack of the gains, which share nothing: both are in the CPU time.

    A night has boosting among the learners of averages, and among those of gains when there are enough people (`of_gains` None:
    as a night chooses). Where overlap is poor the averages are those of the overlap population, and said to be.
    """
    arms = sorted({str(arm) for arm in study.arm.tolist()})
    pairs = [(str(treated), str(comparator)) for treated, comparator in study.contrasts]
    model = CrossFittedAIPW(arms=arms, repeats=draws, learners=of_averages)
    later = None if study.later is None else pd.DataFrame(study.later)
    model.fit(study.x, study.y, study.arm, practitioner=study.practitioner, observation_X=later)
    found = [model.contrast(*pair) for pair in pairs]
    bounds = np.array([one.interval() for one in found])
    learners = learners_of_gains(len(study.y)) if of_gains is None else of_gains
    stack = StackedDRLearner(arms=arms, contrasts=pairs, repeats=draws, learners=learners)
    stack.fit(study.x, study.arm, study.y, practitioner=study.practitioner, observation_X=later)
    average = np.array([one.estimate for one in found])
    target = None if model.target_.all() else model.target_
    return Answer(average, bounds[:, 0], bounds[:, 1], stack.gains_, stack.predict(new), target)


def difference_in_means(study: Study, new: np.ndarray) -> Answer:
    """The plain comparison of those who had one arm with those who had another, for everybody."""
    known = study.complete()
    average, error = np.empty(len(study.contrasts)), np.empty(len(study.contrasts))
    for column, pair in enumerate(study.contrasts):
        given = [known.y[known.arm == arm] for arm in pair]
        average[column] = given[0].mean() - given[1].mean()
        error[column] = np.sqrt(sum(values.var(ddof=1) / len(values) for values in given))
    everybody = [np.tile(average, (n, 1)) for n in (len(study.y), len(new))]
    return Answer(average, *peers.normal_interval(average, error), *everybody)


def t_learner(study: Study, new: np.ndarray, kind: str = "boosting") -> Answer:
    """A model in each arm, practitioners ignored."""
    known = study.complete()
    models = []
    for arm in np.unique(known.arm):
        rows = known.arm == arm
        ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 4, 11)))
        model = ridge if kind == "ridge" else HistGradientBoostingRegressor(random_state=0)
        models.append(model.fit(known.x[rows], known.y[rows]))
    said = [np.column_stack([model.predict(x) for model in models]) for x in (study.x, new)]
    own, others = (np.column_stack([one[:, a] - one[:, b] for a, b in study.contrasts]) for one in said)
    return peers.without_interval(own, others)
