"""Clinics and practitioners: how big, who works there, with what habits and skill, and what they choose on day 0.

A practitioner acts on what is on record (a missing answer moves nothing) and on habit, so that the choice is as good as random
given the records and the practitioner.  The exception is the world with a hidden severity.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.synthetic.coding import Array, hex_keys, pick, pick_by_row, stream
from pipelines.synthetic.patients import PERSISTENT, PREFERENCES, Patients
from pipelines.synthetic.worlds import World

REST, EXERCISE, MANIPULATION = 0, 1, 2
INDEX_ARMS = ("rest_or_advice", "exercise", "manipulation")
PREFERS_REST, PREFERS_EXERCISE, PREFERS_MANIPULATION = (
    PREFERENCES.index(word) for word in ("rest_advice", "exercise", "manipulation")
)

HABIT_SD = 0.6
SINGLE_KEY_EVERY = 5
"""Every fifth clinic has one or two practitioners, who share the clinic's key (a rule of privacy)."""


@dataclass(frozen=True)
class Practice:
    """Practitioners (one element a key) and who treats whom.

    manipulation_habit and exercise_habit are log odds; skill is in standard deviations.
    first_practitioner indexes them by episode; cover_practitioner is a colleague who takes a few follow-up visits.
    """

    clinic_of: Array
    manipulation_habit: Array
    exercise_habit: Array
    skill: Array
    qualification: Array
    profession: Array
    years_band: Array
    keys: pa.Array
    first_practitioner: Array
    cover_practitioner: Array

    @property
    def n(self) -> int:
        """Number of practitioner keys."""
        return len(self.clinic_of)


def clinic_of_episodes(episodes: int, clinics: int, world: World, seed: int) -> Array:
    """Sorted clinic index an episode; sizes vary by a factor of a few, every clinic has somebody."""
    if world.episodes_per_clinic is not None:
        return np.repeat(np.arange(clinics), world.episodes_per_clinic)
    rng = stream(seed, "clinics")
    weights = np.exp(rng.normal(0, 0.35, clinics))
    sizes = 1 + np.floor((episodes - clinics) * weights / weights.sum()).astype(int)
    sizes[: episodes - sizes.sum()] += 1
    return np.repeat(np.arange(clinics), sizes)


def draw_practice(clinic: Array, world: World, seed: int) -> Practice:
    """Practitioners for the clinics that occur in `clinic` (one element an episode, sorted)."""
    rng = stream(seed, "practitioners")
    clinics = int(clinic.max()) + 1
    n_episodes = len(clinic)
    if world.practitioners_in_all is None:
        in_clinic = 3 + rng.integers(0, 6, clinics)
        in_clinic[SINGLE_KEY_EVERY - 1 :: SINGLE_KEY_EVERY] = 1
        first_key = np.concatenate([[0], np.cumsum(in_clinic)[:-1]])
        clinic_of = np.repeat(np.arange(clinics), in_clinic)
    else:
        in_clinic = np.full(clinics, world.practitioners_in_all)
        first_key = np.zeros(clinics, dtype=int)
        clinic_of = np.zeros(world.practitioners_in_all, dtype=int)
    n = len(clinic_of)
    skill = rng.normal(size=n)
    own_habit = rng.normal(size=n)
    shared = world.skill_habit_correlation
    habit = shared * skill + np.sqrt(1 - shared**2) * own_habit
    offset = np.floor(rng.random(n_episodes) * in_clinic[clinic]).astype(int)
    colleague = (offset + 1 + np.floor(rng.random(n_episodes) * np.maximum(in_clinic[clinic] - 1, 1)).astype(int)) % in_clinic[clinic]
    return Practice(
        clinic_of=clinic_of,
        manipulation_habit=HABIT_SD * habit,
        exercise_habit=0.4 * rng.normal(size=n),
        skill=skill,
        qualification=pick(rng, n, (0.35, 0.25, 0.25, 0.12, 0.03)),
        profession=pick(rng, n, (0.45, 0.25, 0.17, 0.08, 0.03, 0.0, 0.02)),
        years_band=pick(rng, n, (0.13, 0.19, 0.24, 0.29, 0.15)),
        keys=hex_keys(rng, n, 32),
        first_practitioner=first_key[clinic] + offset,
        cover_practitioner=first_key[clinic] + colleague,
    )


def recorded_deviation(patients: Patients, field: str, values: Array, centre: float, scale: float) -> Array:
    """(value - centre) / scale where the field is on record, 0 elsewhere."""
    return np.where(patients.is_recorded(field), (values - centre) / scale, 0.0)


def recorded_preference(patients: Patients) -> Array:
    """Index into PREFERENCES, 'none' where nothing is on record."""
    return np.where(patients.is_recorded("preference_treatment"), patients.preference, 0)


def choose_index_arm(
    patients: Patients, practice: Practice, is_contraindicated: Array, is_cautioned: Array, world: World, seed: int
) -> Array:
    """The arm of the first 14 days: 0 rest or advice, 1 exercise, 2 manipulation with exercise.

    is_contraindicated and is_cautioned: absolute and relative contraindications on record at day 0.
    """
    n = patients.n
    if world.is_exercise_only:
        return np.full(n, EXERCISE, dtype=np.int8)
    rng = stream(seed, "index choice")
    if world.is_decided_by_clinic:
        wanted = np.where(patients.clinic % 3 == 2, MANIPULATION, EXERCISE)
        return np.where(is_contraindicated, EXERCISE, wanted).astype(np.int8)
    pain = np.where(np.isnan(patients.larger_pain), 0.0, (patients.larger_pain - 6.5) / 2.0)
    persistent = np.where(patients.is_recorded("episode_duration_days"), patients.duration_group == PERSISTENT, 0.45)
    disability = recorded_deviation(patients, "rmdq24", patients.rmdq24, 12.7, 5.7)
    start = recorded_deviation(patients, "start_total", patients.start_total, 4.8, 2.2)
    below = recorded_deviation(patients, "pain_below_knee", patients.is_below_knee, 0.675, 1.0)
    wish = recorded_preference(patients)
    who = practice.first_practitioner
    exercise = (
        0.55 + 0.35 * (persistent - 0.45) - 0.15 * pain - 0.10 * start + practice.exercise_habit[who]
        + 0.6 * (wish == PREFERS_EXERCISE) - 0.7 * (wish == PREFERS_REST)
    )
    manipulation = (
        -0.55 + 0.75 * (persistent - 0.45) + 0.25 * pain + 0.30 * disability + 0.15 * start + 0.3 * below
        + 1.1 * (wish == PREFERS_MANIPULATION) - 0.7 * (wish == PREFERS_REST) + practice.manipulation_habit[who]
        + 0.5 * practice.exercise_habit[who] + 0.7 * world.hidden_severity * patients.hidden
        - 5.0 * is_contraindicated - 0.7 * is_cautioned
    )
    odds = np.exp(np.column_stack([np.zeros(n), exercise, manipulation]))
    return pick_by_row(rng, odds)
