import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.effects import estimate_trial
from pipelines.causal.group_rows import members
from pipelines.causal.inference import Estimate, Estimates
from pipelines.causal.labels import LABELS, episode_labels, label_of, labels_where_gain_agrees, screening_labels
from pipelines.causal.population import outcome_values
from pipelines.causal.protocol import FixedGroup, Outcome
from pipelines.causal.trials import DECISION, INDEX, TRIALS
from tests.causal.worlds import ADD, CONTINUE, TRIAL, linear_clinic, trial_with


def test_an_effect_is_found_and_its_row_is_complete():
    row = estimate_trial(linear_clinic(1500, 2), TRIAL).effects.iloc[0]
    assert row["status"] == "estimated"
    assert row["reason"] is None
    assert row["lower"] < 1.0 < row["upper"]
    assert row["contrast"] == f"{ADD} - {CONTINUE}"
    assert row["n"] == 1500 == row["n_treated"] + row["n_comparator"]
    assert row["effective_n"] > 500
    assert row["largest_imbalance"] < 0.05
    assert row["protocol_hash"] == TRIAL.protocol_hash()


def test_the_effect_is_the_difference_of_average_scores_as_an_analyst_would_take_it():
    result = estimate_trial(linear_clinic(600, 3), TRIAL)
    means = result.scores.groupby("arm")["score"].mean()
    assert result.effects.loc[0, "estimate"] == pytest.approx(means[ADD] - means[CONTINUE], abs=1e-12)
    assert result.scores["episode_key"].nunique() == 600
    assert set(result.scores["fold"]) == set(range(5))


def test_the_order_of_rows_changes_nothing():
    frame = linear_clinic(400, 4)
    first, second = estimate_trial(frame, TRIAL), estimate_trial(frame.sample(frac=1, random_state=1), TRIAL)
    assert first.scores.to_csv() == second.scores.to_csv()
    assert first.effects.to_csv() == second.effects.to_csv()
    assert first.episode_effects.to_csv() == second.episode_effects.to_csv()


WORKERS = tuple(
    FixedGroup(name, name, "work", "asked by clinicians", "none", level=name) for name in ("manual", "seated")
)
OLDER = FixedGroup("older", "50 or older", "age", "asked by clinicians", "none", low=50)


def test_groups_fixed_in_advance_get_a_row_each():
    trial = trial_with(groups=(*WORKERS, OLDER), difference_outcomes=("pain_12wk",))
    result = estimate_trial(linear_clinic(900, 5), trial)
    groups = result.effects[result.effects["group_name"] != "all"].set_index("group_name")
    assert set(groups.index) == {"manual", "seated", "older"}
    assert (groups["status"] == "estimated").all()
    assert (groups["lower"] < groups["estimate"]).all()
    assert groups["shrinkage"].between(0, 1).all()
    tiny = trial_with(groups=WORKERS, difference_outcomes=("pain_12wk",), minimum_per_arm=400)
    refused = estimate_trial(linear_clinic(1500, 5), tiny).effects.iloc[1:]
    assert refused["reason"].str.startswith("Fewer than 400").all()
    assert refused["estimate"].isna().all()


def test_a_group_is_who_has_it_recorded():
    frame = pd.DataFrame({"work": ["manual", None, "seated"], "age": pd.array([50, None, 49.9], dtype="Float64")})
    assert members(frame, WORKERS[0]).tolist() == [True, False, False]
    assert members(frame, OLDER).tolist() == [True, False, False]
    flags = pd.DataFrame({"leg": pd.array([True, None, False], dtype="boolean")})
    assert members(flags, FixedGroup("leg", "leg", "leg", "", "", level=False)).tolist() == [False, False, True]


def test_everybody_gets_the_average_and_screening_its_own_label():
    frame = linear_clinic(1500, 6, effect=2.0)
    frame.loc[:9, "is_screening_complete"] = False
    frame.loc[10:19, "contraindication"] = "absolute"
    frame["exclusion"] = None
    frame.loc[20:29, ["is_eligible", "exclusion"]] = [False, "absolute_contraindication"]
    frame.loc[20:29, "contraindication"] = "absolute"
    result = estimate_trial(frame, TRIAL)
    labels = result.episode_effects.set_index("episode_key")["label"].sort_index()
    assert set(labels.iloc[:10]) == {"screening_incomplete"}
    assert set(labels.loc["e000010":"e000029"]) == {"contraindicated"}
    assert labels.value_counts()["likely_gain"] > 1400
    effects = result.episode_effects.set_index("episode_key")["effect"].sort_index()
    assert effects.dropna().nunique() == 1
    assert effects.loc["e000020":"e000029"].isna().all()


