"""What a page says of differences between patients and of a rule."""

import pandas as pd
import pytest

from pipelines.errors import NightFailed
from pipelines.reporting.building import build_reports
from pipelines.reporting.effect_views import decision_view
from pipelines.reporting.model import NetworkReport
from pipelines.reporting.trial_views import (
    other_analysis_rows,
    protocol_tables,
    regime_difference_rows,
    regime_rows,
)

from .released import RULE_VALUE, STAMP, effect_row, exact_tables, released

SHOWN = RULE_VALUE | {
    "is_shown": True,
    "reason": "A rule learned this way does better than the best single treatment for everybody.",
    "gain": 0.06,
    "gain_lower": 0.02,
    "gain_upper": 0.1,
    "words": "leg pain of 4 or more: add manipulation; leg pain under 4 (or not recorded): continue without",
}


def network(**tables: pd.DataFrame) -> NetworkReport:
    return build_reports(released(exact_tables() | tables), STAMP).network


def view(report: NetworkReport) -> dict:
    return decision_view(report.effects, report.flow, report.heterogeneity, report.rule_values)


def test_no_difference_and_no_rule_are_said_as_results() -> None:
    assert view(network())["differences"] == [
        "No reliable difference between patients was found: only the average is shown.",
        "No rule was shown to do better than the best single treatment for everybody.",
    ]


def test_a_rule_that_gains_is_said_with_its_value_and_its_words() -> None:
    said = view(network(rule_values=pd.DataFrame([SHOWN])))["differences"][-1]
    assert said.startswith("The value of a rule learned this way: +6 in 100 (95 % interval +2 to +10).")
    assert "leg pain of 4 or more: add manipulation" in said


def test_a_rule_that_is_shown_without_gaining_stops_the_report() -> None:
    with pytest.raises(NightFailed, match="a rule is shown that was not shown to gain"):
        network(rule_values=pd.DataFrame([SHOWN | {"gain_lower": -0.01}]))


def test_the_groups_fixed_in_advance_have_a_figure_with_their_words() -> None:
    group = {"group_name": "leg_pain_leads", "group_level": "yes"}
    effects = pd.DataFrame([effect_row(), effect_row(**group), effect_row(**group, trial="index")])
    figure = view(network(effects=effects))["groups"]
    assert figure is not None
    assert [row[0] for row in figure.rows] == ["leg pain worse than back pain"]
    assert view(network())["groups"] is None


def test_rules_from_day_0_are_said_in_words_with_their_refusals() -> None:
    report = network()
    rows = regime_rows(report.regimes)
    assert rows[0][1:] == ("12 weeks", "54 (95 % interval 50 to 58)")
    assert (rows[0][0], rows[1][0]) == ("Never", "Step-up at week 4 if under 30 % better")
    assert rows[1][2] == "Not enough to say. Too little overlap."
    assert regime_difference_rows(report.regimes) == [
        ("Manipulation at once compared with never", "12 weeks", "+4 (95 % interval −2 to +58)")
    ]


ADDING = "Add manipulation compared with continue without, after four weeks"


def test_the_comparisons_in_other_ways_and_the_protocol_are_tables() -> None:
    report = network()
    assert other_analysis_rows(report.other_analyses) == [
        (ADDING, "Cloning, censoring and weighting", "+2 (95 % interval −5 to +8)"),
        (ADDING, "Pooled sequential trials", "Not enough to say. Too little overlap."),
        (
            "Exercise compared with rest or advice, in the first 14 days",
            "Cloning, censoring and weighting",
            "+2 (95 % interval −5 to +8)",
        ),
    ]
    ((trial, rows),) = protocol_tables(report.protocols)
    assert trial.startswith("After four weeks without enough improvement")
    assert [row[0] for row in rows] == ["Question", "Eligibility"]
