"""Everything that is settled before anybody is treated: who, where, with which course ahead of them, in which world."""

from dataclasses import dataclass

from pipelines.synthetic.course import Course
from pipelines.synthetic.patients import Patients
from pipelines.synthetic.practice import Practice
from pipelines.synthetic.screening import Screening
from pipelines.synthetic.worlds import World


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One simulated group before treatment; episodes in order of clinic in every array."""

    world: World
    seed: int
    patients: Patients
    screening: Screening
    practice: Practice
    course: Course
