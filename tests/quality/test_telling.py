"""What a run's page and its lines say of the checks."""

import json

import pandas as pd
import pytest

from pipelines.quality.telling import MOST_TOLD, panel, said_of, said_of_feed, sudden_ones


def row(name: str, **changed: object) -> dict[str, object]:
    return {
        "check_name": name, "category": "conformance", "severity": "warn", "owner": "clinic", "allowed_percent": 1.0,
        "n_broken": 0, "n_rows": 1200, "percent_broken": 0.0, "status": "met", "usual_percent": 0.2, "trend": "steady",
        "is_sudden_change": False, "remedy": f"Mend {name}",
    } | changed  # fmt: skip


def not_met(name: str, percent: float, **changed: object) -> dict[str, object]:
    return row(name, n_broken=round(12 * percent), percent_broken=percent, status="not_met") | changed


@pytest.fixture
def results() -> pd.DataFrame:
    """Five checks of a night, two of them broken, one without rows and one that changed."""
    return pd.DataFrame(
        [
            row("intake.sex.value"),
            not_met("intake.age_band.value", 3.0),
            not_met("intake.bmi.value", 12.0),
            row("lab.value.row", n_rows=0, status="no_rows", trend="new", usual_percent=None),
            not_met("arm_without_component", 2.0, severity="error", trend="worse", is_sudden_change=True,
                    category="plausibility"),
        ]
    )  # fmt: skip


def test_a_broken_rule_says_how_many_of_how_many_and_the_remedy(results: pd.DataFrame) -> None:
    said = said_of(results.iloc[4])
    assert said["description"] == "24 of 1,200 (2 %, allowed 1 %). Mend arm_without_component"
    assert (said["is_met"], said["is_error"]) == (False, True)
    assert said_of(results.iloc[0])["description"] is None


def test_a_check_without_rows_is_met_and_says_so_by_its_counts(results: pd.DataFrame) -> None:
    said = said_of(results.iloc[3])
    assert said["is_met"]
    assert said["metadata"]["n_rows"] == 0


def test_the_checks_of_a_feed_are_told_together_the_worst_first(results: pd.DataFrame) -> None:
    said = said_of_feed(results, "intake")
    assert said["description"].startswith("intake.bmi.value: 144 of 1,200")
    assert said["description"].endswith("Mend intake.bmi.value")
    assert said["metadata"]["by_category"] == {"conformance": {"met": 1, "not_met": 2}}
    assert not said["is_error"]


def test_no_list_grows_beyond_what_a_person_reads() -> None:
    many = pd.DataFrame([not_met(f"intake.f{number:02d}.value", 5.0) for number in range(MOST_TOLD + 3)])
    said = said_of_feed(many, "intake")
    assert "; and 3 more. Mend intake.f00.value" in said["description"]
    assert len(said["metadata"]["worst"]) == MOST_TOLD


def test_the_panel_counts_checks_by_category_and_names_errors_first(results: pd.DataFrame) -> None:
    told = panel(results)
    assert told["by_category"] == {
        "conformance": {"met": 1, "no_rows": 1, "not_met": 2},
        "plausibility": {"not_met": 1},
    }
    assert [line["check"] for line in told["worst"]] == [
        "arm_without_component", "intake.bmi.value", "intake.age_band.value",
    ]  # fmt: skip
    assert json.loads(json.dumps(told)) == told


def test_a_sudden_change_is_told_beside_what_is_usual(results: pd.DataFrame) -> None:
    said = sudden_ones(results)
    assert not said["is_met"]
    assert said["description"].startswith("arm_without_component: 2 % broken, usually 0.2 %")
    assert said["metadata"] == {"checks_with_a_past": 4, "changed": 1}
    assert sudden_ones(results.iloc[:4])["is_met"]
