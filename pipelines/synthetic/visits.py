"""Visits under each index arm: bookings, attendance, the pain seen, the step-up decision, leaving care.

The three arms of an episode share every random draw, so that the factual care is one of three potential ones and a
world without effects gives the same course in all of them.  The step-up is decided at the first attended visit of
days 28 to 41, from what is on record there: pain, its course, preference, baseline answers; and from habit.
"""

from dataclasses import dataclass, fields

import numpy as np

from pipelines.synthetic.choices import (
    EXERCISE,
    MANIPULATION,
    NOT_BETTER_BELOW,
    settled_log_odds,
    step_up_chance,
)
from pipelines.synthetic.coding import Array, chance, stream
from pipelines.synthetic.course import NPRS_PER_RMDQ, manipulation_points, ramp
from pipelines.synthetic.patients import Patients
from pipelines.synthetic.setting import Setting
from pipelines.synthetic.worlds import World

SLOTS = 17
FIRST_SLOT = 1
DECISION_FIRST_DAY, DECISION_LAST_DAY = 28, 41
GRACE_DAYS = 14
DELAYED_SHARE = 0.12
NO_SCORE = -1

ATTENDED, DNA, CANCELLED_LATE, CANCELLED, RESCHEDULED, NOT_BOOKED = 0, 1, 2, 3, 4, 5
ATTENDANCE = ("attended", "dna", "cancelled_late", "cancelled", "rescheduled")
MISSED_SHARES = np.array([0.083, 0.025, 0.035, 0.018])
ONGOING, GOALS_MET, NO_CHANGE, SELF_DISCHARGED, LOST, REFERRED_ON, SURGERY, CLOSED = range(8)
DISCHARGE = (
    "ongoing",
    "discharged_goals_met",
    "discharged_no_change",
    "self_discharged",
    "lost",
    "referred_on",
    "surgery",
    "closed_admin",
)


@dataclass(frozen=True)
class Visits:
    """Bookings of all episodes under one index arm; (n, SLOTS) arrays, slot 0 is a missed booking before day 0's visit.

    day, attendance (index into ATTENDANCE, NOT_BOOKED), pain (0-10 or NO_SCORE), discharge (index into DISCHARGE);
    decision_slot is -1 without a visit in days 28 to 41; improvement_at_decision is NaN when pain there or at day 0 is
    unknown; chance_of_adding is the probability of adding manipulation there; manipulated_from_slot is -1 without any.
    """

    day: Array
    attendance: Array
    pain: Array
    discharge: Array
    decision_slot: Array
    improvement_at_decision: Array
    adds_manipulation: Array
    chance_of_adding: Array
    manipulated_from_slot: Array

    @property
    def decision_day(self) -> Array:
        """Day of the decision visit; 0 where there is none."""
        return np.where(
            self.decision_slot >= 0,
            self.day[np.arange(len(self.day)), np.maximum(self.decision_slot, 0)],
            0,
        )

    @property
    def is_under_30_percent_better(self) -> Array:
        """Whether there is a decision visit at which the episode is less than 30 % better (unknown counts as no)."""
        known = (self.decision_slot >= 0) & ~np.isnan(self.improvement_at_decision)
        return known & (np.nan_to_num(self.improvement_at_decision, nan=1.0) < NOT_BETTER_BELOW - 1e-9)


