import pandas as pd
import pytest

from pipelines.causal.session_course import sessions_to_improvement
from pipelines.causal.tables import SESSION_COURSE_COLUMNS


def episodes(arm, n, event="improved", sessions=3, improvement="first"):
    return pd.DataFrame([{"arm": arm, "improvement": improvement, "event": event, "sessions": sessions}] * n)


def test_the_share_improved_after_so_many_sessions_is_the_one_worked_out_by_hand():
    frame = pd.concat([episodes("exercise", 10, "improved", 2), episodes("exercise", 10, "care_ended", 3),
                       episodes("exercise", 10, "censored", 3), episodes("exercise", 10, "improved", 4)])  # fmt: skip
    course = sessions_to_improvement(frame).query("arm == 'exercise'").set_index("sessions")
    assert list(sessions_to_improvement(frame)) == list(SESSION_COURSE_COLUMNS)
    assert course["cumulative_improved"].tolist() == pytest.approx([0.25, 0.25, 0.75])
    assert course["cumulative_care_ended"].tolist() == pytest.approx([0.0, 0.25, 0.25])
    assert course["n_at_risk"].tolist() == [40, 30, 10]
    assert course["median_sessions"].unique().tolist() == [4]


def test_an_arm_of_few_has_no_rows_of_its_own_but_counts_among_all():
    course = sessions_to_improvement(pd.concat([episodes("exercise", 30), episodes("manipulation", 19)]))
    assert set(course["arm"]) == {"all", "exercise"}
    assert course.query("arm == 'all'")["n_at_risk"].max() == 49


def test_the_two_kinds_of_improvement_stay_apart_and_nobody_gives_an_empty_table():
    frame = pd.concat([episodes("exercise", 30), episodes("exercise", 30, "censored", 5, "sustained")])
    assert set(sessions_to_improvement(frame)["improvement"]) == {"first", "sustained"}
    assert sessions_to_improvement(frame.iloc[:0]).empty
