"""The outcome feed: a questionnaire is due at 0, 2, 4, 6, 12, 26 and 52 weeks, answered or not.

Whether it is answered depends on what is on record: age, sex, work, the psychological STarT score and the pain at the
last visit by day 14 (first weeks) or day 28; never on the unrecorded outcome itself.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipelines.contracts import OUTCOME_WINDOW_DAYS
from pipelines.synthetic.coding import (
    NOT_RECORDED,
    Array,
    Columns,
    always,
    chance,
    coded,
    decimal,
    logistic,
    missing,
    pick,
    stream,
    tri,
    whole,
)
from pipelines.synthetic.course import DUE_DAYS, TIMEPOINT_WEEKS, Scores
from pipelines.synthetic.patients import WORK, Patients
from pipelines.synthetic.population import Population
from pipelines.synthetic.visits import NO_SCORE, Visits
from pipelines.synthetic.worlds import World

MEAN_LOG_ODDS = (2.6, 0.85, 1.05, 0.85, 0.95, 0.45, 0.2)
OFF_WINDOW_SHARE = 0.05
REASONS = ("not_due", "not_sent", "no_response", "declined", "withdrawn", "language", "died", "clinic_error")
MODES = ("in_clinic_self", "email_sms", "phone", "paper", "clinician_read")
RECOVERY = (
    "completely_recovered", "much_better", "somewhat_better", "same", "somewhat_worse", "much_worse",
)  # fmt: skip
SCORES = ("nprs_back_avg", "nprs_leg_avg", "odi_pct", "rmdq24")
_NOT_DUE, _NO_RESPONSE, _DIED = (REASONS.index(reason) for reason in ("not_due", "no_response", "died"))


def improvement_seen_by(day: int, patients: Patients, visits: Visits) -> Array:
    """Share by which the last scored attended visit by that day beats the larger baseline pain; 0 when unknown."""
    usable = (visits.pain != NO_SCORE) & (visits.day <= day) & (visits.day <= patients.observed_through_day[:, None])
    last = usable.shape[1] - 1 - usable[:, ::-1].argmax(axis=1)
    pain = visits.pain[np.arange(patients.n), last].astype(float)
    improvement = 1 - pain / np.nan_to_num(patients.larger_pain, nan=1.0)
    return np.where(usable.any(axis=1) & ~np.isnan(patients.larger_pain), improvement, 0.0)


def outcome_columns(group: Population, scores: Sequence[Scores]) -> Columns:
    """All outcome columns, seven rows an episode in order of time; `scores` has one element a time point."""
    patients = group.patients
    rng = stream(group.seed, "outcomes")
    times = len(DUE_DAYS)
    n = patients.n * times
    episode, time = np.repeat(np.arange(patients.n), times), np.tile(np.arange(times), patients.n)
    due = np.array(DUE_DAYS)[time]
    window = np.array([OUTCOME_WINDOW_DAYS[week] for week in TIMEPOINT_WEEKS])[time]
    completed = due + _delay(time, window, rng)
    observed = patients.observed_through_day[episode]
    answered = (chance(rng, n) < _answer_chance(patients, group.visits, group.world)[episode, time]) & (
        completed <= observed
    )
    lost = {field: _is_lost(field, patients, episode, time, rng) for field in SCORES}
    answered &= ~np.all(list(lost.values()), axis=0)
    is_open = ~answered & (due + window >= observed)

    def by_time(name: str) -> Array:
        return np.stack([getattr(score, name) for score in scores], axis=1).reshape(-1)

    def codes(share: float, never: Array | None = None) -> Array:
        own = missing(rng, n, share, NOT_RECORDED)
        return always("", ~answered if never is None else ~answered | never, own)

    def score_codes(field: str) -> Array:
        return always("", ~answered | lost[field])

    change = _overall_change(scores, patients)
    feeling = np.clip(np.rint(7.5 * change + 1.4 * rng.normal(size=n)), -7, 7)
    operated = _operated(change, time, patients, rng)
    baseline = time == 0
    work = np.where(
        (patients.work_status[episode] == 2) & (change > 0.3) & (time >= 3), 0, patients.work_status[episode]
    )
    return {
        "episode_key": group.episode_keys.take(pa.array(episode)),
        "timepoint_wk": coded(time, [str(week) for week in TIMEPOINT_WEEKS]),
        "due_day": whole(due, 0, 3650),
        "completed_day": whole(np.maximum(completed, 0), 0, 3650, always("", ~answered)),
        "mode": coded(
            np.where(baseline, 0, pick(rng, n, (0.25, 0.5, 0.1, 0.1, 0.05))), MODES, codes(0.02)
        ),
        "nprs_back_avg": whole(by_time("back_pain"), 0, 10, score_codes("nprs_back_avg")),
        "nprs_leg_avg": whole(by_time("leg_pain"), 0, 10, score_codes("nprs_leg_avg")),
        "odi_pct": decimal(by_time("odi_pct"), 0, 100, 1, score_codes("odi_pct")),
        "rmdq24": whole(by_time("rmdq24"), 0, 24, score_codes("rmdq24")),
        "psfs_mean": decimal(4 + 4 * change + 1.5 * rng.normal(size=n), 0, 10, 1, codes(0.35)),
        "groc": whole(feeling, -7, 7, codes(0.08, baseline)),
        "pgic": whole(4 - feeling / 2.5 + 0.5 * rng.normal(size=n), 1, 7, codes(0.2, baseline)),
        "recovered_6pt": coded(np.clip(np.rint(3 - feeling / 2.3), 0, 5), RECOVERY, codes(0.3, baseline)),
        "satisfaction": whole(7.4 + 0.25 * feeling + 1.5 * rng.normal(size=n), 0, 10, codes(0.25, baseline)),
        "work_status": coded(work, WORK, codes(0.12)),
        "days_off": whole(np.where(work == 2, rng.exponential(12, n), rng.exponential(0.8, n)), 0, 365, codes(0.15)),
        "analgesic_use": coded(
            np.clip(np.rint(1.2 - 1.2 * change + 0.8 * rng.normal(size=n)), 0, 3),
            ("none", "otc", "rx_nonopioid", "opioid"),
            codes(0.15),
        ),
        "new_episode": tri((time >= 5) & (chance(rng, n) < 0.25), codes(0.4, time < 5)),
        "surgery_or_injection": coded(operated, ("none", "injection", "discectomy", "decompression"), codes(0.03)),
        "reason_missing": coded(_reasons(is_open, np.where(answered, completed, -1), due, rng), REASONS, always("", answered)),
    }  # fmt: skip


def _reasons(is_open: Array, answered_day: Array, due: Array, rng: np.random.Generator) -> Array:
    """Why a form was not answered; nobody who answers later has died. `answered_day` is -1 where there is no answer."""
    reason = 1 + pick(rng, len(due), (0.17, 0.66, 0.08, 0.04, 0.02, 0.005, 0.025))
    last_day = np.repeat(answered_day.reshape(-1, len(DUE_DAYS)).max(axis=1), len(DUE_DAYS))
    reason = np.where((reason == _DIED) & (due < last_day), _NO_RESPONSE, reason)
    return np.where(is_open, _NOT_DUE, reason)


def _delay(time: Array, window: Array, rng: np.random.Generator) -> Array:
    """Days from due to completed: mostly a few, some beyond the window on the late side; day 0 is never early."""
    n = len(time)
    usual = np.clip(np.rint(1.5 + 0.3 * window * rng.normal(size=n)), -window, window)
    late = window + 1 + np.floor(rng.exponential(8, n))
    delay = np.where((time > 0) & (chance(rng, n) < OFF_WINDOW_SHARE), np.minimum(late, 60), usual)
    return np.where(time == 0, np.where(chance(rng, n) < 0.92, 0, np.clip(delay, 0, 3)), delay).astype(int)


def _answer_chance(patients: Patients, visits: Visits, world: World) -> Array:
    """Probability that each of the seven questionnaires is answered, (n, 7)."""
    who = (
        0.25 * np.where(patients.is_recorded("sex"), patients.is_female - 0.63, 0.0)
        + 0.18 * np.where(patients.is_recorded("age_band"), np.clip((patients.age_years // 10) - 5, -3, 3), 0.0)
        - 0.25 * np.where(patients.is_recorded("work_status"), (patients.work_status == 0) - 0.33, 0.0)
        - 0.12 * np.where(patients.is_recorded("start_total"), patients.start_psych - 2.4, 0.0)
    )
    early, later = improvement_seen_by(14, patients, visits), improvement_seen_by(28, patients, visits)
    leaning = 0.15 - 6.0 * world.dropout_when_better
    columns = [np.full(patients.n, MEAN_LOG_ODDS[0])]
    for time in range(1, len(DUE_DAYS)):
        seen = early if time <= 2 else later
        columns.append(MEAN_LOG_ODDS[time] + who + leaning * (np.clip(seen, -0.5, 1) - 0.15))
    return logistic(np.column_stack(columns))


def _is_lost(field: str, patients: Patients, episode: Array, time: Array, rng: np.random.Generator) -> Array:
    """Scores left out: at day 0 those that intake lacks; later a questionnaire never used and a few answers."""
    unasked = (patients.missing[field] > 0)[episode]
    is_questionnaire = field in ("rmdq24", "odi_pct")
    is_lost: Array = ((time > 0) & (chance(rng, len(time)) < 0.015)) | (unasked & ((time == 0) | is_questionnaire))
    return is_lost


def _overall_change(scores: Sequence[Scores], patients: Patients) -> Array:
    """Fraction of disability lost since day 0, flattened in order of episode and time, between -1 and 1."""
    start = np.maximum(patients.rmdq24.astype(float), 3.0)
    change: Array = np.clip(np.stack([(start - score.rmdq24) / start for score in scores], axis=1), -1, 1)
    return change.reshape(-1)


def _operated(change: Array, time: Array, patients: Patients, rng: np.random.Generator) -> Array:
    """Surgery or injection since the last questionnaire: rare, in those with leg pain who have not improved."""
    n = len(change)
    leg = np.repeat(patients.is_below_knee, len(DUE_DAYS))
    share = np.where((time >= 3) & (change < 0.15), 0.01 + 0.03 * leg, 0.002 * (time > 0))
    return np.where(chance(rng, n) < share, 1 + pick(rng, n, (0.7, 0.22, 0.08)), 0)
