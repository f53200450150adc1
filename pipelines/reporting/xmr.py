"""Whether an indicator's latest value is usual variation or a real change: an XmR chart of its periods.

Limits are the mean of the earlier periods and 2.66 times their mean moving range (Wheeler, Understanding Variation, 2nd ed.
2000). A real change is a latest point outside them, or seven in a row on one side of the mean, or seven rising or falling (NHS
England, Making data count). Two points never make a change. The rules find one in about 3 of 100 series that only vary.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, Self

from pydantic import model_validator

from pipelines.reporting.shares import ContradictionError, Frozen, Share

FEWEST_PERIODS = 8
SMALLEST_PERIOD = 20
MOVING_RANGE_FACTOR = 2.66
ROUNDING_POINTS = 0.5
"""Half a percentage point: what rounding alone makes of a value, so the mean moving range is taken as no less."""
RUN = 7
FALSE_ALARM_SHARE = 0.03
"""How often the rules call a change where there is none (simulated, 8 to 16 periods; tests/reporting/test_xmr.py)."""

ChangeVerdict = Literal["usual variation", "a real change", "cannot tell"]
Way = Literal["better", "worse", "up", "down", ""]


class PeriodShare(Frozen):
    """An indicator's share in one period (a quarter, or a year where a clinic sends no more)."""

    period: str
    share: Share


class Change(Frozen):
    """The verdict on the latest period: which way and by which rule where it is a real change, and the limits."""

    verdict: ChangeVerdict
    way: Way = ""
    reason: str
    n_periods: int
    mean: float | None = None
    lower: float | None = None
    upper: float | None = None

    @model_validator(mode="after")
    def _holds_its_mean(self) -> Self:
        if self.mean is not None and not (self.lower or 0) <= self.mean <= (self.upper or 0):
            raise ContradictionError(f"the limits {self.lower} to {self.upper} do not hold the mean {self.mean}")
        return self


def judged_change(history: Sequence[PeriodShare], direction: str) -> Change:
    """The verdict on the last of the periods, in order of time; only periods of 20 with a percentage that is shown count."""
    shown = [
        one
        for one in history
        if one.share.percent is not None and one.share.whole is not None and one.share.whole >= SMALLEST_PERIOD
    ]
    if len(shown) < FEWEST_PERIODS or shown[-1].share.percent is None:
        reason = f"{len(shown)} of the {FEWEST_PERIODS} periods that it takes can be shown"
        return Change(verdict="cannot tell", reason=reason, n_periods=len(shown))
    values = [float(one.share.percent or 0) for one in shown]
    earlier = values[:-1]
    mean = sum(earlier) / len(earlier)
    moves = [abs(after - before) for before, after in pairwise(earlier)]
    half = MOVING_RANGE_FACTOR * max(ROUNDING_POINTS, sum(moves) / len(moves))
    rule, sign = _rule(values, mean, half)
    return Change(
        verdict="a real change" if rule else "usual variation",
        way=_way(sign, direction) if rule else "",
        reason=rule or "inside its own limits",
        n_periods=len(shown),
        mean=round(mean, 1),
        lower=round(max(0.0, mean - half), 1),
        upper=round(min(100.0, mean + half), 1),
    )


def _rule(values: Sequence[float], mean: float, half: float) -> tuple[str, int]:
    latest, last = values[-1], values[-RUN:]
    steps = [after - before for before, after in pairwise(last)]
    if abs(latest - mean) > half:
        return "the latest period is outside its limits", 1 if latest > mean else -1
    for sign in (1, -1):
        if all(sign * (value - mean) > ROUNDING_POINTS for value in last):
            return "seven periods in a row on one side of the mean", sign
        if all(sign * step > 0 for step in steps):
            return "seven periods in a row in one direction", sign
    return "", 0


def _way(sign: int, direction: str) -> Way:
    if direction == "info":
        return "up" if sign > 0 else "down"
    return "better" if (sign > 0) == (direction == "up") else "worse"
