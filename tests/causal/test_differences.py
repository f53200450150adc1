import numpy as np
import pandas as pd
import pytest

from pipelines.causal.differences import learners_of_gains, project_out_of_fold, projection_regressors
from pipelines.causal.effects import estimate_trial
from pipelines.causal.learned_rule import learn_rule
from pipelines.causal.projection import linear_projection, projected
from pipelines.causal.protocol import Outcome
from tests.causal.worlds import ADD, CONTINUE, TRIAL, linear_clinic, trial_with

MODIFIED = trial_with(difference_outcomes=("pain_12wk",), modifiers=("severity", "age"))


def clinic_with_modifier(n: int, seed: int, *, by_severity: float) -> pd.DataFrame:
    """The linear clinic, whose effect is 1 and `by_severity` more where severity is above 0, as much less below."""
    frame = linear_clinic(n, seed)
    gained = by_severity * np.sign(frame["severity"]) * (frame["arm"] == ADD)
    return frame.assign(pain_12wk=frame["pain_12wk"] + gained, true_gain=1 + by_severity * np.sign(frame["severity"]))


def test_boosting_is_among_the_candidates_of_gains_from_3_000_people_on() -> None:
    assert "boosting" not in learners_of_gains(2_999)
    assert "boosting" in learners_of_gains(3_000)


@pytest.fixture(scope="module")
def modified():
    frame = clinic_with_modifier(2500, 1, by_severity=2.0)
    return frame, estimate_trial(frame, MODIFIED)


def test_patients_who_differ_are_told_apart(modified):
    frame, result = modified
    tests = result.tables["heterogeneity"].set_index("test")
    assert tests["is_shown"].all()
    assert 0.5 < tests.loc["slope", "lower"] < tests.loc["slope", "upper"] < 2
    assert np.isnan(tests.loc["slope", "episodes_needed"])
    people = result.episode_effects.set_index("episode_key").sort_index()
    truth = frame.set_index("episode_key")["true_gain"].sort_index()
    assert set(people["basis"]) == {"gain"}
    assert np.corrcoef(people["effect"], truth)[0, 1] > 0.8
    assert (people.loc[truth > 2, "label"] == "likely_gain").mean() > 0.8
    assert (people.loc[truth < 0, "label"] == "likely_gain").mean() < 0.05


def test_the_rule_is_found_and_its_value_is_what_it_gains(modified):
    frame, result = modified
    value = result.tables["rule_values"].iloc[0]
    assert (value["status"], bool(value["is_shown"])) == ("estimated", True)
    splits = result.tables["rules"].dropna(subset="feature")
    by_severity = splits.loc[splits["feature"] == "severity", "threshold"]
    assert by_severity.to_numpy() == pytest.approx(0.0, abs=0.3)
    assert len(by_severity) >= 1
    best = float(np.maximum(frame["true_gain"], 0).mean() - 1.0)
    assert value["gain_lower"] < best < value["gain_upper"] + 0.1
    assert value["gain"] == pytest.approx(value["value"] - value["value_single"])


def test_without_differences_everybody_gets_the_average_and_no_rule_is_shown():
    frame = linear_clinic(1200, 3)
    result = estimate_trial(frame, MODIFIED)
    assert not result.tables["heterogeneity"]["is_shown"].any()
    assert not result.tables["rule_values"]["is_shown"].any()
    assert result.episode_effects["effect"].nunique() == 1
    assert set(result.episode_effects["basis"]) == {"average"}
    slope = result.tables["heterogeneity"].set_index("test").loc["slope"]
    assert np.isnan(slope["estimate"]) or slope["episodes_needed"] > 0


def test_a_rule_needs_600_episodes_and_says_so():
    result = estimate_trial(linear_clinic(500, 3), MODIFIED)
    value = result.tables["rule_values"].iloc[0]
    assert (value["status"], value["episodes_needed"]) == ("refused", 600)
    assert value["reason"].startswith("No rule is learned from fewer than 600 episodes")
    assert result.tables["rules"].empty


def test_refused_contrasts_have_no_differences_and_say_how_many_would_tell():
    binary = Outcome("better", 12, "better", True, "risk difference", 0.1)
    frame = linear_clinic(300, 4)
    frame["better"] = (frame["pain_12wk"] > 2).astype(float)
    trial = trial_with(outcomes=(binary,), difference_outcomes=("better",), modifiers=("age",), minimum_per_arm=290)
    result = estimate_trial(frame, trial)
    assert result.tables["heterogeneity"].empty
    assert result.tables["models"].empty
    row = result.effects.iloc[0]
    assert row["status"] == "refused"
    assert 500 < row["episodes_needed"] < 1500


def test_an_unclear_effect_says_how_many_episodes_would_tell():
    row = estimate_trial(linear_clinic(200, 1, effect=0.8), trial_with(minimum_practitioners=5)).effects.iloc[0]
    assert row["lower"] < 1.0 < row["upper"]
    assert row["episodes_needed"] > 200
    assert row["practitioners_needed"] >= 20


