"""The prognosis under conservative care on clinics whose truth is known, and its refusals."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from pipelines.prognosis.estimate import PrognosisEstimates, estimate_prognosis
from pipelines.prognosis.performance import is_too_good
from pipelines.prognosis.population import select_sample
from pipelines.prognosis.predictors import PREDICTORS, strategies
from pipelines.prognosis.probability import prognose
from pipelines.prognosis.protocol import CONSERVATIVE_CARE
from tests.prognosis.worlds import LINEAR, clinics_world


@pytest.fixture(scope="module")
def world():
    frame, truth = clinics_world(2400)
    return frame.assign(truth=truth), estimate_prognosis(frame, LINEAR)


def figure(found, predictor, validation, name, clinic="network"):
    table = found.prognosis_performance.set_index(["predictor", "validation", "clinic_code", "figure"])
    return table.loc[(predictor, validation, clinic, name)]


def test_without_the_weights_the_calibration_is_off_and_with_them_it_is_right():
    ratios = {True: [], False: []}
    for seed in range(4):
        frame, truth = clinics_world(4000, seed, n_clinics=10, habit=1.0)
        of_all = pd.Series(truth, frame["episode_key"])
        sample = select_sample(frame, LINEAR)
        for is_weighted, found in ratios.items():
            weight = sample.weight if is_weighted else None
            design = sample.design(LINEAR.covariates)
            told = prognose(design, sample.response, sample.fold, weight=weight, learners=LINEAR.learners)
            found.append(of_all[sample.frame["episode_key"]].mean() / told.probability.mean())
    assert np.mean(ratios[False]) > 1.1, "those who stayed without manipulation had the practitioners who do less well"
    assert np.mean(ratios[True]) == pytest.approx(1, abs=0.03)


def test_every_eligible_episode_has_a_probability_near_the_true_one(world):
    frame, found = world
    told = found.prognosis.merge(frame, on="episode_key")
    assert len(told) == len(frame)
    assert told["probability"].notna().all()
    assert not told["is_response_known"].all()
    assert np.sqrt(np.mean((told["probability"] - told["truth"]) ** 2)) < 0.08
    assert set(told["fold"]) == set(range(LINEAR.folds))
    assert set(told["protocol_hash"]) == {LINEAR.protocol_hash()}


def test_bands_follow_the_cut_points(world):
    bands = world[1].prognosis.groupby("band")["probability"].agg(["min", "max"])
    assert bands.loc["unlikely", "max"] < LINEAR.unlikely_below <= bands.loc["uncertain", "min"]
    assert bands.loc["uncertain", "max"] < LINEAR.likely_from <= bands.loc["likely", "min"]


def test_who_cannot_improve_by_30_percent_or_is_not_eligible_has_no_prognosis(world):
    frame = world[0].head(900)
    changed = frame.assign(rmdq24=np.where(np.arange(900) < 100, 3, frame["rmdq24"]), is_eligible=np.arange(900) < 700)
    assert set(select_sample(changed, LINEAR).frame["episode_key"]) == set(frame["episode_key"][100:700])


def test_the_model_is_calibrated_and_better_than_the_rules_on_the_same_episodes(world):
    _, found = world
    for validation in ("out_of_fold", "over_clinics"):
        auc = {name: figure(found, name, validation, "auc")["estimate"] for name in PREDICTORS}
        assert auc["model"] > auc["points"] - 0.02 > auc["start_risk"]
        assert auc["flynn"] == pytest.approx(0.5, abs=0.05)
        slope = figure(found, "model", validation, "calibration_slope")
        assert slope["lower"] < 1 < slope["upper"]
        ratio = figure(found, "model", validation, "observed_to_expected")
        assert ratio["lower"] < 1 < ratio["upper"]
        n_known = int(found.prognosis["is_response_known"].sum())
        assert {figure(found, name, validation, "auc")["n"] for name in PREDICTORS} == {n_known}


def test_a_rule_is_ranked_by_its_own_score(world):
    frame, found = world
    told = found.prognosis.merge(frame, on="episode_key").query("is_response_known")
    weight = 1 / told["seen_probability"].clip(LINEAR.clip)
    by_hand = roc_auc_score(told["r30d_12wk"], -told["start_total"], sample_weight=weight)
    assert figure(found, "start_total", "out_of_fold", "auc")["estimate"] == pytest.approx(by_hand, abs=1e-9)


def test_each_clinic_is_predicted_by_the_others_and_a_further_one_may_show_more(world):
    _, found = world
    table = found.prognosis_performance.query("predictor == 'model' and figure == 'auc'")
    left_out = table[table["validation"] == "clinic_left_out"]
    assert left_out["clinic_code"].tolist() == [f"C{k:03d}" for k in range(4)]
    over = figure(found, "model", "over_clinics", "auc")
    assert over["n_clinics"] == 4
    assert over["next_lower"] <= over["lower"] < over["estimate"] < over["upper"] <= over["next_upper"]


def test_groups_of_the_calibration_hold_every_known_response_once(world):
    _, found = world
    for _, groups in found.prognosis_calibration.groupby("predictor"):
        assert len(groups) == 10
        assert groups["n"].sum() == found.prognosis["is_response_known"].sum()
        assert groups["n"].min() >= LINEAR.minimum_per_group
        assert groups["predicted"].is_monotonic_increasing
        assert ((groups["lower"] <= groups["observed"]) & (groups["observed"] <= groups["upper"])).all()


def test_the_decision_curve_counts_those_who_did_not_improve(world):
    _, found = world
    curve = found.decision_curve.set_index(["strategy", "threshold"])
    assert (curve.loc["nobody", "net_benefit"] == 0).all()
    assert curve.loc[("model", 0.4), "gain_lower"] > 0
    assert curve.loc[("model", 0.4), "net_benefit"] > curve.loc[("start_medium_or_high", 0.4), "net_benefit"]
    told = found.prognosis.merge(world[0], on="episode_key")
    assert curve["n_events"].unique().tolist() == [(told.query("is_response_known")["r30d_12wk"] == 0).sum()]


def test_a_rule_acts_on_nobody_in_whom_it_was_not_recorded():
    frame = pd.DataFrame({"start_risk": ["low", "medium", "high", None], "flynn_n_pos": [3, 4, 5, None]})
    found = {name: acts.tolist() for name, acts in strategies(frame).items()}
    assert found["start_medium_or_high"] == [False, True, True, False]
    assert found["start_high"] == [False, False, True, False]
    assert found["flynn_positive"] == [False, True, True, False]


def test_the_points_table_says_what_its_totals_stand_for(world):
    _, found = world
    points = found.prognosis_points.set_index(["item", "band"])["points"]
    assert points["duration_days", "84 to under 365"] < points["duration_days", "under 16"]
    assert points["start_total", "7 or more"] < points["start_total", "under 4"]
    assert "not recorded" not in points.index.get_level_values("band")
    risks = found.prognosis_risks
    assert risks["probability"].is_monotonic_increasing
    assert risks["n"].sum() == found.prognosis["is_response_known"].sum()


@pytest.mark.ci
def test_the_order_of_the_rows_changes_nothing(world):
    frame = world[0].head(800)
    found = estimate_prognosis(frame, LINEAR)
    again = estimate_prognosis(frame.sample(frac=1, random_state=3), LINEAR)
    for field in fields(PrognosisEstimates):
        pd.testing.assert_frame_equal(getattr(found, field.name), getattr(again, field.name))


def _refused_with(found, words):
    performance = found.prognosis_performance
    assert set(performance["status"]) == set(found.decision_curve["status"]) == {"refused"}
    assert performance["estimate"].isna().all()
    assert found.decision_curve["net_benefit"].isna().all()
    assert found.prognosis["probability"].isna().all()
    assert found.prognosis["band"].isna().all()
    assert len(found.prognosis_points) == len(found.prognosis_risks) == len(found.prognosis_calibration) == 0
    assert words in performance["reason"].iloc[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.iloc[:0], "No episode is eligible"),
        (lambda frame: frame.head(3), "fewer than 100 patients"),
        (lambda frame: frame.assign(is_conservative_12wk=False), "No 12-week response is known"),
        (lambda frame: frame.assign(r30d_12wk=np.nan), "No 12-week response is known"),
        (lambda frame: frame.assign(patient_key="p1"), "fewer than 100 patients"),
        (lambda frame: frame.assign(r30d_12wk=frame["r30d_12wk"] * 0), "Fewer than 30 episodes"),
    ],
    ids=["nobody", "three patients", "all manipulated", "nobody answered", "one patient", "nobody improved"],
)
def test_a_prognosis_that_cannot_be_told_is_refused_in_words(world, change, words):
    _refused_with(estimate_prognosis(change(world[0]), LINEAR), words)


def test_a_prognosis_that_would_rest_on_a_few_episodes_is_refused(world):
    _refused_with(estimate_prognosis(world[0], replace(LINEAR, minimum_effective_n=2000)), "Effective size under 2000")


@pytest.mark.ci
def test_who_is_hardly_represented_is_said(world):
    found = estimate_prognosis(world[0].head(900), replace(LINEAR, clip=0.3))
    assert found.prognosis["reason"].str.contains("hardly anybody like them").all()
    assert world[1].prognosis["reason"].isna().all()


@pytest.mark.ci
@pytest.mark.parametrize(("n_clinics", "words"), [(1, "One clinic only"), (2, "Fewer than 3 clinics")])
def test_with_one_or_two_clinics_only_what_another_clinic_shows_is_refused(n_clinics, words):
    found = estimate_prognosis(clinics_world(900, 2, n_clinics=n_clinics)[0], LINEAR)
    over = figure(found, "model", "over_clinics", "auc")
    assert over["status"] == "refused"
    assert words in over["reason"]
    assert figure(found, "model", "out_of_fold", "auc")["status"] == "estimated"


@pytest.mark.ci
def test_a_clinic_with_few_responses_has_a_refusal_and_a_rule_that_nobody_meets_no_slope(world):
    frame = world[0].assign(flynn_n_pos=0)
    frame.loc[frame.index[:30], "clinic_code"] = "C900"
    found = estimate_prognosis(frame, LINEAR)
    assert "of this clinic" in figure(found, "model", "clinic_left_out", "auc", "C900")["reason"]
    slope = figure(found, "flynn", "out_of_fold", "calibration_slope")
    assert slope["status"] == "refused"
    assert np.isnan(slope["estimate"])
    assert figure(found, "flynn", "out_of_fold", "auc")["estimate"] == 0.5


def test_a_prognosis_that_knows_the_future_is_withheld_and_the_covariate_is_named(world):
    frame, honest = world
    assert (honest.prognosis["status"] == "estimated").all()
    later = frame["r30d_12wk"].fillna(0.5) * 3 + np.random.default_rng(4).normal(size=len(frame))
    withheld = estimate_prognosis(frame.assign(leg_pain_points=later), LINEAR)
    for table in (withheld.prognosis, withheld.prognosis_performance, withheld.decision_curve):
        assert (table["status"] == "refused").all()
        assert set(table["reason"]) == {
            "withheld: an AUC over 0.85 of the 12-week response from leg pain points: what was known only later "
            "has probably got in. Look for it before anything of this night is used."
        }
    assert withheld.prognosis["probability"].isna().all()
    assert withheld.prognosis_points.empty


def test_covariates_that_know_the_future_only_together_withhold_the_prognosis_too(world):
    frame = world[0]
    noise = np.random.default_rng(4).normal(size=len(frame)) * 6
    response = frame["r30d_12wk"].fillna(0.5) * 6
    together = frame.assign(leg_pain_points=response + noise, age_midpoint_years=response - noise)
    found = estimate_prognosis(together, LINEAR)
    assert found.prognosis_performance["reason"].str.contains("response from all covariates together:").all()


@pytest.mark.parametrize(("auc", "is_alarm"), [(0.66, False), (0.85, False), (0.86, True)])
@pytest.mark.parametrize("validation", ["out_of_fold", "over_clinics"])
def test_a_pooled_auc_over_085_is_too_good(auc, is_alarm, validation):
    table = pd.DataFrame([{"figure": "auc", "validation": validation, "estimate": auc}])
    assert is_too_good(table, LINEAR.largest_auc) == is_alarm


def test_one_small_clinic_of_high_auc_is_no_alarm():
    table = pd.DataFrame([{"figure": "auc", "validation": "clinic_left_out", "estimate": 0.99}])
    assert not is_too_good(table, LINEAR.largest_auc)


def test_a_frame_that_lacks_what_is_needed_is_an_error(world):
    with pytest.raises(ValueError, match="is_conservative_12wk"):
        estimate_prognosis(world[0].drop(columns="is_conservative_12wk"), LINEAR)
    with pytest.raises(ValueError, match="occurs twice"):
        estimate_prognosis(pd.concat([world[0], world[0]]), LINEAR)


def test_a_protocol_has_a_hash_of_its_own_and_does_not_contradict_itself():
    assert CONSERVATIVE_CARE.protocol_hash() != LINEAR.protocol_hash()
    as_it_was = replace(LINEAR, learners=CONSERVATIVE_CARE.learners, folds=CONSERVATIVE_CARE.folds)
    assert as_it_was.protocol_hash() == CONSERVATIVE_CARE.protocol_hash()
    for wrong, words in (
        ({"covariates": ("r30d_12wk",)}, "after time zero"),
        ({"unlikely_below": 0.7}, "ascend between 0 and 1"),
        ({"items": (("start_total", (7.0, 4.0)),)}, "must ascend"),
    ):
        with pytest.raises(ValueError, match=words):
            replace(LINEAR, **wrong)
