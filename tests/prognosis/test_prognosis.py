"""A world in which everybody's probability of a response is known."""

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.features import encode
from pipelines.prognosis.decision_curve import decision_curve
from pipelines.prognosis.points import NOT_RECORDED, in_bands, points_table
from pipelines.prognosis.probability import prognose, recalibrate
from pipelines.prognosis.validation import by_clinic, clinic_groups, leave_clinics_out, performance, pooled

FOLDS = 5


def draw(n, seed, *, clinic_spread=0.0, n_clinics=6):
    rng = np.random.default_rng(seed)
    clinic = rng.integers(0, n_clinics, n)
    level = rng.normal(scale=clinic_spread, size=n_clinics)[clinic] if clinic_spread else 0.0
    frame = pd.DataFrame(
        {
            "weeks": rng.gamma(1.5, 8, n),
            "pain": rng.integers(0, 11, n).astype(float),
            "work": rng.choice(["off", "part", "full"], n),
        }
    )
    linear = 1.0 - 0.06 * frame["weeks"] - 0.15 * (frame["pain"] - 5) + 0.7 * (frame["work"] == "full") + level
    probability = 1 / (1 + np.exp(-linear.to_numpy()))
    response = (rng.uniform(size=n) < probability).astype(float)
    response[rng.uniform(size=n) < 0.2] = np.nan
    return frame, probability, response, np.array([f"C{k}" for k in clinic], dtype=object)


def prognosis(n=3000, seed=1, **settings):
    frame, truth, response, clinic = draw(n, seed)
    fold = np.random.default_rng(seed).integers(0, FOLDS, n)
    return prognose(encode(frame), response, fold, **({"learners": ("linear",)} | settings)), truth, response, clinic


def test_probabilities_are_near_the_true_ones_and_calibrated():
    found, truth, response, _ = prognosis(learners=("linear", "boosting"))
    assert np.sqrt(np.mean((found.probability - truth) ** 2)) < 0.05
    figures = performance(response, found.probability)
    best = performance(response, truth)
    assert figures.auc == pytest.approx(best.auc, abs=0.02)
    assert abs(figures.observed_to_expected - 1) < 2 * figures.observed_to_expected_error + 0.01
    assert abs(figures.calibration_slope - 1) < 2 * figures.calibration_slope_error + 0.05
    assert 0 < figures.brier_gain < 0.3


def test_an_answer_does_not_move_its_own_probability():
    frame, _, response, _ = draw(800, 2)
    fold = np.arange(800) % FOLDS
    before = prognose(encode(frame), response, fold, learners=("linear",)).probability
    turned = response.copy()
    turned[fold == 0] = 1 - turned[fold == 0]
    after = prognose(encode(frame), turned, fold, learners=("linear",)).probability
    assert (before == after)[fold == 0].all()
    assert np.abs(before - after)[fold > 0].mean() > 0.02, "the others learn from it"


def test_who_did_not_answer_has_a_probability_too():
    found, truth, response, _ = prognosis()
    unanswered = np.isnan(response)
    assert np.corrcoef(found.probability[unanswered], truth[unanswered])[0, 1] > 0.95


def test_recalibration_mends_probabilities_that_are_too_extreme_and_too_high():
    rng = np.random.default_rng(3)
    z = rng.normal(size=20_000)
    y = (rng.uniform(size=20_000) < 1 / (1 + np.exp(-(0.5 * z - 1)))).astype(float)
    found = recalibrate(y, 1 / (1 + np.exp(-z)), np.ones(20_000))
    assert (found.intercept, found.slope) == (pytest.approx(-1, abs=0.06), pytest.approx(0.5, abs=0.06))


def test_too_few_responses_are_refused():
    frame, _, response, _ = draw(60, 4)
    with pytest.raises(ValueError, match="20 episodes that responded"):
        prognose(encode(frame), response, np.arange(60) % FOLDS)


def test_a_clinic_left_out_is_predicted_by_the_others_and_their_spread_is_told():
    alike, differing = [], []
    for spread, found in ((0.0, alike), (0.8, differing)):
        frame, _, response, clinic = draw(4000, 5, clinic_spread=spread)
        fold = np.arange(4000) % FOLDS
        probability = leave_clinics_out(encode(frame), response, clinic, fold, learners=("linear",))
        table = by_clinic(response, probability, clinic)
        assert table["clinic_code"].tolist() == [f"C{k}" for k in range(6)]
        found.append(pooled(table, "observed_to_expected"))
    (same,), (other,) = alike, differing
    assert same.lower < 1 < same.upper
    assert same.spread < 0.05 < other.spread
    assert other.next_upper - other.next_lower > 2 * (same.next_upper - same.next_lower)


def test_with_many_clinics_several_are_left_out_together_and_each_is_whole():
    clinic = np.array([f"C{k}" for k in np.random.default_rng(11).integers(0, 30, 2000)], dtype=object)
    groups = clinic_groups(clinic)
    assert len(np.unique(groups)) == 12
    assert pd.Series(groups).groupby(clinic).nunique().eq(1).all()
    assert pd.Series(groups).value_counts().between(80, 280).all()


def test_a_figure_that_has_no_error_in_a_clinic_does_not_count_there():
    table = pd.DataFrame({"auc": [0.6, 0.7, 0.8, np.nan], "auc_error": [0.1, 0.1, 0.1, np.nan]})
    assert (pooled(table, "auc").n_clinics, pooled(table, "auc").mean) == (3, pytest.approx(0.7))
    with pytest.raises(ValueError, match="found 2"):
        pooled(table.tail(3), "auc")


