"""The rules across fields and tables: which there are, what their headers say, and how they are counted."""

import numpy as np
import pytest

from pipelines.deliveries.load import create_raw_tables
from pipelines.quality import rules
from pipelines.quality.kahn import CATEGORIES
from pipelines.quality.rules import count_rules, rule_check
from pipelines.tables import SqlFile, build, sql_files
from pipelines.warehouse import open_warehouse
from tests.conftest import ROOT
from tests.sql.random_records import write_random_clean_tables

RULES = sql_files("checks")
NAMES = ROOT / "tests" / "quality" / "rules.txt"

ASKED_BY_DERIVED = {
    "start_psych<=start_total": ("start_psych_above_start_total",),
    "nprs_worst_24h>=nprs current": ("worst_pain_below_current_pain",),
    "odi_pct consistent with items answered": ("odi_disagrees_with_items",),
    "chief_complaint leg_only cannot have nprs_leg .n": ("leg_only_without_leg_score",),
    "numbness=saddle implies rf_saddle_anaesthesia": ("saddle_numbness_without_red_flag",),
    "modality XR implies disc_contour/pfirrmann/modic .n": (
        "disc_graded_on_radiograph",
        "radiograph_grade_not_called_not_applicable",
    ),
    "session_day within [0, observed_through_day]": ("session_day_after_observed_through",),
    "first attended session_day=0": ("first_attended_session_is_day_0",),
    "manip_type set iff component=manipulation": (
        "manipulation_type_without_manipulation",
        "manipulation_without_type",
    ),
    "nprs_pre/post only when attended": ("scores_recorded_when_not_attended",),
    "post without pre is a warning": ("score_after_without_score_before",),
    "spondylolisthesis prevalence at 18-29": ("spondylolisthesis_too_common_in_the_young",),
    "outcome.completed_day within window": ("answer_outside_its_window",),
    "pgic and nprs change of opposite sign": ("outcome_scale_reversed",),
    "derived variables compared with recorded ones": (
        "start_risk_disagrees",
        "chief_complaint_disagrees",
        "duration_band_disagrees",
        "neuro_deficit_disagrees",
        "rf_any_disagrees",
        "rf_any_without_a_red_flag",
        "lumbar_exam_disagrees_with_intake",
    ),
}
"""The cross-field rules that domain/derived.md names, each with the files that keep it."""


def test_the_rules_are_those_that_were_agreed() -> None:
    """A rule that is deleted or renamed fails here. After a change that was meant: ls sql/checks, without .sql."""
    assert NAMES.read_text(encoding="utf-8").split() == [rule.name for rule in RULES]


def test_there_are_more_than_60_rules_in_every_category() -> None:
    """Requirement: at least 60 cross-field and cross-table rules (reliability.md, section 3)."""
    assert len(RULES) >= 60
    assert {rule_check(rule).category for rule in RULES} == set(CATEGORIES)


@pytest.mark.parametrize("said", ASKED_BY_DERIVED)
def test_every_cross_field_rule_of_the_domain_is_kept(said: str) -> None:
    assert set(ASKED_BY_DERIVED[said]) <= {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_header_of_a_rule_says_category_owner_and_remedy(rule: SqlFile) -> None:
    check = rule_check(rule)
    assert len(check.remedy) > 20
    assert not check.remedy.endswith(".")
    assert check.table
    assert (check.severity == "error") <= (check.owner in ("stepcare", "clinic"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"category": "plausibility relational"}, "none of Kahn's"),
        ({"owner": "nobody"}, "is unknown"),
        ({"severity": "fatal"}, "is unknown"),
        ({"remedy": ""}, "remedy must be given"),
        ({"allowed": "101 %"}, "must be a percentage"),
    ],
)
def test_a_header_that_lacks_a_word_of_the_framework_is_an_error(changed: dict[str, str], message: str) -> None:
    good = {
        "table": "clean.t", "category": "plausibility temporal", "severity": "warn", "owner": "clinic", "allowed": "1 %",
        "remedy": "Look at it",
    }  # fmt: skip
    rule = SqlFile("checks", "r", "select 1", "Something is wrong.", tuple((good | changed).items()), ())
    with pytest.raises(ValueError, match=message):
        rule_check(rule)


def test_no_rule_is_broken_by_more_rows_than_it_checks() -> None:
    """On random records: each row that breaks a rule is one of those that its header counts, in the same clinic."""
    with open_warehouse(":memory:", threads=1) as con:
        create_raw_tables(con)
        build(con, ["clean"])
        for feed in (
            "intake",
            "exam",
            "lab",
            "imaging",
            "imaging_level",
            "session",
            "session_component",
            "adverse_event",
            "outcome",
        ):
            con.execute(f"drop table clean.{feed}")
        write_random_clean_tables(con, 60, np.random.default_rng(20261123))
        build(con, ["cohort"])
        checked = rules.rows_checked(con, RULES)
        counts = count_rules(con, RULES)
    too_few = [count for count in counts if count.n_broken > checked[count.name].get(count.clinic_code, 0)]
    assert too_few == []
    assert len({count.name for count in counts if count.n_broken}) > 60, "random records break most rules"
