"""Every sentence that states a result. What may be said and what never is stands in the wording rules of the project.

Positive is better for adding manipulation. A withheld number is said to be withheld; a missing one is never 'normal'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor, log10

from pipelines.causal.protocol import Outcome
from pipelines.causal.trials import DECISION
from pipelines.reporting.model import Certainty, Course, Effect, FlowStep, Responders, Verdict
from pipelines.reporting.shares import Share
from pipelines.reporting.steps import STEP_NAMES

NEVER_SAID = (
    "needs manipulation",
    "will respond",
    "manipulation does not work",
    "improved because of treatment",
    "trend towards",
    "no red flags",
    "caused by the bulging disc",
    "worst clinic",
    "best clinic",
)

EXPECTED_GAIN = "Expected extra improvement from adding manipulation, given recorded factors"
INTEREST_LINE = (
    "The clinics that send these records offer and sell manipulation. Read a result that favours it with that in mind."
)
NOT_ADVICE_LINE = "This report describes groups. It is not advice for one patient."
SIMULATED_LINE = (
    "Simulated data. Patients in this report do not exist, unless a source named below says so; nothing here says "
    "anything about real care."
)
BEFORE_AFTER_LINE = "Most improve over time with or without treatment, so this is not the effect of what was done."
CERTAINTY_MEANING: dict[Certainty, str] = {
    "high": "a count or a narrow interval; more records would hardly change it",
    "moderate": "the interval is wide enough for the picture to change somewhat",
    "low": "from records, not a trial: a factor that was not recorded could explain it",
    "not enough to say": "too few patients or answers",
}
VERDICT_WORDS: dict[Verdict, tuple[str, str]] = {
    "met": ("✓", "Target met"),
    "met or nearly": ("✓", "Target met or nearly"),
    "missed": ("✗", "Target missed"),
    "missed, may be chance": ("≈", "Below target, may be chance"),
    "cannot tell": ("?", "Too few to tell"),
    "no target": ("–", "No target set"),
    "not recorded": ("–", "Not recorded"),
}


@dataclass(frozen=True)
class Measure:
    """How an outcome's effects are said: multiplier, unit and the smallest difference that matters, in that unit."""

    name: str
    unit: str
    factor: float
    margin: float
    decimals: int


def _measure(name: str, outcome: Outcome) -> Measure:
    if outcome.is_binary:
        return Measure(f"{name} at {outcome.timepoint_weeks} weeks", "in 100", 100, 100 * outcome.margin, 0)
    return Measure(f"{name} at {outcome.timepoint_weeks} weeks", "points", 1, outcome.margin, 1)


_OUTCOME_NAMES = {
    "r30d": "Patients with 30 % less disability",
    "rmdq24": "Disability (RMDQ, 0 to 24)",
    "odi_pct": "Disability (ODI, 0 to 100)",
    "pain": "Pain (0 to 10)",
}
MEASURES = {
    outcome.name: _measure(_OUTCOME_NAMES[outcome.name.rpartition("_")[0]], outcome) for outcome in DECISION.outcomes
}


def count_words(count: int | None) -> str:
    """A released count with thousands separated; a withheld one in words."""
    return "fewer than 8" if count is None else f"{count:,}"


def share_words(share: Share) -> str:
    """A share as it is printed: '43 %', '<5 %', or why it is not shown."""
    if share.whole == 0:
        return "none"
    return "not shown" if share.words is None else share.words


def interval_words(share: Share) -> str:
    """The 95 % interval of a share, or an empty text when there is none to show."""
    return "" if share.percent is None else f"{share.lower} to {share.upper} %"


def date_words(moment: datetime) -> str:
    """A date as people write it: 23 November 2026."""
    return f"{moment.day} {moment:%B %Y}"


def weeks_words(day: int) -> str:
    """A day of the course in whole weeks: 'about 13 weeks'."""
    weeks = round(day / 7)
    return "about a week" if weeks <= 1 else f"about {weeks} weeks"


def about_in_ten(percent: int) -> str:
    """A share in words of tens: 'About 4 in 10'; the ends as 'Fewer than 1 in 10' and 'More than 9 in 10'."""
    tens = floor(percent / 10 + 0.5)
    if tens == 0:
        return "Fewer than 1 in 10"
    return "More than 9 in 10" if tens == 10 else f"About {tens} in 10"


def improved_title(improved: Share) -> str:
    """The headline of the responder rate."""
    if improved.percent is None:
        return "Not enough patients to say how many improved"
    return f"{about_in_ten(improved.percent)} patients who answered had improved at 12 weeks"


def improved_sentence(responders: Responders, network: Responders | None = None) -> str:
    """How many improved, of how many who answered, and how many did not; never a comparison between clinics."""
    improved = responders.improved
    if improved.percent is None:
        return f"{count_words(responders.n_due)} episodes were due a 12-week answer; too few answered to show a share."
    text = f"{improved.percent} % had at least 30 % less disability (plausible range {interval_words(improved)})"
    if network is not None and network.improved.percent is not None:
        text += f"; all clinics together {network.improved.percent} %"
    text += "."
    return f"{text} {not_answered_sentence(responders)}"


def not_answered_sentence(responders: Responders) -> str:
    """How many of those due did not answer, as far as it may be said."""
    if responders.n_due is None:
        return "Fewer than 8 were due an answer."
    if responders.n_due == 0:
        return "Nobody is due a 12-week answer yet."
    bounds = responders.answered.bounds
    if bounds is None:
        return f"Of {count_words(responders.n_due)} due, how many did not answer is too few to show."
    low, high = bounds
    silent = f"{100 - low} %" if low == high else f"less than {100 - low} %" if high == 100 else f"over {100 - high} %"
    return f"Of {count_words(responders.n_due)} due, {silent} gave no answer that counts; they may have done better or worse."


