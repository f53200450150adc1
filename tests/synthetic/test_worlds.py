"""What is true in each world, and that the records can be held against it."""

import numpy as np
import pandas as pd
import pytest

from pipelines.errors import UsageError
from pipelines.synthetic.choices import INDEX_ARMS
from pipelines.synthetic.outcome_records import improvement_seen_by
from pipelines.synthetic.population import Population, draw_population
from pipelines.synthetic.simulation import feed_tables
from pipelines.synthetic.truth import true_effects
from pipelines.synthetic.worlds import WORLDS, world_named

ORDINARY = ("no-effect", "uniform", "rule-modifier", "skilled-practitioners", "step-up-dropout", "hidden-severity")


def drawn(world: str, episodes: int = 4_000, clinics: int = 10, seed: int = 8) -> Population:
    return draw_population(episodes, clinics, world_named(world), seed)


def effects(group: Population) -> dict[tuple[str, str, str], float]:
    return {(one.trial, one.outcome, one.contrast): one.effect for one in true_effects(group.outcomes)}


def decision_effect(group: Population, outcome: str) -> float:
    return effects(group)["decision", outcome, "add_manipulation - continue_without"]


def factual_response(group: Population) -> np.ndarray:
    """R30D at 12 weeks under the care that happened (index arm, then the step-up decided)."""
    y = group.outcomes.y["decision"]
    is_manipulated = group.visits.manipulated_from_slot >= 0
    return np.where(is_manipulated, y["add_manipulation"]["r30d_12wk"], y["continue_without"]["r30d_12wk"])


@pytest.mark.parametrize("world", ["no-effect", "hidden-severity"])
def test_without_an_effect_every_true_contrast_of_manipulation_is_exactly_0(world):
    assert all(
        effect == 0.0 for (_, _, contrast), effect in effects(drawn(world)).items() if "manipulation" in contrast
    )


def test_in_the_uniform_world_the_truth_is_1_6_points_less_what_the_scale_cuts_off(group):
    assert 1.35 < decision_effect(group, "rmdq24_12wk") < 1.6
    assert 0.11 < decision_effect(group, "r30d_12wk") < 0.18
    assert 3.5 < decision_effect(group, "odi_pct_12wk") < 4.2
    assert 0.45 < decision_effect(group, "pain_12wk") < 0.66
    assert 0.11 < decision_effect(group, "r30d_26wk") < 0.18


def test_the_truth_of_beginning_with_manipulation_allows_for_those_who_would_get_it_later(group):
    true = effects(group)["index", "rmdq24_12wk", "manipulation - exercise"]
    assert 0.8 < true < decision_effect(group, "rmdq24_12wk")


def test_the_rule_world_gives_its_rule_group_about_ten_times_the_rest():
    group = drawn("rule-modifier", episodes=20_000)
    y = group.outcomes.y["decision"]
    gain = y["add_manipulation"]["rmdq24_12wk"] - y["continue_without"]["rmdq24_12wk"]
    rule = group.outcomes.eligible["decision"] & group.patients.follows_rule
    others = group.outcomes.eligible["decision"] & ~group.patients.follows_rule
    assert rule.sum() > 150
    assert np.nanmean(gain[rule]) > 3.5
    assert 0.4 < np.nanmean(gain[others]) < 0.55


@pytest.mark.parametrize("world", ["uniform", "step-up-dropout"])
def test_ever_against_never_manipulated_has_the_wrong_sign(world):
    group = drawn(world, episodes=30_000, clinics=20)
    response = factual_response(group)
    ever, known = group.visits.manipulated_from_slot >= 0, ~np.isnan(response)
    naive = response[ever & known].mean() - response[~ever & known].mean()
    assert decision_effect(group, "r30d_12wk") > 0.10
    assert naive < -0.03


