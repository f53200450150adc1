"""The at most three findings on top of a report, made by fixed rules; a rule never compares clinics with each other."""

from collections.abc import Iterable, Sequence

from pipelines.reporting.comparison import Adjusted
from pipelines.reporting.effect_words import DOUBTED, effect_reading, effect_sentence
from pipelines.reporting.effects import Effect
from pipelines.reporting.indicators import (
    DEFINITIONS,
    REPRESENTATIVE_ANSWERED_PERCENT,
    SMALLEST_RESPONDER_DENOMINATOR,
)
from pipelines.reporting.model import Arrival, Certainty, Finding, Indicator, RefusedDelivery, Report, Responders
from pipelines.reporting.place_words import REVIEW_LINE, adjusted_title, place_sentence
from pipelines.reporting.steps import FEED_NAMES
from pipelines.reporting.words import BEFORE_AFTER_LINE, count_words, improved_sentence, improved_title, share_words

REFUSED_SHARE_OF_CONCERN = 0.05
_MOST_NAMED = 5
SAFETY_FIRST = ("QI-09", "QI-05")
DECISION_TITLES = {
    "gains more": "Adding manipulation: patients gained more on average",
    "gains less": "Adding manipulation: patients gained less on average",
    "no difference large enough to matter": "Adding manipulation: no difference large enough to matter was found",
    "a difference too small to matter": "Adding manipulation: only a difference too small to matter was found",
    "cannot tell": "Adding manipulation: not enough patients to say",
    "not enough to say": "Adding manipulation: not enough to say",
    "withheld": "Adding manipulation: the result is withheld, a check of it failed",
    DOUBTED: "Adding manipulation: the groups differ, but perhaps for another reason",
}


def findings(
    *,
    arrivals: Sequence[Arrival],
    refused_deliveries: Sequence[RefusedDelivery],
    indicators: Sequence[Indicator],
    responders: Responders,
    effects: Iterable[Effect],
    network: Responders | None = None,
    adjusted: Sequence[Adjusted] = (),
    representative_percent: int = REPRESENTATIVE_ANSWERED_PERCENT,
) -> tuple[Finding, ...]:
    """At most three findings: who improved, the most pressing problem, and the decision trial's result.

    A place outside the funnel's 99.8 % limits, or three quarters in a row beyond 95 %, makes the first one a problem to review.
    """
    problems = [
        *_not_loaded(refused_deliveries),
        *_refused_data(arrivals),
        *_missed(indicators),
        *_unanswered(responders, representative_percent),
        *_changed(indicators),
    ]
    place = next((one for one in adjusted if one.measure == "responders" and one.adjusted is not None), None)
    chosen = [_improved(responders, network, place, representative_percent), *problems[:1], *_decision(effects)]
    return tuple(chosen[:3])


def _improved(
    responders: Responders, network: Responders | None, place: Adjusted | None, representative_percent: int
) -> Finding:
    improved = responders.improved
    if place is not None and place.is_signal:
        return Finding(
            title=f"{adjusted_title(place)}: review the data first",
            text=f"{improved_sentence(responders, network)} {place_sentence(place)}",
            next_step=REVIEW_LINE,
            certainty="moderate",
            is_problem=place.direction == "worse",
        )
    too_few = improved.percent is None or (improved.whole or 0) < SMALLEST_RESPONDER_DENOMINATOR
    return Finding(
        title="Not enough patients to say how many improved" if too_few else improved_title(improved),
        text=improved_sentence(responders, network) + ("" if too_few else f" {_told(place)}"),
        next_step=(
            "Keep asking for the 12-week form; nothing else can be said yet."
            if too_few
            else "Read it with the share that did not answer; do not compare clinics by it."
        ),
        certainty="not enough to say" if too_few else _certainty_of(responders, representative_percent),
    )


def _told(place: Adjusted | None) -> str:
    return BEFORE_AFTER_LINE if place is None or place.signal == "not judged" else place_sentence(place)


def _certainty_of(responders: Responders, representative_percent: int) -> Certainty:
    improved, answered = responders.improved, responders.answered.bounds
    width = (improved.upper or 0) - (improved.lower or 0)
    if answered is None or answered[0] < representative_percent or width > 30:
        return "low"
    return "high" if answered[0] >= 80 and width <= 12 else "moderate"


def _not_loaded(deliveries: Sequence[RefusedDelivery]) -> Iterable[Finding]:
    refused = [one for one in deliveries if one.state != "incomplete"]
    if refused:
        names = ", ".join(f"{one.clinic_code}/{one.delivery_id}" for one in refused[:3])
        yield Finding(
            title="A delivery could not be loaded" if len(refused) == 1 else "Some deliveries could not be loaded",
            text=f"{names}{' and others' if len(refused) > 3 else ''}: nothing of it is in this report. What came before is.",
            next_step="Read the reason below, mend it at the clinic and send the delivery again.",
            certainty="high",
            is_problem=True,
        )


