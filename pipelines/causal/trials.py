"""The three trials that are estimated, as data. A change here changes the protocol hash stored with every result.

The frame each is estimated on has, beside the keys and the columns of cohort.covariates (and for `decision` those of
cohort.early_course, cohort.index_arms and cohort.decision), a column for every outcome: answers within the window of
cohort.outcomes only, improvements in points (positive is better), r30d, r50d and the absence of deterioration as 0/1.
"""

from __future__ import annotations

from pipelines.causal.criteria import (
    ATTENDED,
    BASELINE_DISABILITY,
    DECISION_VISIT,
    NO_CONTRAINDICATION,
    NO_EXCLUDED_CONDITION,
    NOT_ONLY_PASSIVE,
    NOT_YET_MANIPULATED,
    PAIN_RECORDED,
    TREATMENT_BEFORE_RECORDED,
    TREATMENT_RECORDED,
    TWELVE_WEEKS_DUE,
    UNDER_30_PERCENT_BETTER,
)
from pipelines.causal.fixed_groups import FIXED_GROUPS, MODIFIERS
from pipelines.causal.grace_strategies import AT_THE_DECISION, GRACE_COVARIATES, IN_THE_FIRST_14_DAYS
from pipelines.causal.protocol import Outcome, SteppedRegime, SteppedTrial, TargetTrial

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
    Outcome("pain_26wk", 26, "pain_26wk", False, "NPRS points", 1.0, "is_due_26wk", _PAIN, True),
)

INDEX = TargetTrial(
    id="index",
    question="What is started in the first 14 days: rest or advice only, exercise, or manipulation?",
    time_zero="day 0, the first attended visit",
    eligibility=(
        ATTENDED,
        BASELINE_DISABILITY,
        NO_CONTRAINDICATION,
        NO_EXCLUDED_CONDITION,
        TREATMENT_RECORDED,
        NOT_ONLY_PASSIVE,
        TWELVE_WEEKS_DUE,
    ),
    arms=("rest_or_advice", "exercise", "manipulation"),
    strategies=(
        "rest or advice only in days 0 to 13",
        "exercise in days 0 to 13, without manipulation",
        "manipulation in days 0 to 13, nearly always with exercise",
    ),
    contrasts=(
        ("manipulation", "exercise"),
        ("manipulation", "rest_or_advice"),
        ("exercise", "rest_or_advice"),
    ),
    outcomes=TWELVE_WEEK_OUTCOMES,
    grace_period_days=14,
    covariates=BASELINE_COVARIATES,
    observation_covariates=("pain_improvement_fraction_day28", "attended_by_day28", "missed_by_day28"),
    grace_covariates=(*GRACE_COVARIATES, "had_exercise_before_visit"),
    grace_strategies=IN_THE_FIRST_14_DAYS,
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
        ATTENDED,
        DECISION_VISIT,
        NOT_YET_MANIPULATED,
        TREATMENT_BEFORE_RECORDED,
        PAIN_RECORDED,
        UNDER_30_PERCENT_BETTER,
        NO_CONTRAINDICATION,
        NO_EXCLUDED_CONDITION,
        BASELINE_DISABILITY,
        TREATMENT_RECORDED,
        TWELVE_WEEKS_DUE,
    ),
    arms=("continue_without", "add_manipulation"),
    strategies=(
        "continue without manipulation, at that visit and for 14 days after it",
        "add manipulation at that visit or within 14 days after it",
    ),
    contrasts=(("add_manipulation", "continue_without"),),
    outcomes=(*TWELVE_WEEK_OUTCOMES, *TWENTY_SIX_WEEK_OUTCOMES[:3]),
    grace_period_days=14,
    covariates=(*BASELINE_COVARIATES, *DECISION_COVARIATES),
    grace_covariates=GRACE_COVARIATES,
    grace_strategies=AT_THE_DECISION,
    arms_with_manipulation=("add_manipulation",),
    groups=FIXED_GROUPS,
    difference_outcomes=("r30d_12wk",),
    modifiers=MODIFIERS,
)


def _step_up(week: int, under_percent: int) -> SteppedRegime:
    return SteppedRegime(
        name=f"step_up_week{week}_under_{under_percent}",
        words=f"without manipulation first; added at the first visit of days {7 * week} to {7 * week + 13} or by the last "
        f"of these days when pain is under {under_percent} % better than at intake",
        add_at_week=week,
        under_percent=under_percent,
    )


AT_ONCE = SteppedRegime(name="manipulation_at_once", words=INDEX.strategies[2], is_at_once=True)
NEVER = SteppedRegime(name="never", words="exercise, advice or other care, without manipulation to day 55")
STEP_UP = _step_up(4, 30)
STEP_UP_VARIANTS = (_step_up(2, 30), _step_up(6, 30), _step_up(4, 20), _step_up(4, 50))

STEPPED = SteppedTrial(
    id="stepped",
    question="Manipulation at once, exercise first and manipulation for those not better, or never?",
    time_zero="day 0, the first attended visit",
    eligibility=(
        ATTENDED,
        BASELINE_DISABILITY,
        NO_CONTRAINDICATION,
        NO_EXCLUDED_CONDITION,
        TREATMENT_RECORDED,
        TWELVE_WEEKS_DUE,
    ),
    regimes=(AT_ONCE, STEP_UP, NEVER, *STEP_UP_VARIANTS),
    contrasts=(
        (AT_ONCE.name, NEVER.name),
        (STEP_UP.name, NEVER.name),
        (AT_ONCE.name, STEP_UP.name),
        *((variant.name, STEP_UP.name) for variant in STEP_UP_VARIANTS),
    ),
    outcomes=(*TWELVE_WEEK_OUTCOMES[:4], *TWENTY_SIX_WEEK_OUTCOMES),
    grace_period_days=14,
    decision_weeks=(2, 4, 6),
    covariates=BASELINE_COVARIATES,
    first_visit_covariates=("index_arm", "has_exercise_by_day14", "pain_improvement_fraction_day14"),
    visit_covariates=(
        "time_zero_day",
        "pain_at_time_zero",
        "improvement_fraction",
        "pain_slope_per_week",
        "disability_by_time_zero",
        "attended_before",
        "missed_before",
    ),
    # Four stages and seven regimes make some 20 outcome models a repeat: three repeats take longer than the rest of a night.
    repeats=1,
)

TRIALS = {trial.id: trial for trial in (DECISION, INDEX)}
"""The trials of strategies that are chosen once; `STEPPED` is estimated in its own way."""

CRITERIA = {step.code: step for trial in (DECISION, INDEX, STEPPED) for step in trial.eligibility}
"""Every step of a flow by its code."""
