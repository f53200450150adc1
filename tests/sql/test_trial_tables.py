import re

import pytest

from pipelines.causal.protocol import Protocol, SteppedTrial
from pipelines.causal.trials import STEPPED, TRIALS
from pipelines.tables import SQL_FOLDER

KEYS = ["episode_key", "patient_key", "clinic_code", "arm", "practitioner_key", "is_eligible", "exclusion",
        "contraindication", "is_screening_complete"]  # fmt: skip
EVERY_TRIAL = (*TRIALS.values(), STEPPED)


def _text(name: str) -> str:
    return (SQL_FOLDER / "cohort" / f"{name}.sql").read_text(encoding="utf-8")


def _columns(name: str) -> list[str]:
    text = _text(name)
    select = text[text.index("\nselect\n") : text.index("\nfrom ")]
    return re.findall(r"(?:as |\.)(\w+),?$", select, re.MULTILINE)


def _outcome_columns(trial: Protocol) -> list[str]:
    due = sorted({str(outcome.due_column) for outcome in trial.outcomes})
    return [*(outcome.column for outcome in trial.outcomes), *due]


@pytest.mark.parametrize("name", TRIALS)
def test_a_trial_is_estimated_on_exactly_the_columns_of_its_protocol(name: str) -> None:
    trial = TRIALS[name]
    known = [*trial.covariates, *trial.observation_covariates]
    assert _columns(f"{name}_trial") == [*KEYS, *known, *_outcome_columns(trial)]


def test_the_stepped_trial_is_estimated_on_exactly_the_columns_of_its_protocol() -> None:
    percents = sorted({regime.under_percent for regime in STEPPED.regimes if regime.under_percent})
    decisions = [
        f"{name}_week{week}"
        for week in STEPPED.decision_weeks
        for name in ("has_decision", "arm", *(f"is_under_{percent}_percent_better" for percent in percents))
    ]
    learnt = [column for week in STEPPED.decision_weeks for column in STEPPED.columns_of_week(week)]
    assert _columns("stepped_trial") == [*KEYS, *decisions, *STEPPED.covariates, *learnt, *_outcome_columns(STEPPED)]


@pytest.mark.parametrize("trial", EVERY_TRIAL, ids=lambda trial: trial.id)
def test_the_flow_has_the_steps_of_the_protocol_in_order(trial: Protocol) -> None:
    steps = re.findall(rf"\('{trial.id}', (\d+), '(\w+)'\)", _text("exclusion_flow"))
    expected = ["all_episodes", *(step.code for step in trial.eligibility)]
    assert steps == [(str(number), code) for number, code in enumerate(expected)]


@pytest.mark.parametrize("trial", EVERY_TRIAL, ids=lambda trial: trial.id)
def test_eligibility_asks_the_steps_of_the_protocol_in_order(trial: Protocol) -> None:
    text = _text("eligibility")
    judged = text[text.index(f"'{trial.id}' as trial") :]
    asked = re.findall(r"then '(\w+)'", judged[: judged.index("end as exclusion")])
    assert asked == [step.code for step in trial.eligibility]


def test_the_weeks_of_the_stepped_trial_are_those_of_its_visits() -> None:
    assert isinstance(STEPPED, SteppedTrial)
    windows = re.findall(r"\((\d+), (\d+)\)", _text("decision_visits"))
    last_days = [(str(week), str(7 * week + STEPPED.grace_period_days - 1)) for week in STEPPED.decision_weeks]
    assert windows == last_days


def test_every_trial_knows_its_codes() -> None:
    text = _text("eligibility")
    contract = next(line for line in text.splitlines() if line.startswith("-- expect: exclusion in "))
    codes = {step.code for trial in EVERY_TRIAL for step in trial.eligibility}
    assert set(contract.removeprefix("-- expect: exclusion in ").split(", ")) == codes
