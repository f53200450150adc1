"""The whole of a simulated group before it becomes records: who, where, treated how, with which outcomes."""

from dataclasses import dataclass

from pipelines.synthetic.coding import Array, Columns
from pipelines.synthetic.course import Course, draw_course
from pipelines.synthetic.patients import Patients
from pipelines.synthetic.practice import EXERCISE, MANIPULATION, REST, Practice, choose_index_arm
from pipelines.synthetic.screening import Screening, draw_screening
from pipelines.synthetic.truth import PotentialOutcomes, potential_outcomes
from pipelines.synthetic.visits import Visits, attend, factual
from pipelines.synthetic.worlds import World


@dataclass(frozen=True)
class Population:
    """Episodes in order of clinic, in every array; `visits` is the care that happened, `outcomes` what could have."""

    world: World
    clinic_codes: list[str]
    keys: Columns
    patients: Patients
    screening: Screening
    practice: Practice
    course: Course
    index_arm: Array
    visits: Visits
    outcomes: PotentialOutcomes


def care_for(
    patients: Patients, practice: Practice, keys: Columns, clinic_codes: list[str], world: World, seed: int
) -> Population:
    """Choose, treat and follow every episode under each index arm, and keep what happened and what could have."""
    screening = draw_screening(patients, seed)
    course = draw_course(patients, practice.skill[practice.first_practitioner], world, seed)
    absolute, relative = screening.is_absolute, screening.is_relative
    arm = choose_index_arm(patients, practice, absolute, relative, world, seed)

    def under(index_arm: int) -> Visits:
        return attend(index_arm, patients, course, practice, absolute, relative, world, seed)

    potential = (under(REST), under(EXERCISE), under(MANIPULATION))
    visits = factual(arm, potential)
    outcomes = potential_outcomes(patients, course, arm, potential, visits, absolute, world)
    return Population(
        world, clinic_codes, keys, patients, screening, practice, course, arm, visits, outcomes
    )
