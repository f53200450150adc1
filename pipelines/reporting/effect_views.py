"""What the sections on effects are given: sentences, figures and the published trials beside them."""

from collections.abc import Iterable, Sequence
from typing import Any

from pipelines.reporting.effect_figures import effect_plot, effect_rows
from pipelines.reporting.effect_words import (
    MEASURES,
    PRIMARY,
    amount,
    contrast_words,
    effect_reading,
    effect_sentence,
    interval_of,
    left_out_sentence,
)
from pipelines.reporting.effects import ArmMean, Effect, Heterogeneity, RuleValue
from pipelines.reporting.figures import Figure
from pipelines.reporting.model import FlowStep
from pipelines.reporting.published import beside, beside_decision, finding_words, population_words, study_words


def average_effects(effects: Iterable[Effect], trial: str) -> list[Effect]:
    """The effects of a trial in all its patients together, of outcomes that a report can say."""
    return [one for one in effects if one.trial == trial and one.group_name == "all" and one.outcome in MEASURES]


def decision_view(
    effects: Sequence[Effect],
    flow: Sequence[FlowStep],
    heterogeneity: Sequence[Heterogeneity],
    rule_values: Sequence[RuleValue],
    arm_means: Sequence[ArmMean],
) -> dict[str, Any]:
    """What the section on adding manipulation is given: sentences (the primary outcome first), figures, trials, and whether
    patients differ."""
    average = {one.outcome: one for one in average_effects(effects, "decision")}
    shown = [average[name] for name in MEASURES if name in average]
    figures: list[Figure] = []
    responders = [one for one in shown if one.outcome.startswith("r30d") and one.status == "estimated"]
    sides = ("continuing without is better", "adding manipulation is better")
    if responders:
        caption = (
            "Extra patients improved per 100 when manipulation was added (95 % interval); grey: too small to matter"
        )
        figures.append(effect_plot("decision", caption, effect_rows(responders), MEASURES["r30d_12wk"].margin, sides))
    points = [one for one in shown if one.outcome == "rmdq24_12wk" and one.status == "estimated"]
    if points:
        caption = "Extra RMDQ points gained when manipulation was added, beside a published trial of other patients"
        rows = effect_rows(points, beside("decision", points[0].contrast, "rmdq24_12wk"))
        figures.append(effect_plot("decision-points", caption, rows, MEASURES["rmdq24_12wk"].margin, sides))
    refused = {one.reason for one in shown if one.status == "refused"}
    if shown and len(refused) == 1 and all(one.status == "refused" for one in shown):
        said = left_out_sentence([step for step in flow if step.trial == "decision"])
        sentences = [f"{effect_sentence(shown[0])} {said}".strip()]
    else:
        sentences = [effect_sentence(one) for one in shown[:1]]
    return {
        "other_rows": [_other_row(one) for one in shown[1:] if one.outcome in PRIMARY and one.status == "estimated"],
        "sentences": sentences or ["Not enough patients to say: the comparison was not worked out."],
        "figures": figures,
        "published": [(study_words(one), finding_words(one), population_words(one)) for one in beside_decision()],
        "differences": _differences(heterogeneity, rule_values, "decision"),
        "arms": _arm_sentence(effects, arm_means),
    }


def _other_row(one: Effect) -> tuple[str, ...]:
    measure = MEASURES[one.outcome]
    reading = effect_reading(one)
    doubt = (one.doubt or "").partition(". ")[0].rstrip(".")
    number = f"{amount(one, one.estimate or 0)} {measure.unit} ({interval_of(one)})"
    return measure.name, number, reading[:1].upper() + reading[1:], f"{doubt}." if doubt else "none found"


def _arm_sentence(effects: Iterable[Effect], arm_means: Iterable[ArmMean]) -> str:
    """How many of a hundred alike improve under each arm, where the difference itself may be shown."""
    primary = [one for one in average_effects(effects, "decision") if one.outcome == "r30d_12wk"]
    means = {one.arm: one for one in arm_means if (one.trial, one.outcome) == ("decision", "r30d_12wk")}
    if not primary or primary[0].status != "estimated":
        return ""
    treated, _, comparator = primary[0].contrast.partition(" - ")
    if treated not in means or comparator not in means:
        return ""
    first, other = means[treated], means[comparator]
    return (
        f"Of 100 alike, about {100 * first.mean:.0f} ({100 * first.lower:.0f} to {100 * first.upper:.0f}) improve with "
        f"manipulation added, and about {100 * other.mean:.0f} ({100 * other.lower:.0f} to {100 * other.upper:.0f}) without."
    )


def _differences(heterogeneity: Iterable[Heterogeneity], rules: Iterable[RuleValue], trial: str) -> list[str]:
    """Sentences on differences between patients and on a rule, in the words that the estimates come with."""
    said = [one.verdict for one in heterogeneity if one.trial == trial]
    for rule in (one for one in rules if one.trial == trial):
        said.append(rule.reason)
        if rule.is_shown and rule.words and rule.gain is not None:
            gain, lower, upper = (100 * (value or 0) for value in (rule.gain, rule.gain_lower, rule.gain_upper))
            said.append(
                f"The value of a rule learned this way: {gain:+.0f} in 100 (95 % interval {lower:+.0f} to {upper:+.0f}). "
                f"{rule.words}.".replace("-", "−")
            )
    return said


def index_view(effects: Sequence[Effect]) -> dict[str, Any]:
    """What the section on the first 14 days is given: one sentence a contrast and a figure of those estimated."""
    primary = [one for one in average_effects(effects, "index") if one.outcome == "r30d_12wk"]
    estimated = [one for one in primary if one.status == "estimated"]
    figures = []
    if estimated:
        caption = "Extra patients improved per 100, first-named treatment minus the other, with the 95 % interval"
        rows = effect_rows(estimated)
        margin = MEASURES["r30d_12wk"].margin
        figures.append(effect_plot("index", caption, rows, margin, ("the other is better", "first-named is better")))
    sentences = [(contrast_words(one.contrast), effect_sentence(one)) for one in primary]
    return {"figures": figures, "sentences": sentences}
