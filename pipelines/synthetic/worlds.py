"""The worlds: what is true in a simulated group of clinics, by name.

Points are RMDQ-24 points of improvement; positive is better.  Ordinary worlds differ from one another by the few
parameters that their description names; everything else (patients, habits, attendance) is shared, so that the same seed
gives comparable patients in each.
"""

from dataclasses import dataclass

from pipelines.errors import UsageError


@dataclass(frozen=True)
class World:
    """Parameters of one world.

    manipulation_points: effect of manipulation on RMDQ-24, before rounding and clipping.
    rule_points: effect in those with under 16 days and no pain below the knee; None = as everybody else.
    exercise_points: effect of exercise begun in the first 14 days, with or without manipulation.
    skill_points: RMDQ points of improvement a standard deviation of practitioner skill gives in every arm.
    habit_sd: standard deviation of a practitioner's habit of manipulating, in log odds.
    skill_habit_correlation: correlation of a practitioner's skill with the habit of manipulating.
    hidden_severity: strength of a severity that no record holds, on choice and on outcome.
    dropout_when_better: extra chance a visit of not coming back when 30 % better, and log odds of not answering.
    """

    name: str
    description: str
    manipulation_points: float = 0.0
    rule_points: float | None = None
    exercise_points: float = 0.8
    skill_points: float = 0.4
    habit_sd: float = 0.6
    skill_habit_correlation: float = 0.0
    hidden_severity: float = 0.0
    dropout_when_better: float = 0.0
    is_exercise_only: bool = False
    is_decided_by_clinic: bool = False
    episodes_per_clinic: int | None = None
    practitioners_in_all: int | None = None


WORLDS: dict[str, World] = {
    world.name: world
    for world in (
        World("no-effect", "No treatment changes anybody's course.", exercise_points=0.0),
        World("uniform", "Manipulation brings 1.6 RMDQ points for everybody.", manipulation_points=1.6),
        World(
            "rule-modifier",
            "Manipulation brings 5.0 points with under 16 days and no pain below the knee, 0.5 otherwise.",
            manipulation_points=0.5,
            rule_points=5.0,
        ),
        World(
            "skilled-practitioners",
            "Better practitioners manipulate more (correlation 0.6); skill helps in every arm; the effect is 1.0.",
            manipulation_points=1.0,
            skill_points=1.8,
            habit_sd=0.9,
            skill_habit_correlation=0.6,
        ),
        World(
            "step-up-dropout",
            "Those who are better stop coming and stop answering; manipulation brings 1.6 points.",
            manipulation_points=1.6,
            dropout_when_better=0.25,
        ),
        World(
            "hidden-severity",
            "No effect; a severity that no record holds drives both the choice and the outcome.",
            exercise_points=0.0,
            hidden_severity=1.0,
        ),
        World("one-arm", "Everybody gets exercise and nothing else.", manipulation_points=1.6, is_exercise_only=True),
        World("three-patients", "Three episodes a clinic.", manipulation_points=1.6, episodes_per_clinic=3),
        World("one-practitioner", "One practitioner sees everybody.", manipulation_points=1.6, practitioners_in_all=1),
        World(
            "clinic-decides",
            "The clinic alone settles the treatment: nobody overlaps.",
            manipulation_points=1.6,
            is_decided_by_clinic=True,
        ),
    )
}


def world_named(name: str) -> World:
    """The world of that kebab-case name; UsageError, naming all worlds, when there is none."""
    try:
        return WORLDS[name]
    except KeyError:
        raise UsageError(f"There is no world named {name!r}. The worlds are: {', '.join(sorted(WORLDS))}.") from None
