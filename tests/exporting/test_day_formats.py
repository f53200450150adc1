"""Dates are read as the mapping says, and only so."""

from datetime import date, datetime

import pytest

from pipelines.exporting.day_formats import day_reader


def test_the_same_text_is_another_day_in_another_order() -> None:
    assert day_reader("DD/MM/YYYY")("03/04/2024") == date(2024, 4, 3)
    assert day_reader("MM/DD/YYYY")("03/04/2024") == date(2024, 3, 4)


def test_a_time_of_half_a_day_is_read() -> None:
    read = day_reader("MM/DD/YYYY hh:mm AM")
    assert read("03/04/2024 12:05 am") == datetime(2024, 3, 4, 0, 5)  # noqa: DTZ001
    assert read("03/04/2024 12:05 PM") == datetime(2024, 3, 4, 12, 5)  # noqa: DTZ001


def test_iso_may_have_a_zone() -> None:
    assert day_reader("ISO")("2024-03-04T23:30:00Z").isoformat() == "2024-03-04T23:30:00+00:00"


@pytest.mark.parametrize("text", ["31/02/2024", "2024-03-04", "13/13/2024", "03/04/24", "03/04/2024 10:00", "today"])
def test_what_is_not_so_written_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        day_reader("DD/MM/YYYY")(text)


@pytest.mark.parametrize("form", ["DD/MM/YY", "DD/MM", "DD/MM/YYYY DD", "D/M/YYYY", "%d/%m/%Y"])
def test_a_form_that_could_mean_two_things_is_refused(form: str) -> None:
    with pytest.raises(ValueError):
        day_reader(form)
