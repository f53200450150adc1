"""Signals by fixed rules, those of many clinics drawn together, what chance alone gives, and the places in the funnel."""

import pandas as pd
import pytest
from pydantic import ValidationError

from pipelines.errors import NightFailed
from pipelines.reporting.building import build_reports
from pipelines.reporting.comparison import Funnel, FunnelPoint
from pipelines.reporting.comparison_figures import funnel_plot
from pipelines.reporting.model import Reports
from pipelines.reporting.shelf_names import NETWORK

from .released import STAMP, adjusted_row, exact_tables, released

TEN = {f"C{number:03d}": 300 for number in range(1, 11)}


def built(sizes: dict[str, int] = TEN, **changed: pd.DataFrame) -> Reports:
    return build_reports(released(exact_tables(sizes) | changed), STAMP)


def places(**by_clinic: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([adjusted_row(code, 150, **by_clinic.get(code, {})) for code in TEN])


OUTSIDE = {"adjusted": 30.0, "lower": 22.0, "upper": 38.0, "shrunk": 38.0, "shrunk_lower": 30.0, "shrunk_upper": 46.0}
REVIEW = {"C004": OUTSIDE | {"signal": "outside 99.8"}}


def test_a_signal_of_40_percent_of_the_clinics_is_one_line_of_the_network_and_comes_first() -> None:
    network = built().network
    first = network.signals[0]
    assert (first.clinic_code, first.kind, first.n_clinics, first.n_judged) == (NETWORK, "target missed", 10, 10)
    assert first.detail == "10 of 10 clinics: a matter of the network, not of one clinic"
    missed = {one.indicator for one in network.signals if one.kind == "target missed"}
    assert not [one for one in network.signals if one.clinic_code != NETWORK and one.indicator in missed]


def test_a_signal_of_one_clinic_stays_its_own_and_clinics_come_in_alphabetical_order() -> None:
    network = built(case_mix=places(**REVIEW, C002=OUTSIDE | {"signal": "outside 95"})).network
    own = [one for one in network.signals if one.clinic_code != NETWORK]
    assert [(one.clinic_code, one.kind) for one in own] == [
        ("C002", "outside its limits"),
        ("C004", "outside its limits"),
    ]
    assert own[0].detail == "worse than expected, outside the 95 % limits; look, may be chance"
    assert own[1].detail == "worse than expected, outside the 99.8 % limits; review due: data first"


def test_the_comparisons_made_and_the_signals_that_chance_gives_are_counted() -> None:
    network = built(case_mix=places(**REVIEW)).network
    chance = {one.kind: one for one in network.chances}["clinics and adjusted measures"]
    assert (chance.n_made, chance.n_signals, chance.expected_by_chance) == (10, 1, 0.5)


def test_a_clinic_outside_the_99_8_limits_is_asked_to_review_its_data_first() -> None:
    clinic = next(one for one in built(case_mix=places(**REVIEW)).clinics if one.clinic_code == "C004")
    first = clinic.findings[0]
    assert first.title == "Fewer patients improved than expected of those who came: review the data first"
    assert first.is_problem
    assert first.next_step.startswith("Check in this order: who answered")
    assert "outside the 99.8 % limits: chance is an unlikely explanation" in first.text


def test_others_are_never_named_and_the_own_clinic_is() -> None:
    reports = built(case_mix=places(**REVIEW))
    for clinic in reports.clinics:
        named = [point.clinic_code for point in clinic.funnel.points if point.clinic_code]
        assert named == [clinic.clinic_code]
        assert len(clinic.funnel.points) == 10
        assert {one.clinic_code for one in clinic.adjusted} == {clinic.clinic_code}
    assert [point.clinic_code for point in reports.network.funnel.points if point.clinic_code] == ["C004"]


def test_fewer_than_eight_clinics_are_bands_only() -> None:
    seven = dict(list(TEN.items())[:7])
    reports = built(seven)
    for report in (*reports.clinics, reports.network):
        assert report.funnel.points == ()
        assert report.funnel.bands_only
    clinic = reports.clinics[0]
    figure = funnel_plot("funnel", clinic.funnel, clinic.clinic_code)
    assert "<circle" not in figure.wide
    assert clinic.carried[2].reason == "7 clinics have enough answers; it takes 8 to tell chance from difference."


def test_places_of_few_clinics_cannot_be_put_into_a_report() -> None:
    point = FunnelPoint(clinic_code="", effective_no=50, adjusted=50.0, is_representative=True)
    with pytest.raises(ValidationError, match="only 3"):
        Funnel(n_clinics=3, limits=(), points=(point,))


def test_a_clinic_of_which_few_answered_is_hollow() -> None:
    clinic = built(case_mix=places(C004={"is_representative": False, "signal": "not judged"})).clinics[3]
    figure = funnel_plot("funnel", clinic.funnel, "C004")
    assert figure.wide.count('stroke-width="1.8"') == 1
    assert ("C004", "150", "54 %", "no: not judged") in figure.rows


def test_more_clinics_than_can_be_pointed_at_are_one_shape() -> None:
    many = {f"C{number:03d}": 100 + number for number in range(70)}
    clinic = built(many).clinics[0]
    figure = funnel_plot("funnel", clinic.funnel, clinic.clinic_code)
    assert figure.wide.count("<circle") == 0
    assert figure.wide.count("<path") == 1


def test_a_place_that_its_interval_does_not_hold_stops_the_report() -> None:
    with pytest.raises(NightFailed, match="does not hold"):
        built(case_mix=places(C004={"adjusted": 80.0}))


def test_ranks_and_superlatives_are_never_said() -> None:
    network = built(case_mix=places(**REVIEW)).network
    text = network.model_dump_json().lower()
    assert not [word for word in ("worst", "best clinic", "ranked", "league") if word in text]
