"""Visits under each index arm: bookings, attendance, the pain seen, the step-up decision, leaving care.

The three arms of an episode share every random draw, so that the factual care is one of three potential ones and a world
without effects gives the same course in all of them.  The step-up is decided at the first attended visit of days 28 to 41,
from what is on record there: pain, its course, preference, baseline answers; and from habit.
"""

from dataclasses import dataclass, fields

import numpy as np

from pipelines.synthetic.coding import Array, chance, logistic, pick, stream
from pipelines.synthetic.course import NPRS_PER_RMDQ, Course, manipulation_points, ramp
from pipelines.synthetic.patients import PERSISTENT, Patients
from pipelines.synthetic.practice import (
    EXERCISE,
    MANIPULATION,
    PREFERS_EXERCISE,
    PREFERS_MANIPULATION,
    PREFERS_REST,
    Practice,
    recorded_deviation,
    recorded_preference,
)
from pipelines.synthetic.worlds import World

SLOTS = 17
DECISION_FIRST_DAY, DECISION_LAST_DAY = 28, 41
NOT_BETTER_BELOW = 0.30
GRACE_DAYS = 14
NO_SCORE = -1

ATTENDED, DNA, CANCELLED_LATE, CANCELLED, RESCHEDULED, NOT_BOOKED = 0, 1, 2, 3, 4, 5
ATTENDANCE = ("attended", "dna", "cancelled_late", "cancelled", "rescheduled")
ONGOING, GOALS_MET, NO_CHANGE, SELF_DISCHARGED, LOST, REFERRED_ON, SURGERY, CLOSED = range(8)
DISCHARGE = (
    "ongoing", "discharged_goals_met", "discharged_no_change", "self_discharged", "lost", "referred_on", "surgery",
    "closed_admin",
)


@dataclass(frozen=True)
class Visits:
    """Bookings of all episodes under one index arm; (n, SLOTS) arrays, slot 0 is a missed booking before the first visit.

    day, attendance (index into ATTENDANCE, NOT_BOOKED), pain (0-10 or NO_SCORE), discharge (index into DISCHARGE);
    decision_slot is -1 without a visit in days 28 to 41; improvement_at_decision is NaN when pain there or at day 0 is
    unknown; step_up_chance is the probability of adding manipulation there; manipulated_from_slot is -1 without any.
    """

    day: Array
    attendance: Array
    pain: Array
    discharge: Array
    decision_slot: Array
    improvement_at_decision: Array
    adds_manipulation: Array
    step_up_chance: Array
    manipulated_from_slot: Array


def is_under_30_percent_better(visits: Visits) -> Array:
    """Whether there is a decision visit at which the episode is less than 30 % better (unknown counts as no)."""
    known = (visits.decision_slot >= 0) & ~np.isnan(visits.improvement_at_decision)
    return known & (np.nan_to_num(visits.improvement_at_decision, nan=1.0) < NOT_BETTER_BELOW - 1e-9)


