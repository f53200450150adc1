"""What the sections on regimes and other analyses are given."""

from collections.abc import Sequence
from typing import Any

from pipelines.causal.protocol import SteppedRegime
from pipelines.causal.trials import DECISION, STEPPED
from pipelines.reporting.effect_words import contrast_words
from pipelines.reporting.effects import OtherAnalysis, RegimeValue


def _short(regime: SteppedRegime) -> str:
    if regime.is_at_once:
        return "manipulation at once"
    if regime.add_at_week is None:
        return "never"
    return f"step-up at week {regime.add_at_week} if under {regime.under_percent} % better"


_WORDS = {regime.name: _short(regime) for regime in STEPPED.regimes}
_TIMES = {outcome.name: f"{outcome.timepoint_weeks} weeks" for outcome in STEPPED.outcomes}

Row = tuple[str, ...]


def trial_views(regimes: Sequence[RegimeValue], analyses: Sequence[OtherAnalysis]) -> dict[str, Any]:
    """What the network's page shows of them."""
    return {
        "regimes": regime_table(regimes, "value"),
        "regime_differences": regime_table(regimes, "difference"),
        "other_analyses": other_analysis_rows(analyses),
    }


def regime_words(regime: str) -> str:
    """A regime, or the comparison of two, in words."""
    return " compared with ".join(_WORDS.get(name, name) for name in regime.split(" - ")).capitalize()


def regime_table(regimes: Sequence[RegimeValue], quantity: str) -> dict[str, Any]:
    """A row a regime, or comparison of two: patients improved in 100 at each time it was asked, refusals with their reason."""
    own = [one for one in regimes if one.quantity == quantity]
    outcomes = sorted({one.outcome for one in own})
    found = {(one.regime, one.outcome): one for one in own}
    rows = [
        (
            regime_words(regime),
            *(
                _in_100(found[regime, outcome], is_signed=quantity == "difference")
                if (regime, outcome) in found
                else "not asked"
                for outcome in outcomes
            ),
        )
        for regime in dict.fromkeys(one.regime for one in own)
    ]
    first = "Rule" if quantity == "value" else "Rules"
    return {"columns": (first, *(f"At {_TIMES.get(name, name)}" for name in outcomes)), "rows": rows}


def other_analysis_rows(analyses: Sequence[OtherAnalysis]) -> list[Row]:
    """A row a contrast and analysis, the main question's first: what is compared, how, extra patients improved in 100."""
    return [
        (_compared(one), one.analysis.capitalize(), _in_100(one, is_signed=True))
        for one in sorted(analyses, key=lambda one: one.trial != DECISION.id)
    ]


def _compared(one: OtherAnalysis) -> str:
    when = "after four weeks" if one.trial == DECISION.id else "in the first 14 days"
    return f"{contrast_words(one.contrast)}, {when}"


def _in_100(one: RegimeValue | OtherAnalysis, *, is_signed: bool = False) -> str:
    if one.estimate is None or one.lower is None or one.upper is None:
        return f"Not enough to say. {one.reason or ''}".strip()
    sign = "+" if is_signed else ""
    whole = [round(100 * value) for value in (one.estimate, one.lower, one.upper)]
    numbers = [f"{value:{sign}d}".replace("-", "−") if value else "0" for value in whole]
    return f"{numbers[0]} (95 % interval {numbers[1]} to {numbers[2]})"
