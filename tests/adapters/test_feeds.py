import pytest

from pipelines.adapters.feeds import feed_table, public_key, whole_points
from pipelines.contracts import FEEDS


@pytest.mark.parametrize(
    ("millimetres", "points"),
    [(0, "0"), (4, "0"), (5, "1"), (14, "1"), (15, "2"), (65, "7"), (95, "10"), (100, "10")],
)
def test_millimetres_become_points_rounded_half_up(millimetres: float, points: str) -> None:
    assert whole_points(millimetres, highest=10, width=10.0) == points


@pytest.mark.parametrize(("millimetres", "points"), [(101, "11"), (106, "11"), (111, "11"), (813, "81"), (-1, "-1")])
def test_an_impossible_pain_score_stays_impossible_after_conversion(millimetres: float, points: str) -> None:
    assert whole_points(millimetres, highest=10, width=10.0) == points


@pytest.mark.parametrize(("score", "points"), [(6.2727, "6"), (11.5, "12"), (24.0, "24"), (24.2, "25"), (29.0, "29")])
def test_a_pro_rated_disability_score_is_rounded_and_an_impossible_one_is_kept(score: float, points: str) -> None:
    assert whole_points(score, highest=24) == points


def test_a_missing_score_is_not_recorded() -> None:
    assert whole_points(float("nan"), highest=10) == ""


def test_a_key_depends_on_its_purpose_and_fits_the_contract() -> None:
    assert public_key("patient", "1") != public_key("episode", "1")
    assert len(public_key("patient", "1")) == 64


def test_a_feed_table_has_every_field_of_the_contract_and_says_not_recorded_for_the_rest() -> None:
    table = feed_table("outcome", {"episode_key": ["a", "b"], "timepoint_wk": "0"})
    assert tuple(table.columns) == FEEDS["outcome"].columns
    assert table["timepoint_wk"].tolist() == ["0", "0"]
    assert set(table["rmdq24"]) == {""}


def test_a_feed_table_refuses_a_column_that_the_contract_does_not_list() -> None:
    with pytest.raises(ValueError, match="birth_date"):
        feed_table("intake", {"birth_date": ["59"]})
