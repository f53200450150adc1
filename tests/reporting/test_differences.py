"""What a page says of differences between patients and of a rule."""

import pandas as pd
import pytest

from pipelines.errors import NightFailed
from pipelines.reporting.building import build_reports
from pipelines.reporting.effect_views import decision_view
from pipelines.reporting.gain_views import gain_view
from pipelines.reporting.model import NetworkReport
from pipelines.reporting.trial_views import other_analysis_rows, regime_table

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
    return decision_view(report.effects, report.flow, report.heterogeneity, report.rule_values, report.arm_means)


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


def test_who_gains_has_the_average_first_and_the_groups_fixed_in_advance_with_what_they_mean() -> None:
    group = {"group_name": "leg_pain_leads", "group_level": "yes"}
    few = {"group_name": "start_high", "group_level": "yes", "status": "refused", "reason": "Fewer than 50 episodes."}
    effects = pd.DataFrame(
        [
            effect_row(**group, estimate=0.15, lower=0.11, upper=0.2),
            effect_row(),
            effect_row(**few, estimate=None, lower=None, upper=None),
            effect_row(**group, trial="index"),
        ]
    )
    gains = gain_view(network(effects=effects).effects, "decision")
    assert gains is not None
    assert [(row["name"], row["value"], row["reading"]) for row in gains["rows"]] == [
        ("Everyone compared", "+2", "No difference large enough to matter"),
        ("Leg pain worse than back pain", "+15", "Gains more"),
        ("STarT Back distress of 4 or more", "not shown", "Too few to tell"),
    ]
    assert gains["rows"][0]["picture"].startswith("<svg")
    assert not gains["rows"][2]["picture"]


def test_who_gains_is_not_asked_where_the_average_is_refused_or_withheld() -> None:
    withheld = effect_row(status="refused", reason="withheld: A check failed.", estimate=None, lower=None, upper=None)
    group = effect_row(group_name="leg_pain_leads", group_level="yes")
    assert gain_view(network(effects=pd.DataFrame([withheld, group])).effects, "decision") is None


def test_the_arms_are_said_beside_the_effect_and_must_agree_with_it() -> None:
    report = network()
    assert view(report)["arms"].startswith(
        "Of 100 alike, about 52 (47 to 57) improve with manipulation added, and about 50"
    )
    arms = exact_tables()["arm_means"]
    apart = arms.assign(mean=[0.7, 0.5], lower=[0.6, 0.4], upper=[0.8, 0.6])
    with pytest.raises(NightFailed, match="outside the effect's interval"):
        network(arm_means=apart)


def test_rules_from_day_0_are_said_in_words_with_their_refusals() -> None:
    table = regime_table(network().regimes, "value")
    assert table["columns"] == ("Rule", "At 12 weeks")
    assert table["rows"] == [
        ("Never", "54 (95 % interval 50 to 58)"),
        ("Step-up at week 4 if under 30 % better", "Not enough to say. Too little overlap."),
    ]
    assert regime_table(network().regimes, "difference")["rows"] == [
        ("Manipulation at once compared with never", "+4 (95 % interval −2 to +58)")
    ]


ADDING = "Add manipulation compared with continue without, after four weeks"


def test_the_comparisons_in_other_ways_are_a_table() -> None:
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