def test_a_label_promises_gain_only_when_it_is_sure_and_large_enough():
    def label(estimate, standard_error):
        return label_of(Estimate(estimate, standard_error, 50.0, 500, 51), 1.0)

    assert label(1.5, 0.3) == "likely_gain"
    assert label(1.5, 1.2) == "not_enough_information"
    assert label(0.6, 0.2) == "no_difference_expected"
    assert label(0.9, 0.2) == "not_enough_information"
    assert label(-2.0, 0.2) == "no_difference_expected"
    assert label_of(None, 1.0) == "not_enough_information"


def test_a_projection_that_the_expected_gain_contradicts_labels_nobody():
    def label(projected, gain):
        said = Estimates(np.array([projected]), np.array([0.2]), np.array([50.0]), 500, 51)
        return labels_where_gain_agrees(said, np.array([gain]), 1.0)[0]

    assert (label(1.5, 1.2), label(1.5, 0.4)) == ("likely_gain", "not_enough_information")
    assert (label(0.2, 0.4), label(0.2, 1.2)) == ("no_difference_expected", "not_enough_information")
    assert label(0.9, 1.2) == "not_enough_information"


def test_screening_goes_before_overlap_and_overlap_before_the_average():
    screening = screening_labels(
        pd.Series(["absolute", "none", "none", "unknown", None]),
        pd.Series([False, False, True, True, True]),
        has_manipulation=True,
    )
    labels = episode_labels(screening, np.array([True, True, True, False, False]), "likely_gain")
    assert labels.tolist() == [
        "contraindicated",
        "screening_incomplete",
        "outside_overlap",
        "likely_gain",
        "likely_gain",
    ]
    assert set(labels) <= set(LABELS)
    assert not any(screening_labels(pd.Series(["absolute"]), pd.Series([False]), has_manipulation=False))


def test_only_due_episodes_with_a_baseline_over_the_floor_can_have_an_outcome():
    outcome = Outcome("r", 12, "y", True, "risk difference", 0.1, "is_due", (("rmdq24", 4.0), ("odi_pct", 20.0)))
    frame = pd.DataFrame(
        {
            "y": [1, None, 0, 1, 1, 1],
            "is_due": [True, True, False, True, True, None],
            "rmdq24": [4, None, 9, 3, None, 9],
            "odi_pct": [None, 20, None, 60, None, None],
        }
    )
    y, can_have = outcome_values(frame, outcome)
    assert can_have.tolist() == [True, True, False, False, False, False]
    assert np.isnan(y[1])


def test_the_protocol_hash_is_stable_and_changes_with_the_protocol():
    assert trial_with().protocol_hash() == TRIAL.protocol_hash()
    assert trial_with(seed=7).protocol_hash() != TRIAL.protocol_hash()
    assert len(DECISION.protocol_hash()) == 64


def test_a_protocol_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match=r"\['rest'\] are not among its arms"):
        trial_with(contrasts=((ADD, "rest"),))
    with pytest.raises(ValueError, match="they lie after time zero"):
        trial_with(covariates=("severity", "pain_12wk"))
    with pytest.raises(ValueError, match="named twice"):
        trial_with(covariates=("age", "age"))
    with pytest.raises(ValueError, match="margin must be above 0"):
        Outcome("r", 12, "r", True, "risk difference", 0.0)


def test_the_two_trials_are_those_of_the_methods():
    assert set(TRIALS) == {"index", "decision"}
    assert [outcome.name for outcome in DECISION.outcomes] == [
        "r30d_12wk",
        "rmdq24_12wk",
        "odi_pct_12wk",
        "pain_12wk",
        "r50d_12wk",
        "not_deteriorated_12wk",
        "r30d_26wk",
        "rmdq24_26wk",
        "odi_pct_26wk",
    ]
    assert {outcome.name: outcome.margin for outcome in INDEX.outcomes} == {
        "r30d_12wk": 0.10,
        "rmdq24_12wk": 2.0,
        "odi_pct_12wk": 5.0,
        "pain_12wk": 1.0,
        "r50d_12wk": 0.10,
        "not_deteriorated_12wk": 0.05,
    }
    assert [outcome.name for outcome in DECISION.outcomes if not outcome.is_secondary] == [
        "r30d_12wk",
        "rmdq24_12wk",
        "odi_pct_12wk",
        "pain_12wk",
    ]
    assert INDEX.contrasts[0] == ("manipulation", "exercise")
    assert INDEX.minimum_per_arm == 50


def test_progress_is_told_in_plain_lines():
    lines = []
    estimate_trial(linear_clinic(300, 1), TRIAL, lines.append)
    assert lines[0] == "decision: 300 eligible episodes"
    assert lines[-1] == "decision: pain_12wk"


def test_importing_the_protocol_does_not_load_scikit_learn():
    script = "import sys, pipelines.causal.trials, pipelines.causal.survival; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