def attend(arm: int, setting: Setting) -> Visits:
    """The care that every episode would get if its first 14 days were of that arm (index into INDEX_ARMS)."""
    patients, world = setting.patients, setting.world
    n = patients.n
    rng = stream(setting.seed, "visits")
    deciding, is_delayed = chance(rng, n), chance(rng, n) < DELAYED_SHARE
    day = np.zeros((n, SLOTS), dtype=np.int16)
    attendance = np.full((n, SLOTS), NOT_BOOKED, dtype=np.int8)
    pain = np.full((n, SLOTS), NO_SCORE, dtype=np.int8)
    discharge = np.zeros((n, SLOTS), dtype=np.int8)
    attendance[chance(rng, n) < 0.03, 0] = DNA

    limits = np.cumsum(MISSED_SHARES * np.exp(_missing_odds(patients))[:, None], axis=1)
    settled = settled_log_odds(setting)
    untreated_points = world.exercise_points * (arm in {EXERCISE, MANIPULATION}) + setting.course.skill_points
    points = manipulation_points(patients, world)
    main_pain, larger_pain = patients.main_pain.astype(float), patients.larger_pain

    today = np.zeros(n, dtype=np.int16)
    in_care, trend = np.ones(n, dtype=bool), _Trend(n)
    missed, better = np.zeros(n, dtype=np.int8), np.zeros(n)
    decision_slot = np.full(n, -1, dtype=np.int8)
    improvement, chances = np.full(n, np.nan), np.zeros(n)
    adds = np.zeros(n, dtype=bool)
    manipulated_since = np.full(n, 0.0 if arm == MANIPULATION else np.inf)

    for slot in range(1, SLOTS):
        draws = rng.random((5, n), dtype=np.float32)
        kind = _attendance(draws[0], limits) if slot > 1 else np.full(n, ATTENDED)
        is_here = in_care & (kind == ATTENDED)
        day[:, slot] = today
        attendance[:, slot] = np.where(in_care, kind, NOT_BOOKED)
        treated = untreated_points * ramp(today) + points * ramp(today - manipulated_since)
        felt = main_pain * (1 - setting.course.fraction(today) - 0.16 * rng.normal(size=n)) - NPRS_PER_RMDQ * treated
        score = np.clip(np.rint(felt), 0, 10)
        has_score = is_here & (draws[1] >= 0.04)
        pain[:, slot] = np.where(has_score, score, NO_SCORE)
        seen = np.where(has_score, 1 - score / larger_pain, np.nan)
        better = np.where(np.isnan(seen), better, seen)
        trend.add(has_score, today, score)

        is_decision = is_here & (decision_slot < 0) & (today >= DECISION_FIRST_DAY) & (today <= DECISION_LAST_DAY)
        decision_slot = np.where(is_decision, slot, decision_slot)
        improvement = np.where(is_decision, seen, improvement)
        if arm != MANIPULATION and is_decision.any():
            chances = np.where(is_decision, step_up_chance(setting, settled, seen, trend.per_week()), chances)
            now = is_decision & (deciding < chances)
            adds |= now
            manipulated_since = np.where(now, today, manipulated_since)

        gives_up = _share_giving_up(today, is_here, better, missed, world)
        status = _leaving(
            today, is_here, better, gives_up=gives_up, is_last=slot == SLOTS - 1, draws=(draws[2], draws[3])
        )
        discharge[:, slot] = np.where(in_care, status, ONGOING)
        missed += in_care & (kind != ATTENDED)
        in_care &= discharge[:, slot] == ONGOING
        today = (today + _days_to_next(today, kind, draws[4])).astype(np.int16)

    return Visits(
        day=day,
        attendance=attendance,
        pain=pain,
        discharge=discharge,
        decision_slot=decision_slot,
        improvement_at_decision=improvement,
        adds_manipulation=adds,
        chance_of_adding=chances,
        manipulated_from_slot=_first_manipulation(
            day,
            attendance == ATTENDED,
            np.ones(n) if arm == MANIPULATION else np.where(adds, decision_slot, -1),
            is_delayed,
        ),
    )


def factual(arms: Array, potential: tuple[Visits, Visits, Visits]) -> Visits:
    """The care that happened: of each episode, the row of the arm it got."""
    rows = np.arange(len(arms))
    return Visits(
        **{
            one.name: np.stack([getattr(visits, one.name) for visits in potential])[arms, rows]
            for one in fields(Visits)
        }
    )


