"""A practitioner's own report: complete, without a target, a verdict or anybody else, and only for whom it is."""

import json
import re
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from pydantic import ValidationError

from pipelines.errors import UsageError
from pipelines.practitioner_reports import (
    _COUNTS,
    COUNTS,
    KNOWN,
    PractitionerSettings,
    _rounded,
    make_practitioner_editions,
)
from pipelines.privacy.disclosure import release_declared
from pipelines.privacy.profiles import NHS_HES
from pipelines.reporting.branding import Branding
from pipelines.reporting.documents.figures import figures_of
from pipelines.reporting.documents.page_blocks import blocks_of, words_in
from pipelines.reporting.editions import LETTER, NUMBERS, PAGE, PDF, TABLE, seal, spoilt_in, write_practitioner_editions
from pipelines.reporting.indicators import DEFINITIONS
from pipelines.reporting.periods import Edition, ended_before
from pipelines.reporting.practitioners import COMPLETENESS, OwnMeasure, PractitionerReport, practitioner_reports
from pipelines.reporting.shelf_names import is_of_practitioner, is_of_practitioner_in, practitioner_shelf, shelf_of
from pipelines.reporting.shelves import write_shelves
from pipelines.reporting.words import NEVER_SAID, PRACTITIONER_LINES
from pipelines.settings import Settings

from .released import STAMP

EDITION = Edition.first(ended_before(date(2026, 11, 24))[0])
KEYS = ("a1b2c3d4e5f60718", "ffee000011112222")


def counts() -> pd.DataFrame:
    rows = []
    for indicator in COMPLETENESS:
        whole = {KEYS[0]: (60, 85), KEYS[1]: (12, 25)}
        rows += [("C001", key, indicator, *pair) for key, pair in whole.items()]
        rows.append(("C001", "all", indicator, 72, 110))
    return pd.DataFrame(rows, columns=[*COUNTS.key, "numerator", "denominator"])


def measures() -> pd.DataFrame:
    given = {"observed": 0.52, "expected": 0.55, "adjusted": 0.53, "lower": 0.42, "upper": 0.64, "network": 0.56}
    points = {"observed": 12.0, "expected": 11.4, "adjusted": -0.83, "lower": -3.0, "upper": 1.4, "network": 0.0}
    absent = dict.fromkeys(given, float("nan")) | {"network": 0.56}
    named = [
        (KEYS[0], "QI-12", "responders", 70, "", given),
        (KEYS[0], "QI-13", "odi change", 68, "", points),
        (KEYS[0], "QI-14", "deterioration", 70, "", given | {"observed": 0.05}),
        (KEYS[1], "QI-12", "responders", 9, "Fewer than 30 episodes with a known outcome.", absent),
    ]
    return pd.DataFrame(
        [
            {
                "clinic_code": "C001",
                "practitioner_key": key,
                "indicator": one,
                "measure": measure,
                "n": n,
                "reason": why,
            }
            | told
            for key, one, measure, n, why, told in named
        ]
    )


@pytest.fixture(scope="module")
def reports() -> tuple[PractitionerReport, ...]:
    known = release_declared(_rounded(measures(), NHS_HES), KNOWN)
    return practitioner_reports(release_declared(counts(), COUNTS), known, STAMP, Branding())


