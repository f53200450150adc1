"""The session feed: bookings up to the day of the extract, and what was done in each."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.synthetic.choices import EXERCISE, PREFERS_MANIPULATION, REST, recorded_preference
from pipelines.synthetic.coding import (
    NOT_RECORDED,
    Array,
    Columns,
    always,
    chance,
    coded,
    decimal,
    hex_keys,
    missing,
    pick,
    stream,
    tri,
    whole,
)
from pipelines.synthetic.patients import Patients
from pipelines.synthetic.population import Population
from pipelines.synthetic.visits import (
    ATTENDANCE,
    ATTENDED,
    DECISION_FIRST_DAY,
    DECISION_LAST_DAY,
    DISCHARGE,
    NO_SCORE,
    NOT_BOOKED,
    Visits,
)

STEP_UPS = (
    "none",
    "add_manipulation",
    "add_exercise",
    "refer_imaging",
    "refer_injection",
    "refer_surgeon",
    "refer_gp",
    "step_down",
)
REASONS = ("no_improvement", "worse", "patient_request", "protocol", "practitioner_choice")
PROFESSIONS = (
    "physiotherapist",
    "manipulative_physiotherapist",
    "chiropractor",
    "osteopath",
    "exercise_physiologist",
    "assistant",
    "other",
)
QUALIFICATIONS = ("entry", "postgrad_cert", "postgrad_masters_manip", "fellow_ifompt", "other")
COMPONENTS = (
    "advice",
    "education",
    "rest_relative",
    "exercise",
    "manipulation",
    "soft_tissue",
    "traction",
    "electro",
    "acupuncture",
    "taping",
    "medication_advice",
    "psych_informed",
    "other",
)
EVENT_CHANCE_AFTER_MANIPULATION, EVENT_CHANCE_AFTER_EXERCISE, EVENT_CHANCE_OTHERWISE = 0.21, 0.11, 0.06
EXERCISE_COLUMN, MANIPULATION_COLUMN = COMPONENTS.index("exercise"), COMPONENTS.index("manipulation")


@dataclass(frozen=True)
class SessionRows:
    """The delivered bookings, in order of episode and slot; `done` is (rows, COMPONENTS), all False if not attended."""

    episode: Array
    slot: Array
    day: Array
    is_attended: Array
    done: Array
    keys: pa.Array

    @property
    def n(self) -> int:
        """Number of bookings."""
        return len(self.episode)


def session_rows(group: Population) -> SessionRows:
    """Bookings up to the day of the extract, with what was done in each."""
    patients, visits, index_arm = group.patients, group.visits, group.index_arm
    is_exercise_only = group.world.is_exercise_only
    rng = stream(group.seed, "components")
    is_seen = (visits.attendance != NOT_BOOKED) & (visits.day <= patients.observed_through_day[:, None])
    episode, slot = np.nonzero(is_seen)
    n, day = len(episode), visits.day[episode, slot]
    is_attended = visits.attendance[episode, slot] == ATTENDED
    arm, start = index_arm[episode], visits.manipulated_from_slot[episode]
    is_first, is_early = slot == 1, day <= 14
    manipulates = (start >= 0) & (slot >= start) & ((slot == start) | (chance(rng, n) < 0.85))
    rests = (arm == REST) & (is_early | (chance(rng, n) < 0.5))
    exercises = np.where(manipulates, chance(rng, n) < 0.93, ~rests & (is_first | (chance(rng, n) < 0.9)))
    exercises = (
        (exercises & (manipulates | ~((arm == REST) & is_early)))
        | ((arm == EXERCISE) & is_first)
        | (is_exercise_only & is_attended)
    )
    passive = ~(is_early & (arm == REST)) & ~np.bool_(is_exercise_only)
    done = np.zeros((n, len(COMPONENTS)), dtype=bool)
    done[:, 0] = (chance(rng, n) < 0.45) | is_first | ~(exercises | manipulates)
    done[:, 1] = chance(rng, n) < np.where(is_first, 0.5, 0.15)
    done[:, 2] = (arm == REST) & is_early & (chance(rng, n) < 0.4)
    done[:, EXERCISE_COLUMN], done[:, MANIPULATION_COLUMN] = exercises, manipulates
    for column, share in ((5, 0.12), (6, 0.02), (7, 0.03), (8, 0.03), (9, 0.03)):
        done[:, column] = passive & (chance(rng, n) < share)
    done[:, 10] = chance(rng, n) < 0.06
    done[:, 11] = chance(rng, n) < np.where(patients.start_psych[episode] >= 4, 0.22, 0.02)
    done &= is_attended[:, None]
    return SessionRows(episode, slot, day, is_attended, done, hex_keys(stream(group.seed, "session keys"), n, 24))


def session_columns(rows: SessionRows, group: Population) -> tuple[Columns, Array]:
    """All session columns, and whether an adverse event was reported at each booking."""
    patients, visits, practice = group.patients, group.visits, group.practice
    rng = stream(group.seed, "sessions")
    n, episode = rows.n, rows.episode
    number = (
        np.cumsum(rows.is_attended)
        - np.cumsum(rows.is_attended)[np.searchsorted(episode, episode)]
        + (rows.is_attended[np.searchsorted(episode, episode)])
    )
    is_first = rows.is_attended & (number == 1)
    before = np.zeros(n) if n == 0 else visits.pain[episode, rows.slot].astype(float)
    unscored = before == NO_SCORE
    after = np.clip(np.rint(before - 0.7 - 0.3 * rows.done[:, MANIPULATION_COLUMN] + 0.9 * rng.normal(size=n)), 0, 10)
    is_cover = (
        (chance(rng, n) < 0.05) & (rows.slot > 1) & ((rows.day < DECISION_FIRST_DAY) | (rows.day > DECISION_LAST_DAY))
    )
    who = np.where(is_cover, practice.cover_practitioner[episode], practice.first_practitioner[episode])
    absent = ~rows.is_attended
    has_event, asked = _events(rows, is_first, rng)
    decision, reason = _step_up(rows, patients, visits, rng)

    def codes(share: float, tokens: dict[str, float] = NOT_RECORDED) -> Array:
        return always("", absent, missing(rng, n, share, tokens))

    flexion = 46 - 4 * patients.severity[episode] + 12 * rng.normal(size=n)
    raised = np.clip(np.where(patients.is_below_knee[episode], 58, 76) + 11 * rng.normal(size=n), 10, 110)
    seldom = codes(0.6)
    where = np.where(is_first, 0, pick(rng, n, (0.92, 0.05, 0.03)))
    has_deficit = group.screening.deficit_root[episode] >= 0
    retested = np.where(has_deficit, pick(rng, n, (0.3, 0.4, 0.02, 0.28)), pick(rng, n, (0, 0.4, 0, 0.6)))
    columns = {
        "session_key": rows.keys,
        "episode_key": group.episode_keys.take(pa.array(episode)),
        "session_no": whole(np.maximum(number, 1), 1, 200, always("", absent)),
        "session_day": whole(rows.day, 0, 3650),
        "attendance": coded(visits.attendance[episode, rows.slot], ATTENDANCE),
        "mode": coded(where, ("in_person", "telehealth", "group"), codes(0.02)),
        "duration_min": whole(
            np.where(is_first, 45, 30) + 5 * (pick(rng, n, (0.2, 0.6, 0.2)) - 1), 5, 180, codes(0.05)
        ),
        "practitioner_key": coded(who, practice.keys.to_pylist(), always("", absent)),
        "practitioner_profession": coded(practice.profession[who], PROFESSIONS, always("", absent)),
        "practitioner_qualification": coded(practice.qualification[who], QUALIFICATIONS, always("", absent)),
        "practitioner_years_band": coded(practice.years_band[who], ("0-2", "3-5", "6-10", "11-20", "20+"), codes(0.02)),
        "nprs_pre": whole(np.maximum(before, 0), 0, 10, always("", absent | unscored)),
        "nprs_post": whole(after, 0, 10, always("", unscored, codes(0.12))),
        "rom_flexion_pre": decimal(flexion, 0, 120, 0, seldom),
        "rom_flexion_post": decimal(flexion + 3 + 4 * rng.normal(size=n), 0, 120, 0, seldom),
        "rom_extension_pre": decimal(17 + 6 * rng.normal(size=n), 0, 60, 0, codes(0.75)),
        "rom_extension_post": decimal(19 + 6 * rng.normal(size=n), 0, 60, 0, codes(0.8)),
        "slr_pre": whole(raised, 0, 120, codes(0.75)),
        "slr_post": whole(raised + 4 * rng.normal(size=n), 0, 120, codes(0.8)),
        "neuro_change": coded(
            retested,
            ("improved", "same", "worse", "not_retested"),
            codes(0.08),
        ),
        "adherence_home_pct": whole(62 + 24 * rng.normal(size=n), 0, 100, always(".n", is_first, codes(0.2))),
        "medication_change": coded(
            pick(rng, n, (0.88, 0.02, 0.04, 0.02, 0.04)),
            ("none", "started", "stopped", "increased", "decreased"),
            codes(0.15),
        ),
        "step_up_decision": coded(decision, STEP_UPS, always("", absent)),
        "step_up_reason": coded(reason, REASONS, always("", absent, always(".n", decision == 0))),
        "ae_since_last": tri(has_event, always("", absent, always(".n", is_first, always(".a", ~asked)))),
        "discharge_status": coded(visits.discharge[episode, rows.slot], DISCHARGE),
    }  # fmt: skip
    return columns, has_event


def _events(rows: SessionRows, is_first: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Whether an event since the last attended visit is reported, and whether the question was asked."""
    attended = np.flatnonzero(rows.is_attended)
    last = np.concatenate([[0], attended[:-1]])
    exercised, manipulated = rows.done[last, EXERCISE_COLUMN], rows.done[last, MANIPULATION_COLUMN]
    share = np.where(
        manipulated,
        EVENT_CHANCE_AFTER_MANIPULATION,
        np.where(exercised, EVENT_CHANCE_AFTER_EXERCISE, EVENT_CHANCE_OTHERWISE),
    )
    asked = rows.is_attended & ~is_first & (chance(rng, rows.n) < 0.94)
    happened = np.zeros(rows.n, dtype=bool)
    happened[attended] = chance(rng, len(attended)) < share
    return happened & asked, asked


