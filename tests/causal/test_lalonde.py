"""LaLonde (1986, Am Econ Rev 76:604) as Dehejia and Wahba (1999) used it: an experiment, and two samples of other people.

The experiment says that job training raised earnings by 1,794 dollars. Comparing its trained men with people of a survey
says -8,498 (CPS) and -15,205 (PSID): hardly any of those were like them, and that must be refused, not adjusted for.
"""

import numpy as np
import pytest

from benchmarks import lalonde

pytestmark = pytest.mark.ci


@pytest.fixture(autouse=True)
def _data():
    if not (lalonde.DATA / "nsw_dw.csv.gz").exists():
        pytest.skip("LaLonde's data are absent (set STEPCARE_SHARED)")


def test_where_lots_decided_the_experiments_effect_is_in_the_interval():
    experiment = lalonde.sample("experiment")
    assert lalonde.difference(experiment) == pytest.approx(lalonde.EXPERIMENT, abs=0.01)
    effect = lalonde.estimated(experiment)
    assert effect["status"] == "estimated"
    assert 0 < effect["lower"] < lalonde.EXPERIMENT < effect["upper"]


@pytest.mark.parametrize(("survey", "naive"), [("cps_controls", -8498), ("psid_controls", -15205)])
def test_trained_men_against_people_of_a_survey_are_refused_for_want_of_overlap(survey, naive):
    people = lalonde.sample(survey)
    assert lalonde.difference(people) == pytest.approx(naive, abs=1)
    effect = lalonde.estimated(people)
    assert effect["status"] == "refused"
    assert "overlap" in effect["reason"]
    assert np.isnan(effect["estimate"])


@pytest.mark.parametrize("survey", lalonde.SURVEYS)
def test_where_the_samples_overlap_the_interval_holds_the_experiments_effect(survey):
    """Who is compared is decided by propensities of 0.1 to 0.9, without a look at earnings."""
    effect = lalonde.estimated(lalonde.within_overlap(lalonde.sample(survey)))
    assert effect["status"] == "estimated"
    assert effect["lower"] < lalonde.EXPERIMENT < effect["upper"]