class _Trend:
    """Running least-squares slope of the pain scored so far."""

    def __init__(self, n: int) -> None:
        self.sums = np.zeros((5, n))

    def add(self, has_score: Array, day: Array, score: Array) -> None:
        at = day.astype(float)
        self.sums += has_score * np.stack([np.ones(len(day)), at, score, at * score, at * at])

    def per_week(self) -> Array:
        """Points a week; 0 with fewer than two different days."""
        count, days, scores, products, squares = self.sums
        spread = count * squares - days**2
        safe = np.where(spread > 0, spread, 1)
        return np.where(spread > 0, 7 * (count * products - days * scores) / safe, 0.0)


def _missing_odds(patients: Patients) -> Array:
    """Log of how much more often than usual an appointment is missed: the young and the distressed."""
    young, old = patients.age_years < 35, patients.age_years > 65
    odds: Array = -0.12 + 0.25 * young - 0.15 * old + 0.08 * (patients.start_psych - 2.4)
    return odds


def _attendance(draw: Array, limits: Array) -> Array:
    """Index into ATTENDANCE: attended unless the draw falls under one of the cumulative shares of missing."""
    return np.where(draw < limits[:, -1], 1 + (draw[:, None] >= limits[:, :-1]).sum(axis=1), ATTENDED)


def _days_to_next(today: Array, kind: Array, draw: Array) -> Array:
    """Days to the next booking: twice a week at first, then weekly, then every other week; soon after a missed one."""
    early, weekly, later = 3 + np.floor(draw * 6), 7 + np.floor(draw * 8), 8 + np.floor(draw * 9)
    usual = np.where(today < 21, early, np.where(today < 42, weekly, later))
    days: Array = np.where(kind == ATTENDED, usual, 2 + np.floor(draw * 5))
    return days


def _share_giving_up(today: Array, is_here: Array, better: Array, missed: Array, world: World) -> Array:
    """Probability of not coming back after this booking: more after missed ones, in one world when better."""
    when_better = world.dropout_when_better * ((better >= NOT_BETTER_BELOW) & (today >= 7))
    return np.where(is_here, 0.052 + 0.012 * np.minimum(missed, 3) + when_better, 0.05)


def _leaving(
    today: Array, is_here: Array, better: Array, *, gives_up: Array, is_last: bool, draws: tuple[Array, Array]
) -> Array:
    """Discharge status after a booking: recovered, given up, end of the plan, gone elsewhere, or still in care."""
    leaving, why = draws
    recovered = np.where(is_here & (better >= 0.6) & (today >= 10), 0.30, 0.0)
    plan_ends = np.where(today >= 77, 0.45, 0.0) + is_last
    not_better = np.where(why < 0.75, NO_CHANGE, np.where(why < 0.93, REFERRED_ON, CLOSED))
    planned = np.where(better >= NOT_BETTER_BELOW, GOALS_MET, not_better)
    elsewhere = np.where(why < 0.97, REFERRED_ON, SURGERY)
    given_up = np.where(why < 0.5, SELF_DISCHARGED, np.where(why < 0.93, LOST, elsewhere))
    return np.select(
        [leaving < recovered, leaving < recovered + gives_up, leaving < recovered + gives_up + plan_ends],
        [np.full(len(why), GOALS_MET), given_up, np.where(is_here, planned, given_up)],
        ONGOING,
    )


def _first_manipulation(day: Array, is_attended: Array, start: Array, is_delayed: Array) -> Array:
    """Slot of the first manipulation: the chosen one, or (some) the next attended visit when that is soon enough.

    Soon enough is within the 14 days of grace after a decision, and by day 13 when manipulation begins the episode.
    """
    rows, chosen = np.arange(len(day)), np.maximum(start, 0).astype(int)
    later = is_attended & (np.arange(SLOTS) > chosen[:, None])
    following = np.where(later.any(axis=1), later.argmax(axis=1), chosen)
    is_soon = day[rows, following] - day[rows, chosen] < GRACE_DAYS
    return np.where(start < 0, -1, np.where(is_delayed & is_soon, following, chosen))
