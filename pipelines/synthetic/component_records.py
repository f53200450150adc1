"""The session_component and adverse_event feeds: one row a thing done, one row an event reported."""

import numpy as np
import pyarrow as pa

from pipelines.synthetic.coding import (
    NOT_RECORDED,
    Array,
    Columns,
    always,
    chance,
    coded,
    decimal,
    missing,
    pick,
    stream,
    tri,
    whole,
)
from pipelines.synthetic.population import Population
from pipelines.synthetic.session_records import COMPONENTS, EXERCISE_COLUMN, MANIPULATION_COLUMN, SessionRows

EXERCISE_TYPES = (
    "walking_aerobic",
    "motor_control",
    "directional",
    "strength",
    "flexibility",
    "neurodynamic",
    "mind_body",
    "graded_activity",
    "mixed",
)
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


def component_columns(rows: SessionRows, group: Population) -> Columns:
    """All session_component columns; components are numbered from 1 in each session."""
    rng = stream(group.seed, "doses")
    session, component = np.nonzero(rows.done)
    n = len(session)
    number = np.arange(n) - np.searchsorted(session, session) + 1
    is_exercise, is_manipulation = component == EXERCISE_COLUMN, component == MANIPULATION_COLUMN
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
