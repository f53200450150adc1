"""Adapters of the packages EconML, DoubleML and stochtree, from `Study` to `Answer`; `methods` says which rows there are.

Peers get five folds, as ours, and one of these nuisance models: 'boosting' with our settings, 'linear' (ridge and logistic
regression), 'default boosting' (scikit-learn's, dearer and at these sizes worse) or 'auto' (EconML's own choice among
linear models and forests). The practitioner is among the
confounders of each (as a set to split in boosting, as indicators in linear models, as a random effect in BCF), because
leaving it out would make them lose for another reason. Propensities of the DR-learners are at least 0.01; their own
default is a millionth. Who has no outcome is left out: EconML and DoubleML refuse a missing one.

Install them beside the project, never into an installation that runs nights: pip install '.[benchmarks]'
"""

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.study import Answer, Study
from pipelines.causal.boosting import SETTINGS

FOLDS = 5
LEAST_PROPENSITY = 0.01
BCF_DRAWS = 200


@dataclass(frozen=True)
class Given:
    """What a peer is given: complete cases, the practitioners' columns (None without any), unfitted nuisance models."""

    known: Study
    practitioners: np.ndarray | None
    regressor: Any
    classifier: Any


def causal_forest(study: Study, new: np.ndarray, nuisances: str = "boosting", trees: int = 100) -> Answer:
    """Its own doubly robust average against arm 0, with its interval; individual gains of any pair."""
    dml = importlib.import_module("econml.dml")
    given = given_to(study, nuisances)
    model = dml.CausalForestDML(
        model_y=given.regressor, model_t=given.classifier,
        discrete_treatment=True, cv=FOLDS, n_estimators=trees, n_jobs=1, random_state=0,
    )  # fmt: skip
    model.fit(given.known.y, given.known.arm, X=given.known.x, W=given.practitioners)
    answer = _effects(model, study, new)
    average, error = np.append(0, np.ravel(model.ate_)), np.append(0, np.ravel(model.ate_stderr_))
    treated, comparator = np.array(study.contrasts).T
    against_first = np.where(comparator == 0, error[treated], np.nan)
    estimate = average[treated] - average[comparator]
    return Answer(estimate, *normal_interval(estimate, against_first), answer.own, answer.new)


