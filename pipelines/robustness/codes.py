"""The codes that diagnostics are written with; importing them costs nothing."""

from __future__ import annotations

ALL_OUTCOMES = "all"
"""The outcome of a diagnostic that no outcome was looked at for."""
FROM_SCORES, FROM_REFIT = "scores", "linear refit"

BETTER, WORSE, NONE_SHOWN = "better", "worse", "none shown"

WITHHOLD, TELL = "withhold", "tell"
CONCERNS = (
    "groups_differ",
    "answered_groups_differ",
    "little_overlap",
    "small_effective_size",
    "many_clipped",
    "one_clinic",
    "one_practitioner",
    "hidden_factor",
    "missing_outcomes",
    "other_choices",
)


def verdict(lower: float, upper: float) -> str:
    """Return on which side of none an interval lies: 'better' (above 0), 'worse' (below) or 'none shown'."""
    if lower > 0:
        return BETTER
    return WORSE if upper < 0 else NONE_SHOWN
