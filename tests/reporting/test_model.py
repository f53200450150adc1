from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from pipelines.errors import NightFailed
from pipelines.reporting.building import TABLES, build_reports
from pipelines.reporting.courses import Course, CoursePoint
from pipelines.reporting.effects import Effect
from pipelines.reporting.model import Responders
from pipelines.reporting.shares import Share

from .released import STAMP, effect_row, exact_tables, released


def effect(**changed: Any) -> Effect:
    row = effect_row(**changed)
    return Effect(**{name: row[name] for name in Effect.model_fields})


def point(day: int, improved: int, **changed: Any) -> CoursePoint:
    values = {"lower_percent": improved - 3, "upper_percent": improved + 3, "stepped_up_percent": 5, "n_at_risk": 60}
    return CoursePoint(day=day, improved_percent=improved, **(values | changed))


def test_clinics_come_in_alphabetical_order_and_each_has_its_report() -> None:
    reports = build_reports(released(exact_tables({"C020": 60, "C003": 300, "Abbey": 90})), STAMP)
    assert [clinic.clinic_code for clinic in reports.clinics] == ["Abbey", "C003", "C020"]
    assert [line.clinic_code for line in reports.network.clinics] == ["Abbey", "C003", "C020"]


def test_the_reports_do_not_depend_on_the_order_of_rows() -> None:
    tables = released(exact_tables())
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in tables.items()}
    assert build_reports(shuffled, STAMP) == build_reports(tables, STAMP)


def test_feeds_stand_in_the_order_of_the_contract() -> None:
    clinic = build_reports(released(exact_tables()), STAMP).clinics[0]
    assert [arrival.feed for arrival in clinic.arrivals][:3] == ["intake", "exam", "lab"]


def test_a_night_without_a_trial_or_imaging_still_gives_a_report() -> None:
    tables = exact_tables()
    empty = ("effects", "imaging_prevalence", "natural_course", "decision_flow", "quarantine_reasons")
    frames = released(tables | {name: tables[name].head(0) for name in empty})
    reports = build_reports(frames, STAMP)
    assert reports.network.effects == ()
    assert len(reports.clinics) == 4


def test_a_missing_table_is_named() -> None:
    tables = {name: frame for name, frame in released(exact_tables()).items() if name != "responders"}
    with pytest.raises(NightFailed, match=r"report\.responders"):
        build_reports(tables, STAMP)


def test_a_clinic_called_network_is_refused() -> None:
    tables = exact_tables()
    tables["arrivals"] = pd.concat([tables["arrivals"], tables["arrivals"].tail(1)])
    with pytest.raises(NightFailed, match="a clinic is called 'network'"):
        build_reports(released(tables), STAMP)


def test_what_every_clinic_withholds_is_counted_for_all_clinics_together() -> None:
    reports = build_reports(released(exact_tables({f"C00{n}": 300 for n in range(1, 6)})), STAMP)
    of_clinics = {clinic.arrivals[3].n_values_set_aside for clinic in reports.clinics}
    assert (of_clinics, reports.network.arrivals[3].n_values_set_aside) == ({None}, 10)


def test_a_clinic_without_a_course_of_its_own_shows_the_network_s() -> None:
    reports = build_reports(released(exact_tables()), STAMP)
    own = {clinic.clinic_code: {course.clinic_code for course in clinic.courses} for clinic in reports.clinics}
    assert own == {"C001": {"C001"}, "C002": {"network"}, "C003": {"network"}, "C004": {"network"}}


def test_the_report_holds_no_count_that_was_not_released() -> None:
    text = build_reports(released(exact_tables({"C001": 413})), STAMP).model_dump_json()
    assert "413" not in text


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("effects", "lower", 0.9),
        ("responders", "n_responders_percent_upper", 3),
        ("natural_course", "lower_percent", 99),
        ("effects", "n_treated", 99000),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(table: str, column: str, value: float) -> None:
    tables = released(exact_tables())
    tables[table] = tables[table].assign(**{column: value})
    with pytest.raises(NightFailed, match="contradicts itself"):
        build_reports(tables, STAMP)


def test_the_tables_of_the_report_are_the_queries_of_sql_report() -> None:
    assert set(TABLES) == set(exact_tables())


def test_an_interval_must_hold_its_estimate() -> None:
    with pytest.raises(ValidationError, match="does not hold"):
        Share(whole=100, percent=50, lower=60, upper=70, words="50 %")


def test_more_answers_than_asked_are_refused() -> None:
    with pytest.raises(ValidationError, match="only 40 were due"):
        Responders(n_due=40, answered=Share(whole=40), improved=Share(whole=60))


def test_a_refused_effect_without_a_reason_is_refused() -> None:
    with pytest.raises(ValidationError, match="refused without a reason"):
        effect(status="refused", estimate=None, lower=None, upper=None)


def test_an_estimate_beside_a_refusal_is_refused() -> None:
    with pytest.raises(ValidationError, match="refused, but an estimate is given"):
        effect(status="refused", reason="One arm only.")


def test_a_cumulative_share_that_falls_is_refused() -> None:
    with pytest.raises(ValidationError, match="falls over time"):
        Course(source="x", clinic_code="C001", median_day=None, points=(point(14, 30), point(28, 20)))


def test_improved_and_stepped_up_cannot_exceed_everyone() -> None:
    with pytest.raises(ValidationError, match="exceed everyone"):
        point(14, 80, stepped_up_percent=40)


def test_a_report_is_immutable_and_knows_every_field() -> None:
    share = Share(whole=100)
    with pytest.raises(ValidationError):
        share.whole = 90
    with pytest.raises(ValidationError):
        Share.model_validate({"whole": 100, "exact": 97})


def test_missing_numbers_of_duckdb_and_pandas_are_both_read_as_withheld() -> None:
    tables = released(exact_tables())
    floats = {name: frame.astype(object).where(frame.notna(), None) for name, frame in tables.items()}
    assert build_reports({name: pd.DataFrame(frame) for name, frame in floats.items()}, STAMP) == build_reports(
        tables, STAMP
    )


def test_two_shares_that_both_say_how_many_improved_must_agree() -> None:
    tables = exact_tables()
    indicators = tables["indicators"]
    is_improved = indicators["indicator"] == "QI-12"
    tables["indicators"] = indicators.assign(
        numerator=indicators["numerator"].where(~is_improved, indicators["denominator"] // 3)
    )
    with pytest.raises(NightFailed, match="are both said to have improved"):
        build_reports(released(tables), STAMP)


def test_a_flow_in_which_episodes_come_back_stops_the_report() -> None:
    tables = exact_tables()
    flow = tables["decision_flow"]
    tables["decision_flow"] = flow.assign(n_remaining=flow["n_remaining"].where(flow["step_no"] != 3, 2000))
    with pytest.raises(NightFailed, match="more episodes remain after the step"):
        build_reports(released(tables), STAMP)
