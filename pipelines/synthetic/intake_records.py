"""The intake feed: one row an episode, all fields of the contract."""

import datetime

import numpy as np
import pyarrow as pa

from pipelines.contracts import SCHEMA_VERSION
from pipelines.synthetic.coding import (
    Array,
    Columns,
    always,
    chance,
    coded,
    constant,
    decimal,
    logistic,
    missing,
    pick,
    stream,
    tri,
    whole,
)
from pipelines.synthetic.intake_health import (
    UNKNOWN,
    flags_columns,
    health_columns,
    stand_ins_columns,
    symptoms_columns,
)
from pipelines.synthetic.patients import PREFERENCES, WORK, Patients
from pipelines.synthetic.population import Population
from pipelines.synthetic.screening import Screening
from pipelines.synthetic.visits import FIRST_SLOT, Visits
from pipelines.synthetic.worlds import World

EXTRACT_DATE = datetime.date(2026, 11, 1)
AGE_BANDS = ("18-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80-89", "90+")
DURATION_BANDS = ("lt16d", "16-41d", "6-12wk", "3-12mo", "gt12mo")
COMPLAINTS = ("lbp_only", "lbp_with_leg", "leg_only", "foot_only")
SIDES = ("left", "right", "bilateral", "midline")
DECLINED = {"": 0.6, ".a": 0.15, ".d": 0.25}


