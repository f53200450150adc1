"""The steps of the trials' flows: code in cohort.eligibility, what those who stay have, why the others are left out."""

from pipelines.causal.protocol import Criterion

ATTENDED = Criterion("never_attended", "Attended at least once", "nobody attended a visit")
BASELINE_DISABILITY = Criterion(
    "no_baseline_disability", "Disability score at the start", "no disability score was recorded at intake"
)
NO_CONTRAINDICATION = Criterion(
    "absolute_contraindication", "No absolute contraindication recorded", "manipulation was contraindicated"
)
NO_EXCLUDED_CONDITION = Criterion(
    "excluded_condition", "No excluded condition recorded", "screening met the criteria of a condition that is left out"
)
_NOT_RECORDED = "it was not recorded which treatment was given"
TREATMENT_RECORDED = Criterion("treatment_not_recorded", "Treatment recorded", _NOT_RECORDED)
NOT_ONLY_PASSIVE = Criterion(
    "passive_treatment_only", "Not only passive treatment", "the treatment belongs to none of the arms compared"
)
TWELVE_WEEKS_DUE = Criterion("not_yet_due", "12-week answer due", "the 12-week answer is not due yet")
DECISION_VISIT = Criterion("no_visit_day_28_to_41", "Visit in days 28 to 41", "no visit of days 28 to 41 was attended")
NOT_YET_MANIPULATED = Criterion("manipulated_before", "Not yet manipulated", "manipulation had been given before")
TREATMENT_BEFORE_RECORDED = Criterion("treatment_before_not_recorded", "Treatment before recorded", _NOT_RECORDED)
PAIN_RECORDED = Criterion("pain_not_recorded", "Pain recorded at that visit", "pain was not recorded at the visit")
UNDER_30_PERCENT_BETTER = Criterion("improved_30_percent", "Under 30 % better", "pain was 30 % better already")
