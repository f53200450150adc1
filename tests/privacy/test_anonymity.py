"""k-anonymity against an oracle in plain Python, on random tables."""

import random
from collections import defaultdict
from typing import Any

import pandas as pd
import pytest

from pipelines.casting import SQL_FOLDER
from pipelines.privacy.anonymity import (
    INSIDE,
    OUTSIDE,
    QUASI_IDENTIFIERS,
    TWENTY_YEARS,
    AnonymityReport,
    Target,
    anonymise,
    failing,
)
from pipelines.tables import read_sql_file
from pipelines.warehouse import open_warehouse

Row = dict[str, Any]


def random_table(seed: int) -> list[Row]:
    """Episodes of a few clinics: some people have two, some values are missing."""
    rng = random.Random(seed)
    n_values = rng.choice((1, 2, 3))
    rows = []
    for number in range(rng.randrange(1, 400)):
        rows.append(
            {
                "patient_key": f"p{rng.randrange(max(1, number - 20), number + 2)}",
                "clinic_code": f"C{rng.randrange(n_values)}",
                "age_band": rng.choice([*list(TWENTY_YEARS)[: 2 * n_values], None]),
                "sex": rng.choice(("female", "male")),
                "index_period": rng.choice(("2026-Q1", "2026-Q2")[:n_values]),
                "ethnicity_group": rng.choice(("group_1", "group_2", "not_stated", None)[: n_values + 1]),
                "work_status": rng.choice(("working_full", "retired", None)[:n_values]),
                "prior_spine_surgery": "none" if rng.random() < 0.95 else "fusion",
                "compensation_claim": rng.choice(("none", "none", "open_motor", None)),
                "has_serious_diagnosis": rng.choice(("no",) * 9 + ("yes",)),
                "score": number,
            }
        )
    return rows


def oracle(rows: list[Row], k: int) -> list[Row]:
    """The same rules, row by row: no pandas, nothing shared with the code under test but the names of the columns."""
    rows = [
        {
            name: "not_recorded" if value is None and name not in ("score", "patient_key") else value
            for name, value in row.items()
        }
        for row in rows
    ]

    def groups(rows: list[Row]) -> dict[tuple, list[Row]]:
        found = defaultdict(list)
        for row in rows:
            found[tuple(row[name] for name in QUASI_IDENTIFIERS)].append(row)
        return found

    def failing_rows(rows: list[Row]) -> list[Row]:
        bad = []
        for group in groups(rows).values():
            people = {row["patient_key"] for row in group}
            claims = {row["compensation_claim"] for row in group}
            diagnoses = {row["has_serious_diagnosis"] for row in group}
            if len(people) < k or diagnoses == {"yes"} or (len(claims) == 1 and not claims & {"none", "not_recorded"}):
                bad += group
        return bad

    for column in ("ethnicity_group", "age_band", "clinic_code"):
        for row in failing_rows(rows):
            if column == "age_band" and row[column] != "not_recorded":
                low = int(row[column][:2])
                row[column] = "80+" if low >= 80 else "18-39" if low < 40 else "40-59" if low < 60 else "60-79"
            elif column != "age_band":
                row[column] = {"ethnicity_group": "not_stated", "clinic_code": "group"}[column]
    gone = {id(row) for row in failing_rows(rows)}
    return [row for row in rows if id(row) not in gone]


@pytest.mark.parametrize("target", [INSIDE, OUTSIDE], ids=lambda target: target.name)
def test_fifty_random_tables_come_out_as_the_oracle_says(target: Target) -> None:
    """R-P6: agreement on 50 of 50 random tables (with an oracle of our own: pycanon asks for an older pandas)."""
    n_kept = 0
    for seed in range(50):
        rows = random_table(seed)
        found, report = anonymise(pd.DataFrame(rows), target)
        expected = oracle(rows, target.smallest_group)
        assert found.to_dict("records") == expected, f"table {seed}"
        assert report.n_dropped == len(rows) - len(expected)
        n_kept += len(expected)
    assert n_kept > 1000, "the tables must not lose everything"


