import pandas as pd
import pytest

from pipelines.causal.tables import as_table
from pipelines.self_check.tables import VERDICT_COLUMNS
from pipelines.self_check.verdicts import with_weekly_failures

EFFECT = {"trial": "decision", "outcome": "r30d_12wk", "contrast": "add - without", "protocol_hash": "a"}


def verdicts(*rows: dict[str, object]) -> pd.DataFrame:
    return as_table([pd.DataFrame([EFFECT | row for row in rows])], VERDICT_COLUMNS)


def verdict(check: str, status: str, effort: str, **other: object) -> dict[str, object]:
    return {
        "check_name": check,
        "status": status,
        "is_withheld": status == "failed",
        "words": f"{status} in {effort}",
        "effort": effort,
    } | other


def test_what_failed_in_full_on_sunday_is_withheld_until_it_passes_in_full() -> None:
    sunday = verdicts(verdict("plasmode", "failed", "full"), verdict("permutations", "passed", "full"))
    night = verdicts(verdict("plasmode", "passed", "nightly"), verdict("permutations", "passed", "nightly"))
    monday = with_weekly_failures(night, sunday)
    tuesday = with_weekly_failures(night, monday)
    for said in (monday, tuesday):
        assert said["status"].tolist() == ["failed", "passed"]
        assert said["is_withheld"].tolist() == [True, False]
        assert said["words"].tolist() == ["failed in full", "passed in nightly"]
    pd.testing.assert_series_equal(monday.dtypes, night.dtypes)


@pytest.mark.parametrize(
    "earlier",
    [
        verdict("plasmode", "failed", "nightly"),
        verdict("plasmode", "passed", "full"),
        verdict("plasmode", "failed", "full", protocol_hash="b"),
        verdict("plasmode", "failed", "full", outcome="pain_12wk"),
        verdict("leakage", "failed", "full"),
    ],
    ids=["nightly", "passed", "another protocol", "another outcome", "a check that each night makes whole"],
)
def test_nothing_else_is_carried_over(earlier: dict[str, object]) -> None:
    night = verdicts(verdict("plasmode", "passed", "nightly"), verdict("leakage", "passed", "nightly"))
    pd.testing.assert_frame_equal(with_weekly_failures(night, verdicts(earlier)), night)


def test_a_night_without_a_past_says_what_it_found() -> None:
    night = verdicts(verdict("plasmode", "passed", "nightly"))
    pd.testing.assert_frame_equal(with_weekly_failures(night, as_table([], VERDICT_COLUMNS)), night)