def course_sentence(course: Course) -> str:
    """The natural course in words: shares by week 12 and half a year, the median and how many stepped up."""
    if not course.points:
        return "Not enough patients to say how they did over time."
    by_day = {point.day: point for point in course.points}
    said = [f"{by_day[day].improved_percent} % by week {day // 7}" for day in (28, 84, 182, 364) if day in by_day]
    last = course.points[-1]
    text = f"Improved over time (most do; published course beside): {', '.join(said)}." if said else ""
    if course.median_day is not None:
        text += f" Half had at least 30 % less pain after {weeks_words(course.median_day)}."
    stepped_up = f"{last.stepped_up_percent} % were stepped up to manipulation, an injection or surgery first"
    return f"{text} {stepped_up}, by week {last.day // 7}.".strip()


def left_out_sentence(steps: Sequence[FlowStep]) -> str:
    """Where the most episodes left a trial's flow, or an empty text when nobody did."""
    most = sorted((step for step in steps if step.n_left_out), key=lambda step: (-(step.n_left_out or 0), step.step_no))
    if not most:
        return ""
    named = [f"'{STEP_NAMES.get(step.step, step.step)}' ({count_words(step.n_left_out)})" for step in most[:2]]
    return (
        f"Of {count_words(steps[0].n_remaining)} episodes, most left the comparison at the step {' and '.join(named)}."
    )


def contrast_words(contrast: str) -> str:
    """A contrast as it is said: 'Manipulation compared with rest or advice'."""
    treated, _, comparator = contrast.replace("_", " ").partition(" - ")
    return f"{treated.capitalize()} compared with {comparator}"


def amount(effect: Effect, value: float) -> str:
    """A value of an effect in its unit and with its sign, for example '+12' or '−0.4'.

    What would round to 0 without being 0 keeps one more decimal, so that an interval is seen to hold 0 or not to.
    """
    measure = MEASURES[effect.outcome]
    in_unit = value * measure.factor
    decimals = measure.decimals + (1 if round(in_unit, measure.decimals) == 0 else 0)
    rounded = round(in_unit, decimals)
    return "0" if rounded == 0 else f"{rounded:+.{decimals}f}".replace("-", "−")


def interval_of(effect: Effect) -> str:
    """The 95 % interval of an estimated effect, signed, in its unit."""
    if effect.lower is None or effect.upper is None:
        return ""
    return f"{amount(effect, effect.lower)} to {amount(effect, effect.upper)}"


def episodes_that_would_tell(effect: Effect) -> int | None:
    """About how many episodes would make the interval too narrow to hold both 0 and a difference that matters.

    To two figures; the width of an interval falls with the square root of the number of episodes.
    """
    if effect.n is None or effect.n == 0 or effect.lower is None or effect.upper is None:
        return None
    measure = MEASURES[effect.outcome]
    width = (effect.upper - effect.lower) * measure.factor
    wanted = effect.n * (width / measure.margin) ** 2
    step = int(10 ** max(0, floor(log10(max(wanted, 1))) - 1))
    return ceil(wanted / step) * step


def effect_reading(effect: Effect) -> str:
    """What an effect means, in a few words for a table's last column."""
    if effect.status == "refused" or effect.estimate is None or effect.lower is None or effect.upper is None:
        return "not enough to say"
    measure = MEASURES[effect.outcome]
    lower, upper = effect.lower * measure.factor, effect.upper * measure.factor
    is_within_margin = -measure.margin < lower and upper < measure.margin
    readings = (
        (lower >= measure.margin, "gains more"),
        (upper <= -measure.margin, "gains less"),
        (is_within_margin and lower <= 0 <= upper, "no difference large enough to matter"),
        (is_within_margin, "a difference too small to matter"),
        (lower > 0, "gains more; whether enough to matter cannot be said"),
        (upper < 0, "gains less; whether enough to matter cannot be said"),
    )
    return next((reading for holds, reading in readings if holds), "cannot tell")


def effect_sentence(effect: Effect) -> str:
    """The result of a contrast in the words that may be used: estimated, unimportant, not to be told, or refused."""
    if effect.status == "refused":
        return f"Not enough patients to say. {(effect.reason or '').rstrip('.')}."
    measure, reading = MEASURES[effect.outcome], effect_reading(effect)
    number = f"{amount(effect, effect.estimate or 0)} {measure.unit} (95 % interval {interval_of(effect)})"
    if reading == "cannot tell":
        wanted = episodes_that_would_tell(effect)
        told = f"; about {wanted:,} comparable episodes would tell, {count_words(effect.n)} are there" if wanted else ""
        return f"Not enough patients to say{told}. {measure.name}: {number}."
    if reading == "no difference large enough to matter":
        published = "; published trials agree (PACBACK 2026)" if effect.trial == "decision" else ""
        return f"No difference large enough to matter was found{published}. {measure.name}: {number}."
    if reading == "a difference too small to matter":
        return f"A difference too small to matter was found. {measure.name}: {number}."
    said = EXPECTED_GAIN if effect.trial == "decision" else "Expected difference, given recorded factors"
    tail = "" if reading in ("gains more", "gains less") else " Whether this is enough to matter cannot be said yet."
    return f"{said}: {number}. {measure.name}.{tail}"
