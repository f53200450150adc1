"""The panel of data quality: what it counts, what it names first and what it may not show."""

from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from pipelines.privacy.disclosure import release_table
from pipelines.reporting.building import build_reports
from pipelines.reporting.quality import MOST_SHOWN, DataQuality, QualityArea, data_quality
from pipelines.reporting.quality_views import quality_view

from .released import QUERIES, STAMP, exact_tables, released


def rows(*changed: dict[str, Any]) -> list[dict[str, Any]]:
    """Released rows of one clinic; each is met by 1,000 rows unless changed."""
    usual = {
        "clinic_code": "C001", "category": "conformance", "severity": "warn", "owner": "clinic", "description": "Wrong",
        "remedy": "Mend it", "allowed_percent": 1.0, "status": "met", "trend": "steady", "n_broken": 0, "n_rows": 1000,
    }  # fmt: skip
    frame = pd.DataFrame([usual | {"check_name": f"check {number}"} | one for number, one in enumerate(changed)])
    out = release_table(frame, QUERIES["data_quality"])
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in out.astype(object).to_dict("records")
    ]


def unmet(**changed: Any) -> dict[str, Any]:
    return {"status": "not_met", "n_broken": 100} | changed


def test_checks_are_counted_by_category_and_errors_are_named_first() -> None:
    quality = data_quality(
        rows(
            {},
            unmet(n_broken=400),
            unmet(category="plausibility", severity="error"),
            unmet(severity="note", n_broken=900),
        )
    )
    assert [(area.category, area.n_met, area.n_not_met) for area in quality.areas] == [
        ("conformance", 1, 2), ("completeness", 0, 0), ("plausibility", 0, 1),
    ]  # fmt: skip
    assert [line.check_name for line in quality.unmet] == ["check 2", "check 1", "check 3"]


def test_at_most_five_are_named_and_the_others_counted() -> None:
    quality = data_quality(rows(*[unmet(n_broken=100 + number) for number in range(9)]))
    assert len(quality.unmet) == MOST_SHOWN
    assert quality_view(quality)["further"] == "4 further checks are not met."


def test_a_count_under_8_is_withheld_and_stands_behind_those_that_may_be_shown() -> None:
    quality = data_quality(rows(unmet(n_broken=5, n_rows=20), unmet(n_broken=20)))
    assert [line.n_broken for line in quality.unmet] == [20, None]
    assert [row[1] for row in quality_view(quality)["rows"]] == ["20 of 1,000 (2 %)", "not shown of 20 (<40 %)"]


def test_a_sudden_change_is_said_on_top_and_in_its_row() -> None:
    view = quality_view(data_quality(rows({}, unmet(trend="worse"))))
    assert view["sentence"].startswith("1 of 2 checks are met. One changed suddenly")
    assert view["rows"][0][3] == "▲ suddenly more"


def test_records_without_a_fault_say_so_and_a_clinic_without_rows_too() -> None:
    assert quality_view(data_quality(rows({}, {})))["sentence"] == "All 2 checks are met."
    assert quality_view(data_quality([]))["sentence"] == "There was nothing to look at."


def test_a_panel_cannot_name_more_than_it_counts() -> None:
    line = data_quality(rows(unmet())).unmet
    with pytest.raises(ValidationError, match="1 checks are named as not met, and 0 are counted"):
        DataQuality(areas=(QualityArea(category="conformance", n_met=1, n_not_met=0),), unmet=line)


def test_a_clinic_s_page_shows_its_own_checks_and_the_network_s_those_of_all() -> None:
    reports = build_reports(released(exact_tables()), STAMP)
    assert {line.share.whole for line in reports.clinics[0].quality.unmet} == {410}
    assert {line.share.whole for line in reports.network.quality.unmet} == {1180}