def test_those_who_get_manipulation_added_would_have_done_worse_without(group):
    eligible, added = group.outcomes.eligible["decision"], group.visits.adds_manipulation
    untreated = group.outcomes.y["decision"]["continue_without"]["r30d_12wk"]
    assert np.nanmean(untreated[eligible & added]) < np.nanmean(untreated[eligible & ~added]) - 0.03


@pytest.mark.parametrize("world", ORDINARY)
def test_6000_episodes_give_800_eligible_with_overlap_and_a_step_up_in_about_half(world):
    group = drawn(world, episodes=6_000)
    eligible = group.outcomes.eligible["decision"]
    chances = group.visits.chance_of_adding[eligible]
    assert eligible.sum() >= 800
    assert eligible.mean() < 0.26
    assert 0.38 < group.visits.adds_manipulation[eligible].mean() < 0.62
    assert ((chances > 0.05) & (chances < 0.95)).mean() > 0.95
    assert np.bincount(group.index_arm, minlength=3).min() > 1_000


def test_the_recorded_scores_are_the_potential_outcomes_of_what_was_done(group, feeds):
    outcome = feeds["outcome"].set_index(["episode_key", "timepoint_wk"])["rmdq24"]
    answered = pd.to_numeric(outcome.xs("12", level=1), errors="coerce").to_numpy()
    y = group.outcomes.y["decision"]
    happened = np.where(
        group.visits.manipulated_from_slot >= 0,
        y["add_manipulation"]["rmdq24_12wk"],
        y["continue_without"]["rmdq24_12wk"],
    )
    expected = group.patients.rmdq24 - happened
    known = ~np.isnan(answered) & ~np.isnan(expected)
    assert known.sum() > 2_000
    assert (answered[known] == expected[known]).all()


def test_who_is_eligible_can_be_told_from_the_records(group, feeds):
    session = feeds["session"]
    attended = session[session["attendance"] == "attended"].assign(day=session["session_day"].astype(int))
    visit = attended[attended["day"].between(28, 41)].drop_duplicates("episode_key").set_index("episode_key")
    component = feeds["session_component"]
    manipulated = attended[
        attended["session_key"].isin(component.loc[component["component"] == "manipulation", "session_key"])
    ]
    first = manipulated.groupby("episode_key")["day"].min()
    intake = feeds["intake"].set_index("episode_key")
    pain = intake[["nprs_back_avg", "nprs_leg_avg"]].apply(pd.to_numeric, errors="coerce").max(axis=1).clip(lower=1)
    improvement = 1 - pd.to_numeric(visit["nprs_pre"], errors="coerce") / pain.reindex(visit.index)
    is_before = first.reindex(visit.index) < visit["day"]
    told = pd.Series((improvement < 0.3 - 1e-9) & ~is_before, index=visit.index).reindex(intake.index, fill_value=False)
    assert (told.to_numpy() & ~group.screening.is_absolute).tolist() == group.outcomes.eligible["decision"].tolist()


def test_better_practitioners_manipulate_more_only_in_their_own_world():
    skilled, ordinary = drawn("skilled-practitioners", clinics=80).practice, drawn("uniform", clinics=80).practice
    assert 0.45 < np.corrcoef(skilled.skill, skilled.manipulation_habit)[0, 1] < 0.75
    assert abs(np.corrcoef(ordinary.skill, ordinary.manipulation_habit)[0, 1]) < 0.2


def test_in_the_dropout_world_those_who_are_better_stop_coming():
    last_visits = {}
    for world in ("uniform", "step-up-dropout"):
        group = drawn(world)
        improvement = 1 - group.visits.pain / group.patients.larger_pain[:, None]
        is_better = (group.visits.pain >= 0) & (improvement >= 0.3) & (group.visits.day >= 7) & (group.visits.day < 42)
        last_visits[world] = (group.visits.discharge[is_better] != 0).mean()
    assert last_visits["uniform"] < 0.25
    assert last_visits["step-up-dropout"] > last_visits["uniform"] + 0.15