def _step_up(rows: SessionRows, patients: Patients, visits: Visits, rng: np.random.Generator) -> tuple[Array, Array]:
    """Indices into STEP_UPS and REASONS a booking; adding manipulation is recorded at the decision visit."""
    n, episode = rows.n, rows.episode
    at_decision = rows.slot == visits.decision_slot[episode]
    adds = at_decision & visits.adds_manipulation[episode]
    is_not_better = visits.is_under_30_percent_better[episode]
    other = np.array([0, 2, 3, 4, 5, 6])
    late = np.where(
        at_decision & is_not_better & ~adds,
        other[pick(rng, n, (0.82, 0.06, 0.05, 0.02, 0.02, 0.03))],
        other[pick(rng, n, (0.985, 0.0, 0.006, 0.002, 0.002, 0.005))],
    )
    decision = np.where(rows.is_attended & (rows.slot > 1), np.where(adds, 1, late), 0)
    wishes = recorded_preference(patients)[episode] == PREFERS_MANIPULATION
    usual = np.where(
        is_not_better, pick(rng, n, (0.62, 0.10, 0.08, 0.12, 0.08)), pick(rng, n, (0.0, 0.0, 0.45, 0.2, 0.35))
    )
    return decision, np.where(wishes & (chance(rng, n) < 0.35), 2, usual)
