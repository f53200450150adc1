"""How the arms of the trials are followed visit by visit in the grace period, as data (see `clones`).

Treatments are those of cohort.grace_visits, where a visit has the first of manipulation, exercise and passive treatment that was
given at it. Passive treatment is no rest: in the main analysis too an episode with it is not in that arm.
"""

from __future__ import annotations

from pipelines.causal.protocol import GraceStrategy

# What the practitioner saw at each visit, before its treatment was chosen.
GRACE_COVARIATES = (
    "days_since_time_zero",
    "pain_at_visit",
    "improvement_fraction_at_visit",
    "attended_before_visit",
    "missed_before_visit",
)

AT_THE_DECISION = (
    GraceStrategy("continue_without", forbidden=("manipulation",)),
    GraceStrategy("add_manipulation", awaited=("manipulation",)),
)
IN_THE_FIRST_14_DAYS = (
    GraceStrategy("rest_or_advice", forbidden=("passive", "exercise", "manipulation")),
    GraceStrategy("exercise", awaited=("exercise",), forbidden=("manipulation",)),
    GraceStrategy("manipulation", awaited=("manipulation",)),
)
