"""Units and scales that are mistaken for one another, told by the ratio of two means."""

import math

from pipelines.drift.histograms import FIELDS

_TOLERANCE = 0.25
"""How far, relatively, a ratio of means may lie from a factor: the mean of 50 durations has a standard error of a quarter."""

_TENFOLD = (10.0, "0-100", "0-10")
_FACTORS: dict[str, tuple[tuple[float, str, str], ...]] = {
    "d": ((7.0, "days", "weeks"), (30.4, "days", "months")),
    "min": ((60.0, "minutes", "hours"),),
    "h": ((24.0, "hours", "days"), (60.0, "minutes", "hours")),
    "mm": ((10.0, "millimetres", "centimetres"), (25.4, "millimetres", "inches")),
    "deg or cm": ((2.54, "centimetres", "inches"), (10.0, "millimetres", "centimetres")),
    "deg": ((57.3, "degrees", "radians"),),
    "%": ((100.0, "percent", "fractions"), (10.0, "0-100", "0-10"), (2.0, "percent", "points of 50")),
    "kg/m2": ((4.88, "kilograms a square metre", "pounds a square foot"),),
    "UCUM": (
        (10.0, "ten times the unit", "the unit"),
        (18.0, "mg/dL", "mmol/L"),
        (1000.0, "a thousandth of the unit", "the unit"),
    ),
}
"""Factor, and the words for the larger and the smaller figure, by the contract's unit. Ten for any scale that ends at 10."""


def unit_words(feed: str, name: str, mean_before: float | None, mean_now: float | None) -> str:
    """`looks like days instead of weeks` when the ratio of the means is near a factor of the field's unit; else ''."""
    if not mean_before or not mean_now or mean_before * mean_now <= 0:
        return ""
    field = FIELDS[feed, name]
    unit = field.unit or ("%" if name.endswith("_pct") else "")
    factors = (*_FACTORS.get(unit, ()), *((_TENFOLD,) if field.high == 10 else ()))
    ratio = math.log(mean_now / mean_before)
    near = [
        (abs(abs(ratio) - math.log(factor)), large, small)
        for factor, large, small in factors
        if abs(abs(ratio) - math.log(factor)) <= _TOLERANCE
    ]
    if not near:
        return ""
    _, large, small = min(near)
    return f"looks like {large} instead of {small}" if ratio > 0 else f"looks like {small} instead of {large}"