@pytest.fixture(scope="module")
def folder(reports: tuple[PractitionerReport, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("practitioners")
    write_practitioner_editions(place, reports, lambda _: EDITION)
    seal(place)
    return place


def test_a_report_has_completeness_and_what_may_be_said_of_outcomes(reports: tuple[PractitionerReport, ...]) -> None:
    many, few = reports
    assert [one.code for one in many.completeness] == list(COMPLETENESS)
    assert many.completeness[0].share.percent == 71
    told = {one.indicator: one for one in many.measures}
    assert (told["QI-12"].adjusted, told["QI-12"].lower, told["QI-12"].upper) == (53, 42, 64)
    assert told["QI-13"].adjusted == -0.8
    assert told["QI-14"].reason == "Too few patients had it, or did not have it."
    assert [(one.adjusted, one.reason) for one in few.measures] == [
        (None, "Fewer than 30 episodes with a known outcome.")
    ]


def test_every_number_is_on_the_page_and_in_every_other_view(
    reports: tuple[PractitionerReport, ...], folder: Path
) -> None:
    for report in reports:
        place = folder / report.shelf / EDITION.folder
        page = (place / PAGE).read_text(encoding="utf-8")
        said = "".join("".join(words_in(blocks_of(page)["main"])).split())
        for one in (*report.completeness, *report.measures):
            for number in (getattr(one, "adjusted", None), getattr(getattr(one, "share", None), "percent", None)):
                assert number is None or f"{number:g}".replace("-", "−") in said
        assert PractitionerReport.model_validate_json((place / NUMBERS).read_text()) == report.model_copy(
            update={"edition": EDITION}
        )
        assert (place / TABLE).read_text().count("\n") > len(figures_of(report))
        assert (place / PDF).read_bytes().startswith(b"%PDF-1.7")
        assert spoilt_in(place) == []


def test_nothing_in_it_judges_ranks_or_names_anybody_else(
    reports: tuple[PractitionerReport, ...], folder: Path
) -> None:
    targets = [f"target {one.target_percent}" for one in DEFINITIONS.values() if one.target_percent]
    for report, other in zip(reports, reversed(reports), strict=True):
        for path in (folder / report.shelf / EDITION.folder).glob("*.[hejtc]*"):
            text = path.read_text(encoding="utf-8").lower()
            assert other.practitioner_key[:12] not in text
            assert not re.search(r"class=\"(met|missed)|[✓✗▲▼]", text)
            assert not [phrase for phrase in (*NEVER_SAID, *targets, "rank 1", "best practitioner") if phrase in text]
        letter = (folder / report.shelf / EDITION.folder / LETTER).read_text(encoding="utf-8")
        assert all(line in " ".join(letter.split()) for line in PRACTITIONER_LINES)


def test_a_value_with_its_interval_apart_or_without_a_reason_cannot_be_reported() -> None:
    with pytest.raises(ValidationError, match="does not hold"):
        OwnMeasure(indicator="QI-12", measure="responders", n=50, adjusted=70, lower=40, upper=60)
    with pytest.raises(ValidationError, match="reason"):
        OwnMeasure(indicator="QI-12", measure="responders", n=50)


def test_a_practitioner_s_folder_is_no_clinic_s_and_never_in_the_index_of_all(
    reports: tuple[PractitionerReport, ...], folder: Path
) -> None:
    codes = ["C1", "C1-x", "practitioner-C1", "PRACTITIONER-1", "practitioner-C1-000000000000"]
    shelves = {code: practitioner_shelf(code, KEYS[0]) for code in codes}
    assert all(is_of_practitioner(shelf) for shelf in shelves.values())
    assert not any(is_of_practitioner(shelf_of(code)) for code in codes)
    assert [[is_of_practitioner_in(shelves[one], code) for code in codes].count(True) for one in codes] == [1] * len(
        codes
    )
    write_shelves(folder)
    assert "practitioner-" not in (folder / "index.html").read_text(encoding="utf-8")
    assert (folder / reports[0].shelf / "index.html").is_file()


def test_counts_are_of_the_first_visit_s_practitioner_and_never_of_what_the_clinic_s_report_hides() -> None:
    con = duckdb.connect()
    con.execute("create schema cohort; create schema report")
    con.execute(
        "create table cohort.episodes as select * from (values ('e1', 'P1'), ('e2', 'P1'), ('e3', 'P2'), ('e4', 'C1')) "
        "as t(episode_key, practitioner_key)"
    )
    con.execute(
        "create table cohort.indicators as select 'C1' as clinic_code, i as indicator, e as episode_key, e <> 'e2' as is_met "
        "from (values ('e1'), ('e2'), ('e3'), ('e4')) as t(e), (values ('QI-01'), ('QI-05'), ('QI-09')) as u(i)"
    )
    con.execute(
        "create table report.indicators as select 'C1' as clinic_code, i as indicator, i = 'QI-05' as numerator_is_suppressed, "
        "false as denominator_is_suppressed from (values ('QI-01'), ('QI-05'), ('QI-09')) as u(i)"
    )
    found = con.execute(_COUNTS, {"indicators": ["QI-01", "QI-05"]}).fetchall()
    assert found == [("C1", "P1", "QI-01", 1, 2), ("C1", "P2", "QI-01", 1, 1), ("C1", "all", "QI-01", 2, 3)]


def test_they_are_off_until_they_are_switched_on(tmp_path: Path) -> None:
    assert not PractitionerSettings().reports
    settings = Settings(tmp_path, tmp_path / "inbox")
    made = make_practitioner_editions(
        settings, duckdb.connect(), tmp_path / "periods", STAMP, NHS_HES, date(2026, 11, 24)
    )
    assert (made, list(tmp_path.iterdir())) == (0, [])
    (tmp_path / "stepcare.toml").write_text("[practitioners]\nreports = 'yes'\n")
    with pytest.raises(UsageError, match="reports is not true or false"):
        make_practitioner_editions(settings, duckdb.connect(), tmp_path / "periods", STAMP, NHS_HES, date(2026, 11, 24))


def test_the_json_holds_no_more_than_the_model(folder: Path, reports: tuple[PractitionerReport, ...]) -> None:
    said = json.loads((folder / reports[0].shelf / EDITION.folder / NUMBERS).read_text(encoding="utf-8"))
    assert set(said) == set(PractitionerReport.model_fields)
