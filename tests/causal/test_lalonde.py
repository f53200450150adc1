"""LaLonde (1986, Am Econ Rev 76:604) as Dehejia and Wahba (1999) used it: an experiment, and two samples of other people.

The experiment says that job training raised earnings by 1,794 dollars. Comparing its trained men with people of a survey
says -8,498 (CPS) and -15,205 (PSID): hardly any of those were like them, and that must be refused, not adjusted for.
"""

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.effects import estimate_trial
from pipelines.causal.protocol import Outcome, TargetTrial
from tests.causal.worlds import SHARED

EXPERIMENT = 1794.34
COVARIATES = ("age", "education", "black", "hispanic", "married", "nodegree", "re74", "re75")
TRIAL = TargetTrial(
    id="lalonde",
    question="does job training raise earnings?",
    time_zero="before training",
    eligibility=("men of the samples",),
    arms=("no_training", "training"),
    contrasts=(("training", "no_training"),),
    outcomes=(Outcome("earnings_1978", 1, "re78", False, "dollars", 500.0),),
    grace_period_days=0,
    covariates=COVARIATES,
)

pytestmark = pytest.mark.ci


def sample(name):
    path = SHARED / "data" / "lalonde" / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"LaLonde's data are absent (set STEPCARE_SHARED): {path.name}")
    return pd.read_csv(path)


def estimated(people):
    keys = [f"p{row:06d}" for row in range(len(people))]
    frame = people.reset_index(drop=True).assign(
        episode_key=keys,
        patient_key=keys,
        practitioner_key=keys,
        is_eligible=True,
        arm=np.where(people["treat"] == 1, "training", "no_training"),
    )
    return estimate_trial(frame, TRIAL).effects.iloc[0]


def difference(people):
    return people.loc[people["treat"] == 1, "re78"].mean() - people.loc[people["treat"] == 0, "re78"].mean()


def test_where_lots_decided_the_experiments_effect_is_in_the_interval():
    experiment = sample("nsw_dw")
    assert difference(experiment) == pytest.approx(EXPERIMENT, abs=0.01)
    effect = estimated(experiment)
    assert effect["status"] == "estimated"
    assert effect["lower"] < EXPERIMENT < effect["upper"]
    assert effect["lower"] > 0


@pytest.mark.parametrize(("survey", "naive"), [("cps_controls", -8498), ("psid_controls", -15205)])
def test_trained_men_against_people_of_a_survey_are_refused_for_want_of_overlap(survey, naive):
    experiment = sample("nsw_dw")
    people = pd.concat([experiment[experiment["treat"] == 1], sample(survey)])
    assert difference(people) == pytest.approx(naive, abs=1)
    effect = estimated(people)
    assert effect["status"] == "refused"
    assert "overlap" in effect["reason"]
    assert np.isnan(effect["estimate"])
