"""The night's estimator on outcomes with known effects: bias, coverage, false discoveries, smallest detectable effect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import norm

from pipelines.causal.features import FloatArray
from pipelines.causal.inference import Estimate
from pipelines.causal.labels import label_of
from pipelines.causal.protocol import Pair, contrast_name
from pipelines.self_check.discoveries import Discoveries, search
from pipelines.self_check.effort import Effort
from pipelines.self_check.limits import (
    FALSE_ALARM_RATE,
    largest_bias,
    least_covered,
    monte_carlo_error,
    most_discoveries,
)
from pipelines.self_check.sample import Estimator, Sample, as_tonight
from pipelines.self_check.worlds import NONE, SUBGROUP, WORLDS, Known, draw_outcomes, known_world

POWER = 0.8
_CHECKS_A_WORLD = 5
"""Bias, coverage, false 'likely gain', false differences and false rules: among how many a world's false alarms are shared."""


@dataclass
class _Run:
    """What the replications of a world said: by contrast the estimates, and what was discovered in those searched."""

    estimates: dict[Pair, list[Estimate]] = field(default_factory=lambda: defaultdict(list))
    discoveries: list[Discoveries] = field(default_factory=list)


def plasmode_rows(
    sample: Sample,
    effort: Effort,
    *,
    estimate: Estimator = as_tonight,
    seed: int,
    say: Callable[[str], None],
) -> list[dict[str, object]]:
    """Return the rows of self_checks.plasmode of one outcome: a row a contrast and world.

    `estimate` is what is on trial: the night's estimator unless a test wants to see another one fail. `smallest_detectable` is
    the effect that a 95 % interval tells from none in 80 of 100 studies of the size of tonight's. A discovery that would be right
    in its world is allowed in every replication.
    """
    n_tonight = len(sample.arm)
    used = sample.thinned(effort.most_episodes).draws(effort.draws)
    alpha = FALSE_ALARM_RATE / (_CHECKS_A_WORLD * len(WORLDS) * len(sample.pairs))
    rows: list[dict[str, object]] = []
    for number, (world, replications) in enumerate(zip(WORLDS, effort.replications, strict=True)):
        known = known_world(used, world)
        if known is None or not replications:
            continue
        say(f"{sample.trial.id}, {sample.outcome.name}: {replications} replications with a known effect ({world})")
        generator = np.random.default_rng((seed, number))
        run = _replicate(used, known, effort, estimate, world, replications, generator)
        rows += [_row(used, known, run, world, pair, effort, alpha, n_tonight) for pair in sample.pairs]
    return rows


def _replicate(
    sample: Sample,
    known: Known,
    effort: Effort,
    estimate: Estimator,
    world: str,
    replications: int,
    generator: np.random.Generator,
) -> _Run:
    run = _Run()
    for replication in range(replications):
        y = draw_outcomes(sample, known, generator)
        if not _varies(y[sample.known]):
            continue
        model = estimate(sample, y, effort)
        for pair in sample.pairs:
            run.estimates[pair].append(model.contrast(*pair))
        run.discoveries.append(
            search(sample, model, y, effort, learns_rule=world == NONE and replication < effort.rules)
        )
    return run


def _varies(y: FloatArray) -> bool:
    return bool(y.min() < y.max())


def _row(
    sample: Sample, known: Known, run: _Run, world: str, pair: Pair, effort: Effort, alpha: float, n_tonight: int
) -> dict[str, object]:
    truth = known.effect(*sample.codes(pair))
    found = run.estimates[pair]
    errors = np.array([one.estimate - truth for one in found])
    intervals = [one.interval() for one in found]
    standard_error = float(np.mean([one.standard_error for one in found])) if found else float("nan")
    searched = [one.differs[pair] for one in run.discoveries if pair in one.differs]
    ruled = [one.has_rule for one in run.discoveries if one.has_rule is not None]
    is_false_gain, is_false_difference = abs(truth) < 1e-12, world != SUBGROUP
    row: dict[str, object] = {
        "trial": sample.trial.id,
        "outcome": sample.outcome.name,
        "contrast": contrast_name(*pair),
        "world": world,
        "effort": effort.name,
        "n_episodes": len(sample.arm),
        "n_replications": len(found),
        "true_effect": truth,
        "bias": float(errors.mean()) if found else float("nan"),
        "bias_error": monte_carlo_error(errors),
        "largest_bias": largest_bias(errors, standard_error, sample.outcome.margin, alpha),
        "n_covered": sum(lower <= truth <= upper for lower, upper in intervals),
        "least_covered": least_covered(len(found), alpha),
        "n_likely_gain": sum(label_of(one, sample.outcome.margin) == "likely_gain" for one in found),
        "most_likely_gain": most_discoveries(len(found), alpha) if is_false_gain else len(found),
        "n_differences": sum(searched),
        "most_differences": most_discoveries(len(searched), alpha) if is_false_difference else len(searched),
        "n_rule_replications": len(ruled),
        "n_rules": sum(ruled),
        "most_rules": most_discoveries(len(ruled), alpha),
        "smallest_detectable": _smallest_detectable(standard_error, len(sample.arm), n_tonight),
        "protocol_hash": sample.trial.protocol_hash(),
    }
    reason = _why_failed(row)
    return row | {"is_passed": reason is None, "reason": reason}


def _why_failed(row: dict[str, object]) -> str | None:
    """Return which limit was broken, in words; None when none was."""
    figures = {name: float(value) for name, value in row.items() if isinstance(value, (int, float))}
    if not figures["n_replications"]:
        return "No outcome with a known effect could be drawn."
    if abs(figures["bias"]) > figures["largest_bias"]:
        return "The known effect was missed by more than chance and half a standard error."
    if figures["n_covered"] < figures["least_covered"]:
        return "The 95 % intervals held the known effect too seldom."
    for count, most, words in (
        ("n_likely_gain", "most_likely_gain", "A likely gain was announced where there was none."),
        ("n_differences", "most_differences", "Patients were said to differ where they do not."),
        ("n_rules", "most_rules", "A rule was said to do better where none does."),
    ):
        if figures[count] > figures[most]:
            return words
    return None


def _smallest_detectable(standard_error: float, n_used: int, n_tonight: int) -> float:
    """The effect told from none with 80 % power, (z of 97.5 % + z of 80 %) standard errors; a thinned sample's is scaled up."""
    return float((norm.ppf(0.975) + norm.ppf(POWER)) * standard_error * np.sqrt(n_used / n_tonight))
