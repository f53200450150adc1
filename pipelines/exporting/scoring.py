"""Questionnaires scored from their items, by the published rules for missing items. No wording: items are numbers in their order.

An item is a whole number, or None where it was not answered. An item out of its range raises ValueError: that is no answer.
A score that the rules do not give is None, never a guess.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Items = Sequence[int | None]
Score = int | float | str | None

FEWEST_ODI_ITEMS = 8
_S_LANSS_WEIGHTS = (5, 5, 3, 2, 1, 5, 3)
_FABQ_WORK = (6, 7, 9, 10, 11, 12, 15)
_FABQ_PHYSICAL = (2, 3, 4, 5)
_HIGH_RISK_PSYCH = 4
_LOW_RISK_TOTAL = 3


def odi_percent(items: Items) -> float | None:
    """Oswestry Disability Index, 0 to 100 %, of 10 sections of 0 to 5: 100 times the sum over 5 times the sections answered.

    None when fewer than 8 were answered (the contract). Fairbank and Pynsent, Spine 25:2940 (2000): a section that is left out
    lowers the largest possible sum. One decimal.
    """
    answered = _answered(items, n_items=10, low=0, high=5)
    if len(answered) < FEWEST_ODI_ITEMS:
        return None
    return float(round(Fraction(100 * sum(answered), 5 * len(answered)), 1))


def odi_items_answered(items: Items) -> int:
    """How many of the 10 sections were answered."""
    return len(_answered(items, n_items=10, low=0, high=5))


def rmdq24(items: Items) -> int | None:
    """Roland-Morris score, 0 to 24: the number of statements that apply (1; 0 does not).

    Roland and Morris, Spine 8:141 (1983): on the form a statement that is not ticked is 0, so give 0 for it. Where 'no' is
    recorded too, an item can be missing; no method is standard, so the score is None unless all 24 are there (Kent and
    Lauridsen, Spine 36:1878 (2011), say so, and measure what a recalculation would add in error).
    """
    answered = _answered(items, n_items=24, low=0, high=1)
    return sum(answered) if len(answered) == 24 else None


def start_total(items: Items) -> int | None:
    """STarT Back, 9 items of 0 or 1 (the ninth is 1 for very or extremely bothersome): 0 to 9; None unless all were answered.

    Hill et al., Arthritis Rheum 59:632 (2008); scoring as Keele University publishes it, which has no rule for missing items.
    """
    answered = _answered(items, n_items=9, low=0, high=1)
    return sum(answered) if len(answered) == 9 else None


def start_psych(items: Items) -> int | None:
    """The distress part of STarT Back, its items 5 to 9: 0 to 5; None unless all five were answered."""
    _answered(items, n_items=9, low=0, high=1)
    answered = [item for item in items[4:] if item is not None]
    return sum(answered) if len(answered) == 5 else None


def start_risk(items: Items) -> str | None:
    """The group of STarT Back: low up to a total of 3; else high from 4 distress items on, else medium.

    With items missing it is said only where no answer to them could change it.
    """
    _answered(items, n_items=9, low=0, high=1)
    lowest, highest = ([item if item is not None else filled for item in items] for filled in (0, 1))
    groups = {_risk(lowest), _risk(highest)}
    return groups.pop() if len(groups) == 1 else None


def _risk(items: Sequence[int]) -> str:
    if sum(items) <= _LOW_RISK_TOTAL:
        return "low"
    return "high" if sum(items[4:]) >= _HIGH_RISK_PSYCH else "medium"


def fabq_work(items: Items) -> int | None:
    """Fear-avoidance beliefs about work, 0 to 42: the sum of items 6, 7, 9, 10, 11, 12 and 15 of the 16, each 0 to 6.

    Waddell et al., Pain 52:157 (1993), who give no rule for missing items: None unless all seven were answered.
    """
    return _fabq(items, _FABQ_WORK)


def fabq_pa(items: Items) -> int | None:
    """Fear-avoidance beliefs about physical activity, 0 to 24: the sum of items 2, 3, 4 and 5; None unless all were answered."""
    return _fabq(items, _FABQ_PHYSICAL)


def _fabq(items: Items, numbers: Sequence[int]) -> int | None:
    _answered(items, n_items=16, low=0, high=6)
    answered = [item for number in numbers if (item := items[number - 1]) is not None]
    return sum(answered) if len(answered) == len(numbers) else None


def psfs_mean(items: Items) -> float | None:
    """Patient-Specific Functional Scale, 0 to 10 (10 is able as before): the mean of the 1 to 5 activities that were scored.

    Stratford et al., Physiother Can 47:258 (1995); the sum over the number of activities. Two decimals.
    """
    if not 1 <= len(items) <= 5:
        raise ValueError("1 to 5 activities are scored")
    answered = _answered(items, n_items=len(items), low=0, high=10)
    return float(round(Fraction(sum(answered), len(answered)), 2)) if answered else None


def slanss(items: Items) -> int | None:
    """S-LANSS, 0 to 24: 7 items of 0 or 1, weighted 5, 5, 3, 2, 1, 5 and 3; None unless all were answered.

    Bennett et al., J Pain 6:149 (2005), who give no rule for missing items. 12 and more is neuropathic in kind.
    """
    answered = _answered(items, n_items=7, low=0, high=1)
    if len(answered) < 7:
        return None
    return sum(weight * item for weight, item in zip(_S_LANSS_WEIGHTS, answered, strict=True))


def _answered(items: Items, *, n_items: int, low: int, high: int) -> list[int]:
    """The items that were answered; raises ValueError for a wrong number of items, or an item out of its range."""
    if len(items) != n_items:
        raise ValueError(f"there are {n_items} items, not {len(items)}")
    answered = [item for item in items if item is not None]
    if any(not low <= item <= high for item in answered):
        raise ValueError(f"an item is out of {low} to {high}")
    return answered


@dataclass(frozen=True)
class Instrument:
    """A score: what computes it and how many items it takes (0: 1 to 5)."""

    score: Callable[[Items], Score]
    n_items: int


INSTRUMENTS: Mapping[str, Instrument] = {
    "odi_percent": Instrument(odi_percent, 10),
    "odi_items_answered": Instrument(odi_items_answered, 10),
    "rmdq24": Instrument(rmdq24, 24),
    "start_total": Instrument(start_total, 9),
    "start_psych": Instrument(start_psych, 9),
    "start_risk": Instrument(start_risk, 9),
    "fabq_work": Instrument(fabq_work, 16),
    "fabq_pa": Instrument(fabq_pa, 16),
    "psfs_mean": Instrument(psfs_mean, 0),
    "slanss": Instrument(slanss, 7),
}
"""What a mapping's `score:` may name."""
