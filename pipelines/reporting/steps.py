"""Plain words for codes that a report shows: feeds, trials, arms and the steps of a trial's flow."""

from pipelines.causal.trials import CRITERIA

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

STEP_NAMES = {"all_episodes": "All episodes"} | {code: step.kept for code, step in CRITERIA.items()}
"""Each step of `cohort.exclusion_flow` by what those who stay have."""

TRIAL_NAMES = {
    "decision": "After four weeks without enough improvement: add manipulation, or continue without",
    "index": "Treatment in the first 14 days",
    "stepped": "From day 0: manipulation at once, step by step, or never",
}
