import json

from pipelines.reporting.appendix.baseline import baseline
from pipelines.reporting.appendix.released import Released

from .released import STAMP

ROW = {"trial": "decision", "n": 300, "n_recorded": 280, "n_with": None, "n_with_percent_words": None, "mean": None,
       "standard_deviation": None}  # fmt: skip
ADD, CONTINUE = {"arm": "add_manipulation"}, {"arm": "continue_without"}


def told(*rows: dict[str, object]) -> str:
    section = baseline(Released({"baseline": [ROW | row for row in rows]}, STAMP))
    return json.dumps(section.model_dump(mode="json"), ensure_ascii=False)


def test_numbers_stand_with_their_spread_and_codes_with_their_share_in_the_protocols_order() -> None:
    bmi = {"covariate": "bmi", "level": "", "mean": 27.04, "standard_deviation": 4.26}
    female = {"covariate": "sex", "level": "female", "n_with": 140, "n_with_percent_words": "50 %"}
    text = told(ADD | bmi, CONTINUE | bmi, ADD | female)
    assert '"Continue without (n = 300)", "Add manipulation (n = 300)"' in text
    assert '["sex: female", "not recorded", "50 %"], ["bmi", "27.0 (4.3)", "27.0 (4.3)"]' in text


def test_what_is_withheld_of_every_arm_has_no_line_and_what_nobody_has_is_none() -> None:
    rare = {"covariate": "smoking", "level": "current"}
    nobody = {"covariate": "has_osteoporosis", "level": "yes", "n_with": 0}
    text = told(ADD | rare, CONTINUE | rare, ADD | nobody, CONTINUE | nobody)
    assert "smoking" not in text
    assert '["has osteoporosis", "none", "none"]' in text


def test_a_trial_in_which_nobody_can_be_compared_says_so() -> None:
    assert "characteristics at time zero: none." in told()
