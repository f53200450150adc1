"""What becomes of an episode under any treatment: fractions improved over time, and scores with an effect taken off.

Mean fractional improvement at 4, 12 and 52 weeks by duration (acute, subacute, persistent), its penalties and its
spread are those of the calibration world, which reproduces 55 % responders at a year (ATLAS).  The same noise serves
every treatment, so that two potential outcomes of an episode differ by the effect alone, before rounding and
clipping.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.synthetic.coding import Array, stream
from pipelines.synthetic.patients import Patients
from pipelines.synthetic.worlds import World

TIMEPOINT_WEEKS = (0, 2, 4, 6, 12, 26, 52)
DUE_DAYS = (0, 14, 28, 42, 84, 182, 364)
ODI_PER_RMDQ = 2.6
NPRS_PER_RMDQ = 0.40
FULL_EFFECT_AFTER_DAYS = 28

_ANCHOR_DAYS = np.array([0.0, 28.0, 84.0, 364.0])
_MEAN_FRACTIONS = np.array([[0.0, 0.42, 0.58, 0.62], [0.0, 0.42, 0.54, 0.51], [0.0, 0.10, 0.19, 0.29]])
_PERSON_SPREAD = np.array([0.0, 0.30, 0.35, 0.35])
_GRID_DAYS = np.arange(0, 366)
_LONG_TERM_SHARE = 0.625


@dataclass(frozen=True)
class Course:
    """Longitudinal course without any treatment effect; arrays have one row an episode.

    penalty and late_penalty shift the fraction improved (late: after day 28), person is the person's own deviation;
    occasion, odi_occasion (n, 7) and pain_occasion (n, 7, back and leg) are noise of the scheduled questionnaires;
    skill_points are RMDQ points that the practitioner's skill brings in every arm.
    """

    duration_group: Array
    penalty: Array
    person: Array
    late_penalty: Array
    occasion: Array
    pain_occasion: Array
    odi_occasion: Array
    skill_points: Array

    def fraction(self, days: Array) -> Array:
        """Mean fraction improved, person included, on each episode's own day (no occasion noise)."""
        day = np.minimum(days, 365)
        mean = _MEAN_BY_DAY[self.duration_group, day]
        fraction: Array = (
            mean
            + self.penalty * np.minimum(day / 28.0, 1.0)
            + self.late_penalty * np.clip((day - 28) / 56, 0, 1)
            + _SPREAD_BY_DAY[day] * self.person
        )
        return fraction


_MEAN_BY_DAY = np.array([np.interp(_GRID_DAYS, _ANCHOR_DAYS, row) for row in _MEAN_FRACTIONS])
_SPREAD_BY_DAY = np.interp(_GRID_DAYS, _ANCHOR_DAYS, _PERSON_SPREAD)


@dataclass(frozen=True)
class Scores:
    """Rounded, clipped scores of all episodes at one time point (RMDQ and NPRS whole, ODI to one decimal)."""

    rmdq24: Array
    odi_pct: Array
    back_pain: Array
    leg_pain: Array


def ramp(days_since_start: Array) -> Array:
    """Share of the full effect: 0 before the start, rising evenly to 1 after four weeks."""
    return np.clip(days_since_start / FULL_EFFECT_AFTER_DAYS, 0.0, 1.0)


def manipulation_points(patients: Patients, world: World) -> Array:
    """RMDQ points that manipulation brings each episode in this world, before rounding and clipping."""
    points = np.full(patients.n, world.manipulation_points)
    return points if world.rule_points is None else np.where(patients.follows_rule, world.rule_points, points)


def draw_course(patients: Patients, skill: Array, world: World, seed: int) -> Course:
    """The course of each episode; `skill` is that of its practitioner (standard deviations)."""
    rng = stream(seed, "course")
    n = patients.n
    penalty = -0.06 - 0.05 * patients.severity - 0.04 * patients.is_below_knee
    return Course(
        duration_group=patients.duration_group,
        penalty=penalty - 0.05 * world.hidden_severity * patients.hidden,
        late_penalty=-0.15 * world.hidden_severity * patients.hidden,
        person=rng.normal(size=n),
        occasion=rng.normal(size=(n, len(DUE_DAYS))),
        pain_occasion=rng.normal(size=(n, len(DUE_DAYS), 2)),
        odi_occasion=rng.normal(size=(n, len(DUE_DAYS))),
        skill_points=world.skill_points * skill,
    )


def scores_at(patients: Patients, course: Course, timepoint: int, treatment_points: Array) -> Scores:
    """Scores at DUE_DAYS[timepoint] when treatment brings `treatment_points` RMDQ points of improvement by then.

    After half a year an effect fades to five eighths of its size at a year (UK BEAM 2004: 1.6 points, then 1.0).
    """
    day = DUE_DAYS[timepoint]
    if day == 0:
        return Scores(patients.rmdq24, patients.odi_pct, patients.back_pain, patients.leg_pain)
    fade = 1.0 if day <= 182 else _LONG_TERM_SHARE
    points = (treatment_points + course.skill_points * min(day / 28.0, 1.0)) * fade
    spread = 0.25 if day <= 28 else 0.23
    fraction = course.fraction(np.full(patients.n, day)) + spread * course.occasion[:, timepoint]
    rmdq = np.clip(np.rint(np.maximum(patients.rmdq24 * (1 - fraction), 0) - points), 0, 24)
    odi_fraction = fraction + 0.08 * course.odi_occasion[:, timepoint]
    odi = np.clip(np.round(np.maximum(patients.odi_pct * (1 - odi_fraction), 0) - ODI_PER_RMDQ * points, 1), 0, 100)
    back, leg = (
        _pain(baseline, fraction + 0.18 * course.pain_occasion[:, timepoint, site], NPRS_PER_RMDQ * points)
        for site, baseline in enumerate((patients.back_pain, patients.leg_pain))
    )
    return Scores(rmdq.astype(np.int8), odi, back, leg)


def _pain(baseline: Array, fraction: Array, points: Array) -> Array:
    untreated = np.maximum(baseline * (1 - fraction), 0)
    score: Array = np.clip(np.rint(untreated - points), 0, 10).astype(np.int8)
    return score