def attend(
    arm: int,
    patients: Patients,
    course: Course,
    practice: Practice,
    is_contraindicated: Array,
    is_cautioned: Array,
    world: World,
    seed: int,
) -> Visits:
    """The care that every episode would get if its first 14 days were of that arm (index into INDEX_ARMS)."""
    n = patients.n
    rng = stream(seed, "visits")
    larger = patients.larger_pain
    main_pain = np.where(patients.is_leg_main, patients.leg_pain, patients.back_pain).astype(float)
    arm_points = world.exercise_points * (arm in (EXERCISE, MANIPULATION)) + course.skill_points
    points = manipulation_points(patients, world)
    miss_odds = -0.12 + 0.25 * (patients.age_years < 35) - 0.15 * (patients.age_years > 65) + 0.08 * (patients.start_psych - 2.4)
    miss_shares = np.array([0.069, 0.025, 0.035, 0.018]) * np.exp(miss_odds)[:, None]
    stepping = _fixed_log_odds(patients, practice, is_contraindicated, is_cautioned, world)
    deciding = chance(rng, n)
    is_delayed = chance(rng, n) < 0.12

    day = np.zeros((n, SLOTS), dtype=np.int16)
    attendance = np.full((n, SLOTS), NOT_BOOKED, dtype=np.int8)
    pain = np.full((n, SLOTS), NO_SCORE, dtype=np.int8)
    discharge = np.zeros((n, SLOTS), dtype=np.int8)
    attendance[chance(rng, n) < 0.03, 0] = DNA

    today = np.zeros(n, dtype=np.int16)
    in_care = np.ones(n, dtype=bool)
    missed = np.zeros(n, dtype=np.int8)
    better = np.zeros(n)
    sums = np.zeros((5, n))
    decision_slot = np.full(n, -1, dtype=np.int8)
    improvement = np.full(n, np.nan)
    adds = np.zeros(n, dtype=bool)
    chances = np.zeros(n)
    manipulated_since = np.where(arm == MANIPULATION, 0, 10_000) * np.ones(n)

    for slot in range(1, SLOTS):
        missed_draw, noise, unscored, leaving, why, gap = (
            chance(rng, n), rng.normal(size=n), chance(rng, n), chance(rng, n), chance(rng, n), chance(rng, n),
        )  # fmt: skip
        limits = np.cumsum(miss_shares, axis=1)
        kind = np.where(missed_draw < limits[:, -1], 1 + (missed_draw[:, None] >= limits[:, :-1]).sum(axis=1), ATTENDED)
        kind = np.where(slot == 1, ATTENDED, kind)
        is_here = in_care & (kind == ATTENDED)
        day[:, slot] = today
        attendance[:, slot] = np.where(in_care, kind, NOT_BOOKED)
        treated = arm_points * ramp(today) + points * ramp(today - manipulated_since)
        seen = main_pain * (1 - course.fraction(today) - 0.16 * noise) - NPRS_PER_RMDQ * treated
        score = np.clip(np.rint(seen), 0, 10)
        has_score = is_here & (unscored >= 0.04)
        pain[:, slot] = np.where(has_score, score, NO_SCORE)
        better = np.where(has_score & ~np.isnan(larger), 1 - score / larger, better)
        sums += has_score * np.stack([np.ones(n), today, score, today * score, today * today.astype(float)])

        is_decision = is_here & (decision_slot < 0) & (today >= DECISION_FIRST_DAY) & (today <= DECISION_LAST_DAY)
        decision_slot = np.where(is_decision, slot, decision_slot)
        improvement = np.where(is_decision & has_score, 1 - score / larger, improvement)
        if arm != MANIPULATION and not world.is_exercise_only:
            log_odds = stepping + _seen_log_odds(1 - score / larger, _slope_per_week(sums))
            share = logistic(log_odds) if not world.is_decided_by_clinic else stepping
            chances = np.where(is_decision, np.where(has_score & ~np.isnan(larger), share, 0.2 * share), chances)
            now = is_decision & (deciding < chances)
            adds |= now
            manipulated_since = np.where(now, today, manipulated_since)

        status = _leaving(slot, today, is_here, kind, better, missed, leaving, why, world)
        status = np.where(in_care, status, ONGOING)
        discharge[:, slot] = status
        missed += in_care & (kind != ATTENDED)
        in_care &= status == ONGOING
        usual = np.where(today < 21, 3 + np.floor(gap * 4), np.where(today < 42, 5 + np.floor(gap * 5), 9 + np.floor(gap * 8)))
        today = (today + np.where(kind == ATTENDED, usual, 2 + np.floor(gap * 5))).astype(np.int16)

    from_slot = _first_manipulation(arm, day, attendance, decision_slot, adds, is_delayed)
    return Visits(
        day, attendance, pain, discharge, decision_slot, improvement, adds, chances, from_slot
    )


def factual(arms: Array, potential: tuple[Visits, Visits, Visits]) -> Visits:
    """The care that happened: of each episode, the row of the arm it got."""
    rows = np.arange(len(arms))
    return Visits(
        **{one.name: np.stack([getattr(visits, one.name) for visits in potential])[arms, rows] for one in fields(Visits)}
    )


