"""No covariate lies after time zero: by construction of the protocols. What their columns hold is a rule of sql/checks."""

from dataclasses import replace

import pytest

from pipelines.causal.trials import DECISION, INDEX, STEPPED


@pytest.mark.parametrize("name", ["r30d_12wk", "is_due_26wk"])
@pytest.mark.parametrize("place", ["covariates", "observation_covariates", "grace_covariates"])
def test_a_trial_cannot_take_an_outcome_or_its_due_date_for_a_covariate(place: str, name: str) -> None:
    with pytest.raises(ValueError, match="lie after time zero"):
        replace(DECISION, **{place: (*getattr(DECISION, place), name)})


@pytest.mark.parametrize("place", ["covariates", "first_visit_covariates", "visit_covariates"])
def test_nor_can_the_stepped_trial(place: str) -> None:
    with pytest.raises(ValueError, match="lie after time zero"):
        replace(STEPPED, **{place: (*getattr(STEPPED, place), "rmdq24_12wk")})


def test_what_is_learnt_in_the_first_weeks_may_explain_only_who_answered_the_index_trial() -> None:
    assert not set(INDEX.observation_covariates) & set(INDEX.covariates)
