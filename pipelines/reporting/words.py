"""Every sentence that states a result (those on effects: effect_words), in the words that may be used.

A withheld number is said to be withheld; a missing one is never 'normal'.
"""

from datetime import datetime
from math import floor

from pipelines.reporting import number_forms
from pipelines.reporting.courses import Course
from pipelines.reporting.model import Certainty, Responders
from pipelines.reporting.shares import Share, Verdict

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

INTEREST_LINE = (
    "The clinics that send these records offer and sell manipulation. Read a result that favours it with that in mind."
)
NOT_ADVICE_LINE = "This report describes groups. It is not advice for one patient."
PRACTITIONER_LINES = (
    "For this practitioner and the clinical lead only. It is no ranking, has no targets and names nobody else.",
    "Patients choose whom they see, and colleagues share their care: a difference says nothing about skill by itself. Talk it "
    "over; do not use it for pay, or to choose between people.",
)
"""What stands on a practitioner's own report before any number."""

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
    "missed, may be chance": ("≈", "Misses it, may be chance"),
    "cannot tell": ("?", "Too few to tell"),
    "no target": ("–", "No target set"),
    "not recorded": ("–", "Not recorded"),
}


def count_words(count: int | None) -> str:
    """A released count with thousands separated; a withheld one in words: it may be small, or tell of a small one."""
    return "not shown" if count is None else number_forms.number_words(count)


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
    return number_forms.date_words(moment)


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
    if responders.n_due == 0:
        return not_answered_sentence(responders)
    if improved.percent is None:
        due = count_words(responders.n_due)
        return f"{due[:1].upper()}{due[1:]} episodes were due a 12-week answer; too few answered to show a share."
    text = f"{improved.percent} % had at least 30 % less disability (plausible range {interval_words(improved)})"
    if network is not None and network.improved.percent is not None:
        text += f"; all clinics together {network.improved.percent} %"
    text += "."
    return f"{text} {not_answered_sentence(responders)}"


def not_answered_sentence(responders: Responders) -> str:
    """How many of those due did not answer, as far as it may be said."""
    if responders.n_due is None:
        return "How many were due an answer is not shown."
    if responders.n_due == 0:
        return "Nobody is due a 12-week answer yet."
    bounds = responders.answered.bounds
    if bounds is None:
        return f"Of {count_words(responders.n_due)} due, how many did not answer is too few to show."
    low, high = bounds
    silent = f"{100 - low} %" if low == high else f"less than {100 - low} %" if high == 100 else f"over {100 - high} %"
    return (
        f"Of {count_words(responders.n_due)} due, {silent} gave no usable answer; they may have done better or worse."
    )


def missing_sentence(responders: Responders) -> str:
    """Between which shares the truth lies whatever became of those who did not answer; empty where it may not be said."""
    low, high = responders.if_none_improved_percent, responders.if_all_improved_percent
    if low is None or high is None:
        return ""
    return f"Had nobody improved who did not answer it would be {low} % of those due, had everybody {high} %."


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
