import re

import pytest

from pipelines.causal.trials import TRIALS
from pipelines.tables import SQL_FOLDER

KEYS = ["episode_key", "patient_key", "clinic_code", "arm", "practitioner_key", "is_eligible", "exclusion",
        "contraindication", "is_screening_complete"]  # fmt: skip


@pytest.mark.parametrize("name", TRIALS)
def test_a_trial_is_estimated_on_exactly_the_columns_of_its_protocol(name: str) -> None:
    trial = TRIALS[name]
    text = (SQL_FOLDER / "cohort" / f"{name}_trial.sql").read_text(encoding="utf-8")
    select = text[text.index("\nselect\n") : text.index("\nfrom ")]
    columns = re.findall(r"(?:as |\.)(\w+)(?:,|$)", select, re.MULTILINE)
    outcomes = [outcome.column for outcome in trial.outcomes]
    due = sorted({str(outcome.due_column) for outcome in trial.outcomes})
    assert columns == [*KEYS, *trial.covariates, *trial.observation_covariates, *outcomes, *due]
