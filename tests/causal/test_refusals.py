import numpy as np
import pandas as pd
import pytest

from pipelines.causal.effects import estimate_trial
from pipelines.causal.tables import EFFECT_COLUMNS, EPISODE_EFFECT_COLUMNS, SCORE_COLUMNS
from tests.causal.worlds import ADD, CONTINUE, TRIAL, linear_clinic, trial_with


def clinic(n=600, seed=1, **settings):
    return linear_clinic(n, seed, **settings)


def treatment_by(frame, column, is_treated):
    return frame.assign(arm=np.where(is_treated(frame[column]), ADD, CONTINUE))


CASES = {
    "three patients": (lambda: clinic(3), ("Fewer than 50 episodes", "One arm only", "One practitioner")),
    "one patient": (lambda: clinic(1), ("One arm only",)),
    "no patients": (lambda: clinic(1).iloc[:0], ("No episode is eligible",)),
    "one patient with many episodes": (lambda: clinic().assign(patient_key="p"), ("Fewer than 50 different patients",)),
    "one arm": (
        lambda: clinic().assign(arm=CONTINUE),
        ("One arm only: no eligible episode had 'add manipulation', so 'continue without' has",),
    ),
    "neither arm": (lambda: clinic().assign(arm=None), ("No episode is eligible",)),
    "treatment never recorded": (
        lambda: clinic().assign(is_eligible=False, exclusion="treatment_not_recorded"),
        ("No episode is eligible for this comparison, mostly because it was not recorded which treatment was given.",),
    ),
    "treatment decided by clinic": (
        lambda: treatment_by(clinic(), "clinic_code", lambda code: code.isin(["c0", "c1"])),
        ("The clinic decided the treatment",),
    ),
    "treatment decided by practitioner": (
        lambda: treatment_by(clinic(), "practitioner_key", lambda key: key < "t010").assign(clinic_code="c0"),
        ("The practitioner decided the treatment",),
    ),
    "all outcomes missing": (lambda: clinic().assign(pain_12wk=np.nan), ("No outcome is known at 12 weeks",)),
    "no outcome column": (lambda: clinic().drop(columns="pain_12wk"), ("No outcome is known at 12 weeks",)),
    "constant outcome": (lambda: clinic().assign(pain_12wk=2.0), ("Every known outcome has the same value",)),
    "one practitioner": (lambda: clinic(practitioners=1), ("One practitioner treated everybody",)),
    "five practitioners": (lambda: clinic(practitioners=5), ("Fewer than 10 practitioners",)),
    "few in an arm": (
        lambda: clinic().pipe(lambda frame: frame[(frame["arm"] == CONTINUE) | (frame.index < 60)]),
        ("Fewer than 50 episodes had 'add manipulation'",),
    ),
    "few known outcomes in an arm": (
        lambda: clinic().pipe(
            lambda frame: frame.assign(
                pain_12wk=frame["pain_12wk"].where((frame["arm"] == CONTINUE) | (frame.index < 60))
            )
        ),
        ("Fewer than 50 episodes with 'add manipulation' have a known outcome",),
    ),
    "hardly any overlap": (
        lambda: treatment_by(clinic(1500), "severity", lambda severity: severity + clinic(1500, 9)["severity"] / 9 > 0),
        ("Too little overlap",),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_known_is_refused_with_the_reason_and_no_number(case):
    make, reasons = CASES[case]
    result = estimate_trial(make(), TRIAL)
    assert list(result.effects) == list(EFFECT_COLUMNS)
    assert list(result.scores) == list(SCORE_COLUMNS)
    assert list(result.episode_effects) == list(EPISODE_EFFECT_COLUMNS)
    assert len(result.effects) == 1
    row = result.effects.iloc[0]
    assert row["status"] == "refused"
    assert row["reason"].startswith(reasons)
    assert row[["estimate", "lower", "upper"]].isna().all()
    assert result.scores.empty
    assert result.episode_effects["effect"].isna().all()
    assert set(result.episode_effects["label"]) <= {"not_enough_information", "outside_overlap"}


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"maximum_imbalance": 1e-6}, "The groups still differ after weighting: standardised difference over 1e-06"),
        ({"minimum_effective_n": 400}, "Effective size under 400"),
        ({"minimum_overlap_share": 1.01}, "Too little overlap"),
    ],
)
def test_a_limit_of_the_protocol_that_is_broken_is_named(limits, reason):
    row = estimate_trial(clinic(), trial_with(**limits)).effects.iloc[0]
    assert row["status"] == "refused"
    assert row["reason"].startswith(reason)
    assert row["overlap_share"] > 0.9


def test_who_has_no_overlap_is_told_by_what_sets_them_apart():
    is_old = clinic(3000)["age"] > 60
    frame = clinic(3000).pipe(lambda frame: frame.assign(age=is_old, arm=frame["arm"].where(~is_old, CONTINUE)))
    limited = estimate_trial(frame, trial_with(clip=0.03, maximum_imbalance=1.0)).effects.iloc[0]
    assert limited["status"] == "estimated"
    assert limited["reason"].endswith("one of the treatments was hardly ever chosen. They differ most in 'age'.")
    refused = estimate_trial(frame, trial_with(minimum_overlap_share=0.95)).effects.iloc[0]
    assert refused["reason"].endswith("for patients like these. They differ most in 'age'.")


def test_a_missing_column_or_a_repeated_episode_is_an_error():
    with pytest.raises(ValueError, match=r"lacks the columns \['arm'\]"):
        estimate_trial(clinic(10).drop(columns="arm"), TRIAL)
    with pytest.raises(ValueError, match="an episode occurs twice"):
        estimate_trial(pd.concat([clinic(10), clinic(10)]), TRIAL)


def test_one_arm_too_few_does_not_stop_the_other_contrast():
    frame = clinic(1200)
    is_rare = frame.index < 20
    three_arms = trial_with(
        arms=(CONTINUE, ADD, "rest"), contrasts=((ADD, CONTINUE), (ADD, "rest")), arms_with_manipulation=(ADD,)
    )
    effects = estimate_trial(frame.assign(arm=frame["arm"].where(~is_rare, "rest")), three_arms).effects
    assert effects["status"].tolist() == ["estimated", "refused"]
    assert effects["n"].tolist() == [1180, 1200]
    assert effects["reason"].tolist() == [None, "Fewer than 50 episodes had 'rest'."]
