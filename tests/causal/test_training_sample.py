"""Models that learn from a sample: who is in it, and that everybody is scored as before."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.effects import estimate_trial
from pipelines.causal.features import encode
from pipelines.causal.gains import StackedDRLearner
from pipelines.causal.grace import grace_estimates
from pipelines.causal.nuisance import CrossFit, cross_fit_outcome, cross_fit_propensity
from pipelines.causal.practitioner_levels import practitioner_codes
from pipelines.causal.stepped import estimate_stepped
from pipelines.causal.training_sample import in_sample, training_weights
from tests.causal import stepped_world
from tests.causal.grace_world import TRIAL as GRACE_TRIAL
from tests.causal.grace_world import draw as draw_grace
from tests.causal.rates import coverage_allowed
from tests.causal.worlds import ADD, CONTINUE, TRIAL, linear_clinic, trial_with

COVARIATES = list(TRIAL.covariates)
MOST = 400


def keys(n):
    return [f"e{i:06d}" for i in range(n)]


def arms_of(*sizes):
    return np.repeat(np.arange(len(sizes)), sizes)


def test_everybody_teaches_where_there_are_no_more_than_may():
    assert training_weights(keys(500), arms_of(300, 200), 500, 1) is None
    assert in_sample(keys(500), 500, 1).all()


def test_the_sample_depends_on_keys_and_seed_and_not_on_the_order_of_rows():
    arm = arms_of(600, 400)
    weight = training_weights(keys(1000), arm, MOST, 1)
    assert weight is not None
    assert (weight > 0).sum() == MOST
    order = np.random.default_rng(3).permutation(1000)
    again = training_weights([keys(1000)[row] for row in order], arm[order], MOST, 1)
    assert again is not None
    assert (again == weight[order]).all()
    other = training_weights(keys(1000), arm, MOST, 2)
    assert other is not None
    assert ((other > 0) != (weight > 0)).sum() > 200


def test_tomorrows_sample_is_todays_but_for_a_few():
    arm = np.arange(2000) % 2
    today, tomorrow = (training_weights(keys(n), arm[:n], MOST, 1) for n in (1960, 2000))
    assert today is not None
    assert tomorrow is not None
    assert ((tomorrow[:1960] > 0) & (today > 0)).sum() >= 0.95 * MOST


def test_arms_have_their_share_with_one_weight_and_a_rare_one_half_of_an_equal_share():
    even = training_weights(keys(10_000), arms_of(6000, 4000), 1000, 1)
    assert even is not None
    assert set(even) == {0.0, 1.0}
    arm = arms_of(9000, 800, 200)
    weight = training_weights(keys(10_000), arm, 1200, 1)
    assert weight is not None
    assert [int(((weight > 0) & (arm == k)).sum()) for k in range(3)] == [800, 200, 200]
    shares = np.bincount(arm, weights=weight) / weight.sum()
    assert shares == pytest.approx([0.9, 0.08, 0.02]), "weights give each arm its share of all rows"
    few = training_weights(keys(10_000), arms_of(9900, 90, 10), 1200, 1)
    assert few is not None
    assert (few[9900:] > 0).all(), "small arms teach whole"


def test_a_sample_without_room_for_the_arms_or_of_other_rows_is_refused():
    with pytest.raises(ValueError, match="cannot hold 3 arms"):
        training_weights(keys(9), arms_of(3, 3, 3), 2, 1)
    with pytest.raises(ValueError, match="differ in length"):
        training_weights(keys(8), arms_of(3, 3, 3), 4, 1)


def test_a_patient_is_drawn_with_all_episodes_or_with_none():
    patients = np.repeat(keys(700), 2).tolist()
    drawn = in_sample(patients, MOST, 5)
    assert MOST - 2 < drawn.sum() <= MOST
    assert (drawn[::2] == drawn[1::2]).all()


def test_practitioners_who_hardly_teach_share_one_code_with_the_unknown():
    seen_by = pd.Series(["often"] * 50 + ["hardly"] * 50)
    training = np.r_[np.ones(50), np.ones(9), np.zeros(41)]
    assert set(practitioner_codes(seen_by)) == {1, 2}
    codes = practitioner_codes(seen_by, training)
    assert set(codes[:50]) == {1}
    assert set(codes[50:]) == {0}


def fitted(frame, training, **settings):
    model = CrossFittedAIPW(**({"learners": ("linear",), "repeats": 1, "seed": 4, "arms": [CONTINUE, ADD]} | settings))
    who = {"patient": frame["patient_key"], "practitioner": frame["practitioner_key"]}
    propensity = model.fit_propensity(frame[COVARIATES], frame["arm"], **who, training=training)
    return model.fit(frame[COVARIATES], frame["pain_12wk"], frame["arm"], **who, propensity=propensity)


def weights_of(frame, most, seed=1):
    arm = (frame["arm"] == ADD).to_numpy(dtype=np.int64)
    return training_weights(frame["episode_key"].to_list(), arm, most, seed)


@pytest.mark.parametrize("learners", [("linear",), ("linear", "boosting")])
def test_an_answer_outside_the_sample_moves_no_model_and_only_its_own_score(learners):
    frame = linear_clinic(900, 2)
    training = weights_of(frame, MOST)
    before = fitted(frame, training, learners=learners)
    changed = frame.assign(pain_12wk=np.where(training > 0, frame["pain_12wk"], frame["pain_12wk"] * -3 + 40))
    after = fitted(changed, training, learners=learners)
    for name in ("mu", "e", "g"):
        assert (before.scores_[name] == after.scores_[name]).all()
    own = np.any(before.psi_ != after.psi_, axis=(0, 2))
    assert (own == (training == 0)).all()


def test_every_row_is_scored_by_models_that_saw_nobody_of_its_fold_whether_it_teaches_or_not():
    frame = linear_clinic(900, 3)
    training, fold = weights_of(frame, MOST), np.arange(900) % 3
    design = encode(frame[COVARIATES], training=training)
    arm = (frame["arm"] == ADD).to_numpy(dtype=np.int64)
    said = [
        cross_fit_propensity(CrossFit(design, codes, np.ones(900), fold, 2, ("linear",), 1, training=training))[0]
        for codes in (arm, np.where(fold == 2, 1 - arm, arm))
    ]
    assert (said[0][fold == 2] == said[1][fold == 2]).all()
    assert (said[0][fold != 2] != said[1][fold != 2]).all()


def test_propensities_learned_from_a_sample_with_a_rare_arm_doubled_are_those_of_all_rows():
    generator = np.random.default_rng(6)
    n = 12_000
    x = generator.normal(size=n)
    true = 1 / (1 + np.exp(-(-2.8 + 0.8 * x)))
    arm = np.where(generator.random(n) < true, ADD, CONTINUE)
    training = training_weights(keys(n), (arm == ADD).astype(np.int64), 2_000, 1)
    assert training is not None
    assert len(set(training[training > 0])) == 2, "the rare arm teaches more than its share"
    for learners in (("linear",), ("linear", "boosting")):
        model = CrossFittedAIPW(arms=[CONTINUE, ADD], learners=learners, repeats=1, seed=2, is_calibrated=False)
        e = model.fit_propensity(pd.DataFrame({"x": x}), arm, training=training).modelled[:, 1]
        assert e.mean() == pytest.approx(true.mean(), abs=0.006)
        assert np.corrcoef(e, true)[0, 1] > 0.9
        unweighted = model.fit_propensity(pd.DataFrame({"x": x}), arm, training=(training > 0).astype(float))
        assert unweighted.modelled[:, 1].mean() > 1.5 * true.mean(), "without weights they would not be"


def gains_of(frame, training, y=None, learners=("linear", "kernel")):
    model = StackedDRLearner(learners=learners, repeats=1, folds=3, seed=3, reference=CONTINUE)
    outcome = frame["pain_12wk"].to_numpy() if y is None else y
    who = {"groups": frame["patient_key"], "practitioner": frame["practitioner_key"]}
    return model.fit(frame[COVARIATES], frame["arm"], outcome, **who, training=training)


def test_a_gain_owes_nothing_to_its_own_fold_whether_it_taught_or_not_nor_to_who_did_not_teach():
    frame = linear_clinic(700, 8)
    training, y = weights_of(frame, MOST), frame["pain_12wk"].to_numpy()
    model = gains_of(frame, training)
    fold, taught = model.folds_[0], training > 0
    again = gains_of(frame, training, np.where(fold == 1, -3 * y[::-1] + 50, y))
    assert (again.gains_[fold == 1] == model.gains_[fold == 1]).all()
    assert (again.gains_[(fold != 1) & ~taught] != model.gains_[(fold != 1) & ~taught]).any()
    others = gains_of(frame, training, np.where(taught, y, -3 * y[::-1] + 50))
    assert others.gains_.tobytes() == model.gains_.tobytes()


def test_gains_learned_from_a_sample_follow_a_factor_in_those_who_did_not_teach_too():
    generator = np.random.default_rng(9)
    frame = linear_clinic(2_400, 9, effect=0.0)
    true = 1.0 + 1.5 * frame["severity"].to_numpy()
    y = frame["pain_12wk"].to_numpy() + true * (frame["arm"] == ADD) + generator.normal(0, 0.1, len(frame))
    training = weights_of(frame, 800)
    gains = gains_of(frame, training, y.to_numpy(), learners=("linear",)).gains_[:, 0]
    for rows in (training > 0, training == 0):
        assert np.corrcoef(gains[rows], true[rows])[0, 1] > 0.9
        assert gains[rows].mean() == pytest.approx(true[rows].mean(), abs=0.3)


def capped(most, **changes):
    return replace(trial_with(**changes), most_training_rows=most)


def test_below_the_cap_every_number_is_that_without_one():
    frame = linear_clinic(500, 12)
    without, at_it = (estimate_trial(frame, capped(most)) for most in (10**9, 500))
    for name, table in without.tables.items():
        plain = [one.drop(columns="protocol_hash", errors="ignore") for one in (table, at_it.tables[name])]
        pd.testing.assert_frame_equal(*plain, check_exact=True)


def test_an_effect_whose_models_learned_from_a_sample_says_so_and_lies_beside_that_of_all():
    frame = linear_clinic(2_400, 13, habit_spread=0.3, skill_spread=0.1)
    whole, part = (estimate_trial(frame, capped(most)) for most in (10**9, 800))
    one, other = whole.effects.iloc[0], part.effects.iloc[0]
    assert one["reason"] is None
    assert other["reason"] == "Models learned from a sample of at most 800 episodes; all are scored."
    assert one["n"] == other["n"] == 2_400
    error = (one["upper"] - one["lower"]) / 4
    assert abs(one["estimate"] - other["estimate"]) < 0.5 * error
    assert (other["upper"] - other["lower"]) / 4 == pytest.approx(error, rel=0.1)
    share = part.tables["models"].set_index(["model", "figure"]).loc[("sample", "share learned from"), "value"]
    assert share == pytest.approx(1 / 3, abs=0.001)
    assert "sample" not in set(whole.tables["models"]["model"])


def test_gains_learn_from_a_sample_of_their_own():
    frame = linear_clinic(900, 13)
    whole, fewer, few = (
        estimate_trial(frame, capped(most, difference_outcomes=("pain_12wk",), most_training_rows_of_gains=of_gains))
        for most, of_gains in ((10**9, 10**9), (600, 10**9), (10**9, 600))
    )
    weights = [one.tables["models"].query("model.str.startswith('gain of')")["value"] for one in (whole, fewer, few)]
    assert len(weights[0])
    assert (weights[0].to_numpy() == weights[1].to_numpy()).all()
    assert (weights[0].to_numpy() != weights[2].to_numpy()).any()


@pytest.mark.parametrize("n", [600, 25_000], ids=["few", "read in pieces"])
def test_of_the_arms_that_are_asked_for_the_same_is_read_as_if_all_were(n):
    generator = np.random.default_rng(8)
    x, arm = generator.normal(size=(n, 3)), generator.integers(0, 3, n)
    y = np.abs(x[:, 0]) * (1 + arm) + generator.normal(size=n)
    setting = CrossFit(encode(pd.DataFrame(x)), arm, np.ones(n), np.arange(n) % 3, 3, ("linear", "boosting"), 1)
    asked = generator.random((n, 3)) < 0.3
    all_of_them, weights = cross_fit_outcome(setting, y, is_binary=False, is_lean=True)
    own = np.arange(3) == arm[:, None]
    some, same = cross_fit_outcome(setting, y, is_binary=False, is_lean=True, asked=asked)
    assert weights == same
    assert weights["boosting_shared"] > 0
    assert (some[asked | own] == all_of_them[asked | own]).all()
    assert np.isnan(some[~asked & ~own]).all()


def test_an_analysis_made_on_a_sample_says_so():
    frame, visits = draw_grace(1_200, 4, effect=1.0)
    trial = replace(GRACE_TRIAL, most_training_rows=600)
    row = grace_estimates(frame, visits, trial).iloc[0]
    assert row["status"] == "estimated"
    assert row["n"] <= 600
    assert row["reason"] == "Made on a sample of at most 600 episodes, whole patients drawn by chance."


def test_values_of_rules_learned_from_a_sample_lie_beside_those_of_all():
    frame = stepped_world.draw(4_000, 5)
    whole, part = (
        estimate_stepped(frame, replace(stepped_world.TRIAL, most_training_rows=most)).set_index("regime")
        for most in (10**9, 2_000)
    )
    estimated = whole["status"] == "estimated"
    assert estimated.any()
    assert (part["status"] == whole["status"]).all()
    error = (whole["upper"] - whole["lower"])[estimated] / 4
    assert ((part["estimate"] - whole["estimate"])[estimated].abs() < error).all()
    assert part.loc[estimated, "reason"].str.contains("at most 2,000 episodes").all()


def test_balance_of_rules_is_judged_among_those_who_can_have_the_outcome():
    frame = stepped_world.draw(4_000, 5)
    some = replace(stepped_world.TRIAL.outcomes[0], baseline_floors=(("severity", 0.3),))
    trial = replace(stepped_world.TRIAL, outcomes=(some,))
    whole, part = (
        estimate_stepped(frame, replace(trial, most_training_rows=most)).set_index("regime") for most in (10**9, 2_000)
    )
    assert 500 < whole["n"].iloc[0] < 2_500
    assert (part["status"] == whole["status"]).all()
    fitted = whole["largest_imbalance"].notna()
    assert fitted.any()
    assert (part["largest_imbalance"] - whole["largest_imbalance"])[fitted].abs().max() < 0.05


def coverage(seeds, n, most):
    found = [estimate_trial(linear_clinic(n, seed, effect=1.0), capped(most)).effects.iloc[0] for seed in seeds]
    held = np.mean([row["lower"] <= 1.0 <= row["upper"] for row in found])
    return np.array([row["estimate"] for row in found]) - 1.0, held


def test_with_a_sample_the_known_effect_is_found_without_bias():
    errors, held = coverage(range(12), 1_500, MOST)
    assert abs(errors.mean()) < 3 * errors.std(ddof=1) / np.sqrt(len(errors))
    assert held >= 9 / 12


@pytest.mark.long
def test_with_a_sample_intervals_hold_the_known_effect_as_often_as_they_say():
    errors, held = coverage(range(200), 2_500, 500)
    assert abs(errors.mean()) < 2.5 * errors.std(ddof=1) / np.sqrt(len(errors))
    low, high = coverage_allowed(200)
    assert low <= held <= high
