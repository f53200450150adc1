"""Clinics compared: what case mix explains is no signal, what it does not is one, and few are not judged."""

import numpy as np
import pytest

from pipelines.case_mix.adjusters import ADJUSTERS, NEVER
from pipelines.case_mix.compare import compare_clinics, standardised
from pipelines.case_mix.courses import clinic_courses
from pipelines.case_mix.expected import TooFewError, expected_outcomes

from .worlds import clinics


def _of(episodes, code: str, measure: str = "responders"):
    rows = compare_clinics(episodes)["case_mix"]
    return rows[(rows["clinic_code"] == code) & (rows["measure"] == measure)].iloc[0]


def test_a_clinic_with_sicker_patients_is_no_signal_once_adjusted() -> None:
    row = _of(clinics(severity_of_one=1.0, n_each=400), "C00")
    assert row["observed"] < row["network"] - 0.1
    assert row["signal"] == "inside"
    assert row["lower"] <= row["network"] <= row["upper"]


def test_a_clinic_that_does_worse_than_its_patients_explain_is_a_signal() -> None:
    row = _of(clinics(harm=1.2, n_each=400), "C00")
    assert row["signal"] == "outside 99.8"
    assert row["direction"] == "worse"
    assert row["has_three_in_a_row"]
    assert row["adjusted"] < row["shrunk"] < row["network"]


def test_no_clinic_predicts_itself() -> None:
    """Turning a clinic's own outcomes round changes nothing of what was expected of it."""
    episodes = clinics(n_clinics=4)
    observed = episodes["is_r30d"].to_numpy()
    own = (episodes["clinic_code"] == "C01").to_numpy()
    turned = np.where(own, 1 - observed, observed)
    before = expected_outcomes(episodes, observed, is_binary=True)
    after = expected_outcomes(episodes, turned, is_binary=True)
    np.testing.assert_array_equal(before[own], after[own])
    assert not np.array_equal(before[~own], after[~own])


def test_what_is_expected_is_calibrated_where_only_case_mix_differs() -> None:
    episodes = clinics(n_clinics=6, n_each=600)
    observed = episodes["is_r30d"].to_numpy()
    known = np.isfinite(observed)
    expected = expected_outcomes(episodes, observed, is_binary=True)
    assert abs(observed[known].mean() - expected[known].mean()) < 0.02
    high = known & (expected > np.quantile(expected, 0.8))
    assert abs(observed[high].mean() - expected[high].mean()) < 0.05


def test_one_clinic_alone_cannot_be_adjusted_and_says_so() -> None:
    episodes = clinics(n_clinics=1)
    with pytest.raises(TooFewError, match="no known outcomes"):
        expected_outcomes(episodes, episodes["is_r30d"].to_numpy(), is_binary=True)
    row = _of(episodes, "C00")
    assert (row["status"], row["signal"]) == ("refused", "not judged")
    assert "no known outcomes" in row["reason"]


def test_where_no_adjuster_was_recorded_the_mean_of_the_others_is_expected() -> None:
    episodes = clinics(n_clinics=3).assign(**dict.fromkeys(ADJUSTERS))
    observed = episodes["is_r30d"].to_numpy()
    expected = expected_outcomes(episodes, observed, is_binary=True)
    own = (episodes["clinic_code"] == "C01").to_numpy()
    assert expected[own] == pytest.approx(np.nanmean(observed[~own]))


def test_fewer_than_eight_clinics_are_not_judged() -> None:
    rows = compare_clinics(clinics(n_clinics=7, harm=2.0))["case_mix"]
    assert set(rows["signal"]) == {"not judged"}


def test_a_clinic_that_few_answered_is_not_judged_and_not_representative() -> None:
    episodes = clinics(harm=1.5, n_each=300)
    own = episodes["clinic_code"] == "C00"
    silent = own & (np.arange(len(episodes)) % 2 == 0)
    episodes.loc[silent, "has_answered"] = False
    episodes.loc[silent, ["is_r30d", "is_worse", "odi_improvement_points"]] = np.nan
    row = _of(episodes, "C00")
    assert (row["is_representative"], row["signal"]) == (False, "not judged")


def test_a_clinic_of_fewer_than_twenty_has_no_value() -> None:
    episodes = clinics()
    few = episodes[(episodes["clinic_code"] != "C00") | (episodes.groupby("clinic_code").cumcount() < 15)]
    row = _of(few.reset_index(drop=True), "C00")
    assert row["status"] == "refused"
    assert np.isnan(row["adjusted"])
    assert np.isnan(row["observed"])


@pytest.mark.ci
def test_false_signals_are_about_as_many_as_the_limits_say() -> None:
    """Twelve clinics without any difference, 20 seeds: about 5 % outside 95 %."""
    outside = [
        signal != "inside"
        for seed in range(20)
        for signal in (lambda rows: rows.loc[rows["measure"] == "responders", "signal"])(
            compare_clinics(clinics(n_each=120, seed=seed).assign(odi_improvement_points=np.nan, is_worse=np.nan))[
                "case_mix"
            ]
        )
    ]
    assert 0.01 <= np.mean(outside) <= 0.09


def test_points_are_observed_minus_expected() -> None:
    row = _of(clinics(severity_of_one=1.0), "C00", "odi change")
    assert abs(row["adjusted"]) < 2
    assert row["observed"] - row["expected"] == pytest.approx(row["adjusted"])


def test_a_standardised_share_of_like_patients_is_the_plain_share() -> None:
    share, error, effective_n = standardised(np.array([1.0] * 30 + [0.0] * 20), np.full(50, 0.5), 0.5)
    assert (share, effective_n) == (pytest.approx(0.6), pytest.approx(50))
    assert error == pytest.approx(np.sqrt(0.25 / 50))


def test_payer_ethnicity_and_deprivation_are_never_adjusted_for() -> None:
    assert not set(ADJUSTERS) & set(NEVER)


def test_no_episode_due_gives_empty_tables() -> None:
    found = compare_clinics(clinics().iloc[:0])
    assert all(len(table) == 0 for table in found.values())


def test_a_course_gives_the_median_and_refuses_where_few_or_not_reached() -> None:
    import pandas as pd

    reached = pd.DataFrame(
        {
            "indicator": "QI-15",
            "clinic_code": "C01",
            "event": ["reached"] * 30 + ["competing"] * 10,
            "time_to_event": [*range(10, 70, 2), *([40] * 10)],
        }
    )
    few = reached.head(5).assign(clinic_code="C02")
    late = reached.assign(clinic_code="C03", event=["reached"] * 5 + ["censored"] * 35)
    rows = clinic_courses(pd.concat([reached, few, late])).set_index(["clinic_code", "measure"])
    median = "median day of sustained improvement"
    assert rows.loc[("C01", median), "estimate"] == 48
    assert rows.loc[("C01", "improved by day 90"), "estimate"] == pytest.approx(0.75)
    assert rows.loc[("C02", median), "reason"] == "Fewer than 20 episodes."
    assert rows.loc[("C03", median), "reason"].startswith("Fewer than half")
