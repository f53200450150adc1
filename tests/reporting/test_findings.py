from typing import Any

import pandas as pd
import pytest

from pipelines.reporting.building import build_reports
from pipelines.reporting.model import ClinicReport, Finding

from .released import STAMP, effect_row, exact_tables, released

NO_ARMS = exact_tables()["arm_means"].head(0)


def clinic(code: str = "C001", **changed: Any) -> ClinicReport:
    tables = exact_tables()
    for name, change in changed.items():
        tables[name] = tables[name].assign(**change)
    return next(one for one in build_reports(released(tables), STAMP).clinics if one.clinic_code == code)


def short(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(one.title, one.next_step, one.certainty) for one in findings]


def test_the_findings_of_a_usual_clinic() -> None:
    assert short(clinic().findings) == [
        (
            "About 5 in 10 patients who answered had improved at 12 weeks",
            "Read it with the share that did not answer; do not compare clinics by it.",
            "moderate",
        ),
        (
            "Red flags screened: 83 %, the target is 100 %",
            "List the episodes with screening not recorded and complete them first.",
            "high",
        ),
        (
            "Adding manipulation: no difference large enough to matter was found",
            "Discuss it with the lead clinicians, beside the trials. It is no rule for one patient.",
            "low",
        ),
    ]


def test_a_clinic_with_few_patients_is_told_that_nothing_can_be_said() -> None:
    assert short(clinic("C003").findings)[0] == (
        "Not enough patients to say how many improved",
        "Keep asking for the 12-week form; nothing else can be said yet.",
        "not enough to say",
    )


def test_many_refused_rows_are_the_first_problem() -> None:
    found = clinic(arrivals={"n_rows_quarantined": 90}).findings
    assert [one.title for one in found if one.is_problem] == ["Episodes of care (intake): many rows were refused"]


def test_few_answers_are_a_problem_when_care_meets_its_targets() -> None:
    found = clinic(
        indicators={"numerator": 400, "denominator": 400},
        responders={"n_due": 300, "n_answered": 120, "n_responders": 60},
    ).findings
    assert [one.title for one in found if one.is_problem] == ["40 % answered the 12-week form"]
    assert found[0].certainty == "low"


def test_there_are_never_more_than_three_findings() -> None:
    found = clinic(
        arrivals={"n_rows_quarantined": 900}, responders={"n_due": 300, "n_answered": 120, "n_responders": 60}
    ).findings
    assert len(found) == 3


def test_an_open_comparison_asks_for_no_change_of_practice() -> None:
    wide = pd.DataFrame([effect_row(estimate=0.02, lower=-0.2, upper=0.24)])
    found = build_reports(released(exact_tables() | {"effects": wide}), STAMP).network.findings[-1]
    assert found.title == "Adding manipulation: not enough patients to say"
    assert found.next_step == "Keep recording; no change of practice follows from this."
    assert found.certainty == "not enough to say"


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        (
            {"estimate": 0.2, "lower": 0.12, "upper": 0.28, "doubt": "It could be something else."},
            "Adding manipulation: the groups differ, but perhaps for another reason",
        ),
        (
            {
                "status": "refused",
                "reason": "withheld: a check failed.",
                "estimate": None,
                "lower": None,
                "upper": None,
            },
            "Adding manipulation: the result is withheld, a check of it failed",
        ),
    ],
)
def test_a_doubted_or_withheld_comparison_asks_for_no_change_of_practice(
    changed: dict[str, object], title: str
) -> None:
    rows = pd.DataFrame([effect_row(**changed)])
    found = build_reports(released(exact_tables() | {"effects": rows, "arm_means": NO_ARMS}), STAMP).network.findings[
        -1
    ]
    assert found.title == title
    assert found.next_step == "Keep recording; no change of practice follows from this."
    assert found.certainty == "not enough to say"


def test_a_finding_tells_the_first_doubt_and_the_panel_all_of_them() -> None:
    rows = pd.DataFrame([effect_row(estimate=0.2, lower=0.12, upper=0.28, doubt="First reason. Second reason.")])
    report = build_reports(released(exact_tables() | {"effects": rows, "arm_means": NO_ARMS}), STAMP).network
    assert report.findings[-1].text.endswith("First reason.")
    assert report.effects[0].doubt == "First reason. Second reason."
