"""Who comes: episodes of patients, what is true of them at day 0 and what of it the practitioner has on record.

Calibrated to the ATLAS cohort (609 people with back and leg pain in UK primary care): 62.6 % female, age 50.2 (13.9),
pain below the knee 67.5 %, RMDQ 12.7 (5.7), back pain 5.6 (2.2), leg pain 5.2 (2.4).  Rows are in order of clinic.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.synthetic.coding import Array, chance, logistic, missing, pick, stream

SECOND_EPISODE_SHARE = 0.05
LONGEST_OBSERVATION_DAYS = 1000
ACUTE, SUBACUTE, PERSISTENT = 0, 1, 2
DURATION_SHARES = (0.34, 0.21, 0.45)
RULE_DURATION_DAYS = 16

PREFERENCES = ("none", "rest_advice", "exercise", "manipulation")
WORK = (
    "working_full",
    "working_modified",
    "off_sick_this",
    "off_sick_other",
    "unemployed",
    "retired",
    "student",
    "home",
)


@dataclass(frozen=True)
class Patients:
    """One element an episode in every array.  `*_missing` are missing codes of `coding`; scores are as first recorded.

    severity and hidden are standard normal; only severity leaves traces in the records.  disability_fraction_noise is
    shared by RMDQ and ODI, so that both tell the same story.
    """

    clinic: Array
    patient: Array
    is_second: Array
    observed_through_day: Array
    age_years: Array
    is_female: Array
    severity: Array
    hidden: Array
    duration_group: Array
    duration_days: Array
    has_leg_complaint: Array
    has_back_complaint: Array
    is_below_knee: Array
    back_pain: Array
    leg_pain: Array
    is_leg_worse: Array
    rmdq24: Array
    odi_items_answered: Array
    odi_item_sum: Array
    start_total: Array
    start_psych: Array
    preference: Array
    prior_manipulation: Array
    work_status: Array
    missing: dict[str, Array]

    @property
    def n(self) -> int:
        """Number of episodes."""
        return len(self.clinic)

    @property
    def odi_pct(self) -> Array:
        """100 * sum / (5 * items answered), to one decimal."""
        return np.round(100.0 * self.odi_item_sum / (5.0 * self.odi_items_answered), 1)

    def is_recorded(self, field: str) -> Array:
        """Whether the delivered intake record holds that field."""
        is_recorded: Array = self.missing[field] == 0
        return is_recorded

    @property
    def larger_pain(self) -> Array:
        """Recorded larger of back and leg pain, at least 1; NaN when neither is recorded."""
        back = np.where(self.is_recorded("nprs_back_avg"), self.back_pain, -1)
        leg = np.where(self.is_recorded("nprs_leg_avg"), self.leg_pain, -1)
        larger = np.maximum(back, leg).astype(float)
        return np.where(larger < 0, np.nan, np.maximum(larger, 1.0))

    @property
    def is_leg_main(self) -> Array:
        """Whether the leg is the main site: recorded as worse than the back, or with more pain recorded."""
        both = self.is_recorded("nprs_back_avg") & self.is_recorded("nprs_leg_avg")
        only_leg = self.is_recorded("nprs_leg_avg") & ~self.is_recorded("nprs_back_avg")
        said = self.is_leg_worse & self.is_recorded("leg_worse_than_back") & self.is_recorded("nprs_leg_avg")
        return said | (both & (self.leg_pain > self.back_pain)) | only_leg

    @property
    def main_pain(self) -> Array:
        """Pain of the main site on day 0."""
        return np.where(self.is_leg_main, self.leg_pain, self.back_pain)

    @property
    def follows_rule(self) -> Array:
        """Under 16 days and no pain below the knee (Fritz 2005)."""
        return (self.duration_days < RULE_DURATION_DAYS) & ~self.is_below_knee


def draw_patients(clinic: Array, seed: int) -> Patients:
    """Episodes for the given clinic indices (sorted); about 5 % are second episodes of a patient of the same clinic."""
    rng = stream(seed, "patients")
    n = len(clinic)
    first, is_second = _pair_episodes(clinic, rng)
    observed = np.floor(rng.random(n) * LONGEST_OBSERVATION_DAYS).astype(np.int32)
    observed = np.where(is_second, np.floor(rng.random(n) * 500), observed).astype(np.int32)
    has_second = np.flatnonzero(is_second)
    observed[first[has_second]] = (
        observed[has_second] + 220 + np.floor(rng.random(len(has_second)) * 280).astype(np.int32)
    )

    severity = rng.normal(size=n)
    hidden = rng.normal(size=n)
    age = np.clip(rng.normal(50.0, 14.2, n), 18, 94)[first]
    is_female = (chance(rng, n) < 0.626)[first]

    group = pick(rng, n, DURATION_SHARES)
    acute_days = np.where(chance(rng, n) < 0.75, 1 + np.floor(rng.random(n) * 15), 16 + np.floor(rng.random(n) * 26))
    long_days = np.clip(np.exp(rng.normal(5.9, 0.9, n)), 85, 9000)
    days = np.choose(group, [acute_days, 42 + np.floor(rng.random(n) * 42), long_days]).astype(np.int32)

    has_leg = chance(rng, n) >= 0.08
    has_back = ~has_leg | (chance(rng, n) < 0.93)
    below = has_leg & (chance(rng, n) < logistic(1.06 + 0.3 * severity))
    leg = 5.6 + 2.2 * (0.45 * severity + 0.89 * rng.normal(size=n)) + 0.3 * (below - 0.73)
    leg = np.where(has_leg, np.clip(np.rint(leg), 0, 10), np.floor(rng.random(n) * 2.4)).astype(np.int8)
    back = np.clip(np.rint(5.6 + 2.27 * (0.4 * severity + 0.92 * rng.normal(size=n))), 0, 10).astype(np.int8)
    rmdq = 12.7 + 5.9 * (0.75 * severity + 0.66 * rng.normal(size=n))
    odi_share = (0.6 * rmdq / 24 + 0.4 * (0.34 + 0.15 * (0.75 * severity + 0.66 * rng.normal(size=n)))) * 0.82
    answered = np.where(chance(rng, n) < 0.85, 10, np.where(chance(rng, n) < 0.6, 9, 8)).astype(np.int8)

    psych = np.clip(np.rint(2.62 + 1.55 * (0.5 * severity + 0.87 * rng.normal(size=n))), 0, 5)
    physical = np.clip(np.rint(2.27 + 1.1 * (0.6 * severity + 0.8 * rng.normal(size=n))), 0, 4)
    prior_manipulation = pick(rng, n, (0.55, 0.24, 0.16, 0.05))
    return Patients(
        clinic=clinic,
        patient=first,
        is_second=is_second,
        observed_through_day=observed,
        age_years=age,
        is_female=is_female,
        severity=severity,
        hidden=hidden,
        duration_group=group,
        duration_days=days,
        has_leg_complaint=has_leg,
        has_back_complaint=has_back,
        is_below_knee=below,
        back_pain=back,
        leg_pain=leg,
        is_leg_worse=leg + rng.normal(0, 0.5, n) > back,
        rmdq24=np.clip(np.rint(rmdq), 0, 24).astype(np.int8),
        odi_items_answered=answered,
        odi_item_sum=np.clip(np.rint(np.clip(odi_share, 0, 1) * 5 * answered), 0, 5 * answered).astype(np.int8),
        start_total=(psych + physical).astype(np.int8),
        start_psych=psych.astype(np.int8),
        preference=_preference(prior_manipulation, group, rng),
        prior_manipulation=prior_manipulation,
        work_status=_work_status(age, severity, rng),
        missing=_missing_scores(clinic, has_leg, rng),
    )


def _pair_episodes(clinic: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """For each episode the row of its patient's first episode, and whether it is the second."""
    n = len(clinic)
    first = np.arange(n)
    candidates = 1 + 2 * np.flatnonzero(chance(rng, max((n - 1) // 2, 0)) < 2 * SECOND_EPISODE_SHARE)
    second = candidates[clinic[candidates] == clinic[candidates - 1]]
    first[second] = second - 1
    return first, first != np.arange(n)


def _preference(prior_manipulation: Array, group: Array, rng: np.random.Generator) -> Array:
    """Preference for a treatment: those whom manipulation helped before, and the persistent, want it more often."""
    wants = logistic(
        -1.5 + 1.1 * (prior_manipulation == 1) - 1.0 * (prior_manipulation == 3) + 0.3 * (group == PERSISTENT)
    )
    others = pick(rng, len(group), (0.55, 0.13, 0.32))
    return np.where(chance(rng, len(group)) < wants, 3, others).astype(np.int8)


def _work_status(age: Array, severity: Array, rng: np.random.Generator) -> Array:
    n = len(age)
    employed = chance(rng, n) < np.where(age < 65, 0.66, 0.09)
    time_off = chance(rng, n) < logistic(-0.45 + 0.5 * severity)
    at_work = np.where(time_off, np.where(chance(rng, n) < 0.55, 1, 2), 0)
    at_home = np.where(
        age >= 65, 5, np.where((age < 26) & (chance(rng, n) < 0.6), 6, 3 + pick(rng, n, (0.25, 0.35, 0, 0, 0.4)))
    )
    return np.where(employed, at_work, at_home).astype(np.int8)


def _missing_scores(clinic: Array, has_leg: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Missing codes of the fields that somebody acts on; clinics differ in which disability questionnaire they use."""
    n = len(clinic)
    instrument = pick(rng, int(clinic.max()) + 1, (0.6, 0.25, 0.15))[clinic]
    declined = {"": 0.6, ".a": 0.1, ".d": 0.3}
    asked = {"": 0.7, ".u": 0.3}
    no_leg = ~has_leg & (chance(rng, n) < 0.2)
    leg = missing(rng, n, 0.03, declined)
    return {
        "age_band": missing(rng, n, 0.004),
        "sex": missing(rng, n, 0.004, {"": 0.5, ".d": 0.5}),
        "preference_treatment": missing(rng, n, 0.08, {"": 0.7, ".d": 0.1, ".u": 0.2}),
        "pain_below_knee": missing(rng, n, 0.02, asked),
        "leg_worse_than_back": missing(rng, n, 0.04, asked),
        "episode_duration_days": missing(rng, n, 0.03, asked),
        "nprs_back_avg": missing(rng, n, 0.03, declined),
        "nprs_leg_avg": np.where(no_leg, np.int8(6), leg),
        "start_total": missing(rng, n, 0.06, declined),
        "rmdq24": np.where(chance(rng, n) < np.choose(instrument, [0.06, 0.04, 0.97]), np.int8(1), np.int8(0)),
        "odi_pct": np.where(chance(rng, n) < np.choose(instrument, [0.10, 0.85, 0.05]), np.int8(1), np.int8(0)),
        "work_status": missing(rng, n, 0.02, declined),
    }
