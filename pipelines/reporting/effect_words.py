"""Every sentence that states an effect. Positive is better for adding manipulation; margins are those of the protocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from pipelines.causal.protocol import Outcome
from pipelines.causal.trials import DECISION
from pipelines.reporting.effects import Effect
from pipelines.reporting.model import FlowStep
from pipelines.reporting.steps import STEP_NAMES
from pipelines.reporting.words import count_words

DOUBTED = "a difference that may have another cause"
EXPECTED_GAIN = "Expected extra improvement from adding manipulation, given recorded factors"


@dataclass(frozen=True)
class Measure:
    """How an outcome's effects are said: multiplier, unit and the smallest difference that matters, in that unit."""

    name: str
    unit: str
    factor: float
    margin: float
    decimals: int


def _measure(name: str, outcome: Outcome) -> Measure:
    if outcome.is_binary:
        return Measure(f"{name} at {outcome.timepoint_weeks} weeks", "in 100", 100, 100 * outcome.margin, 0)
    return Measure(f"{name} at {outcome.timepoint_weeks} weeks", "points", 1, outcome.margin, 1)


_OUTCOME_NAMES = {
    "r30d": "Patients with 30 % less disability",
    "r50d": "Patients with 50 % less disability",
    "not_deteriorated": "Patients who did not get worse",
    "rmdq24": "Disability (RMDQ, 0 to 24)",
    "odi_pct": "Disability (ODI, 0 to 100)",
    "pain": "Pain (0 to 10)",
}
MEASURES = {
    outcome.name: _measure(_OUTCOME_NAMES[outcome.name.rpartition("_")[0]], outcome) for outcome in DECISION.outcomes
}
PRIMARY = frozenset(outcome.name for outcome in DECISION.outcomes if not outcome.is_secondary)


def left_out_sentence(steps: Sequence[FlowStep]) -> str:
    """Where the most episodes left a trial's flow, or an empty text when nobody did."""
    most = sorted((step for step in steps if step.n_left_out), key=lambda step: (-(step.n_left_out or 0), step.step_no))
    if not most:
        return ""
    named = [f"'{STEP_NAMES.get(step.step, step.step)}' ({count_words(step.n_left_out)})" for step in most[:2]]
    return (
        f"Of {count_words(steps[0].n_remaining)} episodes, most left the comparison at the step {' and '.join(named)}."
    )


def contrast_words(contrast: str) -> str:
    """A contrast as it is said: 'Manipulation compared with rest or advice'."""
    treated, _, comparator = contrast.replace("_", " ").partition(" - ")
    return f"{treated.capitalize()} compared with {comparator}"


def amount(effect: Effect, value: float) -> str:
    """A value of an effect in its unit and with its sign, for example '+12' or '−0.4'.

    What would round to 0 without being 0 keeps one more decimal, so that an interval is seen to hold 0 or not to.
    """
    measure = MEASURES[effect.outcome]
    in_unit = value * measure.factor
    decimals = measure.decimals + (1 if round(in_unit, measure.decimals) == 0 else 0)
    rounded = round(in_unit, decimals)
    return "0" if rounded == 0 else f"{rounded:+.{decimals}f}".replace("-", "−")


def interval_of(effect: Effect) -> str:
    """The 95 % interval of an estimated effect, signed, in its unit."""
    if effect.lower is None or effect.upper is None:
        return ""
    return f"{amount(effect, effect.lower)} to {amount(effect, effect.upper)}"


def episodes_that_would_tell(effect: Effect) -> int | None:
    """About how many comparable episodes would tell, to two figures; None where that is not known (see `causal.needed`)."""
    if effect.episodes_needed is None:
        return None
    step = int(10 ** max(0, floor(log10(max(effect.episodes_needed, 1))) - 1))
    return ceil(effect.episodes_needed / step) * step


def effect_reading(effect: Effect) -> str:
    """What an effect means, in a few words for a table's last column."""
    if effect.is_withheld:
        return "withheld"
    if effect.status == "refused" or effect.estimate is None or effect.lower is None or effect.upper is None:
        return "not enough to say"
    if effect.doubt and (effect.lower > 0 or effect.upper < 0):
        return DOUBTED
    measure = MEASURES[effect.outcome]
    lower, upper = effect.lower * measure.factor, effect.upper * measure.factor
    is_within_margin = -measure.margin < lower and upper < measure.margin
    readings = (
        (lower >= measure.margin, "gains more"),
        (upper <= -measure.margin, "gains less"),
        (is_within_margin and lower <= 0 <= upper, "no difference large enough to matter"),
        (is_within_margin, "a difference too small to matter"),
        (lower > 0, "gains more; whether enough to matter cannot be said"),
        (upper < 0, "gains less; whether enough to matter cannot be said"),
    )
    return next((reading for holds, reading in readings if holds), "cannot tell")


def effect_sentence(effect: Effect) -> str:
    """The result of a contrast in the words that may be used: estimated, unimportant, not to be told, or refused."""
    if effect.is_withheld:
        return f"No result is shown. {(effect.reason or '').replace('withheld', 'Withheld', 1)}"
    if effect.status == "refused":
        wanted = episodes_that_would_tell(effect)
        told = f" At least about {wanted:,} comparable episodes would tell." if wanted else ""
        return f"Not enough patients to say. {(effect.reason or '').rstrip('.')}.{told}"
    measure, reading = MEASURES[effect.outcome], effect_reading(effect)
    number = f"{amount(effect, effect.estimate or 0)} {measure.unit} (95 % interval {interval_of(effect)})"
    if reading == DOUBTED:
        return f"The groups differ, but this must not be taken as shown. {measure.name}: {number}. {effect.doubt}"
    if reading == "cannot tell":
        wanted = episodes_that_would_tell(effect)
        told = f"; about {wanted:,} comparable episodes would tell, {count_words(effect.n)} are there" if wanted else ""
        return f"Not enough patients to say{told}. {measure.name}: {number}."
    if reading == "no difference large enough to matter":
        published = "; published trials agree (PACBACK 2026)" if effect.trial == "decision" else ""
        return f"No difference large enough to matter was found{published}. {measure.name}: {number}."
    if reading == "a difference too small to matter":
        return f"A difference too small to matter was found. {measure.name}: {number}."
    said = EXPECTED_GAIN if effect.trial == "decision" else "Expected difference, given recorded factors"
    tail = "" if reading in ("gains more", "gains less") else " Whether this is enough to matter cannot be said yet."
    return f"{said}: {number}. {measure.name}.{tail}"