def dr_learner(study: Study, new: np.ndarray) -> Answer:
    """Its final model a random forest with leaves of a twentieth (with leaves of 20 it does worse): no interval."""
    final = RandomForestRegressor(200, min_samples_leaf=max(20, len(study.y) // 20), random_state=0)
    return _effects(_dr(study, "DRLearner", "boosting", model_final=final), study, new)


def forest_dr_learner(study: Study, new: np.ndarray) -> Answer:
    """An honest forest of the scores."""
    return _with_inference(_dr(study, "ForestDRLearner", "boosting", n_jobs=1), study, new)


def linear_dr_learner(study: Study, new: np.ndarray, nuisances: str = "boosting") -> Answer:
    """A linear projection of the scores."""
    return _with_inference(_dr(study, "LinearDRLearner", nuisances), study, new)


def doubleml_apos(study: Study, _: np.ndarray, nuisances: str = "boosting") -> Answer:
    """Average potential outcomes; no individual gains. Its clustered errors fail with several arms, so rows count
    alone; it puts the arm before the covariates, so no column can be named as a set and the practitioner is indicators."""
    doubleml = importlib.import_module("doubleml")
    given = given_to(study, nuisances, has_indicators=True)
    known = given.known
    x = known.x if given.practitioners is None else np.hstack([known.x, given.practitioners])
    levels = sorted(set(known.arm.tolist()))
    model = doubleml.DoubleMLAPOS(
        doubleml.DoubleMLData.from_arrays(x, known.y, known.arm),
        given.regressor, given.classifier,
        treatment_levels=levels, n_folds=FOLDS,
    )  # fmt: skip
    model.fit()
    average, bounds = np.empty(len(study.contrasts)), np.empty((len(study.contrasts), 2))
    for column, (treated, comparator) in enumerate(study.contrasts):
        contrast = model.causal_contrast(reference_levels=comparator)
        place = [level for level in levels if level != comparator].index(treated)
        average[column] = contrast.thetas[place]
        bounds[column] = contrast.confint().to_numpy()[place]
    return Answer(average, bounds[:, 0], bounds[:, 1])


def bcf(study: Study, new: np.ndarray) -> Answer:
    """Bayesian causal forests with logistic propensities; intervals are those of the posterior of the average."""
    stochtree = importlib.import_module("stochtree")
    known = study.complete()
    scale = StandardScaler().fit(known.x)
    propensity = LogisticRegression(max_iter=1000).fit(scale.transform(known.x), known.arm)
    e, e_new, e_own = (propensity.predict_proba(scale.transform(x))[:, 1:] for x in (known.x, new, study.x))
    z = (known.arm[:, None] == np.arange(1, e.shape[1] + 1)).astype(float)
    model = stochtree.BCFModel()
    general = {"num_threads": 1, "random_seed": 1}
    groups: dict[str, Any] = {}
    if known.practitioner is not None:
        groups = {"rfx_group_ids_train": known.practitioner.astype(np.int32)}
        groups |= {"random_effects_params": {"model_spec": "intercept_only"}}
    model.sample(
        X_train=known.x, Z_train=z, y_train=known.y, propensity_train=e, num_gfr=10, num_mcmc=BCF_DRAWS,
        general_params=general, **groups,
    )  # fmt: skip
    own, others = (
        _bcf_contrasts(model, x, p, study, with_groups=bool(groups)) for x, p in ((study.x, e_own), (new, e_new))
    )
    posterior = own.mean(axis=0)
    lower, upper = np.quantile(posterior, (0.025, 0.975), axis=1)
    return Answer(posterior.mean(axis=1), lower, upper, own.mean(axis=2), others.mean(axis=2))


def _bcf_contrasts(model: Any, x: np.ndarray, e: np.ndarray, study: Study, *, with_groups: bool) -> np.ndarray:
    n, arms = len(x), e.shape[1] + 1
    groups = {"rfx_group_ids": np.full(n, int(study.practitioner[0]), dtype=np.int32)} if with_groups else {}
    tau = model.predict(X=x, Z=np.ones((n, arms - 1)), propensity=e, terms="tau", **groups)
    tau = tau.reshape(n, -1, arms - 1).swapaxes(1, 2)
    from_first = np.concatenate([np.zeros((n, 1, tau.shape[2])), tau], axis=1)
    return np.stack([from_first[:, a] - from_first[:, b] for a, b in study.contrasts], axis=1)


def _dr(study: Study, name: str, nuisances: str, **settings: Any) -> Any:
    given = given_to(study, nuisances)
    model = getattr(importlib.import_module("econml.dr"), name)(
        model_propensity=given.classifier, model_regression=given.regressor,
        min_propensity=LEAST_PROPENSITY, cv=FOLDS, random_state=0, **settings,
    )  # fmt: skip
    return model.fit(given.known.y, given.known.arm, X=given.known.x, W=given.practitioners)


def _effects(model: Any, study: Study, new: np.ndarray) -> Answer:
    own, others = (
        np.column_stack([np.ravel(model.effect(x, T0=b, T1=a)) for a, b in study.contrasts]) for x in (study.x, new)
    )
    return without_interval(own, others)


def _with_inference(model: Any, study: Study, new: np.ndarray) -> Answer:
    """Add intervals of the average: there are none of two arms that are both not the first."""
    answer = _effects(model, study, new)
    lower, upper = np.full((2, len(study.contrasts)), np.nan)
    for column, (treated, comparator) in enumerate(study.contrasts):
        if comparator == 0:
            bounds = model.ate_interval(study.x, T0=comparator, T1=treated, alpha=0.05)
            lower[column], upper[column] = (float(np.ravel(bound)[0]) for bound in bounds)
    return Answer(answer.average, lower, upper, answer.own, answer.new)


def given_to(study: Study, nuisances: str, *, has_indicators: bool = False) -> Given:
    """Return what the peer is given; boosting gets the practitioner as one column to split as a set, unless indicators."""
    known = study.complete()
    codes = known.practitioner
    indicators = None if codes is None else (codes[:, None] == np.unique(codes)[1:]).astype(float)
    if nuisances == "linear":
        ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 4, 11)))
        return Given(
            known, indicators, ridge, make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
        )
    if nuisances == "auto":
        return Given(known, indicators, "auto", "auto")
    settings: dict[str, Any] = {**SETTINGS} if nuisances == "boosting" else {}
    is_set = codes is not None and not has_indicators
    if is_set and indicators is not None:
        settings["max_bins"] = max(settings.get("max_bins", 255), indicators.shape[1] + 1)
    places = [known.x.shape[1]] if is_set else None
    return Given(
        known,
        codes[:, None].astype(float) if is_set else indicators,
        HistGradientBoostingRegressor(categorical_features=places, random_state=0, **settings),
        HistGradientBoostingClassifier(categorical_features=places, random_state=0, **settings),
    )


def without_interval(own: np.ndarray, new: np.ndarray) -> Answer:
    """Return the gains and their mean as the average."""
    nothing = np.full(own.shape[1], np.nan)
    return Answer(own.mean(axis=0), nothing, nothing, own, new)


def normal_interval(average: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lower and upper 95 % bounds."""
    half = norm.ppf(0.975) * error
    return average - half, average + half