def test_arm_means_are_means_of_the_scores_and_models_say_how_good_they_are():
    result = estimate_trial(linear_clinic(900, 7), TRIAL)
    means = result.tables["arm_means"].set_index("arm")
    assert set(means.index) == {ADD, CONTINUE}
    by_arm = result.scores.groupby("arm")["score"].mean()
    assert means.loc[ADD, "mean"] == pytest.approx(by_arm[ADD])
    assert means.loc[ADD, "lower"] < means.loc[ADD, "mean"] < means.loc[ADD, "upper"]
    figures = result.tables["models"].set_index(["model", "figure"])["value"]
    assert 0.3 < figures["outcome", "share explained"] < 0.7
    assert figures["arm", "log loss"] < np.log(2)
    assert sum(
        value for (part, name), value in figures.items() if part == "outcome" and "weight" in name
    ) == pytest.approx(1)


@pytest.mark.ci
def test_the_order_of_rows_changes_no_difference(modified):
    frame, result = modified
    again = estimate_trial(frame.sample(frac=1, random_state=1), MODIFIED)
    for name, table in result.tables.items():
        assert table.to_csv() == again.tables[name].to_csv(), name


def test_the_projection_at_the_regressors_themselves_is_the_fitted_value():
    generator = np.random.default_rng(0)
    x = np.column_stack([np.ones(400), generator.normal(size=(400, 2))])
    scores = x @ [1.0, 0.5, -1.0] + generator.normal(size=400)
    who = np.array([f"t{k}" for k in generator.integers(0, 20, 400)], dtype=object)
    coefficients = [one.estimate for one in linear_projection(scores, x, who)]
    at = projected(scores, x, who, x[:5])
    assert [one.estimate for one in at] == pytest.approx(list(x[:5] @ coefficients))
    unit = projected(scores, x, who, np.eye(3))
    assert [one.standard_error for one in unit] == [one.standard_error for one in linear_projection(scores, x, who)]


def test_intervals_of_the_projection_cover_the_patients_gain():
    covered = []
    for seed in range(60):
        generator = np.random.default_rng(seed)
        x = np.column_stack([np.ones(300), generator.normal(size=300)])
        who = np.array([f"t{k}" for k in generator.integers(0, 25, 300)], dtype=object)
        scores = 1 + 0.8 * x[:, 1] + generator.normal(0, 3, 300)
        lower, upper = projected(scores, x, who, np.array([[1.0, 1.5]]))[0].interval()
        covered.append(lower < 2.2 < upper)
    assert np.mean(covered) >= 0.88


def test_regressors_leave_out_what_is_constant_or_a_copy():
    people = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": [1.0, 2.0, np.nan], "c": [1.0, 1.0, 1.0]})
    assert projection_regressors(people, [np.ones(3, dtype=bool)]).shape == (3, 2)


def test_a_regressor_that_one_of_the_fits_cannot_tell_is_left_out():
    generator = np.random.default_rng(0)
    people = pd.DataFrame({"a": generator.normal(size=40), "rare": np.arange(40) == 3, "b": generator.normal(size=40)})
    fold = np.arange(40) % 4
    fits = [fold != k for k in range(4)]
    assert projection_regressors(people, fits).shape == (40, 3)
    assert projection_regressors(people, fits[:3]).shape == (40, 4)


def test_no_projection_of_a_patient_saw_the_scores_of_the_own_fold():
    generator = np.random.default_rng(1)
    people = pd.DataFrame({"a": generator.normal(size=300), "b": generator.normal(size=300)})
    who = np.array([f"t{k}" for k in generator.integers(0, 20, 300)], dtype=object)
    contrast, fold = generator.normal(size=300), np.arange(300) % 5
    said = project_out_of_fold(contrast, people, who, fold)
    for k in range(5):
        own = fold == k
        changed = contrast + np.where(own, 100 * generator.normal(size=300), 0.0)
        again = project_out_of_fold(changed, people, who, fold)
        assert [one for one, is_own in zip(said, own, strict=True) if is_own] == [
            one for one, is_own in zip(again, own, strict=True) if is_own
        ]
        assert list(said) != list(again)


def test_a_learned_rule_hardly_depends_on_the_seed_where_it_is_clear():
    frame = clinic_with_modifier(2000, 5, by_severity=3.0)
    scores = np.column_stack([np.zeros(2000), frame["true_gain"] + np.random.default_rng(5).normal(0, 2, 2000)])
    features = frame[["severity", "age"]]
    keys, who = (frame[name].to_numpy(dtype=object) for name in ("patient_key", "practitioner_key"))
    given = [learn_rule(features, scores, (CONTINUE, ADD), keys, who, seed)[0].assign(features) for seed in (1, 2)]
    assert (given[0] == given[1]).mean() > 0.95
    assert (given[0] == (frame["true_gain"] > 0)).mean() > 0.95