def _fixed_log_odds(
    patients: Patients, practice: Practice, is_contraindicated: Array, is_cautioned: Array, world: World
) -> Array:
    """What is settled before the visit: habit, preference, baseline; in the world decided by clinic, the probability itself."""
    if world.is_decided_by_clinic:
        return np.where((patients.clinic % 3 == 0) & ~is_contraindicated, 1.0, 0.0)
    wish = recorded_preference(patients)
    persistent = np.where(patients.is_recorded("episode_duration_days"), patients.duration_group == PERSISTENT, 0.45)
    return (
        -0.75
        + practice.manipulation_habit[practice.first_practitioner]
        + 0.8 * (wish == PREFERS_MANIPULATION) - 0.3 * (wish == PREFERS_EXERCISE) - 0.4 * (wish == PREFERS_REST)
        + 0.25 * recorded_deviation(patients, "start_total", patients.start_total, 4.8, 2.2)
        + 0.20 * recorded_deviation(patients, "rmdq24", patients.rmdq24, 12.7, 5.7)
        + 0.35 * (persistent - 0.45)
        + 0.25 * recorded_deviation(patients, "pain_below_knee", patients.is_below_knee, 0.675, 1.0)
        + 0.8 * world.hidden_severity * patients.hidden
        - 4.0 * is_contraindicated - 0.5 * is_cautioned
    )  # fmt: skip


def _seen_log_odds(improvement: Array, slope_per_week: Array) -> Array:
    """What the visit adds: less improvement, a worsening course; beyond 30 % better a step-up is rare."""
    improvement = np.nan_to_num(improvement)
    return -1.6 * (np.clip(improvement, -0.5, 1) - 0.3) + 0.4 * np.clip(slope_per_week, -1, 1) - 1.5 * (improvement >= 0.3)


def _slope_per_week(sums: Array) -> Array:
    """Least-squares slope of the pain scored so far, points a week; 0 with fewer than two days."""
    count, days, scores, products, squares = sums
    spread = count * squares - days**2
    return np.where(spread > 0, 7 * (count * products - days * scores) / np.where(spread > 0, spread, 1), 0.0)


def _leaving(
    slot: int, today: Array, is_here: Array, kind: Array, better: Array, missed: Array, leaving: Array, why: Array, world: World
) -> Array:
    """Discharge status after this booking: recovered, given up, gone elsewhere, or still in care."""
    goals = is_here & (better >= 0.6) & (today >= 10)
    stops = 0.018 + 0.012 * np.minimum(missed, 3) + world.dropout_when_better * ((better >= NOT_BETTER_BELOW) & (today >= 7))
    drop = np.where(kind == ATTENDED, stops, 0.05)
    share = np.where(goals, 0.28, 0.0) + drop + np.where(today >= 77, 0.45, 0.0) + (slot == SLOTS - 1)
    leaves = leaving < share
    last = slot == SLOTS - 1
    planned = np.where(better >= NOT_BETTER_BELOW, GOALS_MET, np.where(why < 0.75, NO_CHANGE, np.where(why < 0.93, REFERRED_ON, CLOSED)))
    given_up = np.where(why < 0.5, SELF_DISCHARGED, np.where(why < 0.93, LOST, np.where(why < 0.97, REFERRED_ON, SURGERY)))
    by_goal = goals & (leaving < 0.28)
    is_planned = is_here & ((leaving >= np.where(goals, 0.28, 0.0) + drop) | last)
    return np.where(~leaves, ONGOING, np.where(by_goal, GOALS_MET, np.where(is_planned, planned, given_up)))


def _first_manipulation(
    arm: int, day: Array, attendance: Array, decision_slot: Array, adds: Array, is_delayed: Array
) -> Array:
    """Slot of the first manipulation: at once, or (some) at the next attended visit when that is within 14 days."""
    n = len(day)
    start = np.ones(n, dtype=np.int64) if arm == MANIPULATION else np.where(adds, decision_slot, -1).astype(np.int64)
    chosen = np.maximum(start, 0)
    rows = np.arange(n)
    later = (attendance == ATTENDED) & (np.arange(SLOTS) > chosen[:, None])
    following = np.where(later.any(axis=1), later.argmax(axis=1), chosen)
    limit = GRACE_DAYS - 1 if arm == MANIPULATION else GRACE_DAYS
    is_soon = day[rows, following] - day[rows, chosen] <= limit
    return np.where(start < 0, -1, np.where(is_delayed & is_soon, following, chosen))
