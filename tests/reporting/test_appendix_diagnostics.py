"""The sections on diagnostics and self-checks say what the released rows say, on made-up rows."""

import json
from typing import Any

import pytest

from pipelines.reporting.appendix.choices import specifications
from pipelines.reporting.appendix.document import Picture, Section, Text
from pipelines.reporting.appendix.doubt import (
    concerns,
    confounding,
    influence,
    missing_outcomes,
)
from pipelines.reporting.appendix.released import Released
from pipelines.reporting.appendix.self_checks import self_checks
from pipelines.reporting.appendix.weighting import balance, missing_data, overlap

from .released import STAMP

PLACE = {"trial": "decision", "outcome": "r30d_12wk", "contrast": "add_manipulation - continue_without"}
PAIR = {"trial": "decision", "contrast": "add_manipulation - continue_without"}


def released(**tables: list[dict[str, Any]]) -> Released:
    return Released(tables, STAMP)


def said(section: Section) -> str:
    return json.dumps(section.model_dump(mode="json"), ensure_ascii=False)


def pictures(section: Section) -> list[Picture]:
    return [block for block in section.blocks if isinstance(block, Picture)]


def balance_row(covariate: str, before: float, after: float) -> dict[str, Any]:
    return PLACE | {"covariate": covariate, "before": before, "after": after}


def test_balance_names_the_largest_difference_and_whether_it_is_within_the_limit() -> None:
    rows = [balance_row("start_total", -0.42, 0.03), balance_row("age_midpoint_years", 0.1, -0.08)]
    section = balance(released(balance=rows))
    assert "the largest difference after weighting is 0.08 (age midpoint years), within 0.1." in said(section)
    assert pictures(section)[0].rows == (("start total", "0.42", "0.03"), ("age midpoint years", "0.10", "0.08"))
    warned = balance(released(balance=[*rows, balance_row("bmi", 0.3, 0.2)])).blocks[1]
    assert isinstance(warned, Text)
    assert (warned.tone, "over 0.1" in warned.text) == ("warning", True)


def test_overlap_draws_each_treatment_and_leaves_out_what_is_withheld() -> None:
    rows = [
        {"trial": "decision", "arm_given": arm, "propensity_of": "add_manipulation", "bin_no": number,
         "from_propensity": number / 10, "to_propensity": (number + 1) / 10, "n_percent": percent}
        for arm in ("add_manipulation", "continue_without")
        for number, percent in ((2, 40), (3, None), (4, 60))
    ]  # fmt: skip
    weight = PLACE | {"arm": "add_manipulation", "n": 300, "effective_n": 180, "quantile_50": 0.9, "quantile_90": 1.8,
                      "quantile_99": 3.0, "largest": 4.1, "clipped_share": 0.0}  # fmt: skip
    section = overlap(released(overlap=rows, weights=[weight]))
    assert [row[:2] for row in pictures(section)[0].rows if row[0] == "given add manipulation"] == [
        ("given add manipulation", "25"),
        ("given add manipulation", "45"),
    ]
    assert "0.9, 1.8, 3.0" in said(section)


def test_missing_data_stands_by_arm_and_reason_and_covariates_without_gaps_are_left_out() -> None:
    row = {"trial": "decision", "arm": "add_manipulation", "n": 300}
    rows = [
        row
        | {
            "role": "outcome",
            "variable": "r30d_12wk",
            "reason": "any",
            "n_missing": 105,
            "n_missing_percent_words": "35 %",
        },
        row
        | {
            "role": "outcome",
            "variable": "r30d_12wk",
            "reason": "missed",
            "n_missing": 90,
            "n_missing_percent_words": "30 %",
        },
        row
        | {"role": "covariate", "variable": "bmi", "reason": "any", "n_missing": 30, "n_missing_percent_words": "10 %"},
        row
        | {"role": "covariate", "variable": "sex", "reason": "any", "n_missing": 0, "n_missing_percent_words": "<5 %"},
    ]
    text = said(missing_data(released(missing_data=rows)))
    assert '"35 %", "300", "missed 30 %"' in text
    assert '["bmi", "10 %"]' in text
    assert '"sex"' not in text


def grid(estimate: float) -> list[dict[str, Any]]:
    steps = (0.0, 0.1, 0.2, 0.3)
    return [
        PLACE
        | {
            "treatment_r2": x,
            "outcome_r2": y,
            "estimate": estimate - x * y * 10,
            "nearer_limit": estimate / 2 - x * y * 10,
        }
        for x in steps
        for y in steps
    ]


def confounding_row(**changed: Any) -> dict[str, Any]:
    return PLACE | {
        "estimate": 0.12, "lower": 0.02, "upper": 0.22, "e_value": 1.9, "e_value_limit": 1.2, "is_ratio_approximate": False,
        "robustness_value": 0.08, "robustness_value_limit": 0.01, "strongest_group": "pain",
        "estimate_1x": 0.07, "limit_1x": -0.02,
    } | changed  # fmt: skip


def test_a_hidden_factor_is_measured_against_the_strongest_that_were_recorded() -> None:
    benchmark = PLACE | {"covariate_group": "pain", "treatment_r2": 0.05, "outcome_r2": 0.1}
    section = confounding(
        released(confounding=[confounding_row()], confounding_benchmarks=[benchmark], confounding_contours=grid(0.12))
    )
    assert "1.90 (1.20)" in said(section)
    assert "+7.0 in 100" in said(section)
    drawn = pictures(section)[0]
    assert ("pain", "5", "10") in drawn.rows
    # estimate 0.12 - 10 x y is 0 at y = 0.12 for x = 0.1: 10 % of treatment, 12 % of outcome
    assert ("a factor on this line leaves no effect", "10", "12") in drawn.rows


