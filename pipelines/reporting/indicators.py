"""The indicators QI-01 to QI-26 that a report shows: names, meaning, usual targets and how they are judged."""

from dataclasses import dataclass
from typing import Literal

from pipelines.reporting.shares import Share, Verdict

REPRESENTATIVE_ANSWERED_PERCENT = 60
SMALLEST_RESPONDER_DENOMINATOR = 20
NEARLY_ALL_PERCENT = 95

Direction = Literal["up", "down", "info"]
Area = Literal["Assessment", "Imaging", "Treatment", "Outcome", "Coming and staying", "Safety"]


@dataclass(frozen=True)
class Definition:
    """One indicator that is a share: what is counted, of whom (`unit`), which way is better, its usual target if any, the
    published figure to read beside it, and what to do about it. Below `smallest_denominator` it is withheld."""

    code: str
    name: str
    meaning: str
    unit: str
    area: Area
    target_percent: int | None
    next_step: str
    direction: Direction = "up"
    smallest_denominator: int = 10
    benchmark: str = ""


DEFINITIONS = {
    definition.code: definition
    for definition in (
        Definition(
            "QI-01",
            "First forms complete",
            "back pain, leg pain and a disability score recorded at the start",
            "episodes",
            "Assessment",
            90,
            "Hand out the first form before the first visit and check it at the desk.",
        ),
        Definition(
            "QI-03",
            "Low back examined",
            "lumbar examination by the second visit when the complaint reaches the leg or foot",
            "leg or foot complaints",
            "Assessment",
            100,
            "Look at the records without an examination with the lead clinician.",
        ),
        Definition(
            "QI-04",
            "Nerves examined",
            "strength, reflexes, sensation and straight-leg raise all recorded when there are leg symptoms",
            "episodes with leg symptoms",
            "Assessment",
            95,
            "Check which of the four parts is left blank most often.",
        ),
        Definition(
            "QI-05",
            "Red flags screened",
            "every core red-flag question answered",
            "episodes",
            "Assessment",
            100,
            "List the episodes with screening not recorded and complete them first.",
        ),
        Definition(
            "QI-06",
            "Red flag acted on",
            "referral or imaging recorded where a red flag is present; each is a case to review",
            "episodes with a red flag",
            "Safety",
            None,
            "Review every episode with a red flag and no action with the lead clinician.",
            smallest_denominator=8,
        ),
        Definition(
            "QI-07",
            "Early imaging without a reason",
            "imaging of the low back asked for by the clinic within 6 weeks, without red flag or nerve deficit",
            "episodes without either",
            "Imaging",
            None,
            "Look at who asks for early images and why.",
            "down",
            benchmark="NICE NG59: do not routinely offer imaging",
        ),
        Definition(
            "QI-07a",
            "Imaging within 28 days, ages 18 to 69",
            "the same within 28 days, near HEDIS (ages 18 to 75; our bands end at 69)",
            "episodes without either",
            "Imaging",
            None,
            "Look at who asks for early images and why.",
            "down",
        ),
        Definition(
            "QI-08",
            "Image fits the symptoms",
            "the reading says that it fits, where a nerve root is touched or more on magnetic resonance",
            "such studies",
            "Imaging",
            None,
            "Ask readers to say whether the image fits the symptoms.",
            "info",
        ),
        Definition(
            "QI-09",
            "Cleared for manipulation",
            "screening complete and no contraindication recorded on the day of the first manipulation",
            "episodes with manipulation",
            "Treatment",
            100,
            "Review these records with the lead clinician this week.",
        ),
        Definition(
            "QI-10",
            "Qualified for manipulation",
            "manipulation sessions by a practitioner with a postgraduate qualification in it",
            "manipulation sessions",
            "Treatment",
            None,
            "Check that qualifications are recorded.",
        ),
        Definition(
            "QI-11",
            "Exercise given alongside",
            "exercise within 7 days of the first manipulation",
            "episodes with manipulation",
            "Treatment",
            100,
            "Check whether exercise was given but not recorded.",
            benchmark="NICE NG59: manipulation only in a package with exercise",
        ),
        Definition(
            "QI-20",
            "Step-up justified",
            "under 30 % better and nothing against it on the day manipulation was added, from day 14 on",
            "step-ups",
            "Treatment",
            None,
            "Look at step-ups of patients who were already better.",
        ),
        Definition(
            "QI-23",
            "Low risk: two visits at most",
            "at most two visits at low STarT Back risk",
            "low-risk episodes",
            "Treatment",
            None,
            "Discuss how low-risk patients are told that few visits are enough.",
        ),
        Definition(
            "QI-23a",
            "High risk: psychologically informed",
            "a psychologically informed component at high STarT Back risk",
            "high-risk episodes",
            "Treatment",
            None,
            "Check whether such care was given but not recorded.",
        ),
        Definition(
            "QI-12",
            "Improved at 12 weeks",
            "at least 30 % less disability at 12 weeks, of those who answered; not adjusted",
            "who answered",
            "Outcome",
            None,
            "Read it with who did not answer and with the adjusted comparison.",
            smallest_denominator=20,
            benchmark="ATLAS: 55 % at 12 months",
        ),
        Definition(
            "QI-14",
            "Got worse",
            "2 points more pain, 10 points more ODI or feeling much worse at 12 weeks; not adjusted",
            "who answered",
            "Outcome",
            None,
            "Look at the records of those who got worse.",
            "down",
            20,
        ),
        Definition(
            "QI-24",
            "Opioid stopped",
            "no opioid at 12 weeks, of those with one at the start whose answer says so",
            "with an opioid at the start",
            "Outcome",
            None,
            "Tell the general practitioner when pain allows less.",
        ),
        Definition(
            "QI-02",
            "12-week form answered",
            "12-week form answered in its window, of those due",
            "episodes due",
            "Coming and staying",
            60,
            "Phone or text the patients whose 12-week form is due this week.",
            benchmark="PACBACK, a trial: 93 %",
        ),
        Definition(
            "QI-17",
            "Did not attend",
            "booked visits that the patient did not attend without a word",
            "booked visits",
            "Coming and staying",
            None,
            "Send reminders the day before.",
            "down",
            20,
            "NHS outpatients: 6.9 %",
        ),
        Definition(
            "QI-17a",
            "Cancelled late",
            "booked visits cancelled too late to be given to another",
            "booked visits",
            "Coming and staying",
            None,
            "Send reminders two days before.",
            "down",
            20,
        ),
        Definition(
            "QI-18",
            "Dropped out",
            "stopped coming before discharge, of those who came at least twice and whose care has ended",
            "ended courses of care",
            "Coming and staying",
            None,
            "Call who stays away once, and ask why.",
            "down",
            20,
        ),
        Definition(
            "QI-22",
            "Asked about unwanted effects",
            "the question on unwanted effects answered at visits after the first",
            "follow-up visits",
            "Safety",
            95,
            "Put the question on the first line of the visit form.",
        ),
        Definition(
            "QI-21",
            "Unwanted effect reported",
            "visits with an unwanted effect since the last, of visits where it was asked",
            "visits asked",
            "Safety",
            None,
            "Ask each time: few reports more often mean that nobody asked.",
            "info",
            20,
            "mild ones in about half of patients after three visits",
        ),
    )
}
HEADLINE = ("QI-12", "QI-02", "QI-05", "QI-09", "QI-11", "QI-14", "QI-17", "QI-22")
"""The tiles on top; every indicator stands in the table below them."""

