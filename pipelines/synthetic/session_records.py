"""The session, session_component and adverse_event feeds, from the factual visits."""

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
    "none", "add_manipulation", "add_exercise", "refer_imaging", "refer_injection", "refer_surgeon", "refer_gp", "step_down",
)  # fmt: skip
REASONS = ("no_improvement", "worse", "patient_request", "protocol", "practitioner_choice")
PROFESSIONS = (
    "physiotherapist", "manipulative_physiotherapist", "chiropractor", "osteopath", "exercise_physiologist", "assistant", "other",
)  # fmt: skip
QUALIFICATIONS = ("entry", "postgrad_cert", "postgrad_masters_manip", "fellow_ifompt", "other")
COMPONENTS = (
    "advice", "education", "rest_relative", "exercise", "manipulation", "soft_tissue", "traction", "electro", "acupuncture",
    "taping", "medication_advice", "psych_informed", "other",
)  # fmt: skip
EXERCISE_TYPES = (
    "walking_aerobic", "motor_control", "directional", "strength", "flexibility", "neurodynamic", "mind_body",
    "graded_activity", "mixed",
)  # fmt: skip
MANIPULATION_TYPES = (
    "thrust_hvla",
    "nonthrust_mobilisation",
    "instrument_assisted",
    "drop_table",
    "flexion_distraction",
)
TARGETS = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1", "SIJ", "pelvis", "regional")
EVENTS = (
    "local_soreness",
    "leg_pain_increase",
    "new_numbness",
    "headache",
    "dizziness",
    "fatigue",
    "stiffness",
    "other",
)
EVENT_SHARES = (0.52, 0.12, 0.01, 0.05, 0.04, 0.09, 0.15, 0.02)
EVENT_CHANCE_AFTER_MANIPULATION, EVENT_CHANCE_AFTER_EXERCISE, EVENT_CHANCE_OTHERWISE = 0.21, 0.11, 0.06
_EXERCISE, _MANIPULATION = COMPONENTS.index("exercise"), COMPONENTS.index("manipulation")