def test_a_result_that_no_strength_turns_is_said_to_be_so() -> None:
    section = confounding(
        released(confounding=[confounding_row()], confounding_benchmarks=[], confounding_contours=grid(5.0))
    )
    assert pictures(section) == []
    assert "no strength on the grid turns the estimate" in said(section)


def test_the_unanswered_have_a_worst_case_and_a_tipping_point() -> None:
    row = PLACE | {"missing_treated_percent": 35, "missing_comparator_percent": 40, "worst_case": -0.3, "best_case": 0.4,
                   "tipping_delta": -0.12, "plausible_delta": 0.1}  # fmt: skip
    text = said(
        missing_outcomes(released(missing_outcomes=[row, row | {"outcome": "pain_12wk", "tipping_delta": None}]))
    )
    assert "−30.0 in 100 to +40.0 in 100" in text
    assert "−12.0 in 100" in text
    assert '"never"' in text


@pytest.mark.parametrize(
    ("sign", "verdict", "words"),
    [
        (True, True, "the sign turns"),
        (False, True, "the verdict turns"),
        (False, False, "the verdict stays"),
    ],
)
def test_influence_says_whether_one_clinic_decides(sign: bool, verdict: bool, words: str) -> None:
    row = PLACE | {"unit": "clinic", "estimate": 0.1, "lowest": 0.05, "highest": 0.14, "largest_shift_se": 0.6,
                   "is_sign_changed": sign, "is_verdict_changed": verdict}  # fmt: skip
    section = influence(released(influence=[row, row | {"unit": "practitioner", "lowest": None, "highest": None}]))
    assert words in said(section)
    assert [row[1] for row in pictures(section)[0].rows] == ["+5.0 to +14.0"]


def test_the_unadjusted_choice_is_marked_as_never_a_result() -> None:
    row = PAIR | {"outcome": "r30d_12wk", "unit": "risk difference", "status": "estimated", "reason": None, "estimate": 0.1,
                  "lower": 0.0, "upper": 0.2, "is_main": False, "is_naive": False}  # fmt: skip
    rows = [
        row | {"specification": "not adjusted", "is_naive": True},
        row | {"specification": "main", "is_main": True},
        row | {"specification": "baseline only", "status": "refused", "reason": "Too few.", "estimate": None},
    ]
    section = specifications(released(specifications=rows))
    assert [row[0] for row in pictures(section)[0].rows] == ["Main", "Baseline only", "Not adjusted (never a result)"]
    assert "Baseline only: Too few." in said(section)


def test_concerns_stand_with_what_follows_from_them() -> None:
    row = PLACE | {"concern": "groups_differ", "words": "The groups differ.", "severity": "withhold"}
    text = said(concerns(released(concerns=[row, row | {"outcome": "pain_12wk"}])))
    assert "Pain (0 to 10) at 12 weeks, Patients with 30 % less disability at 12 weeks" in text
    assert "the number is withheld" in text
    assert "No diagnostic is outside its limit." in said(concerns(released(concerns=[])))


def checks(**changed: list[dict[str, Any]]) -> Released:
    verdict = PLACE | {"check_name": "plasmode", "status": "passed", "is_withheld": False, "words": "Held the truth."}
    known = PLACE | {
        "world": "none", "true_effect": 0.0, "bias": 0.004, "largest_bias": 0.03, "replications": "20", "covered_share": 0.95,
        "least_covered_share": 0.8, "differences_share": 0.0, "largest_differences_share": 0.2, "rules_share": None,
        "largest_rules_share": None, "smallest_detectable": 0.16,
    }  # fmt: skip
    control = PAIR | {"control": "prior_episodes", "words": "Earlier episodes", "estimate": 0.02, "lower": -0.1, "upper": 0.14,
                      "is_alarm": False, "status": "estimated", "reason": None}  # fmt: skip
    calibrated = PLACE | {
        "estimate": 0.1,
        "lower": -0.02,
        "upper": 0.22,
        "systematic_error": 0.03,
        "status": "estimated",
        "reason": None,
    }
    tables = {
        "self_checks": [verdict],
        "known_effects": [known],
        "negative_controls": [control],
        "calibrated_effects": [calibrated],
    }
    return released(**tables | changed)


def test_self_checks_that_passed_are_said_to_have_passed() -> None:
    section = self_checks(checks())
    text = said(section)
    assert "All 1 self-checks that were done passed." in text
    assert "95 % (at least 80 %)" in text
    assert "+16.0 in 100" in text
    assert pictures(section)[0].rows == (
        ("Earlier episodes: add manipulation compared with continue without", "+0.02 (−0.10 to 0.14)"),
    )


def test_a_self_check_that_failed_stands_first_and_withholds_the_number() -> None:
    failed = PLACE | {"check_name": "plasmode", "status": "failed", "is_withheld": True, "words": "Missed the truth."}
    section = self_checks(checks(self_checks=[failed]))
    warning = section.blocks[1]
    assert isinstance(warning, Text)
    assert (warning.tone, warning.text[:25]) == ("warning", "1 of 1 self-checks failed")
    assert "✗ failed (withheld)" in said(section)


def test_a_self_check_that_could_not_be_done_is_not_called_passed() -> None:
    undone = PLACE | {"check_name": "plasmode", "status": "not_done", "is_withheld": False, "words": "Too few."}
    assert "No self-check failed; 1 of 1 could not be done." in said(self_checks(checks(self_checks=[undone])))
