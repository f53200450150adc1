"""What the data can carry, said first; what the self-checks found; bounds; as snapshots."""

from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from pipelines.reporting.building import build_reports
from pipelines.reporting.checks_made import CheckLine, ChecksMade
from pipelines.reporting.comparison_views import checks_view
from pipelines.reporting.model import NetworkReport
from pipelines.reporting.words import missing_sentence

from .released import CONCERN, DIFFERENCE, SELF_CHECK, STAMP, effect_row, exact_tables, released

NO_ARMS = exact_tables()["arm_means"].head(0)
WITHHELD = effect_row(
    status="refused", reason="withheld: A known effect was not found.", estimate=None, lower=None, upper=None
)


def network(**changed: Any) -> NetworkReport:
    return build_reports(released(exact_tables() | changed), STAMP).network


def said(report: Any) -> list[tuple[str, str, str]]:
    return [(one.question, one.carrying, one.reason) for one in report.carried]


def test_what_a_usual_network_can_carry() -> None:
    assert said(network()) == [
        ("How many improved?", "can be said", "71 % of those due answered; those who did not may differ."),
        ("Did care change?", "can be said", "22 of 23 indicators have eight quarters that may be shown."),
        (
            "Do clinics differ?",
            "cannot be said",
            "3 clinics have enough answers; it takes 8 to tell chance from difference.",
        ),
        (
            "Does adding manipulation help?",
            "with care",
            "From records, not a trial, on average of all clinics; a factor nobody recorded could matter.",
        ),
        (
            "Who gains more?",
            "cannot be said",
            "No reliable difference between patients was found: only the average is shown.",
        ),
    ]


def test_a_small_clinic_can_carry_nothing() -> None:
    clinic = build_reports(released(exact_tables()), STAMP).clinics[2]
    assert [(one.carrying, one.reason) for one in clinic.carried[:3]] == [
        ("cannot be said", "Fewer than 20 answers, or too few on one side."),
        (
            "cannot be said",
            "No indicator has eight periods that may be shown yet. The contract carries quarters, not months.",
        ),
        ("cannot be said", "Fewer than 20 known outcomes."),
    ]


def test_a_withheld_effect_is_said_to_be_withheld_with_its_reason() -> None:
    withheld = DIFFERENCE | {"verdict": "withheld: A known effect was not found."}
    report = network(effects=pd.DataFrame([WITHHELD]), arm_means=NO_ARMS, heterogeneity=pd.DataFrame([withheld]))
    assert said(report)[3:] == [
        ("Does adding manipulation help?", "withheld", "A known effect was not found."),
        ("Who gains more?", "withheld", "A known effect was not found."),
    ]


def test_a_doubted_difference_is_said_with_care() -> None:
    doubted = effect_row(estimate=0.2, lower=0.12, upper=0.28, doubt="It hangs on one clinic. And more.")
    line = network(effects=pd.DataFrame([doubted]), arm_means=NO_ARMS).carried[3]
    assert (line.carrying, line.reason) == (
        "with care",
        "The groups differ, but this must not be taken as shown: doubts remain, see below.",
    )


def test_few_answers_carry_little() -> None:
    tables = exact_tables()
    few = tables["responders"].assign(n_due=300, n_answered=120, n_responders=60)
    assert network(responders=few).carried[0].reason == "Under 60 % answered: those who did may not stand for all."


def test_all_self_checks_passed_and_nothing_withheld() -> None:
    view = checks_view(network().checks_made)
    assert view["sentence"] == "All 4 self-checks of 6 comparisons were passed. Nothing is withheld."
    assert not view["is_warning"]
    assert view["concerns"] == [("It hangs on one clinic", "1", "none")]


def test_a_failed_self_check_and_what_is_withheld_for_it_are_counted_and_named() -> None:
    failed = pd.DataFrame(
        [SELF_CHECK, SELF_CHECK | {"check_name": "plasmode", "status": "failed", "is_withheld": True}]
    )
    concerns = pd.DataFrame([CONCERN, CONCERN | {"concern": "missing_outcomes", "severity": "withhold"}])
    report = network(self_checks=failed, concerns=concerns, effects=pd.DataFrame([WITHHELD]), arm_means=NO_ARMS)
    view = checks_view(report.checks_made)
    assert view["sentence"] == (
        "Of 2 self-checks of 1 comparison, 1 failed. 1 comparison is withheld because a check failed or a doubt is too strong."
    )
    assert view["is_warning"]
    assert ("Known effects, put into these records, are found again", "0", "1", "none") in view["checks"]
    assert ("Those who did not answer could change it", "none", "1") in view["concerns"]
    assert view["withheld"] == [
        "Add manipulation compared with continue without (after four weeks without enough improvement: add manipulation, or "
        "continue without), patients with 30 % less disability at 12 weeks: A known effect was not found."
    ]


def test_without_self_checks_nothing_may_be_taken_as_shown() -> None:
    tables = exact_tables()
    report = network(self_checks=tables["self_checks"].head(0), concerns=tables["concerns"].head(0))
    assert "no difference between treatments may be taken as shown" in checks_view(report.checks_made)["sentence"]


def test_passed_checks_of_which_one_failed_contradict_each_other() -> None:
    line = CheckLine(check_name="leakage", name="x", n_passed=1, n_failed=1, n_not_done=0)
    with pytest.raises(ValidationError, match="one failed"):
        ChecksMade(checks=(line,), verdict="all passed")


def test_the_bounds_had_nobody_or_everybody_improved_who_did_not_answer() -> None:
    responders = network().responders
    assert responders.if_none_improved_percent is not None
    assert responders.improved.percent is not None
    assert responders.if_none_improved_percent < responders.improved.percent < (responders.if_all_improved_percent or 0)
    assert missing_sentence(responders).startswith("Had nobody improved who did not answer it would be 37 %")
