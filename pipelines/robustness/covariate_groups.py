"""The measured factors in groups that a clinician would name together: what a hidden factor's strength is compared with."""

from __future__ import annotations

COVARIATE_GROUPS: dict[str, tuple[str, ...]] = {
    "age, sex and lifestyle": ("age_midpoint_years", "sex", "bmi", "smoking"),
    "work and referral": ("work_status", "work_demand", "compensation_claim", "referral_source"),
    "history": ("log_duration_days", "onset", "prior_episodes", "prior_manipulation", "prior_spine_surgery"),
    "pain at the start": (
        "has_leg_or_foot_complaint",
        "pain_below_knee",
        "leg_worse_than_back",
        "back_pain_points",
        "leg_pain_points",
    ),
    "disability at the start": ("disability_instrument", "odi_pct", "rmdq24", "sleep_disturbed", "walking_limit"),
    "worry and mood": ("start_total", "start_psych", "fabq_work", "fabq_pa", "phq2", "pseq"),
    "expectation and preference": ("expect_recovery", "preference_treatment"),
    "examination": (
        "is_neuropathic",
        "numbness",
        "neuro_deficit",
        "is_slr_positive",
        "has_hypomobile_segment",
        "has_hip_rotation_above_35_deg",
        "flynn_n_pos",
    ),
    "other illness and medication": (
        "has_osteoporosis",
        "has_anticoagulant",
        "comorb_diabetes",
        "comorb_cvd_pad",
        "comorb_depression_anxiety",
        "comorb_other_count",
        "med_nsaid",
        "med_opioid",
        "med_gabapentinoid",
    ),
    "imaging": (
        "has_imaging",
        "worst_disc_contour",
        "worst_central_stenosis",
        "worst_nerve_root_compromise",
        "worst_spondylolisthesis",
    ),
    "course before the decision": (
        "time_zero_day",
        "pain_at_time_zero",
        "improvement_fraction",
        "pain_slope_per_week",
        "pain_improvement_fraction_day14",
        "disability_by_time_zero",
    ),
    "care before the decision": ("attended_before", "missed_before", "index_arm", "has_exercise_by_day14"),
}
PRACTITIONER = "practitioner"
"""The group of the practitioners' indicators, which are measured factors too."""


def groups_of(covariates: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the groups of these covariates in order; a covariate in no group is a group of its own."""
    found = {
        name: tuple(column for column in columns if column in covariates) for name, columns in COVARIATE_GROUPS.items()
    }
    grouped = {column for columns in found.values() for column in columns}
    alone = {column.replace("_", " "): (column,) for column in covariates if column not in grouped}
    return {name: columns for name, columns in (found | alone).items() if columns}