def age_band(age_years: Array) -> Array:
    """Index into AGE_BANDS."""
    band: Array = np.clip((age_years // 10).astype(int) - 2, 0, 7)
    return band


def intake_columns(group: Population) -> Columns:
    """All intake columns, one row an episode."""
    patients, screening = group.patients, group.screening
    rng = stream(group.seed, "intake")
    columns = {
        **group.keys,
        "schema_version": constant(SCHEMA_VERSION, patients.n),
        "index_period": _index_period(patients.observed_through_day),
        "observed_through_day": whole(patients.observed_through_day, 0, 3650),
        "age_band": coded(age_band(patients.age_years), AGE_BANDS, patients.missing["age_band"]),
        "sex": coded(patients.is_female.astype(np.int8), ("male", "female"), patients.missing["sex"]),
    }
    columns |= _background(patients, rng)
    columns |= _complaint(patients, screening, group.world, rng)
    columns |= _scores(patients, group.visits, rng)
    columns |= symptoms_columns(patients, screening, rng)
    columns |= flags_columns(patients, screening, rng)
    columns |= health_columns(patients, rng)
    return columns | stand_ins_columns(patients, screening, rng)


def _index_period(observed_through_day: Array) -> pa.Array:
    day = np.datetime64(EXTRACT_DATE) - observed_through_day.astype("timedelta64[D]")
    quarter = day.astype("datetime64[M]").astype(int) // 3
    first = int(quarter.min())
    labels = [f"{1970 + number // 4}-Q{number % 4 + 1}" for number in range(first, int(quarter.max()) + 1)]
    return coded(quarter - first, labels)


def _background(patients: Patients, rng: np.random.Generator) -> Columns:
    n = patients.n
    bmi = 27.4 + 4.8 * rng.normal(size=n) + 0.03 * (patients.age_years - 50)
    return {
        "ethnicity_group": coded(
            pick(rng, n, (0.72, 0.10, 0.08, 0.05, 0.03, 0.02)),
            ("group_1", "group_2", "group_3", "group_4", "group_5", "not_stated"),
            missing(rng, n, 0.30, DECLINED),
        ),
        "deprivation_quintile": whole(1 + pick(rng, n, (1, 1, 1, 1, 1)), 1, 5, missing(rng, n, 0.25)),
        "bmi": decimal(bmi, 15, 60, 1, missing(rng, n, 0.12, DECLINED)),
        "smoking": coded(
            pick(rng, n, (0.52, 0.30, 0.18)), ("never", "former", "current"), missing(rng, n, 0.06, DECLINED)
        ),
        "work_status": coded(patients.work_status, WORK, patients.missing["work_status"]),
        "work_demand": coded(
            pick(rng, n, (0.35, 0.28, 0.22, 0.11, 0.04)),
            ("sedentary", "light", "medium", "heavy", "very_heavy"),
            always(".n", patients.work_status > 3, missing(rng, n, 0.2)),
        ),
        "compensation_claim": coded(
            pick(rng, n, (0.93, 0.04, 0.02, 0.01)),
            ("none", "open_workers_comp", "open_motor", "open_other"),
            missing(rng, n, 0.05, DECLINED),
        ),
        "payer_type": coded(
            pick(rng, n, (0.30, 0.25, 0.35, 0.05, 0.05)),
            ("self", "private_insurer", "public", "workers_comp", "other"),
            missing(rng, n, 0.03),
        ),
        "referral_source": coded(
            pick(rng, n, (0.42, 0.36, 0.10, 0.06, 0.03, 0.03)),
            ("self", "gp", "specialist", "insurer", "employer", "other"),
            missing(rng, n, 0.04),
        ),
    }


def _complaint(patients: Patients, screening: Screening, world: World, rng: np.random.Generator) -> Columns:
    """What is complained of; a complaint of one side is on the side of the neurological signs."""
    n = patients.n
    back, leg, below = patients.has_back_complaint, patients.has_leg_complaint, patients.is_below_knee
    reach = pick(rng, n, (0.55, 0.20, 0.25))
    parts = (
        ("low_back", back),
        ("buttock", back & (chance(rng, n) < 0.35)),
        ("groin", back & (chance(rng, n) < 0.04)),
        ("thigh", leg & ~(below & (reach == 2))),
        ("knee", leg & (chance(rng, n) < 0.12)),
        ("calf", below & (reach != 2)),
        ("ankle", below & (reach == 1)),
        ("foot", below & (reach >= 1)),
    )
    is_foot_only = ~back & leg & (reach == 2) & below
    regions = tuple((name, present & ~(is_foot_only & (name == "knee"))) for name, present in parts)
    pattern = np.sum([present.astype(int) << bit for bit, (_, present) in enumerate(regions)], axis=0)
    words = [
        ";".join(name for bit, (name, _) in enumerate(regions) if code >> bit & 1) for code in range(1 << len(regions))
    ]
    chief = np.where(is_foot_only, 3, np.where(leg & back, 1, np.where(leg, 2, 0)))
    duration_missing = patients.missing["episode_duration_days"]
    earlier = np.clip(
        pick(rng, n, (0.28, 0.37, 0.22, 0.13))
        + np.clip(np.rint(0.8 * world.hidden_severity * patients.hidden), -1, 2)
        + patients.is_second,
        0, 3,
    )  # fmt: skip
    side = pick(rng, n, (0.38, 0.40, 0.14, 0.08))
    return {
        "complaint_region": coded(pattern, words),
        "complaint_side": coded(np.where(side < 2, screening.deficit_side, side), SIDES, missing(rng, n, 0.02)),
        "chief_complaint": coded(chief, COMPLAINTS, missing(rng, n, 0.03)),
        "pain_below_knee": tri(below, patients.missing["pain_below_knee"]),
        "leg_worse_than_back": tri(patients.is_leg_worse, patients.missing["leg_worse_than_back"]),
        "episode_duration_days": whole(patients.duration_days, 0, 20000, duration_missing),
        "duration_band": coded(
            np.searchsorted([16, 42, 84, 365], patients.duration_days, side="right"), DURATION_BANDS, duration_missing
        ),
        "onset": coded(
            pick(rng, n, (0.22, 0.44, 0.22, 0.07, 0.03, 0.02)),
            ("sudden_no_trauma", "gradual", "lifting", "fall", "motor", "other"),
            missing(rng, n, 0.05, UNKNOWN),
        ),
        "prior_episodes": coded(earlier, ("0", "1-2", "3-5", "6+"), missing(rng, n, 0.04, UNKNOWN)),
        "prior_manipulation": coded(
            patients.prior_manipulation, ("none", "helped", "no_change", "worse"), missing(rng, n, 0.07, UNKNOWN)
        ),
    }


def _scores(patients: Patients, visits: Visits, rng: np.random.Generator) -> Columns:
    n, lost = patients.n, patients.missing
    worst = np.minimum(
        10,
        np.max([patients.back_pain, patients.leg_pain, visits.pain[:, FIRST_SLOT]], axis=0)
        + pick(rng, n, (0.3, 0.4, 0.2, 0.1)),
    )
    too_few = (lost["odi_pct"] > 0) & (chance(rng, n) < 0.15)
    unasked = (lost["odi_pct"] > 0) & ~too_few
    risk = np.where(patients.start_total <= 3, 0, np.where(patients.start_psych <= 3, 1, 2))
    tool = pick(rng, n, (0.62, 0.25, 0.13))
    neuropathic = np.where(tool == 1, 8 + 6 * rng.normal(size=n), 13 + 8 * rng.normal(size=n))
    in_range = np.where(tool == 1, np.clip(neuropathic, 0, 24), np.clip(neuropathic, -1, 38))
    severity = patients.severity
    return {
        "nprs_back_avg": whole(patients.back_pain, 0, 10, lost["nprs_back_avg"]),
        "nprs_leg_avg": whole(patients.leg_pain, 0, 10, lost["nprs_leg_avg"]),
        "nprs_worst_24h": whole(worst, 0, 10, missing(rng, n, 0.15)),
        "odi_pct": decimal(patients.odi_pct, 0, 100, 1, lost["odi_pct"]),
        "odi_items_answered": whole(
            np.where(too_few, 4 + pick(rng, n, (1, 1, 1, 1)), patients.odi_items_answered), 0, 10, always("", unasked)
        ),
        "rmdq24": whole(patients.rmdq24, 0, 24, lost["rmdq24"]),
        "psfs_mean": decimal(
            4.0 - 0.9 * severity + 1.6 * rng.normal(size=n), 0, 10, 1, missing(rng, n, 0.35, DECLINED)
        ),
        "start_total": whole(patients.start_total, 0, 9, lost["start_total"]),
        "start_psych": whole(patients.start_psych, 0, 5, lost["start_total"]),
        "start_risk": coded(risk, ("low", "medium", "high"), lost["start_total"]),
        "fabq_work": whole(16 + 4 * severity + 9 * rng.normal(size=n), 0, 42, missing(rng, n, 0.25, DECLINED)),
        "fabq_pa": whole(14 + 2 * severity + 5 * rng.normal(size=n), 0, 24, missing(rng, n, 0.25, DECLINED)),
        "neuropathic_tool": coded(tool, ("none", "slanss", "paindetect"), (no_tool := missing(rng, n, 0.1))),
        "neuropathic_score": whole(
            in_range, -1, 38, always(".n", tool == 0, always("", no_tool > 0, missing(rng, n, 0.05)))
        ),
        "sbi": whole(14.9 + 5.1 * rng.normal(size=n), 0, 24, missing(rng, n, 0.6)),
        "phq2": whole(1.6 + 0.6 * severity + 1.3 * rng.normal(size=n), 0, 6, missing(rng, n, 0.5, DECLINED)),
        "pseq": whole(36 - 5 * severity + 10 * rng.normal(size=n), 0, 60, missing(rng, n, 0.6)),
        "expect_recovery": whole(
            6.4 - 0.8 * severity + 2.2 * rng.normal(size=n), 0, 10, missing(rng, n, 0.15, UNKNOWN)
        ),
        "expect_last_long": tri(
            chance(rng, n) < logistic(-1.2 + 0.9 * (patients.duration_group == 2)), missing(rng, n, 0.15, UNKNOWN)
        ),
        "preference_treatment": coded(patients.preference, PREFERENCES, lost["preference_treatment"]),
        "eq5d5l_index": decimal(0.58 - 0.12 * severity + 0.18 * rng.normal(size=n), -0.5, 1, 3, missing(rng, n, 0.55)),
    }
