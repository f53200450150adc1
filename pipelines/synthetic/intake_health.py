"""Intake columns of symptoms, warning signs, other illness and medication."""

import numpy as np

from pipelines.synthetic.coding import (
    NOT_RECORDED,
    Columns,
    always,
    chance,
    coded,
    logistic,
    missing,
    pick,
    tri,
    whole,
)
from pipelines.synthetic.patients import Patients
from pipelines.synthetic.screening import CORE_FLAGS, EXAM_FEED_MISSING_EVERY, PRIOR_SURGERY, Screening

MEDICATION = ("none", "prn", "daily")
UNKNOWN = {"": 0.55, ".a": 0.1, ".u": 0.35}


def symptoms_columns(patients: Patients, screening: Screening, rng: np.random.Generator) -> Columns:
    """Symptoms and limits; numbness of the saddle only where the flag for it is recorded as yes."""
    n = patients.n
    has_root, is_right = screening.deficit_root >= 0, screening.deficit_side == 1
    where = np.where(chance(rng, n) < 0.93, 1 + is_right, 3)
    numb = np.where(has_root & (chance(rng, n) < 0.75) | (chance(rng, n) < 0.08), where, 0)
    is_saddle = screening.recorded("rf_saddle_anaesthesia") & (chance(rng, n) < 0.6)
    weak = np.where(screening.weakest_grade < 5, 1 + is_right, np.where(chance(rng, n) < 0.03, 1 + is_right, 0))
    progressive = screening.recorded("rf_progressive_deficit")
    roots = np.where(has_root, screening.deficit_root + 1, -1)
    dermatome = np.where(
        patients.is_below_knee,
        np.where(roots >= 0, roots, np.where(chance(rng, n) < 0.5, 7, 4)),
        np.where(chance(rng, n) < 0.1, 7, 8),
    )
    stiffness = np.where(chance(rng, n) < 0.3, 0, np.exp(rng.normal(2.8, 0.8, n)))
    return {
        "standing_limit_min": coded(
            pick(rng, n, (0.08, 0.16, 0.22, 0.20, 0.16, 0.18)),
            ("lt5", "5_15", "15_30", "30_60", "gt60", "none"),
            missing(rng, n, 0.1),
        ),
        "walking_limit": coded(
            pick(rng, n, (0.06, 0.13, 0.15, 0.26, 0.40)),
            ("lt100m", "100_500m", "500m_1km", "gt1km", "none"),
            missing(rng, n, 0.1),
        ),
        "relief_sitting_or_flexion": tri(
            chance(rng, n) < logistic(-1.6 + (patients.age_years - 50) / 20), missing(rng, n, 0.15, UNKNOWN)
        ),
        "sleep_disturbed": coded(
            np.clip(np.rint(1.2 + 0.7 * patients.severity + 0.7 * rng.normal(size=n)), 0, 3),
            ("none", "some_nights", "most_nights", "every_night"),
            missing(rng, n, 0.08),
        ),
        "numbness": coded(
            np.where(is_saddle, 4, numb), ("none", "left", "right", "bilateral", "saddle"), missing(rng, n, 0.03)
        ),
        "paraesthesia": coded(
            np.where(chance(rng, n) < 0.35, where, 0), ("none", "left", "right", "bilateral"), missing(rng, n, 0.05)
        ),
        "weakness_reported": coded(
            np.where(progressive, 4, weak), ("none", "left", "right", "bilateral", "progressive"), missing(rng, n, 0.03)
        ),
        "dermatome_symptoms": coded(
            dermatome, ("L1", "L2", "L3", "L4", "L5", "S1", "S2_S5", "nondermatomal", "none"), missing(rng, n, 0.05)
        ),
        "cough_sneeze_leg_pain": tri(
            patients.has_leg_complaint & (chance(rng, n) < 0.3),
            always(".n", ~patients.has_leg_complaint, missing(rng, n, 0.08)),
        ),
        "morning_stiffness_min": whole(stiffness, 0, 300, missing(rng, n, 0.12)),
    }


