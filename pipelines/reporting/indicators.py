"""The indicators QI-01 to QI-26 that a report shows: names, meaning, usual targets and how they are judged."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
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
    next_step: str
    target_percent: int | None = None
    direction: Direction = "up"
    smallest_denominator: int = 10
    benchmark: str = ""


DEFINITIONS = {
    definition.code: definition
    for definition in (
        Definition(**row)
        for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["indicator"]
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
    ("QI-18", "drop-out"): ("Dropped out, adjusted", "%"),
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
