"""Every awkward case of a patient-scope model, on buckets of its patients."""

from .case_task import patient_cases, rows_in_buckets, rows_whole


def test_the_cases_of_the_cohort_give_the_same_rows_in_buckets() -> None:
    places = [place for place in patient_cases() if place.startswith("cohort.episodes")]
    assert places
    assert rows_in_buckets(places) == rows_whole(places)