@dataclass(frozen=True)
class SessionRows:
    """The delivered bookings, in order of episode and slot; `done` is (rows, COMPONENTS), all False when not attended."""

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
    done[:, _EXERCISE], done[:, _MANIPULATION] = exercises, manipulates
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
    after = np.clip(np.rint(before - 0.7 - 0.3 * rows.done[:, _MANIPULATION] + 0.9 * rng.normal(size=n)), 0, 10)
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
    columns = {
        "session_key": rows.keys,
        "episode_key": group.episode_keys.take(pa.array(episode)),
        "session_no": whole(np.maximum(number, 1), 1, 200, always("", absent)),
        "session_day": whole(rows.day, 0, 3650),
        "attendance": coded(visits.attendance[episode, rows.slot], ATTENDANCE),
        "mode": coded(np.where(is_first, 0, pick(rng, n, (0.92, 0.05, 0.03))), ("in_person", "telehealth", "group"), codes(0.02)),
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
            np.where(group.screening.deficit_root[episode] >= 0, pick(rng, n, (0.3, 0.4, 0.02, 0.28)), pick(rng, n, (0, 0.4, 0, 0.6))),
            ("improved", "same", "worse", "not_retested"),
            codes(0.08),
        ),
        "adherence_home_pct": whole(62 + 24 * rng.normal(size=n), 0, 100, always(".n", is_first, codes(0.2))),
        "medication_change": coded(
            pick(rng, n, (0.88, 0.02, 0.04, 0.02, 0.04)), ("none", "started", "stopped", "increased", "decreased"), codes(0.15)
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
    exercised, manipulated = rows.done[last, _EXERCISE], rows.done[last, _MANIPULATION]
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


def component_columns(rows: SessionRows, group: Population) -> Columns:
    """All session_component columns; components are numbered from 1 in each session."""
    rng = stream(group.seed, "doses")
    session, component = np.nonzero(rows.done)
    n = len(session)
    number = np.arange(n) - np.searchsorted(session, session) + 1
    is_exercise, is_manipulation = component == _EXERCISE, component == _MANIPULATION
    is_other = ~is_exercise & ~is_manipulation
    cautioned = group.screening.is_relative[rows.episode[session]]
    kind = np.where(cautioned, 1, pick(rng, n, (0.45, 0.40, 0.07, 0.04, 0.04)))

    def codes(applies: Array, share: float) -> Array:
        return always(".n", ~applies, missing(rng, n, share, NOT_RECORDED))

    instrument = np.where(kind == 2, 1 + pick(rng, n, (0.6, 0.4)), np.where(kind == 3, 3, 0))
    return {
        "session_key": rows.keys.take(pa.array(session)),
        "component_no": whole(number, 1, 50),
        "component": coded(component, COMPONENTS),
        "exercise_type": coded(
            pick(rng, n, (0.14, 0.2, 0.14, 0.2, 0.1, 0.06, 0.03, 0.05, 0.08)), EXERCISE_TYPES, always("", ~is_exercise)
        ),
        "dose_sets": whole(2 + pick(rng, n, (0.3, 0.6, 0.1)), 0, 10, codes(is_exercise, 0.2)),
        "dose_reps": whole(8 + 2 * pick(rng, n, (0.2, 0.5, 0.2, 0.1)), 0, 50, codes(is_exercise, 0.2)),
        "dose_min": whole(5 + 5 * pick(rng, n, (0.4, 0.3, 0.2, 0.1)), 0, 120, codes(is_exercise, 0.35)),
        "dose_freq_wk": whole(3 + pick(rng, n, (0.4, 0.1, 0.3, 0.1, 0.1)), 0, 14, codes(is_exercise, 0.3)),
        "dose_intensity": coded(pick(rng, n, (0.35, 0.5, 0.15)), ("low", "moderate", "high"), codes(is_exercise, 0.3)),
        "manip_type": coded(kind, MANIPULATION_TYPES, always("", ~is_manipulation)),
        "mobilisation_grade": coded(
            pick(rng, n, (0.05, 0.2, 0.4, 0.3, 0.05)),
            ("I", "II", "III", "IV", "IV+"),
            codes(is_manipulation & (kind == 1), 0.2),
        ),
        "instrument": coded(
            instrument, ("none", "spring_adjusting", "electromechanical", "drop_piece"), codes(is_manipulation, 0.1)
        ),
        "target_level": coded(
            pick(rng, n, (0.03, 0.06, 0.14, 0.3, 0.27, 0.1, 0.02, 0.08)), TARGETS, codes(~is_other, 0.1)
        ),
        "side": coded(
            pick(rng, n, (0.3, 0.32, 0.2, 0.18)), ("left", "right", "bilateral", "central"), codes(is_manipulation, 0.1)
        ),
        "cavitation": tri(chance(rng, n) < 0.6, codes(is_manipulation & (kind == 0), 0.6)),
        "n_applications": whole(1 + pick(rng, n, (0.4, 0.35, 0.2, 0.05)), 1, 20, codes(is_manipulation, 0.2)),
    }


def adverse_event_columns(rows: SessionRows, has_event: Array, group: Population) -> Columns:
    """All adverse_event columns: one event for each session that reported any, two for one in ten."""
    rng = stream(group.seed, "adverse events")
    session = np.flatnonzero(has_event)
    counts = 1 + (chance(rng, len(session)) < 0.1)
    at = np.repeat(session, counts)
    n = len(at)
    number = np.arange(n) - np.searchsorted(at, at) + 1
    severity = pick(rng, n, (0.78, 0.215, 0.005))
    return {
        "session_key": rows.keys.take(pa.array(at)),
        "event_no": whole(number, 1, 50),
        "ae_type": coded(pick(rng, n, EVENT_SHARES), EVENTS),
        "ae_severity": coded(severity, ("mild", "moderate", "severe"), missing(rng, n, 0.03)),
        "ae_serious": coded((severity == 2) & (chance(rng, n) < 0.05), ("no", "yes")),
        "ae_onset_h": decimal(rng.exponential(9, n), 0, 72, 0, missing(rng, n, 0.2)),
        "ae_duration_h": decimal(rng.exponential(22, n), 1, 120, 0, missing(rng, n, 0.2)),
        "ae_related": coded(
            pick(rng, n, (0.12, 0.45, 0.35, 0.08)),
            ("unrelated", "possible", "probable", "definite"),
            missing(rng, n, 0.1),
        ),
    }
