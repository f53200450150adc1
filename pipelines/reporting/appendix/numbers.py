"""Released numbers as they are printed: signs, units, counts that are withheld, and refusals."""

from collections.abc import Mapping
from typing import Any

from pipelines.reporting.effect_words import MEASURES
from pipelines.reporting.words import count_words

Row = Mapping[str, Any]


def decimal(value: float | None, digits: int = 2, *, is_signed: bool = False) -> str:
    """A number with so many digits after the point, or 'not shown'."""
    if value is None:
        return "not shown"
    rounded = round(value, digits)
    if rounded == 0:
        return f"{0:.{digits}f}"
    return f"{rounded:+.{digits}f}".replace("-", "−") if is_signed else f"{rounded:.{digits}f}".replace("-", "−")


def interval(row: Row, digits: int = 2, *, lower: str = "lower", upper: str = "upper", is_signed: bool = False) -> str:
    """'low to high' of a row, or an empty text when it has no interval."""
    if row[lower] is None or row[upper] is None:
        return ""
    return " to ".join(decimal(row[name], digits, is_signed=is_signed) for name in (lower, upper))


def in_unit(value: float | None, outcome: str) -> str:
    """A difference in the unit of its outcome, signed: '+12 in 100', '−0.4 points'."""
    if value is None:
        return "not shown"
    measure = MEASURES[outcome]
    return f"{decimal(value * measure.factor, max(1, measure.decimals), is_signed=True)} {measure.unit}"


def outcome_words(outcome: str) -> str:
    """An outcome by its name in words."""
    return MEASURES[outcome].name if outcome in MEASURES else outcome.replace("_", " ")


def told(row: Row, outcome: str) -> str:
    """An estimate with its 95 % interval in the unit of its outcome; of a refusal its reason."""
    if row["status"] == "refused" or row["estimate"] is None:
        return f"Refused. {row['reason'] or ''}".strip()
    measure = MEASURES[outcome]
    digits = max(1, measure.decimals)
    numbers = [decimal(row[name] * measure.factor, digits, is_signed=True) for name in ("estimate", "lower", "upper")]
    return f"{numbers[0]} {measure.unit} ({numbers[1]} to {numbers[2]})"


def n(row: Row, name: str = "n") -> str:
    """A released count in words."""
    return count_words(row[name])


def arms(contrast: str) -> str:
    """A contrast in words: 'add manipulation compared with continue without'."""
    treated, _, comparator = contrast.replace("_", " ").partition(" - ")
    return f"{treated} compared with {comparator}"