def test_in_the_dropout_world_those_who_are_better_stop_answering():
    shares = {}
    for world in ("uniform", "step-up-dropout"):
        group = drawn(world)
        outcome = feed_tables(group)[0]["outcome"].to_pandas()
        at_12 = (outcome["timepoint_wk"] == "12").to_numpy()
        answered = (outcome["reason_missing"] == "").to_numpy()[at_12]
        is_mature = group.patients.observed_through_day > 150
        is_better = improvement_seen_by(28, group.patients, group.visits) >= 0.3
        shares[world] = answered[is_mature & is_better].mean() - answered[is_mature & ~is_better].mean()
    assert shares["uniform"] > -0.05
    assert shares["step-up-dropout"] < -0.12


@pytest.mark.parametrize("world", ["no-effect", "uniform", "skilled-practitioners", "hidden-severity"])
def test_weighting_by_the_true_probability_of_a_step_up_recovers_the_truth(world):
    group = drawn(world, episodes=40_000, clinics=20)
    y = group.outcomes.y["decision"]
    gain = np.where(
        group.visits.adds_manipulation, y["add_manipulation"]["rmdq24_12wk"], y["continue_without"]["rmdq24_12wk"]
    )
    use = group.outcomes.eligible["decision"] & ~np.isnan(gain)
    added, share, gain = group.visits.adds_manipulation[use], group.visits.chance_of_adding[use], gain[use]
    weight = np.where(added, 1 / share, 1 / (1 - share))
    means = [np.average(gain[side], weights=weight[side]) for side in (added, ~added)]
    error = np.sqrt(
        sum(
            np.sum((weight[s] * (gain[s] - m)) ** 2) / weight[s].sum() ** 2
            for s, m in zip((added, ~added), means, strict=True)
        )
    )
    assert abs(means[0] - means[1] - decision_effect(group, "rmdq24_12wk")) < 3.3 * error


def test_hidden_severity_shifts_the_number_of_earlier_episodes_and_no_other_world_does(group, feeds):
    hidden = drawn("hidden-severity")
    intakes = {"hidden": (hidden, feed_tables(hidden)[0]["intake"].to_pandas()), "uniform": (group, feeds["intake"])}
    shares = {}
    for name, (one, intake) in intakes.items():
        earlier = intake["prior_episodes"]
        many, known = earlier.isin(["3-5", "6+"]).to_numpy(), earlier.isin(["0", "1-2", "3-5", "6+"]).to_numpy()
        severe = one.patients.hidden > 0
        shares[name] = many[known & severe].mean() - many[known & ~severe].mean()
    assert shares["hidden"] > 0.15
    assert abs(shares["uniform"]) < 0.05


def test_the_world_of_one_arm_knows_exercise_only():
    group = drawn("one-arm")
    assert set(group.index_arm) == {INDEX_ARMS.index("exercise")}
    assert not group.visits.adds_manipulation.any()


def test_three_patients_means_three_episodes_a_clinic():
    group = drawn("three-patients", episodes=60, clinics=20)
    assert np.bincount(group.patients.clinic).tolist() == [3] * 20


def test_one_practitioner_sees_everybody():
    assert drawn("one-practitioner").practice.n == 1


def test_where_the_clinic_decides_no_probability_lies_between_0_and_1():
    group = drawn("clinic-decides", clinics=9)
    eligible = group.outcomes.eligible["decision"]
    assert set(group.visits.chance_of_adding[eligible]) == {0.0, 1.0}
    by_clinic = pd.Series(group.visits.adds_manipulation[eligible]).groupby(group.patients.clinic[eligible]).nunique()
    assert (by_clinic == 1).all()


def test_an_unknown_world_is_refused_and_all_are_named():
    with pytest.raises(UsageError, match="clinic-decides, hidden-severity, no-effect"):
        world_named("atlantis")
    assert len(WORLDS) == 10