def _refused_data(arrivals: Sequence[Arrival]) -> Iterable[Finding]:
    for arrival in arrivals:
        refused, kept = arrival.n_rows_refused or 0, arrival.n_rows or 0
        if refused > REFUSED_SHARE_OF_CONCERN * (refused + kept):
            yield Finding(
                title=f"{FEED_NAMES.get(arrival.feed, arrival.feed)}: many rows were refused",
                text=f"About {count_words(refused)} rows of the feed '{arrival.feed}' broke the contract and are left out.",
                next_step="Look at the reasons below and mend them at the source; the next delivery replaces the rows.",
                certainty="high",
                is_problem=True,
            )


def _missed(indicators: Sequence[Indicator]) -> Iterable[Finding]:
    def urgency(indicator: Indicator) -> tuple[int, int]:
        rank = SAFETY_FIRST.index(indicator.code) if indicator.code in SAFETY_FIRST else len(SAFETY_FIRST)
        low, high = indicator.share.bounds or (0, 100)
        target = indicator.target_percent or 0
        return rank, target - low if DEFINITIONS[indicator.code].direction == "down" else high - target

    missed = [one for one in indicators if one.verdict == "missed" and one.code != "QI-02"]
    for indicator in sorted(missed, key=urgency):
        definition = DEFINITIONS[indicator.code]
        yield Finding(
            title=f"{definition.name}: {share_words(indicator.share)}, the target is {indicator.target_percent} %",
            text=f"Counted: {definition.meaning}. Not recorded counts as not done, so check the records first.",
            next_step=definition.next_step,
            certainty="high",
            is_problem=True,
        )


def _changed(indicators: Sequence[Indicator]) -> Iterable[Finding]:
    for one in indicators:
        if one.change.verdict == "a real change" and one.change.way == "worse":
            definition = DEFINITIONS[one.code]
            yield Finding(
                title=f"{definition.name}: a real change for the worse",
                text=f"Now {share_words(one.share)}; {one.change.reason}. Counted: {definition.meaning}.",
                next_step=f"Ask first whether recording changed. {definition.next_step}",
                certainty="moderate",
                is_problem=True,
            )


def _unanswered(responders: Responders, representative_percent: int) -> Iterable[Finding]:
    bounds = responders.answered.bounds
    if bounds is not None and bounds[1] < representative_percent:
        yield Finding(
            title=f"{share_words(responders.answered)} answered the 12-week form",
            text=(
                f"Below {representative_percent} % the answers may not represent all patients; read every "
                "outcome on this page with that in mind."
            ),
            next_step=DEFINITIONS["QI-02"].next_step,
            certainty="high",
            is_problem=True,
        )


def _decision(effects: Iterable[Effect]) -> Iterable[Finding]:
    for effect in effects:
        if (effect.trial, effect.outcome, effect.group_name) == ("decision", "r30d_12wk", "all"):
            reading = effect_reading(effect)
            direction, doubt, _ = reading.partition(";")
            is_open = reading in ("cannot tell", "not enough to say", "withheld", DOUBTED)
            yield Finding(
                title=DECISION_TITLES[direction] + (", perhaps too little to matter" if doubt else ""),
                text=f"All clinics together, after four weeks without enough improvement. {effect_sentence(_briefly(effect))}",
                next_step=(
                    "Keep recording; no change of practice follows from this."
                    if is_open
                    else "Discuss it with the lead clinicians, beside the trials. It is no rule for one patient."
                ),
                certainty="not enough to say" if is_open else "low",
            )


def _briefly(effect: Effect) -> Effect:
    """The effect with the first of its doubts only; all of them stand in the trial's own panel."""
    first, more, _ = (effect.doubt or "").partition(". ")
    return effect.model_copy(update={"doubt": f"{first}."}) if more else effect


def cannot_be_said(report: Report) -> list[str]:
    """What a reader may look for in this report and cannot be told from it, a line each."""
    lines = [
        "Which single patient is expected to gain from adding manipulation: only averages of groups are shown.",
        "Who is the better clinic: a place inside the limits says nothing, and one outside asks for a review.",
        "Whether treatment made patients improve: most improve over time anyway.",
    ]
    answered = report.responders.answered.bounds
    if report.responders.improved.percent is None:
        lines.append("How many improved: too few answers to the 12-week form.")
    elif answered is not None and answered[0] < 100:
        lines.append("How those who did not answer fared.")
    unrecorded = [DEFINITIONS[one.code].name for one in report.indicators if one.verdict == "not recorded"]
    if unrecorded:
        lines.append(f"Not recorded here, so not judged: {_listed(unrecorded)}.")
    few = [DEFINITIONS[one.code].name for one in report.indicators if one.verdict == "cannot tell"]
    if few:
        lines.append(f"Too few to tell: {_listed(few)}.")
    refused = [
        one for one in report.effects if (one.trial, one.group_name, one.status) == ("decision", "all", "refused")
    ]
    if refused:
        lines.append(f"What adding manipulation changes: {refused[0].reason}")
    return lines


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"
