"""What a diagnostic found wrong with an estimate, in words a clinician understands: rows of diagnostics.concerns.

'withhold': the number must not be shown. 'tell': it may be, with these words. Words hold no count and no name: a small count is a
disclosure. The limits of balance, overlap and size are the protocol's; the others are here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd

from pipelines.causal.protocol import TargetTrial
from pipelines.robustness.balance import largest
from pipelines.robustness.codes import NONE_SHOWN, TELL, WITHHOLD, verdict

KEY = ["outcome", "contrast"]
# Imbalance of those who answered is not tilted away, so that of many covariates some exceed 0.1 by chance.
DEVIATIONS_OF_CHANCE = 3.0


@dataclass(frozen=True)
class Found:
    """The diagnostics of one contrast of one outcome; None where there is no such row."""

    trial: TargetTrial
    effect: pd.Series
    balance: pd.DataFrame
    influence: pd.DataFrame
    confounding: pd.Series | None
    missing: pd.Series | None
    specifications: pd.DataFrame


Told = tuple[str, str, str]


def concern_rows(
    trial: TargetTrial,
    effects: pd.DataFrame,
    *,
    balance: pd.DataFrame,
    influence: pd.DataFrame,
    confounding: pd.DataFrame,
    missing_outcomes: pd.DataFrame,
    specifications: pd.DataFrame,
) -> pd.DataFrame:
    """Return a row a contrast and concern of a trial; none where every diagnostic is within its limit.

    effects: estimates.effects; the others as in diagnostics.*. Of a refused contrast only what the design stage says is told.
    """
    rows = []
    for _, effect in effects[(effects["trial"] == trial.id) & (effects["group_name"] == "all")].iterrows():
        found = Found(
            trial,
            effect,
            _of(balance, effect),
            _of(influence, effect),
            _first(_of(confounding, effect)),
            _first(_of(missing_outcomes, effect)),
            specifications[(specifications["trial"] == trial.id) & (specifications["contrast"] == effect["contrast"])]
            if effect["outcome"] == trial.outcomes[0].name
            else specifications.iloc[:0],
        )
        for concern, words, severity in _told(found):
            rows.append(
                {
                    "trial": trial.id,
                    "outcome": effect["outcome"],
                    "contrast": effect["contrast"],
                    "concern": concern,
                    "words": words,
                    "severity": severity,
                    "protocol_hash": trial.protocol_hash(),
                }
            )
    return pd.DataFrame(rows)


def _of(table: pd.DataFrame, effect: pd.Series) -> pd.DataFrame:
    is_own = table["trial"] == effect["trial"]
    for name in KEY:
        is_own &= table[name] == effect[name]
    own: pd.DataFrame = table[is_own]
    return own


def _first(table: pd.DataFrame) -> pd.Series | None:
    return None if table.empty else table.iloc[0]


def _told(found: Found) -> Iterator[Told]:
    yield from _of_design(found)
    if found.effect["status"] != "estimated":
        return
    yield from _of_answered(found)
    yield from _of_influence(found)
    yield from _of_hidden_factor(found)
    yield from _of_missing_outcomes(found)
    yield from _of_choices(found)


def _of_design(found: Found) -> Iterator[Told]:
    trial, effect = found.trial, found.effect
    if effect["largest_imbalance"] > trial.maximum_imbalance:
        _, covariate = largest(found.balance, "after")
        words = (
            f"The two groups still differ after weighting{f', most in {_worded(covariate)},' if covariate else ''} by more than "
            "is allowed: the result may show that difference and not the treatment."
        )
        yield "groups_differ", words, WITHHOLD
    if effect["overlap_share"] < trial.minimum_overlap_share:
        words = (
            "For many of these patients one of the two treatments was hardly ever chosen: there is nobody alike to "
            "compare them with."
        )
        yield "little_overlap", words, WITHHOLD
    if effect["effective_n"] < trial.minimum_effective_n:
        words = "After weighting the comparison rests on a few patients: one of them could change the result."
        yield "small_effective_size", words, WITHHOLD
    if effect["clipped_share"] > trial.maximum_clipped_share:
        words = "The result is about those patients only for whom both treatments were a real choice."
        yield "many_clipped", words, TELL


def _of_answered(found: Found) -> Iterator[Told]:
    limit = max(found.trial.maximum_imbalance, DEVIATIONS_OF_CHANCE / sqrt(max(found.effect["effective_n"], 1.0)))
    size, covariate = largest(found.balance, "after_answered")
    if size > limit:
        words = (
            f"Those who answered differ between the two groups in {_worded(covariate)}, also after weighting: the answers may "
            "stand for other patients in each group."
        )
        yield "answered_groups_differ", words, TELL


def _worded(covariate: str) -> str:
    """A column of the balance table as words, without digits: they could be taken for counts."""
    words = "".join(" " if letter.isdigit() else letter for letter in covariate)
    return " ".join(words.replace("=", ": ").replace("_", " ").split())


def _of_influence(found: Found) -> Iterator[Told]:
    for _, row in found.influence.iterrows():
        # That no difference is shown claims nothing which one unit's absence could make wrong.
        if not row["is_verdict_changed"] or row["verdict"] == NONE_SHOWN:
            continue
        unit = str(row["unit"])
        said = (
            "no difference would be shown any more"
            if row["verdict_without"] == NONE_SHOWN
            else "the difference would be shown the other way round"
        )
        severity = WITHHOLD if row["is_sign_changed"] else TELL
        yield f"one_{unit}", f"Without one single {unit} {said}: the result hangs on that {unit}.", severity


def _of_hidden_factor(found: Found) -> Iterator[Told]:
    row = found.confounding
    if row is None or pd.isna(row["strongest_group"]):
        return
    sign = float(np.sign(row["estimate"]))
    is_shown = verdict(row["lower"], row["upper"]) != NONE_SHOWN
    if not is_shown or sign * row["limit_1x"] > 0:
        return
    hidden = f"Something that nobody recorded, as strong as what was recorded of '{row['strongest_group']}',"
    if sign * row["estimate_1x"] <= 0:
        yield "hidden_factor", f"{hidden} could explain the whole difference.", WITHHOLD
    else:
        yield "hidden_factor", f"{hidden} could explain so much of it that it could not be told from none.", TELL


def _of_missing_outcomes(found: Found) -> Iterator[Told]:
    row = found.missing
    if row is None or row["verdict"] == NONE_SHOWN:
        return
    if row["tipping_delta_of_estimate"] <= row["plausible_delta"]:
        words = (
            "Those of one group who did not answer would only have to have fared somewhat worse than those alike who did for "
            "the whole difference to vanish."
        )
        yield "missing_outcomes", words, WITHHOLD
    elif row["tipping_delta"] <= row["plausible_delta"]:
        words = (
            "If those of one group who did not answer fared somewhat worse than those alike who did, the difference could "
            "no longer be told from none."
        )
        yield "missing_outcomes", words, TELL


def _of_choices(found: Found) -> Iterator[Told]:
    usual = verdict(found.effect["lower"], found.effect["upper"])
    others = found.specifications
    others = others[(others["status"] == "estimated") & ~others["is_naive"] & ~others["is_main"]]
    verdicts = {verdict(lower, upper) for lower, upper in zip(others["lower"], others["upper"], strict=True)}
    if usual == NONE_SHOWN or not verdicts - {usual, NONE_SHOWN}:
        return
    words = (
        "Analysed with other choices that could have been made as well, the difference is shown the other way round."
    )
    yield "other_choices", words, WITHHOLD
