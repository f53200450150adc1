"""The indicators as FHIR: what the resources hold against what was released, and against the structure of R4."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pipelines import errors
from pipelines.reporting.indicators import DEFINITIONS, MEASURE_NAMES
from pipelines.settings import Settings
from pipelines.sharing.measure_reports import _share_score, bundle_text
from pipelines.sharing.measures import FIGURES, SHARES
from pipelines.sharing.published import open_published
from pipelines.warehouse import open_warehouse
from tests.sharing.r4 import faults_of

MASKED = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}


@pytest.fixture(scope="module")
def bundle(published: Settings) -> dict[str, Any]:
    with open_published(published) as night:
        return json.loads(bundle_text(night))


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def test_every_resource_has_the_elements_types_and_codes_of_r4(bundle) -> None:  # type: ignore[no-untyped-def]
    assert [fault for entry in bundle["entry"] for fault in faults_of(entry["resource"])] == []
    assert faults_of(bundle) == []


def test_a_resource_that_breaks_r4_is_found_by_the_same_check(bundle) -> None:  # type: ignore[no-untyped-def]
    report = resources(bundle, "MeasureReport")[0]
    assert faults_of(report | {"period": None})
    assert faults_of(report | {"status": "done"})
    assert faults_of(report | {"invented": 1})
    assert faults_of(report | {"group": [{"population": [{"count": "5"}]}]})


def test_the_official_models_accept_every_resource(bundle) -> None:  # type: ignore[no-untyped-def]
    models = pytest.importorskip("fhir.resources.R4B", reason="fhir.resources is not installed (docs/dependencies.md)")
    for entry in bundle["entry"]:
        models.get_fhir_model_class(entry["resource"]["resourceType"]).model_validate(entry["resource"])


def test_every_measure_reported_on_is_in_the_bundle_and_every_address_is_there_once(bundle) -> None:  # type: ignore[no-untyped-def]
    measures = {f"{one['url']}|{one['version']}" for one in resources(bundle, "Measure")}
    assert len(measures) == len(DEFINITIONS) + len(MEASURE_NAMES)
    assert {one["measure"] for one in resources(bundle, "MeasureReport")} <= measures
    addresses = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(addresses) == len(set(addresses))


def test_counts_and_shares_are_those_that_were_released(bundle, warehouse: Path) -> None:  # type: ignore[no-untyped-def]
    with open_warehouse(warehouse, read_only=True) as con:
        rows = con.execute(
            "select clinic_code, indicator, denominator, numerator, numerator_percent from report.indicators"
        ).fetchall()
        shown = {(clinic, indicator): rest for clinic, indicator, *rest in rows}
    by_url = {measure.url: code for code, measure in SHARES.items()}
    found = {}
    for report in resources(bundle, "MeasureReport"):
        code = by_url.get(report["measure"].split("|")[0])
        if code and "start" not in report["period"]:
            (group,) = report["group"]
            counts = {one["code"]["coding"][0]["code"]: one for one in group["population"]}
            found[report["reporter"]["identifier"]["value"], code] = [
                counts["denominator"].get("count"),
                counts["numerator"].get("count"),
                None if "comparator" in group["measureScore"] else group["measureScore"].get("value"),
            ]
    assert found == shown
    assert any(None in rest for rest in shown.values()), "the night has a count that is withheld"


@pytest.mark.parametrize(
    ("row", "score"),
    [
        ({"denominator": 40, "numerator_percent_words": "<20 %"}, {"value": 20, "comparator": "<", "unit": "%"}),
        ({"denominator": 40, "numerator_percent_words": ">95 %"}, {"value": 95, "comparator": ">", "unit": "%"}),
        ({"denominator": 40, "numerator_percent_words": None}, MASKED),
        ({"denominator": None, "numerator_percent_words": None}, MASKED),
    ],
)
def test_a_share_that_may_only_be_said_in_words_has_a_comparator_or_is_masked(row, score) -> None:  # type: ignore[no-untyped-def]
    whole = _share_score(SHARES["QI-01"], {"numerator_percent": None} | row)
    assert {name: whole[name] for name in score} == score


def test_an_indicator_of_nobody_has_no_score_and_says_that_it_is_unknown() -> None:
    score = _share_score(SHARES["QI-01"], {"denominator": 0, "numerator_percent": None})
    assert score["extension"][0]["valueCode"] == "unknown"


def test_a_withheld_count_is_absent_with_a_reason(bundle) -> None:  # type: ignore[no-untyped-def]
    populations = [
        population
        for report in resources(bundle, "MeasureReport")
        for group in report["group"]
        for population in group["population"]
    ]
    hidden = [population for population in populations if "count" not in population]
    assert hidden
    assert all(population["_count"] == MASKED for population in hidden)


def test_strata_stand_in_the_networks_report_of_their_indicator(bundle) -> None:  # type: ignore[no-untyped-def]
    (report,) = [
        one
        for one in resources(bundle, "MeasureReport")
        if one["measure"].startswith(SHARES["QI-02"].url)
        and one["reporter"]["identifier"]["value"] == "network"
        and "start" not in one["period"]
    ]
    dimensions = {one["code"][0]["text"]: one["stratum"] for one in report["group"][0]["stratifier"]}
    assert {"sex", "age band"} <= dimensions.keys()
    assert "female" in {stratum["value"]["text"] for stratum in dimensions["sex"]}


def test_a_time_has_its_interval_and_a_refusal_is_masked(bundle) -> None:  # type: ignore[no-untyped-def]
    figures = [one for one in resources(bundle, "MeasureReport") if len(one["group"][0]["population"]) == 1]
    by_measure = {one["measure"].split("|")[0]: one for one in figures}
    assert len(by_measure) == len(figures) == 3
    median, refused, adjusted = (
        by_measure[FIGURES[key].url]
        for key in (
            ("QI-15", "median day of sustained improvement"),
            ("QI-19", "stepped up by day 28"),
            ("QI-13", "odi change"),
        )
    )
    score = median["group"][0]["measureScore"]
    assert (score["value"], score["unit"], score["code"]) == (63, "days", "d")
    assert [end["valueDecimal"] for end in score["extension"][0]["extension"]] == [52, 77]
    assert refused["group"][0]["measureScore"] == MASKED
    assert (adjusted["group"][0]["measureScore"]["value"], adjusted["group"][0]["measureScore"]["unit"]) == (
        1.2,
        "points of 100",
    )
    assert adjusted["improvementNotation"]["coding"][0]["code"] == "increase"
    assert "improvementNotation" not in refused


def test_simulated_patients_are_marked_as_test_data(bundle) -> None:  # type: ignore[no-untyped-def]
    assert all(entry["resource"]["meta"]["tag"][0]["code"] == "HTEST" for entry in bundle["entry"])


def test_the_command_writes_the_bundle_once_and_the_same_bytes_each_time(bundle, share, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for name in ("one.json", "two.json"):
        result: Result = share("measure-reports", "--out", tmp_path / name)
        assert result.exit_code == 0, result.output
        assert "of simulated patients" in result.output
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert json.loads((tmp_path / "one.json").read_text(encoding="utf-8")) == bundle
    assert share("measure-reports", "--out", tmp_path / "one.json").exit_code == errors.UsageError.exit_code
    assert share("measure-reports", "--out", tmp_path / "one.xml").exit_code == errors.UsageError.exit_code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.json", "two.json"]
