"""Each limit has its concern, in words without a number or a name; within the limits nothing is told."""

import re

import pandas as pd
import pytest

from pipelines.robustness.codes import CONCERNS
from pipelines.robustness.concerns import concern_rows
from tests.causal.worlds import TRIAL

KEY = {"trial": "decision", "outcome": "pain_12wk", "contrast": "add_manipulation - continue_without"}
EFFECT = KEY | {
    "group_name": "all",
    "status": "estimated",
    "lower": 0.5,
    "upper": 1.5,
    "largest_imbalance": 0.05,
    "overlap_share": 0.95,
    "effective_n": 400.0,
    "clipped_share": 0.0,
}
BALANCE = KEY | {"covariate": "work=manual", "after": 0.05, "after_answered": 0.05}
INFLUENCE = KEY | {
    "unit": "practitioner",
    "verdict": "better",
    "verdict_without": None,
    "is_verdict_changed": False,
    "is_sign_changed": False,
}
CONFOUNDING = KEY | {
    "strongest_group": "pain at the start",
    "estimate": 1.0,
    "lower": 0.5,
    "upper": 1.5,
    "estimate_1x": 0.8,
    "limit_1x": 0.3,
}
MISSING = KEY | {
    "verdict": "better",
    "tipping_delta": 3.0,
    "tipping_delta_of_estimate": 5.0,
    "plausible_delta": 1.0,
}
SPECIFICATION = {name: KEY[name] for name in ("trial", "contrast")} | {
    "status": "estimated",
    "is_naive": False,
    "is_main": False,
    "lower": 0.4,
    "upper": 1.4,
}


def _concerns(**changed):
    rows = {
        "effects": EFFECT,
        "balance": BALANCE,
        "influence": INFLUENCE,
        "confounding": CONFOUNDING,
        "missing_outcomes": MISSING,
        "specifications": SPECIFICATION,
    }
    tables = {name: pd.DataFrame([row | changed.get(name, {})]) for name, row in rows.items()}
    return concern_rows(TRIAL, tables.pop("effects"), **tables)


CASES = [
    ("groups_differ", "withhold", {"effects": {"largest_imbalance": 0.11}}),
    ("answered_groups_differ", "tell", {"balance": {"after_answered": -0.16}}),
    ("little_overlap", "withhold", {"effects": {"overlap_share": 0.79}}),
    ("small_effective_size", "withhold", {"effects": {"effective_n": 29.0}}),
    ("many_clipped", "tell", {"effects": {"clipped_share": 0.06}}),
    ("one_practitioner", "tell", {"influence": {"is_verdict_changed": True, "verdict_without": "none shown"}}),
    (
        "one_clinic",
        "withhold",
        {
            "influence": {
                "unit": "clinic",
                "is_verdict_changed": True,
                "is_sign_changed": True,
                "verdict_without": "worse",
            }
        },
    ),
    ("hidden_factor", "withhold", {"confounding": {"estimate_1x": -0.1, "limit_1x": -0.6}}),
    ("hidden_factor", "tell", {"confounding": {"estimate_1x": 0.3, "limit_1x": -0.1}}),
    (
        "hidden_factor",
        "withhold",
        {"confounding": {"estimate": -1.0, "lower": -1.5, "upper": -0.5, "estimate_1x": 0.2, "limit_1x": 0.7}},
    ),
    ("missing_outcomes", "tell", {"missing_outcomes": {"tipping_delta": 0.9}}),
    ("missing_outcomes", "withhold", {"missing_outcomes": {"tipping_delta": 0.5, "tipping_delta_of_estimate": 1.0}}),
    ("other_choices", "withhold", {"specifications": {"lower": -1.4, "upper": -0.4}}),
]


@pytest.mark.parametrize(("concern", "severity", "changed"), CASES)
def test_a_limit_that_is_broken_is_told_alone(concern, severity, changed):
    rows = _concerns(**changed)
    assert list(zip(rows["concern"], rows["severity"], strict=True)) == [(concern, severity)]
    assert set(rows["protocol_hash"]) == {TRIAL.protocol_hash()}


def test_every_concern_has_a_case():
    assert {concern for concern, _, _ in CASES} == set(CONCERNS)


@pytest.mark.parametrize(("concern", "severity", "changed"), CASES)
def test_words_hold_no_number_and_are_a_sentence(concern, severity, changed):
    words = _concerns(**changed)["words"].iloc[0]
    assert not re.search(r"\d|nan|None|_", words)
    assert words[0].isupper()
    assert words.endswith(".")


def test_within_all_limits_nothing_is_told():
    assert _concerns().empty


@pytest.mark.parametrize(
    "changed",
    [
        {"missing_outcomes": {"tipping_delta": float("nan"), "tipping_delta_of_estimate": float("nan")}},
        {"missing_outcomes": {"verdict": "none shown", "tipping_delta": 0.0, "tipping_delta_of_estimate": 0.0}},
        {"influence": {"verdict": "none shown", "is_verdict_changed": True, "verdict_without": "better"}},
        {"confounding": {"lower": -0.1, "estimate_1x": -0.5, "limit_1x": -1.0}},
        {"confounding": {"strongest_group": None, "estimate_1x": float("nan"), "limit_1x": float("nan")}},
        {"specifications": {"lower": -1.4, "upper": -0.4, "is_naive": True}},
        {"specifications": {"lower": -1.4, "upper": -0.4, "status": "refused"}},
    ],
)
def test_what_claims_nothing_or_is_not_known_is_no_concern(changed):
    assert _concerns(**changed).empty


def test_of_a_refused_contrast_only_the_design_is_told():
    rows = _concerns(
        effects={"status": "refused", "overlap_share": 0.5, "effective_n": float("nan")},
        confounding={"estimate_1x": -0.1, "limit_1x": -0.6},
    )
    assert rows["concern"].tolist() == ["little_overlap"]


def test_imbalance_of_the_answered_that_chance_brings_is_not_told():
    assert _concerns(effects={"effective_n": 100.0}, balance={"after_answered": 0.25}).empty


def test_other_choices_are_the_main_outcomes_only():
    other = {"outcome": "odi_pct_12wk"}
    assert _concerns(effects=other, specifications={"lower": -1.4, "upper": -0.4}).empty


def test_groups_that_still_differ_are_told_in_what():
    found = _concerns(effects={"largest_imbalance": 0.3}, balance={"after": 0.3})
    assert "most in work: manual, by more than is allowed" in found["words"].iloc[0]
