"""Every sentence on a clinic's place among the others, after adjustment. Never a rank, never 'best' or 'worst'."""

from typing import Protocol

from pipelines.reporting.comparison import FEWEST_CLINICS, Adjusted, Funnel
from pipelines.reporting.indicators import MEASURE_NAMES
from pipelines.reporting.number_forms import number_words

REVIEW_LINE = (
    "Check in this order: who answered, a change in recording or coding, who came, and only then care. Review records with the "
    "lead clinician."
)
NOT_A_RANKING_LINE = "Not a ranking: a place inside the bands carries no information."


class InUnits(Protocol):
    """A measure of an indicator: QI-13 is in points, the others in percent."""

    @property
    def indicator(self) -> str:
        """The indicator's code."""


def value_words(one: InUnits, value: float | None) -> str:
    """A value in its unit: '58 %', or '−0.8' points with its sign."""
    if value is None:
        return "not shown"
    if one.indicator == "QI-13":
        return number_words(value, 1, is_signed=True)
    return f"{number_words(value)} %"


def interval_words_of(one: InUnits, low: float | None, high: float | None) -> str:
    """An interval in the value's unit: '41 to 58 %'."""
    if low is None or high is None:
        return ""
    if one.indicator == "QI-13":
        return f"{number_words(low, 1, is_signed=True)} to {number_words(high, 1, is_signed=True)}"
    return f"{number_words(low)} to {number_words(high)} %"


def verdict_words(one: Adjusted) -> tuple[str, str]:
    """Symbol and verdict of a place."""
    if one.status == "refused":
        return "–", "Not enough to say"
    if one.is_signal:
        return "▲" if one.direction == "better" else "▼", f"Differs from expected ({one.direction}): check data first"
    if one.signal == "outside 95":
        return "≈", f"Outside the 95 % limits ({one.direction}): may be chance"
    if one.signal == "inside":
        return "=", "No more than chance"
    return "?", "Under 60 % answered: not judged" if not one.is_representative else "Not judged: too few clinics"


def adjusted_title(one: Adjusted) -> str:
    """The headline of a place that is a signal."""
    more = "more" if one.direction == "better" else "fewer"
    return f"{more.capitalize()} patients improved than expected of those who came"


def place_sentence(one: Adjusted) -> str:
    """Where a clinic lies after adjustment, in a sentence."""
    name = MEASURE_NAMES[one.indicator, one.measure][0]
    if one.adjusted is None:
        return f"{name}: {one.reason or 'not enough to say'}"
    found = (
        f"Adjusted for who came it is {value_words(one, one.adjusted)} "
        f"({interval_words_of(one, one.lower, one.upper)}); all clinics together {value_words(one, one.network)}."
    )
    if one.signal == "outside 99.8":
        return f"{found} That is outside the 99.8 % limits: chance is an unlikely explanation."
    if one.has_three_in_a_row:
        return f"{found} Three quarters in a row lay beyond the 95 % limits on that side."
    if one.signal == "outside 95":
        return f"{found} That is outside the 95 % limits, which 1 clinic in 20 is by chance alone."
    if one.signal == "inside":
        return f"{found} That is inside the limits: no more than chance."
    return found


def funnel_verdict(funnel: Funnel, own: Adjusted | None) -> str:
    """What the funnel says of the own clinic."""
    if own is None or own.adjusted is None:
        reason = (own.reason if own else None) or "Fewer than 20 known outcomes."
        return f"Not enough to say. {reason}"
    if funnel.bands_only:
        drawn = f"drawn toward all clinics {value_words(own, own.shrunk)}"
        return (
            f"No clinic is placed: {funnel.n_clinics} clinics have enough answers, and it takes {FEWEST_CLINICS}. "
            f"{place_sentence(own)[:-1]}; {drawn}."
        )
    if not own.is_representative:
        return f"Not judged: under 60 % answered, so the marker is hollow. {place_sentence(own)}"
    return place_sentence(own)


def network_verdict(funnel: Funnel, adjusted: tuple[Adjusted, ...]) -> str:
    """What the funnel says of the network."""
    if funnel.bands_only:
        return (
            f"Not enough clinics to say: {funnel.n_clinics} have enough answers, and it takes {FEWEST_CLINICS} to tell chance "
            "from difference. The bands show how far a clinic may lie by chance."
        )
    rows = [one for one in adjusted if one.measure == "responders" and one.signal != "not judged"]
    outside = sum(1 for one in rows if one.signal.startswith("outside"))
    review = sum(1 for one in rows if one.is_signal)
    by_chance = number_words(0.05 * len(rows), 1)
    text = f"{outside} of {len(rows)} clinics lie outside the 95 % limits; about {by_chance} would by chance alone. "
    if review:
        return f"{text}{review} {'asks' if review == 1 else 'ask'} for a review, of the data first."
    return f"{text}None asks for a review."
