"""The verdict on every estimated effect, a row a check: passed, failed and therefore withheld, or not done and why."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipelines.causal.protocol import Protocol, SteppedTrial, TargetTrial
from pipelines.causal.tables import as_table
from pipelines.self_check.effort import FULL, Effort
from pipelines.self_check.permutation import EVERY_CONTRAST
from pipelines.self_check.tables import FAILED, NOT_DONE, PASSED, VERDICT_COLUMNS

LEAKAGE, CONTROLS, PLASMODE, PERMUTATIONS = "leakage", "negative_controls", "plasmode", "permutations"
CHECKS = (LEAKAGE, CONTROLS, PLASMODE, PERMUTATIONS)
CHECKS_WITH_EFFORT = (PLASMODE, PERMUTATIONS)
"""Those that a night makes on fewer replications than once a week."""

Said = tuple[str, str]


def verdict_rows(
    trial: TargetTrial, effects: pd.DataFrame, tables: Mapping[str, pd.DataFrame], effort: Effort
) -> list[dict[str, object]]:
    """Return the rows of self_checks.verdicts: a row an estimated effect of everybody and check.

    effects: the estimated rows of estimates.effects of the trial; tables: the trial's rows of the other self-checks. A leak
    withholds the whole trial, an alarm of a control the contrast; a failure on known effects or permutations of the first outcome
    withholds the contrast for every outcome (they share arms, covariates and weights), of another outcome that outcome only.
    """
    named = effects[["outcome", "contrast"]].astype(str).itertuples(index=False)
    return [
        _row(trial, outcome, contrast, check, *_VERDICT[check](trial, tables[check], outcome, contrast), effort)
        for outcome, contrast in named
        for check in CHECKS
    ]


def stepped_verdict_rows(trial: SteppedTrial, leakage: pd.DataFrame, effort: Effort) -> list[dict[str, object]]:
    """Return the verdicts on the regimes of the stepped trial, a row an outcome: leaks only, for all contrasts alike."""
    said = _leakage(trial, leakage, "", EVERY_CONTRAST)
    return [_row(trial, outcome.name, EVERY_CONTRAST, LEAKAGE, *said, effort) for outcome in trial.outcomes]


def _row(
    trial: Protocol, outcome: str, contrast: str, check: str, status: str, words: str, effort: Effort
) -> dict[str, object]:
    return {
        "trial": trial.id,
        "outcome": outcome,
        "contrast": contrast,
        "check_name": check,
        "status": status,
        "is_withheld": status == FAILED,
        "words": words,
        "effort": effort.name,
        "protocol_hash": trial.protocol_hash(),
    }


def with_weekly_failures(verdicts: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts of a night, with every failure that the last checks in full found and its few replications did not.

    Both as self_checks.verdicts; `earlier`: of the last published night, which may itself have carried such a failure. It stands
    until the checks in full are made again, or the effect is no longer estimated, or its protocol has changed.
    """
    key = ["trial", "outcome", "contrast", "check_name", "protocol_hash"]
    stands = (
        (earlier["effort"] == FULL.name)
        & (earlier["status"] == FAILED)
        & earlier["check_name"].isin(CHECKS_WITH_EFFORT)
    )
    failed = earlier[stands].set_index(key)
    rows = [
        {**row, **failed.loc[place].to_dict()} if (place := tuple(row[name] for name in key)) in failed.index else row
        for row in verdicts.to_dict("records")
    ]
    return as_table([pd.DataFrame(rows, columns=list(VERDICT_COLUMNS))], VERDICT_COLUMNS)


def _leakage(_trial: Protocol, rows: pd.DataFrame, _outcome: str, _contrast: str) -> Said:
    if rows.empty:
        return NOT_DONE, "No outcome had enough answers of either kind to look for a covariate that holds the future."
    caught = rows[~rows["is_passed"].astype(bool)]
    if caught.empty:
        return PASSED, "No covariate, nor all of them together, tells the outcome better than is honest."
    names = ", ".join(sorted({str(name).replace("_", " ") for name in caught["covariate"]}))
    limit = float(caught["largest_auc"].min())
    return FAILED, f"an AUC over {limit:g} of the outcome from {names}: what was known only later has probably got in"


def _controls(_trial: Protocol, rows: pd.DataFrame, _outcome: str, contrast: str) -> Said:
    own = rows[(rows["contrast"] == contrast) & (rows["status"] == "estimated")]
    if own.empty:
        return NOT_DONE, "No negative control was recorded often enough."
    alarms = own[own["is_alarm"].astype(bool)]
    if alarms.empty:
        return (
            PASSED,
            "Nothing that treatment cannot have caused differs between the arms once the records are adjusted for.",
        )
    names = ", ".join(sorted(alarms["words"].astype(str)))
    return FAILED, (
        f"the arms still differ in what treatment cannot have caused ({names}): something that nobody recorded decides who "
        "gets which treatment"
    )


def _plasmode(trial: Protocol, rows: pd.DataFrame, outcome: str, contrast: str) -> Said:
    relevant = rows[(rows["contrast"] == contrast) & rows["outcome"].isin([outcome, trial.outcomes[0].name])]
    if relevant.empty:
        return NOT_DONE, "No outcome of this comparison was simulated with a known effect."
    broken = relevant[~relevant["is_passed"].astype(bool)]
    if broken.empty:
        return PASSED, "Known effects, put into the group's own records, were found again."
    words = " ".join(sorted(set(broken["reason"].astype(str))))
    return FAILED, f"known effects, put into the group's own records, were not found again. {words.removesuffix('.')}"


def _permutations(trial: Protocol, rows: pd.DataFrame, outcome: str, contrast: str) -> Said:
    relevant = rows[
        rows["contrast"].isin([contrast, EVERY_CONTRAST]) & rows["outcome"].isin([outcome, trial.outcomes[0].name])
    ]
    if relevant.empty:
        return NOT_DONE, "Neither treatment nor outcome of this comparison was permuted."
    broken = relevant[~relevant["is_passed"].astype(bool)]
    if broken.empty:
        return PASSED, "With treatment permuted there is no effect, and with the outcome permuted nothing tells it."
    permuted = " and ".join(sorted(set(broken["permuted"].astype(str))))
    return FAILED, f"with the {permuted} permuted, something was found that cannot be there"


_VERDICT = {LEAKAGE: _leakage, CONTROLS: _controls, PLASMODE: _plasmode, PERMUTATIONS: _permutations}
