"""How strong the measured factors are, as a yardstick for a hidden one: rows of diagnostics.confounding_benchmarks.

Each group of covariates is left out of cheap models (ridge regression of the outcome, also a binary one, with the arm as a
covariate; logistic regression of the arm; one draw of folds; g as in the main scores), beside the same models with all. With s
for the models without the group and l for those with it,

    outcome_r2      (sigma_s^2 - sigma_l^2) / sigma_l^2: what the group explains, of what remains unexplained
    treatment_r2    gain / (1 + gain), with gain = (nu_l^2 - nu_s^2) / nu_s^2 of the Riesz representer's variance

which is what c_y and c_d of a hidden factor just as strong would be (benchmarking of 'Long story short', section 4; DoubleML calls
them cf_y and cf_d and takes the gain itself as cf_d: for small gains the same, larger for large ones).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipelines.causal.aipw import aipw_scores
from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray, encode
from pipelines.causal.folds import assign_folds
from pipelines.causal.linear import fit_ridge
from pipelines.causal.nuisance import CrossFit, cross_fit_propensity
from pipelines.causal.population import Population
from pipelines.causal.protocol import Pair, TargetTrial, contrast_name
from pipelines.robustness.covariate_groups import PRACTITIONER, groups_of
from pipelines.robustness.omitted_variables import ShortModel, short_model_of, strength
from pipelines.robustness.scored import ScoredOutcome

TIMES_AS_STRONG = (1, 2, 3)
LARGEST_GAIN = 1e6
# As many as boosting reads: a strength is known well enough, and a large group's night does not get longer by it.
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Strength:
    """What a group of covariates explains (c_y, c_d), the gain in the Riesz representer, and what leaving it out did."""

    outcome_r2: float
    riesz_gain: float
    correlation: float
    shift: float

    def times(self, k: float) -> tuple[float, float]:
        """Return c_y and c_d of a factor k times as strong."""
        gain = min(k * self.riesz_gain, LARGEST_GAIN)
        return min(k * self.outcome_r2, 1.0), gain / (1 + gain)


def strength_between(short: ShortModel, full: ShortModel) -> Strength:
    """Return the strength of what `full` holds and `short` does not; what a group does not add counts as 0.

    `correlation` is rho, the share of the worst case that leaving the group out really brought; NaN when nothing was added.
    """
    squares = short.sigma_squared - full.sigma_squared
    riesz = full.nu_squared - short.nu_squared
    shift = short.shifted(0.0).estimate - full.shifted(0.0).estimate
    worst = float(np.sqrt(max(squares, 0.0) * max(riesz, 0.0)))
    return Strength(
        outcome_r2=max(squares, 0.0) / full.sigma_squared,
        riesz_gain=max(riesz, 0.0) / short.nu_squared,
        correlation=min(abs(shift) / worst, 1.0) if worst > 0 else float("nan"),
        shift=shift,
    )


@dataclass(frozen=True)
class LinearRefits:
    """Linear designs of a trial's population, all covariates and all but each group, with propensities of each.

    `rows` (population,): episodes with one of `arms`; everything else is about these rows."""

    arms: tuple[str, ...]
    rows: BoolArray
    arm: IntArray
    fold: IntArray
    designs: dict[str, Design]
    propensities: dict[str, FloatArray]


ALL = ""


def refit_propensities(
    population: Population, trial: TargetTrial, arms: tuple[str, ...], most_rows: int = MOST_ROWS
) -> LinearRefits:
    """Fit the propensities among these arms with all covariates (key '') and without each group, by linear models.

    On at most `most_rows` episodes, evenly spread by their keys.
    """
    places = np.flatnonzero(np.isin(population.arm, [trial.arms.index(arm) for arm in arms]))
    rows = np.zeros(len(population.arm), dtype=bool)
    rows[places[:: max(1, -(-len(places) // most_rows))]] = True
    frame = population.frame[rows].reset_index(drop=True)
    arm = np.array([arms.index(trial.arms[code]) for code in population.arm[rows]], dtype=np.int64)
    parts = {
        name: encode(frame[list(columns)])
        for name, columns in groups_of(tuple(name for name in trial.covariates if name in frame)).items()
    }
    nobody = frame[[]]
    base = encode(nobody)
    parts[PRACTITIONER] = encode(nobody, pd.Series(population.practitioner[rows]))
    parts = {name: part for name, part in parts.items() if part.linear.shape[1]}
    patients = frame["patient_key"].to_numpy(dtype=object)
    fold = assign_folds(patients, arm, trial.folds, np.random.default_rng(trial.seed))
    designs = {name: _side_by_side(base, parts, name) for name in (ALL, *parts)}
    propensities = {}
    with threadpool_limits(1):
        for name, design in designs.items():
            setting = CrossFit(design, arm, np.ones(len(arm)), fold, len(arms), ("linear",), trial.seed)
            propensities[name] = np.maximum(cross_fit_propensity(setting)[0], trial.clip)
    return LinearRefits(arms, rows, arm, fold, designs, propensities)


def _side_by_side(base: Design, parts: dict[str, Design], left_out: str) -> Design:
    kept = [part.linear for name, part in parts.items() if name != left_out]
    return replace(base.only_linear(), linear=np.hstack([base.linear, *kept]))


def strengths(scored: ScoredOutcome, refits: LinearRefits) -> dict[Pair, dict[str, Strength]]:
    """Return the strength of every group in every contrast of an outcome, the groups in their order.

    Raises ValueError when the refits are of other arms.
    """
    if refits.arms != scored.arms:
        raise ValueError(f"refits of {refits.arms} cannot stand beside scores of {scored.arms}")
    inside = scored.rows[refits.rows]
    scored = scored.take(refits.rows[scored.rows])
    g = scored.g.mean(axis=0)
    fits = {}
    with threadpool_limits(1):
        for name, design in refits.designs.items():
            mu = _ridge_means(design.linear[inside], scored, refits.fold[inside])
            fits[name] = (mu, refits.propensities[name][inside])
    found: dict[Pair, dict[str, Strength]] = {}
    for pair in scored.pairs:
        models = {name: _model(scored, pair, mu, e, g) for name, (mu, e) in fits.items()}
        full = models.pop(ALL)
        if full.is_usable:
            found[pair] = {name: strength_between(short, full) for name, short in models.items() if short.is_usable}
    return found


def _ridge_means(x: FloatArray, scored: ScoredOutcome, fold: IntArray) -> FloatArray:
    """Return out-of-fold outcome means (n, arms) of one ridge regression on covariates and arm; the effect is alike for all."""
    in_arm = (scored.arm[:, None] == np.arange(1, len(scored.arms))).astype(float)
    columns = np.hstack([x, in_arm])
    mu = np.empty((len(x), len(scored.arms)))
    for k in np.unique(fold):
        new, rows = fold == k, (fold != k) & scored.known
        fitted = fit_ridge(columns[rows], scored.y[rows], np.ones(rows.sum()))
        of_arms = np.append(0.0, fitted.coefficients[x.shape[1] :])
        mu[new] = (fitted.intercept + x[new] @ fitted.coefficients[: x.shape[1]])[:, None] + of_arms
    return mu


def _model(scored: ScoredOutcome, pair: Pair, mu: FloatArray, e: FloatArray, g: FloatArray) -> ShortModel:
    psi = aipw_scores(mu, e, g, scored.y, scored.arm)
    codes = scored.codes(pair)
    return short_model_of(
        scores=(psi[:, codes[0]] - psi[:, codes[1]])[None],
        mu=mu[None],
        weight=1 / (e * g)[None],
        y=scored.y,
        arm=scored.arm,
        codes=codes,
        practitioner=scored.practitioner,
        is_out_of_fold=True,
    )


def strongest(groups: dict[str, Strength]) -> str | None:
    """Return the group that a hidden factor would have to match to move the effect most; None without any."""
    sizes = {name: strength(*one.times(1)) for name, one in groups.items()}
    return max(sizes, key=lambda name: (sizes[name], name)) if sizes else None


def benchmark_rows(
    scored: ScoredOutcome, pair: Pair, model: ShortModel, groups: dict[str, Strength]
) -> list[dict[str, object]]:
    """Return a row a group: its strength, and the effect that a hidden factor 1, 2 and 3 times as strong could leave.

    `estimate_<k>x` and `limit_<k>x` are the effect and its interval's nearer limit, moved towards none and past it.
    """
    towards = -float(np.sign(model.shifted(0.0).estimate)) or -1.0
    first = strongest(groups)
    rows = []
    for name, one in groups.items():
        outcome_r2, treatment_r2 = one.times(1)
        row: dict[str, object] = {
            "trial": scored.trial.id,
            "outcome": scored.outcome.name,
            "contrast": contrast_name(*pair),
            "covariate_group": name,
            "is_strongest": name == first,
            "outcome_r2": outcome_r2,
            "treatment_r2": treatment_r2,
            "correlation": one.correlation,
            "shift_when_left_out": one.shift,
            "protocol_hash": scored.protocol_hash,
        }
        for k in TIMES_AS_STRONG:
            moved = model.shifted(towards * strength(*one.times(k)))
            row[f"estimate_{k}x"] = moved.estimate
            row[f"limit_{k}x"] = moved.interval()[0 if towards < 0 else 1]
        rows.append(row)
    return rows
