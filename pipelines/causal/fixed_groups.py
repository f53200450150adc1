"""The groups whose effects are shown, and the covariates of a rule, fixed before any outcome was looked at.

At most ten. None of them is expected to differ: a meta-analysis of the individual patients of 21 trials found no clinically
relevant moderator of manipulation (de Zoete and others 2021, Spine). They are the ones that clinicians ask about.
"""

from math import log

from pipelines.causal.protocol import FixedGroup


def _log_duration(days: float) -> float:
    """Return a limit of `log_duration_days`, which is ln(1 + days)."""
    return log(1 + days)


FIXED_GROUPS = (
    FixedGroup(
        name="leg_pain_leads",
        words="leg pain worse than back pain",
        column="leg_worse_than_back",
        reason="the trial that found a gain in leg pain took patients with back-related leg pain",
        source="Bronfort and others 2014, Ann Intern Med",
        level=True,
    ),
    FixedGroup(
        name="back_pain_leads",
        words="leg pain not worse than back pain",
        column="leg_worse_than_back",
        reason="the other side of the group before",
        source="Bronfort and others 2014, Ann Intern Med",
        level=False,
    ),
    FixedGroup(
        name="pain_below_knee",
        words="pain below the knee",
        column="pain_below_knee",
        reason="the pragmatic rule keeps these patients out",
        source="Fritz and others 2005, BMC Fam Pract",
        level=True,
    ),
    FixedGroup(
        name="under_16_days",
        words="pain for 15 days or less",
        column="log_duration_days",
        reason="short duration is one half of the pragmatic rule",
        source="Fritz and others 2005, BMC Fam Pract",
        high=_log_duration(15.5),
    ),
    FixedGroup(
        name="over_12_weeks",
        words="pain for 12 weeks or more",
        column="log_duration_days",
        reason="persistent pain improves least by itself",
        source="Menezes Costa and others 2012, CMAJ",
        low=_log_duration(83.5),
    ),
    FixedGroup(
        name="flynn_positive",
        words="4 or 5 criteria of the manipulation rule",
        column="flynn_n_pos",
        reason="the rule for manipulation; it failed in an independent trial",
        source="Childs and others 2004, Ann Intern Med; Hancock and others 2008, Eur Spine J",
        low=4,
    ),
    FixedGroup(
        name="start_medium_or_high",
        words="STarT Back of 4 or more",
        column="start_total",
        reason="those for whom stratified care offers more than advice",
        source="Hill and others 2011, Lancet",
        low=4,
    ),
    FixedGroup(
        name="start_high",
        words="STarT Back distress of 4 or more",
        column="start_psych",
        reason="distress may keep a manual treatment from helping",
        source="Hill and others 2011, Lancet",
        low=4,
    ),
    FixedGroup(
        name="expects_recovery",
        words="own chance of recovery of 7 or more of 10",
        column="expect_recovery",
        reason="expectation is a strong prognostic factor and may carry a treatment",
        source="Konstantinou and others 2018, Spine J (ATLAS)",
        low=7,
    ),
    FixedGroup(
        name="aged_60_or_more",
        words="60 years or older",
        column="age_midpoint_years",
        reason="stiffness and degeneration grow with age",
        source="Flynn and others 2002, Spine",
        low=60,
    ),
)

MODIFIERS = (
    "leg_worse_than_back",
    "pain_below_knee",
    "log_duration_days",
    "start_total",
    "expect_recovery",
    "flynn_n_pos",
    "age_midpoint_years",
)
"""What a rule may ask for, and what the individual intervals are projected on: known to the practitioner and easily asked."""