def flags_columns(patients: Patients, screening: Screening, rng: np.random.Generator) -> Columns:
    """The rf_ fields, their summary and what was done about them, night pain, and earlier spine surgery."""
    n = patients.n
    columns = {field: tri(screening.flags[field], codes) for field, codes in screening.flag_missing.items()}
    recorded = np.stack([screening.recorded(field) for field in columns if field.startswith("rf_")])
    is_known = np.asarray(np.stack([screening.flag_missing[field] == 0 for field in CORE_FLAGS]).all(axis=0))
    is_any = np.asarray(recorded.any(axis=0))
    is_unclear = ~is_known & ~is_any
    action = np.where(is_any, np.array([1, 1, 4, 2, 3])[pick(rng, n, (0.3, 0.32, 0.2, 0.13, 0.05))], 0)
    columns["red_flag_action"] = coded(
        action,
        ("none_needed", "monitored", "urgent_referral", "emergency_referral", "imaging_requested"),
        always("", is_unclear, missing(rng, n, 0.03)),
    )
    columns["rf_any"] = tri(is_any, always(".a", is_unclear))
    columns["prior_spine_surgery"] = coded(screening.prior_surgery, PRIOR_SURGERY)
    return columns


def health_columns(patients: Patients, rng: np.random.Generator) -> Columns:
    """Other illness, family history and medication."""
    n, older = patients.n, np.exp((patients.age_years - 50) / 30)
    prevalence = {
        "comorb_diabetes": 0.08 * older,
        "comorb_cvd_pad": 0.07 * older,
        "comorb_inflammatory_arthritis": np.full(n, 0.015),
        "comorb_hip_knee_oa": 0.12 * older,
        "comorb_depression_anxiety": logistic(-1.6 + 0.4 * patients.severity),
        "comorb_neuro_disease": np.full(n, 0.012),
        "fh_inflammatory_spine": np.full(n, 0.025),
        "fh_disc_surgery": np.full(n, 0.10),
        "fh_cancer_first_degree": np.full(n, 0.22),
        "fh_diabetes": np.full(n, 0.20),
        "med_steroid_injection_6mo": np.full(n, 0.05),
    }
    sparse = {"fh_disc_surgery": 0.5, "fh_cancer_first_degree": 0.5, "fh_inflammatory_spine": 0.2, "fh_diabetes": 0.15}
    columns = {
        field: tri(
            chance(rng, n) < share,
            missing(rng, n, sparse.get(field, 0.04), UNKNOWN if field.startswith("fh_") else NOT_RECORDED),
        )
        for field, share in prevalence.items()
    }
    opioid = np.clip(np.rint(0.3 + 0.5 * patients.severity + 0.8 * rng.normal(size=n)), 0, 3)
    return columns | {
        "comorb_other_count": whole(rng.poisson(0.8 * older), 0, 20, missing(rng, n, 0.08)),
        "med_nsaid": coded(pick(rng, n, (0.42, 0.40, 0.18)), MEDICATION, missing(rng, n, 0.04)),
        "med_paracetamol": coded(pick(rng, n, (0.45, 0.42, 0.13)), MEDICATION, missing(rng, n, 0.06)),
        "med_opioid": coded(opioid, ("none", "weak_prn", "weak_daily", "strong"), missing(rng, n, 0.04)),
        "med_gabapentinoid": coded(pick(rng, n, (0.93, 0.07)), ("none", "current"), missing(rng, n, 0.04)),
        "med_antidepressant": coded(pick(rng, n, (0.88, 0.12)), ("none", "current"), missing(rng, n, 0.06)),
    }


def stand_ins_columns(patients: Patients, screening: Screening, rng: np.random.Generator) -> Columns:
    """Fields that a clinic without the examination feed fills; the others leave them empty."""
    has_feed = patients.clinic % EXAM_FEED_MISSING_EVERY != EXAM_FEED_MISSING_EVERY - 1
    is_done = chance(rng, patients.n) < 0.9
    return {
        "neuro_deficit": tri(screening.deficit_root >= 0, always("", has_feed, always(".p", ~is_done))),
        "lumbar_exam_done": tri(is_done, always("", has_feed)),
    }
