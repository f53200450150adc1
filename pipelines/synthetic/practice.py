"""Clinics and practitioners: how big, who works there, with what habits and skill."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.synthetic.coding import Array, hex_keys, pick, stream
from pipelines.synthetic.worlds import World

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
    colleague = (
        offset + 1 + np.floor(rng.random(n_episodes) * np.maximum(in_clinic[clinic] - 1, 1)).astype(int)
    ) % in_clinic[clinic]
    return Practice(
        clinic_of=clinic_of,
        manipulation_habit=world.habit_sd * habit,
        exercise_habit=0.4 * rng.normal(size=n),
        skill=skill,
        qualification=pick(rng, n, (0.35, 0.25, 0.25, 0.12, 0.03)),
        profession=pick(rng, n, (0.45, 0.25, 0.17, 0.08, 0.03, 0.0, 0.02)),
        years_band=pick(rng, n, (0.13, 0.19, 0.24, 0.29, 0.15)),
        keys=hex_keys(rng, n, 32),
        first_practitioner=first_key[clinic] + offset,
        cover_practitioner=first_key[clinic] + colleague,
    )
