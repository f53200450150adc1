"""The fixed, versioned list of what is adjusted for between clinics (domain/indicators.md 5.2, rule 4).

Payer and ethnicity are never in it: they are strata of a report, and adjusting for them would hide inequity. What the clinic
does (sessions, treatment) is not in it either: it is what is compared.
"""

VERSION = "1"
ADJUSTERS = (
    "age_midpoint_years",
    "sex",
    "log_duration_days",
    "baseline_disability_percent",
    "main_pain_points",
    "start_risk",
    "leg_worse_than_back",
    "pain_below_knee",
    "neuro_deficit",
    "prior_spine_surgery",
    "comorbidities",
    "work_status",
    "compensation_claim",
    "smoking",
    "bmi",
    "expect_recovery",
)
NEVER = ("payer", "payer_type", "ethnicity", "ethnicity_group", "deprivation", "deprivation_quintile")
"""What may not be adjusted for; a test keeps the two lists apart."""
