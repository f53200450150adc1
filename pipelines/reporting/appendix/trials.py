"""Sections on the target trials: what was found, the protocols, and who is compared."""

from pipelines.reporting.appendix.document import Block, Bullets, Section, Text, picture, table
from pipelines.reporting.appendix.effects import average
from pipelines.reporting.appendix.numbers import arms
from pipelines.reporting.appendix.released import Released
from pipelines.reporting.effect_words import effect_sentence
from pipelines.reporting.effects import Effect
from pipelines.reporting.figures import flow_plot
from pipelines.reporting.model import FlowStep
from pipelines.reporting.released_rows import in_order, named
from pipelines.reporting.steps import TRIAL_NAMES


def summary(released: Released) -> Section:
    """The primary result of every contrast in one sentence each."""
    effects = [row for row in average(released) if row["outcome"] == "r30d_12wk"]
    said = [f"{arms(row['contrast']).capitalize()}. {effect_sentence(Effect(**named(row, Effect)))}" for row in effects]
    blocks: list[Block] = [
        Text(text=said[0] if said else "Not enough patients to say: no comparison was worked out.", tone="result"),
        *([Bullets(items=tuple(said[1:]))] if said[1:] else []),
        Text(
            text="These are estimates from records of care, not from a trial: clinicians chose the treatments. The figures "
            "of a night are monitoring; the analysis of record is done at fixed times. The sections below hold what is needed "
            "to judge them: first the question, then who was compared, then the estimates, then every reason for doubt."
        ),
    ]
    return Section(
        id="summary", title="What was found", answers="What do these records say tonight?", blocks=tuple(blocks)
    )


def protocols(released: Released) -> Section:
    """The TARGET table of every trial."""
    blocks: list[Block] = []
    rows = released.rows("protocols")
    for trial in dict.fromkeys(row["trial"] for row in rows):
        own = in_order([row for row in rows if row["trial"] == trial], "item_no")
        blocks.append(
            table(
                TRIAL_NAMES.get(trial, trial),
                ("Item", "Target trial", "Emulation with these records"),
                [(row["item"].capitalize(), row["target_trial"], row["emulation"]) for row in own],
                (0.16, 0.4, 0.44),
            )
        )
    return Section(
        id="protocols",
        title="The question, as a target trial",
        answers="Which trial would have answered this, and how do the records stand in for it?",
        blocks=tuple(blocks),
    )


def flow(released: Released) -> Section:
    """Who is compared, and where the others left."""
    blocks: list[Block] = []
    rows = released.rows("decision_flow")
    for trial in dict.fromkeys(row["trial"] for row in in_order(rows, "trial", "step_no")):
        steps = [FlowStep(**named(row, FlowStep)) for row in in_order(rows, "step_no") if row["trial"] == trial]
        blocks.append(picture(flow_plot(f"flow-{trial}", TRIAL_NAMES.get(trial, trial), steps)))
    return Section(
        id="flow",
        title="Who is compared",
        answers="Who was left out at each step, and who remained?",
        blocks=tuple(blocks),
    )
