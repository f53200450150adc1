"""Sections of analysts in the reports: what is shown, and that none can break or leak a report."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.backups.fingerprints import fingerprint_of
from pipelines.errors import UsageError
from pipelines.privacy.profiles import NHS_HES, PROFILES, Profile
from pipelines.reporting.building import build_reports
from pipelines.reporting.documents.figures import figures_of
from pipelines.reporting.documents.page_blocks import blocks_of, words_in
from pipelines.reporting.documents.tables import csv_of
from pipelines.reporting.editions import write_editions
from pipelines.reporting.model import Reports
from pipelines.reporting.periods import Edition, period_of
from pipelines.reporting.section_views import section_views
from pipelines.results import Answer, section, share
from pipelines.sections.asking import Asked, FoundSection, ask
from pipelines.sections.making import Made, make_sections, tables_of
from pipelines.sections.nightly import made_or_told
from pipelines.sections.protecting import Protected, protect
from pipelines.sections.refusals import NotShown, Refusal
from pipelines.warehouse import open_warehouse
from tests.privacy.attacking import Attack
from tests.reporting.released import STAMP, exact_tables, released
from tests.results.conftest import GENERATION

from .section_files import BAD, CANARY, GOOD, HEAD, IN_PROCESSES, WORKED_EXAMPLE, bad_file

ALL_KEYS = """
select episode_key from cohort.episodes
union select session_key from cohort.sessions
union select practitioner_key from cohort.sessions where practitioner_key is not null
"""
Open = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]


def home_with(folder: Path, text: str, seconds: int = 30) -> Path:
    (folder / "sections").mkdir()
    (folder / "sections" / "own.py").write_text(text, encoding="utf-8")
    (folder / "stepcare.toml").write_text(f'[sections]\nfolder = "sections"\nseconds = {seconds}\n', encoding="utf-8")
    return folder


def make(home: Path, small_night: Path) -> list[Made]:
    warehouse = small_night / "current" / "warehouse.duckdb"
    return make_sections(home, warehouse, lambda: open_warehouse(warehouse, read_only=True), NHS_HES)


def reports_with(made: list[Made]) -> Reports:
    sections, values = tables_of(made)
    return build_reports(released(exact_tables()) | {"sections": sections, "section_values": values}, STAMP)


def write_two(folder: Path, reports: Reports) -> None:
    """The editions of the network and of one clinic."""
    edition, wanted = Edition.first(period_of("2026-W47")), (reports.network, reports.clinics[0])  # type: ignore[arg-type]
    write_editions(folder, reports, lambda report: edition if report in wanted else None)


def everything_in(folder: Path) -> str:
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in sorted(folder.rglob("*")) if path.is_file())


def asked(df: pd.DataFrame, **said: object) -> Asked:
    kinds = {name: "text" if df[name].map(type).eq(str).all() else "whole" for name in df}
    empty = {"note": "", "counts": (), "parts": (), "figures": (), "key": (), "dots": None}
    return Asked(df.astype(object), kinds, **(empty | said))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def good(small_night: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    return make(home_with(tmp_path_factory.mktemp("good"), GOOD), small_night)


def test_a_section_stands_in_every_view_of_the_report_that_it_is_for(good: list[Made], tmp_path: Path) -> None:
    reports = reports_with(good)
    (network,) = reports.network.sections
    assert (network.code, network.title, network.is_made) == ("own.answered", "Answered, by sex", True)
    assert [row.name for row in network.rows] == ["Female", "Male"]
    (clinic,) = reports.clinics[0].sections
    assert (clinic.title, [row.name for row in clinic.rows]) == (
        "Appointments kept",
        ["Female", "Male"],
    ), "the example of docs/analysts.md"
    write_two(tmp_path, reports)
    place = tmp_path / "network" / "2026-W47" / "v1"
    due = network.rows[0].values["n_due"]
    page, numbers, table = (
        (place / name).read_text(encoding="utf-8") for name in ("report.html", "numbers.html", "report.csv")
    )
    assert '<h2 id="section-1">Answered, by sex</h2>' in page
    assert f'<td data-label="Due">{due}</td>' in page
    assert f"values n due {due}" in numbers
    assert f'"values n_due",{due}\n' in table
    assert (
        json.loads((place / "report.json").read_text(encoding="utf-8"))["sections"][0]["rows"][0]["values"]["n_due"]
        == due
    )
    printed = list(words_in(blocks_of(page)["main"]))
    assert printed[printed.index("Answered, by sex") :].count(str(due)) == 1
    assert (place / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_section_has_a_picture_of_what_may_be_shown() -> None:
    df = pd.DataFrame({"payer": ["a", "b"], "n": [200, 300], "n_answered": [100, 210]})
    said = asked(
        df, counts=("n",), parts=(("n_answered", "n"),), dots=asdict(share("n_answered", ["payer"], "% answered"))
    )
    found = FoundSection("own.f", "Answered", "network", "Of all.", Path("own.py"), "f")
    (section,) = reports_with([Made(found, said, protect(said, "network", NHS_HES))]).network.sections
    (view,) = section_views([section])
    assert view["rows"] == [("A", "200", "50 % (43 to 57)"), ("B", "300", "70 % (65 to 75)")]
    assert view["figure"].rows == (("A", "50", "43 to 57"), ("B", "70", "65 to 75"))


def test_counts_of_a_section_are_the_nights_own_rounded_to_five(good: list[Made], small_night: Path) -> None:
    with duckdb.connect(str(small_night / "current" / "warehouse.duckdb"), read_only=True) as con:
        ((n_due,),) = con.execute("select count(*) from cohort.strata where is_due_12wk and sex = 'male'").fetchall()
    _, values = tables_of(good)
    shown = values[
        (values["section"] == "own.answered") & (values["row_name"] == "Male") & (values["column_name"] == "n_due")
    ]
    assert shown["number"].tolist() == [5 * round(n_due / 5)]


def test_a_section_that_hangs_is_ended(small_night: Path, tmp_path: Path) -> None:
    home = home_with(tmp_path, bad_file("hangs"))
    found = FoundSection("own.hangs", "t", "network", "m", home / "sections" / "own.py", "hangs")
    with pytest.raises(NotShown) as told:
        ask(found, small_night / "current" / "warehouse.duckdb", home, seconds=2)
    assert told.value.refusal is Refusal.TIME


def test_a_bad_section_is_told_in_words_and_the_report_stands_without_a_trace_of_what_it_gave(
    small_night: Path, tmp_path: Path
) -> None:
    _no_trace(small_night, tmp_path, IN_PROCESSES)


@pytest.mark.ci
def test_no_kind_of_bad_section_breaks_or_leaks_a_report(small_night: Path, tmp_path: Path) -> None:
    _no_trace(small_night, tmp_path, tuple(BAD))


def _no_trace(small_night: Path, tmp_path: Path, names: tuple[str, ...]) -> None:
    made = make(home_with(tmp_path, bad_file(*names), seconds=20), small_night)
    assert {one.section.function: one.refusal for one in made} == {name: BAD[name][1] for name in names}
    reports = reports_with(made)
    assert reports.network.findings == build_reports(released(exact_tables()), STAMP).network.findings
    assert {one.not_made_because for one in reports.network.sections} == {BAD[name][1] for name in names} - {
        Refusal.NO_CLINIC
    }
    write_two(tmp_path / "editions", reports)
    said = everything_in(tmp_path / "editions") + "".join(one.said for one in made)
    assert f"This section could not be made: {Refusal.KEY}." in said
    assert CANARY not in said
    with duckdb.connect(str(small_night / "current" / "warehouse.duckdb"), read_only=True) as con:
        keys = [key for (key,) in con.execute(ALL_KEYS).fetchall()]
    assert len(keys) > 300
    assert [key for key in keys if key in said] == []


@pytest.mark.ci
def test_a_file_that_cannot_be_read_is_told_in_the_network_report(small_night: Path, tmp_path: Path) -> None:
    (only,) = make(home_with(tmp_path, HEAD + f"# @section\nraise ValueError('{CANARY}')\n"), small_night)
    assert (only.refusal, only.section.title) == (Refusal.FILE, "Section own")
    assert CANARY not in only.said
    (shown,) = reports_with([only]).network.sections
    assert shown.not_made_because == Refusal.FILE


@pytest.mark.ci
def test_a_name_of_a_section_that_tells_who_somebody_is_is_not_shown(small_night: Path, tmp_path: Path) -> None:
    text = GOOD.replace("Answered, by sex", f"About {CANARY}").replace(WORKED_EXAMPLE, "")
    (only,) = make(home_with(tmp_path, text), small_night)
    assert only.refusal is Refusal.IDENTIFIER
    network = reports_with([only]).network
    assert "Canary" not in csv_of(network, figures_of(network))


def test_without_a_setting_there_is_no_section_and_a_wrong_one_stops_nothing(small_night: Path, tmp_path: Path) -> None:
    warehouse = small_night / "current" / "warehouse.duckdb"

    def opened() -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return open_warehouse(warehouse, read_only=True)

    assert made_or_told(tmp_path, warehouse, opened, print) == ([], [])
    (tmp_path / "stepcare.toml").write_text('[sections]\nfolder = "nowhere"\n', encoding="utf-8")
    made, (trouble,) = made_or_told(tmp_path, warehouse, opened, print)
    assert made == []
    assert "nowhere is no folder" in trouble


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"title": "", "scope": "network", "method": "m"}, "title"),
        ({"title": "t" * 81, "scope": "network", "method": "m"}, "title"),
        ({"title": "t", "scope": "patient", "method": "m"}, "scope"),
        ({"title": "t", "scope": "network", "method": "two\nlines"}, "method"),
    ],
)
def test_a_section_that_is_not_described_right_is_refused(said: dict[str, str], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        section(**said)  # type: ignore[arg-type]


def test_a_count_that_its_sum_would_tell_is_withheld_with_a_second_one() -> None:
    """53 answered in all, as another place of the report may say: 3 of them would be told by the other 50."""
    df = pd.DataFrame({"payer": ["a", "b"], "n": [60, 103], "n_answered": [50, 3]})
    protected = protect(asked(df, counts=("n",), parts=(("n_answered", "n"),)), "network", NHS_HES)
    assert protected.rows["n"].tolist() == [60, 105]
    assert protected.rows["n_answered"].isna().tolist() == [True, True]
    by_number = df.drop(columns="payer").assign(row_no=[1, 2])
    alone = protect(asked(by_number, counts=("n",), parts=(("n_answered", "n"),), key=("row_no",)), "network", NHS_HES)
    assert alone.rows["n_answered"].isna().tolist() == [False, True], "the control: numbers of visits do not add up"


def test_rows_of_too_few_are_left_out_with_their_words_and_rows_stand_in_the_order_of_their_key() -> None:
    df = pd.DataFrame({"diagnosis": ["rare", "z often", "a often"], "n": [3, 50, 90]})
    protected = protect(asked(df, counts=("n",)), "network", NHS_HES)
    assert protected.rows["diagnosis"].tolist() == ["a often", "z often"]
    assert protected.has_more


@pytest.mark.parametrize("name", list(PROFILES))
def test_an_attack_that_reads_every_sum_elsewhere_finds_no_small_count_of_a_section(name: str) -> None:
    """Made-up sections, most of them of small numbers, of payers and of clinics by sex; all their sums are published elsewhere."""
    profile, n_wanted = PROFILES[name], 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        shapes = {"clinic": ["C001", "C002", "C003"], "sex": ["f", "m"]} if seed % 2 else {"payer": list("abcde")}
        keys = pd.MultiIndex.from_product(shapes.values(), names=shapes).to_frame(index=False)
        due = rng.poisson(rng.choice([6, 20, 60], len(keys)))
        df = keys.assign(n=due, n_answered=rng.binomial(due, 0.6))
        protected = protect(asked(df, counts=("n",), parts=(("n_answered", "n"),)), "network", profile)
        attack = _attack_on(protected, profile)
        n_wanted += len(attack.wanted)
        assert [cell for cell in attack.recovered() if _could_be_kept(attack, cell)] == [], seed
    assert n_wanted > 20


def _attack_on(protected: Protected, profile: Profile) -> Attack:
    """The attack of tests/privacy on a section; a sum that is large enough is known as it would be shown elsewhere."""
    made = Attack(profile)
    made.read("section", protected.exact, protected.released, protected.declared)
    sums = [cell for cell in made.exact if "(sum)" in cell[2]]
    made.hidden |= set(sums)  # a sum that stands elsewhere is no number that was left standing here
    for cell in sums:
        count = made.exact[cell]
        if count >= profile.smallest_shown:
            low, high = profile.known(count)
            made.low[cell], made.high[cell] = max(profile.smallest_shown, low), high
    return made


def _could_be_kept(attack: Attack, cell: tuple[object, ...]) -> bool:
    """Whether every sum that the count stands in has a shown number left: where all are hidden, the rest is arithmetic."""
    lines = [line for line in attack.sums if cell in line]
    return all(any(other not in attack.hidden and attack.exact[other] for other in line) for line in lines)


def test_effects_that_are_withheld_are_refused_in_a_section_too() -> None:
    """`.effects()` declares its estimates as figures of a count, so that they are hidden with it."""
    df = pd.DataFrame({"group": ["a", "b"], "n": [3, 90], "estimate": [0.4, 0.1]})
    answer = Answer("t", df, "", counts=("n",), figures=(("estimate", "n"),))
    assert answer.safe().df["estimate"].isna().tolist() == [True, False]


def test_a_restore_drill_compares_no_section_since_analysts_files_are_in_no_backup(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "warehouse.duckdb") as con:
        for name in ("indicators", "sections", "section_values"):
            con.execute(f"create table report.{name} as select 1 as n")
    (tmp_path / "generation.json").write_text(json.dumps(GENERATION), encoding="utf-8")
    assert list(fingerprint_of(tmp_path).tables) == ["report.indicators"]
