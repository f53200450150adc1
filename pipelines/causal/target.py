"""The TARGET table of a trial: its protocol item by item, and how the records emulate it.

The items are those of the protocol-and-emulation table of the TARGET statement (Cashin et al., JAMA and BMJ 2025) and of
Hernan and Robins (American Journal of Epidemiology 2016). Every word comes from the typed protocol.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from pipelines.causal.protocol import Protocol, SteppedTrial, TargetTrial, contrast_name
from pipelines.causal.tables import PROTOCOL_COLUMNS, as_table

Item = tuple[str, str, str]


def protocol_rows(trials: Iterable[TargetTrial | SteppedTrial]) -> pd.DataFrame:
    """Return the rows of estimates.protocols: a row a trial and item, in order."""
    rows = [
        (trial.id, trial.protocol_hash(), number, *item)
        for trial in trials
        for number, item in enumerate(_items(trial), start=1)
    ]
    return as_table([pd.DataFrame(rows, columns=list(PROTOCOL_COLUMNS))], PROTOCOL_COLUMNS)


def _items(trial: TargetTrial | SteppedTrial) -> list[Item]:
    return [
        ("question", trial.question, "The same question, of episodes recorded in routine care."),
        _eligibility(trial),
        _strategies(trial),
        _assignment(trial),
        _follow_up(trial),
        _outcomes(trial),
        _contrasts(trial),
        _assumptions(trial),
        _analysis(trial),
        _limits(trial),
    ]


def _eligibility(trial: Protocol) -> Item:
    kept = "; ".join(step.kept for step in trial.eligibility)
    codes = ", ".join(step.code for step in trial.eligibility)
    return (
        "eligibility",
        f"{kept}.",
        f"The first step of cohort.eligibility that fails leaves an episode out: {codes}. Incomplete screening stays in, flagged.",
    )


def _strategies(trial: TargetTrial | SteppedTrial) -> Item:
    if isinstance(trial, SteppedTrial):
        words = "; ".join(f"{regime.name}: {regime.words}" for regime in trial.regimes)
        weeks = ", ".join(map(str, trial.decision_weeks))
        how = (
            f"Given in days 0 to {trial.grace_period_days - 1}; then, from the first attended visit of weeks {weeks}, until "
            f"the last of {trial.grace_period_days} days. Who was not seen in those days had nothing to decide."
        )
        return "treatment strategies", f"{words}.", how
    words = "; ".join(f"{arm}: {said}" for arm, said in zip(trial.arms, trial.strategies or trial.arms, strict=True))
    return (
        "treatment strategies",
        f"{words}.",
        f"What is recorded in attended visits, within a grace period of {trial.grace_period_days} days.",
    )


def _assignment(trial: TargetTrial | SteppedTrial) -> Item:
    later = [*trial.observation_covariates]
    known = (
        f"{len(trial.covariates)} covariates known by time zero ({', '.join(trial.covariates)}) and the practitioner"
    )
    if isinstance(trial, SteppedTrial):
        learnt = ", ".join((*trial.first_visit_covariates, *trial.visit_covariates))
        known += f"; at each later decision what was learnt by its visit ({learnt})"
    also = f" Who answered is explained by {', '.join(later)} too." if later else ""
    return "assignment", "At random at time zero, known to all.", f"Taken as random given {known}.{also}"


def _follow_up(trial: Protocol) -> Item:
    last = max(outcome.timepoint_weeks for outcome in trial.outcomes)
    return (
        "time zero and follow-up",
        f"From {trial.time_zero} to {last} weeks after day 0.",
        "The same: eligibility, assignment and follow-up begin together. Questionnaires count in their window only.",
    )


def _outcomes(trial: Protocol) -> Item:
    names = "; ".join(
        f"{outcome.name} (week {outcome.timepoint_weeks}, {outcome.unit}, {'secondary, ' if outcome.is_secondary else ''}"
        f"matters from {outcome.margin:g})"
        for outcome in trial.outcomes
    )
    return (
        "outcomes",
        f"{names}. The first is primary.",
        "The same, whether or not the patient came back; unknown ones weighted for.",
    )


def _contrasts(trial: Protocol) -> Item:
    pairs = "; ".join(contrast_name(*pair) for pair in trial.contrasts)
    what = "mean under one strategy minus mean under the other"
    return (
        "causal contrasts",
        f"{pairs}: {what}, by intention to treat.",
        "The observational analogue, in all eligible episodes.",
    )


def _assumptions(trial: TargetTrial | SteppedTrial) -> Item:
    when = "at each decision" if isinstance(trial, SteppedTrial) else "at time zero"
    return (
        "assumptions",
        "Randomisation makes the groups alike; outcomes that are missing are missing at random.",
        f"What decided the treatment {when} is recorded; each strategy was possible for everybody; answers are missing at "
        "random given what is recorded; one patient's treatment does not change another's outcome.",
    )


def _analysis(trial: TargetTrial | SteppedTrial) -> Item:
    learners = " and ".join(trial.learners)
    how = (
        "sequentially doubly robust values of rules"
        if isinstance(trial, SteppedTrial)
        else "augmented inverse probability weighting"
    )
    return (
        "statistical analysis",
        "Difference of means with a 95 % interval clustered by practitioner.",
        f"Cross-fitted {how} ({learners} models, {trial.folds} folds by patient, {trial.repeats} repeats, seed {trial.seed}), "
        f"intervals clustered by practitioner. Models learn from at most {trial.most_training_rows:,} episodes; all are scored.",
    )


def _limits(trial: Protocol) -> Item:
    return (
        "when nothing is said",
        "Not applicable: a trial is planned large enough.",
        f"Under {trial.minimum_per_arm} episodes a strategy, {trial.minimum_practitioners} practitioners or an effective size of "
        f"{trial.minimum_effective_n}; a standardised difference over {trial.maximum_imbalance:g} after weighting; overlap under "
        f"{100 * trial.minimum_overlap_share:.0f} %, or over {100 * trial.maximum_clipped_share:.0f} % of probabilities under "
        f"{trial.clip:g}.",
    )
