"""The process indicators that a report shows: names, meaning, targets and how they are judged."""

from dataclasses import dataclass

from pipelines.reporting.model import Verdict
from pipelines.reporting.shares import Share

SMALLEST_DENOMINATOR = 10
SMALLEST_RESPONDER_DENOMINATOR = 20
REPRESENTATIVE_ANSWERED_PERCENT = 60
NEARLY_ALL_PERCENT = 95


@dataclass(frozen=True)
class Definition:
    """One indicator: what is counted, of whom (`unit`), its target if any, and what to do about it."""

    code: str
    name: str
    meaning: str
    unit: str
    target_percent: int | None
    next_step: str


DEFINITIONS = {
    definition.code: definition
    for definition in (
        Definition(
            "QI-01",
            "First forms complete",
            "back pain, leg pain and a disability score recorded at the start",
            "episodes",
            90,
            "Hand out the first form before the first visit and check it at the desk.",
        ),
        Definition(
            "QI-02",
            "12-week form answered",
            "12-week form answered in its window, of those due",
            "episodes due",
            60,
            "Phone or text the patients whose 12-week form is due this week.",
        ),
        Definition(
            "QI-03",
            "Low back examined",
            "lumbar examination by the second visit when the complaint reaches the leg or foot",
            "leg or foot complaints",
            100,
            "Look at the records without an examination with the lead clinician.",
        ),
        Definition(
            "QI-04",
            "Nerves examined",
            "strength, reflexes, sensation and straight-leg raise all recorded when there are leg symptoms",
            "episodes with leg symptoms",
            95,
            "Check which of the four parts is left blank most often.",
        ),
        Definition(
            "QI-05",
            "Red flags screened",
            "every core red-flag question answered",
            "episodes",
            100,
            "List the episodes with screening not recorded and complete them first.",
        ),
        Definition(
            "QI-09",
            "Cleared for manipulation",
            "screening complete and no contraindication recorded on the day of the first manipulation",
            "episodes with manipulation",
            100,
            "Review these records with the lead clinician this week.",
        ),
        Definition(
            "QI-10",
            "Qualified for manipulation",
            "manipulation sessions by a practitioner with a postgraduate qualification in it",
            "manipulation sessions",
            None,
            "Check that qualifications are recorded.",
        ),
        Definition(
            "QI-11",
            "Exercise given alongside",
            "exercise within 7 days of the first manipulation",
            "episodes with manipulation",
            100,
            "Check whether exercise was given but not recorded.",
        ),
    )
}


def judge(share: Share, target_percent: int | None) -> Verdict:
    """Whether the target is met, as far as released numbers can tell.

    A target of 100 % is 'met or nearly' over 95 %: whether everybody is in the share is withheld.
    """
    if share.whole == 0:
        return "not recorded"
    bounds = share.bounds
    if bounds is None or (share.whole is not None and share.whole < SMALLEST_DENOMINATOR):
        return "cannot tell"
    return "no target" if target_percent is None else _judge_against(share, bounds, target_percent)


def _judge_against(share: Share, bounds: tuple[int, int], target_percent: int) -> Verdict:
    low, high = bounds
    if low >= target_percent:
        return "met"
    if low >= NEARLY_ALL_PERCENT and share.percent is None:
        return "met or nearly"
    if high < target_percent:
        return "missed" if share.upper is None or share.upper < target_percent else "missed, may be chance"
    return "cannot tell"
