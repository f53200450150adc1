from datetime import UTC, date, datetime

import pytest

from pipelines.reporting.periods import Edition, Period, ended_before, period_of

DAYS = [
    date(2026, 1, 1),
    date(2026, 3, 1),
    date(2026, 11, 23),
    date(2026, 11, 29),
    date(2026, 11, 30),
    date(2027, 1, 4),
]


@pytest.mark.parametrize("day", DAYS)
def test_the_last_week_and_month_are_over_and_the_next_ones_are_not(day: date) -> None:
    week, month = ended_before(day)
    assert (week.kind, month.kind) == ("week", "month")
    assert 1 <= (day - week.last_day).days <= 7
    assert (week.last_day - week.first_day).days == 6
    assert week.last_day.isoweekday() == 7
    assert month.first_day.day == 1
    assert month.last_day < day
    assert (month.last_day.month, day.month) in {(number, number % 12 + 1) for number in range(1, 13)}


@pytest.mark.parametrize("day", DAYS)
def test_a_period_is_found_again_by_its_name(day: date) -> None:
    for period in ended_before(day):
        assert period_of(period.name) == period


def test_names_and_words_are_those_of_the_calendar() -> None:
    week, month = ended_before(date(2026, 11, 23))
    assert (week.name, week.words) == ("2026-W47", "the week to 22 November 2026")
    assert (month.name, month.words) == ("2026-10", "October 2026")
    assert ended_before(date(2027, 1, 4))[0].name == "2026-W53"


@pytest.mark.parametrize("name", ["2026", "2026-W54", "2026-13", "2026-00", "latest", "2026-W47/..", "0000-01", ""])
def test_what_is_no_period_is_none(name: str) -> None:
    assert period_of(name) is None


def test_a_period_ends_at_midnight_of_the_clinics() -> None:
    week = Period(date(2026, 7, 5), date(2026, 6, 29), "week")
    assert week.ended_at("Europe/London") == datetime(2026, 7, 5, 23, tzinfo=UTC)
    assert week.ended_at("Pacific/Auckland") == datetime(2026, 7, 5, 12, tzinfo=UTC)


def test_the_first_edition_is_version_1_without_a_reason() -> None:
    edition = Edition.first(ended_before(date(2026, 11, 23))[1])
    assert (edition.folder, edition.because, edition.changes) == ("2026-10/v1", None, ())