def test_a_spread_needs_three_clinics():
    with pytest.raises(ValueError, match="three clinics"):
        pooled(pd.DataFrame({"auc": [0.7, 0.7], "auc_error": [0.1, 0.1]}), "auc")


def test_the_prediction_interval_of_clinics_holds_the_next_clinic_in_19_of_20():
    rng, held = np.random.default_rng(6), 0
    for _ in range(400):
        own = rng.normal(0.7, 0.05, 13)
        errors = rng.uniform(0.01, 0.04, 12)
        found = pooled(pd.DataFrame({"auc": own[:12] + errors * rng.normal(size=12), "auc_error": errors}), "auc")
        held += found.next_lower < own[12] < found.next_upper
    assert 0.91 <= held / 400 <= 0.99


def test_net_benefit_is_counted_as_vickers_and_elkin_count_it():
    event = np.array([1, 1, 0, 0, 0, np.nan])
    acts = np.array([True, False, True, False, False, True])
    curve = decision_curve(
        event,
        np.array([0.9, 0.1, 0.4, 0.1, 0.1, 0.9]),
        np.arange(6).astype(object),
        rules={"rule": acts},
        thresholds=(0.25,),
    ).set_index("strategy")
    assert curve.loc["everybody", "net_benefit"] == pytest.approx(2 / 5 - 3 / 5 / 3)
    assert curve.loc["nobody", "net_benefit"] == 0
    assert curve.loc["model", "net_benefit"] == pytest.approx(1 / 5 - 1 / 5 / 3)
    assert curve.loc["rule", "net_benefit"] == curve.loc["model", "net_benefit"]
    assert curve.loc["rule", "gain"] == pytest.approx((1 / 5 - 1 / 15) - (2 / 5 - 1 / 5))


def test_a_good_probability_gains_and_a_useless_one_does_not():
    _, truth, response, clinic = draw(6000, 7, n_clinics=40)
    useless = np.random.default_rng(8).permutation(truth)
    for probability, gains in ((truth, True), (useless, False)):
        curve = decision_curve(response, probability, clinic, thresholds=(0.5,)).set_index("strategy")
        assert (curve.loc["model", "gain_lower"] > 0) == gains


def test_a_threshold_of_1_and_a_rule_called_model_are_refused():
    known = np.array([1.0, 0.0]), np.array([0.5, 0.5]), np.array(["a", "b"], dtype=object)
    with pytest.raises(ValueError, match="between 0 and 1"):
        decision_curve(*known, thresholds=(1.0,))
    with pytest.raises(ValueError, match="cannot be the name of a rule"):
        decision_curve(*known, rules={"model": np.array([True, False])})


CUTS = {"weeks": (6, 12, 26), "pain": (4, 7), "work": ()}


def test_points_rank_patients_nearly_as_the_model_does_and_say_their_probability():
    frame, truth, response, _ = draw(4000, 9)
    banded = in_bands(frame, CUTS)
    table = points_table(banded, response)
    found, best = performance(response, table.probabilities(banded)), performance(response, truth)
    assert best.auc - found.auc < 0.03
    assert abs(found.observed_to_expected - 1) < 0.01
    assert table.bands["points"].abs().max() == 5
    assert table.risks["probability"].is_monotonic_increasing
    weeks = table.bands[table.bands["item"] == "weeks"].set_index("band")["points"]
    assert weeks["26 or more"] < weeks["12 to under 26"] < weeks["under 6"]


def test_what_was_not_recorded_and_rare_bands_have_no_points():
    frame, _, response, _ = draw(1000, 10)
    banded = in_bands(
        frame.assign(pain=frame["pain"].where(frame.index % 3 > 0), work=["unheard"] * 5 + frame["work"].tolist()[5:]),
        CUTS,
    )
    table = points_table(banded, response)
    assert not {NOT_RECORDED, "unheard"} & set(table.bands["band"])
    assert (banded["pain"] == NOT_RECORDED).sum() > 300
    assert len(table.totals(banded)) == 1000


def test_bands_are_said_in_words():
    banded = in_bands(pd.DataFrame({"pain": [3.9, 4, 7, None]}), {"pain": (4, 7)})
    assert banded["pain"].tolist() == ["under 4", "4 to under 7", "7 or more", NOT_RECORDED]


@pytest.mark.ci
def test_points_from_few_episodes_are_shrunk_until_they_hold_in_others():
    slopes = {True: [], False: []}
    for seed in range(6):
        frame, _, response, _ = draw(4800, 20 + seed)
        noise = np.random.default_rng(seed).integers(0, 4, (4800, 6)).astype(str)
        frame = frame.assign(**{f"noise_{k}": noise[:, k] for k in range(6)})
        banded = in_bands(frame, CUTS | {f"noise_{k}": () for k in range(6)})
        few, others = np.arange(4800) < 800, np.arange(4800) >= 800
        for is_shrunk, found in slopes.items():
            fold = np.arange(800) % 3 if is_shrunk else None
            table = points_table(banded[few], response[few], fold=fold)
            found.append(performance(response[others], table.probabilities(banded[others])).calibration_slope)
    assert np.mean(slopes[False]) < 0.85, "too extreme"
    assert np.mean(slopes[True]) == pytest.approx(1, abs=0.15)


def test_points_need_both_kinds_of_episodes():
    with pytest.raises(ValueError, match="some that did not"):
        points_table(pd.DataFrame({"a": ["x", "y"]}), np.array([1.0, 1.0]))
