"""What is compared between clinics after adjustment: which column, in which unit, and which way is better."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AdjustedMeasure:
    """`indicator` of domain/indicators.md, `measure` in words, `column` of the episodes; positive is better unless said."""

    indicator: str
    measure: str
    column: str
    is_binary: bool
    is_up_better: bool = True


MEASURES = (
    AdjustedMeasure("QI-12", "responders", "is_r30d", is_binary=True),
    AdjustedMeasure("QI-13", "odi change", "odi_improvement_points", is_binary=False),
    AdjustedMeasure("QI-13", "rmdq change", "rmdq24_improvement_points", is_binary=False),
    AdjustedMeasure("QI-13", "leg pain change", "leg_pain_improvement_points", is_binary=False),
    AdjustedMeasure("QI-14", "deterioration", "is_worse", is_binary=True, is_up_better=False),
    AdjustedMeasure("QI-18", "drop-out", "has_dropped_out", is_binary=True, is_up_better=False),
)
