"""The natural course computed twice: from the raw file in a few lines of pandas, and from the delivered feeds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.adapters.sciatica import deliver_sciatica

from .delivered import feed_text

IMPROVED, STEPPED_UP, CENSORED = 1, 2, 0


def aalen_johansen(days: pd.Series, events: pd.Series) -> pd.DataFrame:
    """Cumulative incidence of both events by day: columns improved, stepped_up; index the days with an event."""
    event_free, improved, stepped_up, rows = 1.0, 0.0, 0.0, {}
    for day in sorted(days[events != CENSORED].unique()):
        n_at_risk = (days >= day).sum()
        n_improved = ((days == day) & (events == IMPROVED)).sum()
        n_stepped_up = ((days == day) & (events == STEPPED_UP)).sum()
        improved += event_free * n_improved / n_at_risk
        stepped_up += event_free * n_stepped_up / n_at_risk
        event_free *= 1 - (n_improved + n_stepped_up) / n_at_risk
        rows[day] = (improved, stepped_up)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["improved", "stepped_up"])


def raw_course(records: pd.DataFrame, *, points_width: float) -> pd.DataFrame:
    """Day and event of each patient with a baseline leg pain of 3 of 10 or more, from the file as shipped.

    `points_width` 10 rounds the millimetres to whole points first, as the contract does; 1 leaves them. On the day of
    surgery the step-up comes first: the score of that day is not an answer.
    """
    rows = []
    for _, visits in records.sort_values("time", kind="stable").groupby("id"):
        day = np.floor(visits["time"].to_numpy() * 365.25 + 0.5)
        leg = np.floor(visits["vas1_t"].to_numpy() / points_width + 0.5)
        baseline = np.floor(visits["vas1_b"].iloc[0] / points_width + 0.5)
        if baseline * points_width < 30:
            continue
        better = day[10 * (baseline - leg) >= 3 * baseline]
        operated = day[visits["surgery"].to_numpy() == 1]
        improved_day = better.min() if better.size else np.inf
        surgery_day = operated.min() if operated.size else np.inf
        if min(improved_day, surgery_day) == np.inf:
            rows.append((day.max(), CENSORED))
        elif improved_day < surgery_day:
            rows.append((improved_day, IMPROVED))
        else:
            rows.append((surgery_day, STEPPED_UP))
    return pd.DataFrame(rows, columns=["day", "event"])


def delivered_course(folder: Path) -> pd.DataFrame:
    """The same from the delivered feeds: leg pain in session.nprs_pre, surgery in session.discharge_status."""
    baseline = feed_text(folder, "intake").set_index("episode_key")["nprs_leg_avg"].astype(int)
    sessions = feed_text(folder, "session")
    sessions = sessions.assign(day=sessions["session_day"].astype(int), leg=sessions["nprs_pre"].astype(int))
    sessions = sessions.assign(baseline=sessions["episode_key"].map(baseline))
    sessions = sessions[sessions["baseline"] >= 3]
    is_better = 10 * (sessions["baseline"] - sessions["leg"]) >= 3 * sessions["baseline"]
    by_episode = sessions.groupby("episode_key")["day"]
    course = pd.DataFrame({"last": by_episode.max()})
    course["improved"] = sessions[is_better].groupby("episode_key")["day"].min()
    course["surgery"] = sessions[sessions["discharge_status"] == "surgery"].groupby("episode_key")["day"].min()
    course = course.fillna({"improved": np.inf, "surgery": np.inf})
    day = course[["improved", "surgery", "last"]].min(axis="columns")
    is_event = course[["improved", "surgery"]].min(axis="columns") < np.inf
    event = np.where(course["improved"] < course["surgery"], IMPROVED, STEPPED_UP)
    return pd.DataFrame({"day": np.where(is_event, day, course["last"]), "event": np.where(is_event, event, CENSORED)})


def at_day(curve: pd.DataFrame, day: int) -> tuple[float, float]:
    row = curve.loc[:day].iloc[-1]
    return float(row["improved"]), float(row["stepped_up"])


def median_day(curve: pd.DataFrame) -> float:
    return float(curve.index[curve["improved"] >= 0.5][0])


def test_half_of_the_patients_improve_within_28_days_of_conservative_care(sciatica_records: pd.DataFrame) -> None:
    course = raw_course(sciatica_records, points_width=10.0)
    assert course["event"].value_counts().to_dict() == {IMPROVED: 99, STEPPED_UP: 24, CENSORED: 2}
    curve = aalen_johansen(course["day"], course["event"])
    assert median_day(curve) == 28
    assert at_day(curve, 14) == pytest.approx((0.2880, 0.0240), abs=5e-5)
    assert at_day(curve, 28) == pytest.approx((0.5520, 0.0560), abs=5e-5)
    assert at_day(curve, 84) == pytest.approx((0.7262, 0.1390), abs=5e-5)
    assert at_day(curve, 364) == pytest.approx((0.7852, 0.1980), abs=5e-5)


def test_rounding_to_whole_points_does_not_move_the_median(sciatica_records: pd.DataFrame) -> None:
    course = raw_course(sciatica_records, points_width=1.0)
    assert course["event"].value_counts().to_dict() == {IMPROVED: 90, STEPPED_UP: 24, CENSORED: 2}
    assert median_day(aalen_johansen(course["day"], course["event"])) == 28


def test_the_delivered_feeds_carry_the_same_course(sciatica_records: pd.DataFrame, tmp_path: Path) -> None:
    delivered = delivered_course(deliver_sciatica(tmp_path)).value_counts().sort_index()
    raw = raw_course(sciatica_records, points_width=10.0).value_counts().sort_index()
    pd.testing.assert_series_equal(delivered, raw, check_index_type=False)
