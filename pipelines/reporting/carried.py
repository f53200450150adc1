"""What tonight's data can carry, said first on a page: one line a question, by fixed rules from released numbers."""

from collections.abc import Sequence
from typing import Literal

from pipelines.reporting.comparison import FEWEST_CLINICS, Adjusted
from pipelines.reporting.effects import Effect, Heterogeneity
from pipelines.reporting.indicators import SMALLEST_RESPONDER_DENOMINATOR
from pipelines.reporting.shares import Frozen, Share

Carrying = Literal["can be said", "with care", "cannot be said", "withheld"]


class Carried(Frozen):
    """One question, whether the data carry an answer, and why or why not."""

    question: str
    carrying: Carrying
    reason: str


def answered_line(n_due: int | None, answered: Share, improved: Share, representative_percent: int) -> Carried:
    """Whether it can be said how many improved."""
    question = "How many improved?"
    if improved.percent is None or (improved.whole or 0) < SMALLEST_RESPONDER_DENOMINATOR:
        return Carried(
            question=question, carrying="cannot be said", reason="Fewer than 20 answers, or too few on one side."
        )
    bounds = answered.bounds
    if n_due is None or bounds is None or bounds[0] < representative_percent:
        reason = f"Under {representative_percent} % answered: those who did may not stand for all."
        return Carried(question=question, carrying="with care", reason=reason)
    return Carried(
        question=question,
        carrying="can be said",
        reason=f"{answered.words or 'Enough'} of those due answered; those who did not may differ.",
    )


def change_line(n_judged: int, n_indicators: int) -> Carried:
    """Whether change over time can be told."""
    question = "Did care change?"
    if n_judged == 0:
        reason = "No indicator has eight periods that may be shown yet. The contract carries quarters, not months."
        return Carried(question=question, carrying="cannot be said", reason=reason)
    return Carried(
        question=question,
        carrying="with care" if n_judged < n_indicators / 2 else "can be said",
        reason=f"{n_judged} of {n_indicators} indicators have eight quarters that may be shown.",
    )


def difference_line(placed: Sequence[Adjusted], own: Sequence[Adjusted] | None) -> Carried:
    """Whether clinics can be compared: `placed` have a place in the funnel, `own` are the measures of the one clinic asked."""
    question = "Do clinics differ?" if own is None else "Does this clinic differ from the others?"
    mine = next((one for one in own or () if one.measure == "responders"), None)
    if own is not None and (mine is None or mine.adjusted is None):
        reason = (mine.reason if mine else None) or "Fewer than 20 known outcomes."
        return Carried(question=question, carrying="cannot be said", reason=reason)
    if len(placed) < FEWEST_CLINICS:
        reason = f"{len(placed)} clinics have enough answers; it takes {FEWEST_CLINICS} to tell chance from difference."
        return Carried(question=question, carrying="cannot be said", reason=reason)
    if mine is not None and not mine.is_representative:
        return Carried(question=question, carrying="cannot be said", reason="Under 60 % answered: not judged.")
    reason = f"{len(placed)} clinics, adjusted for who came (list {placed[0].adjusters_version}). Never a ranking."
    return Carried(question=question, carrying="can be said", reason=reason)


def effect_line(effects: Sequence[Effect]) -> Carried:
    """Whether it can be told what adding manipulation changes."""
    question = "Does adding manipulation help?"
    found = [one for one in effects if (one.trial, one.outcome, one.group_name) == ("decision", "r30d_12wk", "all")]
    if not found:
        return Carried(question=question, carrying="cannot be said", reason="The comparison was not worked out.")
    effect = found[0]
    if effect.is_withheld:
        reason = (effect.reason or "").removeprefix("withheld: ")
        return Carried(question=question, carrying="withheld", reason=reason)
    if effect.status == "refused":
        return Carried(question=question, carrying="cannot be said", reason=effect.reason or "")
    is_shown = effect.lower is not None and effect.upper is not None and (effect.lower > 0 or effect.upper < 0)
    if effect.doubt and is_shown:
        reason = "The groups differ, but this must not be taken as shown: doubts remain, see below."
        return Carried(question=question, carrying="with care", reason=reason)
    reason = "From records, not a trial, on average of all clinics; a factor nobody recorded could matter."
    return Carried(question=question, carrying="with care", reason=reason)


def gain_line(heterogeneity: Sequence[Heterogeneity]) -> Carried:
    """Whether it can be told who gains more."""
    question = "Who gains more?"
    found = [one for one in heterogeneity if (one.trial, one.outcome) == ("decision", "r30d_12wk")]
    if not found:
        return Carried(question=question, carrying="cannot be said", reason="Not enough patients to ask.")
    if found[0].verdict.startswith("withheld: "):
        reason = found[0].verdict.removeprefix("withheld: ")
        return Carried(question=question, carrying="withheld", reason=reason)
    return Carried(
        question=question, carrying="with care" if found[0].is_shown else "cannot be said", reason=found[0].verdict
    )
