"""The two trials that are estimated, as data. A change here changes the protocol hash stored with every result.

The frame each is estimated on has, beside the keys and the columns of cohort.covariates (and for `decision` those of
cohort.early_course, cohort.index_arms and cohort.decision), a column for every outcome: answers within the window of
cohort.outcomes only, improvements in points (positive is better), r30d, r50d and the absence of deterioration as 0/1.
"""

from __future__ import annotations

from pipelines.causal.fixed_groups import FIXED_GROUPS, MODIFIERS
from pipelines.causal.protocol import Outcome, TargetTrial

# Confounders as a practitioner sees them on day 0, chosen by the clinic before any outcome was looked at.
BASELINE_COVARIATES = (
    "age_midpoint_years",
    "sex",
    "bmi",
    "smoking",
    "work_status",
    "work_demand",
    "compensation_claim",
    "referral_source",
    "log_duration_days",
    "onset",
    "prior_episodes",
    "prior_manipulation",
    "prior_spine_surgery",
    "has_leg_or_foot_complaint",
    "pain_below_knee",
    "leg_worse_than_back",
    "back_pain_points",
    "leg_pain_points",
    "disability_instrument",
    "odi_pct",
    "rmdq24",
    "start_total",
    "start_psych",
    "fabq_work",
    "fabq_pa",
    "phq2",
    "pseq",
    "expect_recovery",
    "preference_treatment",
    "sleep_disturbed",
    "walking_limit",
    "is_neuropathic",
    "numbness",
    "neuro_deficit",
    "is_slr_positive",
    "has_hypomobile_segment",
    "has_hip_rotation_above_35_deg",
    "flynn_n_pos",
    "has_osteoporosis",
    "has_anticoagulant",
    "comorb_diabetes",
    "comorb_cvd_pad",
    "comorb_depression_anxiety",
    "comorb_other_count",
    "med_nsaid",
    "med_opioid",
    "med_gabapentinoid",
    "has_imaging",
    "worst_disc_contour",
    "worst_central_stenosis",
    "worst_nerve_root_compromise",
    "worst_spondylolisthesis",
)

# What the practitioner saw by time zero of the decision: pain, its course, attendance, treatment so far.
DECISION_COVARIATES = (
    "time_zero_day",
    "pain_at_time_zero",
    "improvement_fraction",
    "pain_slope_per_week",
    "pain_improvement_fraction_day14",
    "disability_by_time_zero",
    "attended_before",
    "missed_before",
    "index_arm",
    "has_exercise_by_day14",
)

_RMDQ24 = (("rmdq24", 0.0),)
_ODI = (("odi_pct", 0.0),)
_PAIN = (("main_pain_points", 0.0),)
# The instrument is RMDQ-24 when intake has it, else ODI; below the floor 30 % less means nothing (domain/outcomes.md).
_RESPONDER_FLOORS = (("rmdq24", 4.0), ("odi_pct", 20.0))

TWELVE_WEEK_OUTCOMES = (
    Outcome("r30d_12wk", 12, "r30d_12wk", True, "risk difference", 0.10, "is_due_12wk", _RESPONDER_FLOORS),
    Outcome("rmdq24_12wk", 12, "rmdq24_12wk", False, "RMDQ-24 points", 2.0, "is_due_12wk", _RMDQ24),
    Outcome("odi_pct_12wk", 12, "odi_pct_12wk", False, "ODI points", 5.0, "is_due_12wk", _ODI),
    Outcome("pain_12wk", 12, "pain_12wk", False, "NPRS points", 1.0, "is_due_12wk", _PAIN),
    Outcome("r50d_12wk", 12, "r50d_12wk", True, "risk difference", 0.10, "is_due_12wk", _RESPONDER_FLOORS, True),
    # Half a responder's margin: a harm is rarer than a response and weighs more.
    Outcome(
        "not_deteriorated_12wk", 12, "not_deteriorated_12wk", True, "risk difference", 0.05, "is_due_12wk", (), True
    ),
)
TWENTY_SIX_WEEK_OUTCOMES = (
    Outcome("r30d_26wk", 26, "r30d_26wk", True, "risk difference", 0.10, "is_due_26wk", _RESPONDER_FLOORS, True),
    Outcome("rmdq24_26wk", 26, "rmdq24_26wk", False, "RMDQ-24 points", 2.0, "is_due_26wk", _RMDQ24, True),
    Outcome("odi_pct_26wk", 26, "odi_pct_26wk", False, "ODI points", 5.0, "is_due_26wk", _ODI, True),
)

INDEX = TargetTrial(
    id="index",
    question="What is started in the first 14 days: rest or advice only, exercise, or manipulation?",
    time_zero="day 0, the first attended visit",
    eligibility=(
        "attended at least once",
        "baseline disability recorded",
        "no absolute contraindication to manipulation and no condition that is excluded",
        "treatment of the first 14 days recorded",
        "12-week time point passed",
    ),
    arms=("rest_or_advice", "exercise", "manipulation"),
    contrasts=(
        ("manipulation", "exercise"),
        ("manipulation", "rest_or_advice"),
        ("exercise", "rest_or_advice"),
    ),
    outcomes=TWELVE_WEEK_OUTCOMES,
    grace_period_days=14,
    covariates=BASELINE_COVARIATES,
    observation_covariates=("pain_improvement_fraction_day28", "attended_by_day28", "missed_by_day28"),
    arms_with_manipulation=("manipulation",),
    groups=FIXED_GROUPS,
    difference_outcomes=("r30d_12wk",),
    modifiers=MODIFIERS,
)

DECISION = TargetTrial(
    id="decision",
    question="In care at week 4, not manipulated and under 30 % better: add manipulation or continue without?",
    time_zero="the first attended visit of days 28 to 41",
    eligibility=(
        "attended a visit of days 28 to 41",
        "not manipulated before it",
        "under 30 % less pain than at intake",
        "no absolute contraindication to manipulation and no condition that is excluded",
        "baseline disability and the treatment of the next 14 days recorded",
        "12-week time point passed",
    ),
    arms=("continue_without", "add_manipulation"),
    contrasts=(("add_manipulation", "continue_without"),),
    outcomes=(*TWELVE_WEEK_OUTCOMES, *TWENTY_SIX_WEEK_OUTCOMES),
    grace_period_days=14,
    covariates=(*BASELINE_COVARIATES, *DECISION_COVARIATES),
    arms_with_manipulation=("add_manipulation",),
    groups=FIXED_GROUPS,
    difference_outcomes=("r30d_12wk",),
    modifiers=MODIFIERS,
)

TRIALS = {trial.id: trial for trial in (DECISION, INDEX)}
