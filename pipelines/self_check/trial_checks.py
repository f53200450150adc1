"""All self-checks of one trial as rows, from its frame and from what the night said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from pipelines.causal.protocol import Outcome, Pair, SteppedTrial, TargetTrial, contrast_name
from pipelines.causal.tables import as_table
from pipelines.self_check.control_effects import calibrated_rows, control_rows
from pipelines.self_check.effort import Effort
from pipelines.self_check.leakage import leakage_rows
from pipelines.self_check.negative_controls import NEGATIVE_CONTROLS
from pipelines.self_check.permutation import permutation_rows
from pipelines.self_check.plasmode import plasmode_rows
from pipelines.self_check.sample import Estimator, Sample, as_tonight, sample_of
from pipelines.self_check.tables import SELF_CHECK_TABLES
from pipelines.self_check.verdicts import stepped_verdict_rows, verdict_rows


@dataclass(frozen=True)
class Said:
    """What the night said of a trial: rows of estimates.effects (of everybody, estimated ones), scores, and models."""

    effects: pd.DataFrame
    scores: pd.DataFrame
    models: pd.DataFrame


def check_trial(
    frame: pd.DataFrame,
    trial: TargetTrial,
    said: Said,
    effort: Effort,
    *,
    estimate: Estimator = as_tonight,
    say: Callable[[str], None],
) -> dict[str, pd.DataFrame]:
    """Return the trial's rows of every table of `SELF_CHECK_TABLES`.

    frame: the trial's, as for `effects.estimate_trial`, with the columns of the negative controls. `estimate`: the estimator that
    is on trial (see `plasmode_rows`). Without an estimated effect there is nothing to check, and no row.
    """
    tables: dict[str, list[dict[str, object]]] = {name: [] for name in SELF_CHECK_TABLES}
    pairs = _pairs(trial, said.effects)
    if pairs:
        say(f"{trial.id}: negative controls")
        tables["negative_controls"] = control_rows(frame, trial, NEGATIVE_CONTROLS, pairs)
        tables["leakage"] = leakage_rows(frame, trial, _auc(said.models))
    for outcome in trial.outcomes[: effort.outcomes]:
        sample = _sample(frame, trial, outcome, said)
        if sample is not None:
            tables["plasmode"] += plasmode_rows(sample, effort, estimate=estimate, seed=trial.seed, say=say)
            tables["permutations"] += permutation_rows(sample, effort, estimate=estimate, seed=trial.seed)
    found = {name: _table(name, rows) for name, rows in tables.items()}
    found["calibrated_effects"] = _table(
        "calibrated_effects", calibrated_rows(found["negative_controls"], said.effects, frame, trial)
    )
    found["verdicts"] = _table("verdicts", verdict_rows(trial, said.effects, found, effort))
    return found


def check_stepped(frame: pd.DataFrame, trial: SteppedTrial, effort: Effort) -> dict[str, pd.DataFrame]:
    """Return the stepped trial's rows of every table: leaks in what its regimes may look at; frame as for `estimate_stepped`."""
    leakage = _table("leakage", leakage_rows(frame, trial, {}))
    nothing = {name: _table(name, []) for name in SELF_CHECK_TABLES}
    return nothing | {"leakage": leakage, "verdicts": _table("verdicts", stepped_verdict_rows(trial, leakage, effort))}


def _table(name: str, rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    return as_table([pd.DataFrame(rows)], SELF_CHECK_TABLES[name][0])


def _pairs(trial: TargetTrial, effects: pd.DataFrame) -> tuple[Pair, ...]:
    told = set(effects["contrast"])
    return tuple(pair for pair in trial.contrasts if contrast_name(*pair) in told)


def _sample(frame: pd.DataFrame, trial: TargetTrial, outcome: Outcome, said: Said) -> Sample | None:
    pairs = _pairs(trial, said.effects[said.effects["outcome"] == outcome.name])
    return sample_of(frame, said.scores, trial, outcome, pairs) if pairs else None


def _auc(models: pd.DataFrame) -> dict[str, float]:
    own = models[(models["model"] == "outcome") & (models["figure"] == "auc")]
    return dict(zip(own["outcome"].astype(str), own["value"].astype(float), strict=True))
