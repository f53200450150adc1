from dataclasses import replace

import pytest

from pipelines.causal.protocol import SteppedRegime
from pipelines.causal.target import protocol_rows
from pipelines.causal.trials import DECISION, INDEX, STEPPED

EVERY_TRIAL = (DECISION, INDEX, STEPPED)


def test_every_trial_has_every_item_of_its_table_in_words():
    rows = protocol_rows(EVERY_TRIAL)
    items = rows.groupby("trial")["item"].apply(tuple)
    assert set(items.index) == {"decision", "index", "stepped"}
    assert len(set(items)) == 1
    assert {"eligibility", "treatment strategies", "assignment", "time zero and follow-up", "outcomes"} <= set(
        items.iloc[0]
    )
    assert rows[["target_trial", "emulation"]].map(len).min().min() > 20


@pytest.mark.parametrize("trial", EVERY_TRIAL, ids=lambda trial: trial.id)
def test_the_table_says_what_the_protocol_holds(trial):
    rows = protocol_rows([trial]).set_index("item")
    assert set(rows["protocol_hash"]) == {trial.protocol_hash()}
    for step in trial.eligibility:
        assert step.kept in rows.loc["eligibility", "target_trial"]
        assert step.code in rows.loc["eligibility", "emulation"]
    for covariate in trial.covariates:
        assert covariate in rows.loc["assignment", "emulation"]
    for outcome in trial.outcomes:
        assert outcome.name in rows.loc["outcomes", "target_trial"]
    strategies = [regime.words for regime in STEPPED.regimes] if trial is STEPPED else trial.strategies
    assert all(words in rows.loc["treatment strategies", "target_trial"] for words in strategies)


def test_another_protocol_has_another_table_and_another_hash():
    fewer = replace(STEPPED, eligibility=STEPPED.eligibility[1:])
    one, other = protocol_rows([STEPPED]), protocol_rows([fewer])
    assert (one["protocol_hash"] != other["protocol_hash"]).all()
    assert (one["target_trial"] != other["target_trial"]).sum() == 1


def test_the_regimes_are_those_of_the_methods():
    rules = {regime.name: (regime.is_at_once, regime.add_at_week, regime.under_percent) for regime in STEPPED.regimes}
    assert rules == {
        "manipulation_at_once": (True, None, None),
        "never": (False, None, None),
        "step_up_week4_under_30": (False, 4, 30),
        "step_up_week2_under_30": (False, 2, 30),
        "step_up_week6_under_30": (False, 6, 30),
        "step_up_week4_under_20": (False, 4, 20),
        "step_up_week4_under_50": (False, 4, 50),
    }
    assert STEPPED.outcomes[0].name == "r30d_12wk"
    assert {outcome.timepoint_weeks for outcome in STEPPED.outcomes} == {12, 26}


def test_a_regime_or_a_stepped_trial_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match="adds it at a week under a percentage"):
        SteppedRegime(name="r", words="w", add_at_week=4)
    with pytest.raises(ValueError, match="adds it at a week under a percentage"):
        SteppedRegime(name="r", words="w", is_at_once=True, add_at_week=4, under_percent=30)
    with pytest.raises(ValueError, match=r"no decision is taken at weeks \[2, 6\]"):
        replace(STEPPED, decision_weeks=(4,))
    with pytest.raises(ValueError, match=r"\['rest'\] are not among its regimes"):
        replace(STEPPED, contrasts=(("rest", "never"),))
    with pytest.raises(ValueError, match="2 strategies for 3 arms"):
        replace(INDEX, strategies=DECISION.strategies)
    with pytest.raises(ValueError, match="not one an arm, in the order of its arms"):
        replace(INDEX, grace_strategies=DECISION.grace_strategies)