MEASURE_NAMES = {
    ("QI-13", "odi change"): ("Less disability (ODI) than expected", "points of 100"),
    ("QI-13", "rmdq change"): ("Less disability (RMDQ) than expected", "points of 24"),
    ("QI-13", "leg pain change"): ("Less leg pain than expected", "points of 10"),
    ("QI-12", "responders"): ("Improved at 12 weeks, adjusted", "%"),
    ("QI-14", "deterioration"): ("Got worse, adjusted", "%"),
    ("QI-15", "median day of sustained improvement"): ("Half improved for good by day", "days"),
    ("QI-15", "improved by day 90"): ("Improved for good by day 90", "%"),
    ("QI-16", "median sessions to improvement"): ("Visits until half improved", "visits"),
    ("QI-19", "median day of step-up"): ("Half stepped up to manipulation by day", "days"),
    ("QI-19", "stepped up by day 28"): ("Stepped up to manipulation by day 28", "%"),
    ("QI-19", "stepped up by day 42"): ("Stepped up to manipulation by day 42", "%"),
    ("QI-19", "stepped up by day 84"): ("Stepped up to manipulation by day 84", "%"),
}
"""Name and unit of each measure that is no plain share, in the order of a page."""


def judge(share: Share, target_percent: int | None, direction: Direction = "up", smallest: int = 10) -> Verdict:
    """Whether the target is met, as far as released numbers can tell; where fewer is better, it is the most that is wanted.

    A target of 100 % is 'met or nearly' over 95 %: whether everybody is in the share is withheld.
    """
    if share.whole == 0:
        return "not recorded"
    bounds = share.bounds
    if bounds is None or (share.whole is not None and share.whole < smallest):
        return "cannot tell"
    if target_percent is None:
        return "no target"
    return _at_most(share, bounds, target_percent) if direction == "down" else _at_least(share, bounds, target_percent)


def _at_least(share: Share, bounds: tuple[int, int], target_percent: int) -> Verdict:
    low, high = bounds
    if low >= target_percent:
        return "met"
    if low >= NEARLY_ALL_PERCENT and share.percent is None:
        return "met or nearly"
    if high < target_percent:
        return "missed" if share.upper is None or share.upper < target_percent else "missed, may be chance"
    return "cannot tell"


def _at_most(share: Share, bounds: tuple[int, int], target_percent: int) -> Verdict:
    low, high = bounds
    if high <= target_percent:
        return "met"
    if low > target_percent:
        return "missed" if share.lower is None or share.lower > target_percent else "missed, may be chance"
    return "cannot tell"
