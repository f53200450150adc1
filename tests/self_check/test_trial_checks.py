import pandas as pd
import pytest

from pipelines.causal.trial_design import in_silence
from pipelines.self_check.tables import SELF_CHECK_TABLES
from pipelines.self_check.trial_checks import Said, check_trial
from pipelines.self_check.verdicts import CHECKS
from tests.self_check.worlds import TINY, TRIAL, clinic, ignoring_who_was_treated, said_of

Night = tuple[pd.DataFrame, Said]


@pytest.fixture(scope="module")
def night() -> Night:
    frame = clinic(600, 1)
    return frame, said_of(frame)


def verdicts(frame: pd.DataFrame, said: Said, **settings: object) -> pd.DataFrame:
    return check_trial(frame, TRIAL, said, TINY, say=in_silence, **settings)["verdicts"]  # type: ignore[arg-type]


def test_every_effect_has_a_verdict_of_every_check_and_a_good_night_withholds_nothing(night: Night) -> None:
    tables = check_trial(*night[:1], TRIAL, night[1], TINY, say=in_silence)
    assert {name: list(table.columns) for name, table in tables.items()} == {
        name: list(columns) for name, (columns, _) in SELF_CHECK_TABLES.items()
    }
    said = tables["verdicts"]
    assert len(said) == len(night[1].effects) * len(CHECKS)
    assert set(said["status"]) == {"passed"}
    assert not said["is_withheld"].any()


def test_a_wrong_estimator_withholds_every_outcome_of_the_contrast(night: Night) -> None:
    said = verdicts(*night, estimate=ignoring_who_was_treated)
    withheld = said[said["is_withheld"]]
    assert set(withheld["check_name"]) == {"plasmode"}
    assert set(withheld["outcome"]) == {"r30d_12wk", "pain_12wk"}
    assert withheld["words"].str.contains("were not found again").all()


def test_a_leak_withholds_the_trial_and_names_the_covariate(night: Night) -> None:
    frame, said = night
    leaked = frame.assign(work=(frame["pain_12wk"] > 1.5).map({True: "good", False: "bad"}))
    found = verdicts(leaked, said)
    withheld = found[found["is_withheld"]]
    assert set(withheld["check_name"]) == {"leakage"}
    assert set(withheld["outcome"]) == {"r30d_12wk", "pain_12wk"}
    assert withheld["words"].str.contains("from work: what was known only later").all()


def test_nothing_that_was_refused_is_checked(night: Night) -> None:
    frame, said = night
    nothing = Said(said.effects.head(0), said.scores.head(0), said.models.head(0))
    tables = check_trial(frame, TRIAL, nothing, TINY, say=in_silence)
    assert all(table.empty for table in tables.values())
