"""Plain words for codes that a report shows: feeds, trials, arms and the steps of a trial's flow."""

FEED_NAMES = {
    "intake": "Episodes of care (intake)",
    "exam": "Examinations",
    "lab": "Blood tests",
    "imaging": "Imaging studies",
    "imaging_level": "Imaging gradings by level",
    "session": "Booked sessions",
    "session_component": "What was done in sessions",
    "adverse_event": "Unwanted effects",
    "outcome": "Questionnaires",
}

STEP_NAMES = {
    "all_episodes": "All episodes",
    "never_attended": "Attended at least once",
    "no_baseline_disability": "Disability score at the start",
    "absolute_contraindication": "No absolute contraindication recorded",
    "excluded_condition": "No excluded condition recorded",
    "treatment_not_recorded": "Treatment recorded",
    "passive_treatment_only": "Not only passive treatment",
    "not_yet_due": "12-week answer due",
    "no_visit_day_28_to_41": "Visit in days 28 to 41",
    "manipulated_before": "Not yet manipulated",
    "treatment_before_not_recorded": "Treatment before recorded",
    "pain_not_recorded": "Pain recorded at that visit",
    "improved_30_percent": "Under 30 % better",
}
"""Each step of `cohort.exclusion_flow` by what those who stay have."""

TRIAL_NAMES = {
    "decision": "After four weeks without enough improvement: add manipulation, or continue without",
    "index": "Treatment in the first 14 days",
}
