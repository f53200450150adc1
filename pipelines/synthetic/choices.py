"""What practitioners choose: the arm of the first 14 days, and at four weeks whether to add manipulation.

They act on what is on record (an answer that is missing moves nothing) and on habit, so that the choice is as good as
random given the records and the practitioner.  The exception is the world with a hidden severity.
"""

import numpy as np

from pipelines.synthetic.coding import Array, logistic, pick_by_row, stream
from pipelines.synthetic.patients import PERSISTENT, PREFERENCES, Patients
from pipelines.synthetic.setting import Setting

REST, EXERCISE, MANIPULATION = 0, 1, 2
INDEX_ARMS = ("rest_or_advice", "exercise", "manipulation")
PREFERS_REST, PREFERS_EXERCISE, PREFERS_MANIPULATION = (
    PREFERENCES.index(word) for word in ("rest_advice", "exercise", "manipulation")
)
NOT_BETTER_BELOW = 0.30
PERSISTENT_SHARE = 0.45


def recorded_preference(patients: Patients) -> Array:
    """Index into PREFERENCES, 'none' where nothing is on record."""
    return np.where(patients.is_recorded("preference_treatment"), patients.preference, 0)


def choose_index_arm(setting: Setting) -> Array:
    """The arm of the first 14 days: 0 rest or advice, 1 exercise, 2 manipulation with exercise."""
    patients, practice, world, screening = setting.patients, setting.practice, setting.world, setting.screening
    n = patients.n
    if world.is_exercise_only:
        return np.full(n, EXERCISE, dtype=np.int8)
    if world.is_decided_by_clinic:
        wanted = np.where(patients.clinic % 3 == 2, MANIPULATION, EXERCISE)
        return np.where(screening.is_absolute, EXERCISE, wanted).astype(np.int8)
    pain = np.where(np.isnan(patients.larger_pain), 0.0, (patients.larger_pain - 6.5) / 2.0)
    persistent, disability, start, below = _on_record(patients)
    wish = recorded_preference(patients)
    who = practice.first_practitioner
    exercise = (
        0.55
        + 0.35 * persistent
        - 0.15 * pain
        - 0.10 * start
        + practice.exercise_habit[who]
        + 0.6 * (wish == PREFERS_EXERCISE)
        - 0.7 * (wish == PREFERS_REST)
    )
    manipulation = (
        -0.42
        + 1.1 * persistent
        + 0.25 * pain
        + 0.30 * disability
        + 0.15 * start
        + 0.30 * below
        + 1.1 * (wish == PREFERS_MANIPULATION)
        - 0.7 * (wish == PREFERS_REST)
        + practice.manipulation_habit[who]
        + 0.5 * practice.exercise_habit[who]
        + 0.7 * world.hidden_severity * patients.hidden
        - 5.0 * screening.is_absolute
        - 0.7 * screening.is_relative
    )
    odds = np.exp(np.column_stack([np.zeros(n), exercise, manipulation]))
    return pick_by_row(stream(setting.seed, "index choice"), odds)


def settled_log_odds(setting: Setting) -> Array:
    """Log odds of adding manipulation that are settled before the visit: habit, preference, baseline."""
    patients, practice = setting.patients, setting.practice
    wish = recorded_preference(patients)
    persistent, disability, start, below = _on_record(patients)
    settled: Array = (
        -0.55
        + practice.manipulation_habit[practice.first_practitioner]
        + 0.8 * (wish == PREFERS_MANIPULATION)
        - 0.3 * (wish == PREFERS_EXERCISE)
        - 0.4 * (wish == PREFERS_REST)
        + 0.25 * start
        + 0.20 * disability
        + 0.35 * persistent
        + 0.25 * below
        + 0.8 * setting.world.hidden_severity * patients.hidden
        - 4.0 * setting.screening.is_absolute
        - 0.5 * setting.screening.is_relative
    )
    return settled


def step_up_chance(setting: Setting, settled: Array, improvement: Array, slope_per_week: Array) -> Array:
    """Probability of adding manipulation at the decision visit, from the improvement seen there and the pain's slope.

    An improvement that is not known (NaN) makes a step-up rare, and so does one of 30 % or more.
    """
    if setting.world.is_exercise_only:
        return np.zeros(setting.patients.n)
    if setting.world.is_decided_by_clinic:
        return np.where((setting.patients.clinic % 3 == 0) & ~setting.screening.is_absolute, 1.0, 0.0)
    seen = np.nan_to_num(improvement)
    log_odds = (
        settled
        - 1.6 * (np.clip(seen, -0.5, 1) - NOT_BETTER_BELOW)
        + 0.4 * np.clip(slope_per_week, -1, 1)
        - 1.9 * (seen >= NOT_BETTER_BELOW)
    )
    return np.where(np.isnan(improvement), 0.2, 1.0) * logistic(log_odds)


def _on_record(patients: Patients) -> tuple[Array, Array, Array, Array]:
    """Deviations from the usual of persistence, RMDQ-24, STarT and pain below the knee; 0 when not on record."""

    def deviation(field: str, values: Array, centre: float, scale: float) -> Array:
        return np.where(patients.is_recorded(field), (values - centre) / scale, 0.0)

    return (
        deviation("episode_duration_days", patients.duration_group == PERSISTENT, PERSISTENT_SHARE, 1.0),
        deviation("rmdq24", patients.rmdq24, 12.7, 5.7),
        deviation("start_total", patients.start_total, 4.8, 2.2),
        deviation("pain_below_knee", patients.is_below_knee, 0.675, 1.0),
    )