@pytest.mark.parametrize("target", [INSIDE, OUTSIDE], ids=lambda target: target.name)
def test_what_is_kept_never_fails_and_its_greatest_risk_is_one_over_the_smallest_group(target: Target) -> None:
    """R-P6: greatest risk at most 0.2 inside and 0.09 outside (1 / 11 to two places)."""
    for seed in range(50, 60):
        kept, report = anonymise(pd.DataFrame(random_table(seed)), target)
        assert not failing(kept, target).any()
        assert report.steps[-1].n_failing == 0
        assert round(report.steps[-1].maximum_risk, 2) <= {5: 0.2, 11: 0.09}[target.smallest_group]


def test_each_step_leaves_no_more_failing_rows_than_the_one_before() -> None:
    for seed in range(10):
        _, report = anonymise(pd.DataFrame(random_table(seed)), OUTSIDE)
        counts = [step.n_failing for step in report.steps]
        assert counts == sorted(counts, reverse=True)


def test_five_episodes_of_one_patient_are_no_group_of_five() -> None:
    row = random_table(1)[0] | {"patient_key": "p1", "compensation_claim": "none", "has_serious_diagnosis": "no"}
    kept, report = anonymise(pd.DataFrame([row] * 5), INSIDE)
    assert kept.empty
    assert report.steps[0].smallest_group == 1


def test_a_group_in_which_everybody_has_a_claim_is_not_shown_and_one_without_any_is() -> None:
    """R-P6: l of at least 2 on compensation and on serious diagnoses."""
    people = [random_table(1)[0] | {"patient_key": f"p{number}", "has_serious_diagnosis": "no"} for number in range(20)]
    assert _kept(people, "open_motor") == 0
    assert _kept(people, "none") == 20
    assert _kept([*people[:19], people[19] | {"compensation_claim": "none"}], None) == 20


def test_the_report_counts_rows_changed_and_dropped() -> None:
    row = dict.fromkeys(QUASI_IDENTIFIERS, "x") | {"age_band": "30-39", "ethnicity_group": "group_1"}
    rows = [row | {"patient_key": f"a{number}"} for number in range(5)]
    rows += [row | {"patient_key": f"b{number}", "ethnicity_group": f"group_{number % 2 + 2}"} for number in range(6)]
    rows += [row | {"patient_key": "c", "sex": "other"}]
    kept, report = anonymise(pd.DataFrame(rows), INSIDE)
    assert (len(kept), report.n_changed, report.n_dropped) == (11, 6, 1)
    assert [step.n_failing for step in report.steps] == [7, 1, 1, 1, 0]
    assert (round(report.changed_percent), round(report.dropped_percent)) == (55, 8)


def test_the_report_of_the_warehouse_counts_what_the_extract_would_find() -> None:
    """R-P6: the SQL report of k says of every step what the generalisation of an extract does."""
    report_file = read_sql_file(SQL_FOLDER / "report" / "k_anonymity.sql")
    rows = pd.DataFrame(random_table(3) + random_table(4)).drop(columns=["compensation_claim", "has_serious_diagnosis"])
    with open_warehouse(":memory:") as con:
        con.register("rows", rows)
        con.execute("create table clean.intake as select * from rows").fetchall()
        counted = con.execute(f"select n_below_5, n_below_11 from ({report_file.text}) order by step_no").fetchall()
    inside, outside = (
        [step.n_failing for step in anonymise(rows, target)[1].steps[:4]] for target in (INSIDE, OUTSIDE)
    )
    assert counted == list(zip(inside, outside, strict=True))
    assert inside[0] > inside[-1] > 0


def _kept(people: list[Row], claim: str | None) -> int:
    rows = [row | ({"compensation_claim": claim} if claim else {}) for row in people]
    if claim is None:
        rows = [*[row | {"compensation_claim": "open_motor"} for row in people[:-1]], people[-1]]
    report: AnonymityReport
    kept, report = anonymise(pd.DataFrame(rows), INSIDE)
    assert len(kept) == len(rows) - report.n_dropped
    return len(kept)
