"""The whole of a simulated group before it becomes records: who, where, treated how, with which outcomes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.synthetic.choices import EXERCISE, MANIPULATION, REST, choose_index_arm
from pipelines.synthetic.coding import Array, Columns, coded, hex_keys, stream
from pipelines.synthetic.course import DUE_DAYS, Scores, draw_course, manipulation_points, ramp, scores_at
from pipelines.synthetic.patients import draw_patients
from pipelines.synthetic.practice import clinic_of_episodes, draw_practice
from pipelines.synthetic.screening import draw_screening
from pipelines.synthetic.setting import Setting
from pipelines.synthetic.truth import PotentialOutcomes, potential_outcomes
from pipelines.synthetic.visits import Visits, attend, factual
from pipelines.synthetic.worlds import World


@dataclass(frozen=True, kw_only=True)
class Population(Setting):
    """A group with its care; `visits` is the care that happened, `outcomes` what could have."""

    clinic_codes: list[str]
    keys: Columns
    index_arm: Array
    visits: Visits
    outcomes: PotentialOutcomes

    @property
    def episode_keys(self) -> pa.Array:
        """The key of every episode."""
        return self.keys["episode_key"]


def draw_population(episodes: int, clinics: int, world: World, seed: int) -> Population:
    """Draw a group, treat and follow every episode under each index arm; keep what happened and what could have."""
    clinic = clinic_of_episodes(episodes, clinics, world, seed)
    patients = draw_patients(clinic, seed)
    practice = draw_practice(clinic, world, seed)
    course = draw_course(patients, practice.skill[practice.first_practitioner], world, seed)
    settled: dict[str, Any] = {
        "world": world,
        "seed": seed,
        "patients": patients,
        "screening": draw_screening(patients, seed),
        "practice": practice,
        "course": course,
    }
    setting = Setting(**settled)
    arm = choose_index_arm(setting)
    potential = (attend(REST, setting), attend(EXERCISE, setting), attend(MANIPULATION, setting))
    visits = factual(arm, potential)
    rng = stream(seed, "keys")
    codes = [f"C{number:03d}" for number in range(1, int(clinic.max()) + 2)]
    keys = {
        "patient_key": hex_keys(rng, patients.n, 64).take(pa.array(patients.patient)),
        "episode_key": hex_keys(rng, patients.n, 24),
        "clinic_code": coded(clinic, codes),
    }
    return Population(
        **settled,
        clinic_codes=codes,
        keys=keys,
        index_arm=arm,
        visits=visits,
        outcomes=potential_outcomes(setting, arm, potential, visits),
    )


def factual_scores(group: Population) -> list[Scores]:
    """The scores of every episode at the seven time points under the care it got."""
    visits, patients = group.visits, group.patients
    points = manipulation_points(patients, group.world) * (visits.manipulated_from_slot >= 0)
    since = np.where(visits.adds_manipulation, visits.decision_day, 0)
    by_exercise = group.world.exercise_points * (group.index_arm != REST)
    return [
        scores_at(patients, group.course, time, by_exercise * ramp(np.asarray(day)) + points * ramp(day - since))
        for time, day in enumerate(DUE_DAYS)
    ]
