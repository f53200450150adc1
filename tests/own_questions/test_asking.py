"""The worked examples of docs/own-questions.md, asked of a small night; and what may not be asked."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.deliveries.load import create_raw_tables
from pipelines.errors import UsageError
from pipelines.estimating_own import write_own_questions
from pipelines.own_questions.asking import OWN_EFFECT_COLUMNS, frame_of
from pipelines.own_questions.question import Question
from pipelines.own_questions.reading import asked_hash, hash_of_asked, parse, questions_hash
from pipelines.synthetic import simulate
from pipelines.tables import build
from pipelines.warehouse import open_warehouse
from tests.conftest import ROOT, load_folders

PAGE = (ROOT / "docs" / "own-questions.md").read_text(encoding="utf-8")
EXAMPLES = {
    name: block
    for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    for name in re.findall(r"^# questions/(\w+)\.toml$", block, re.MULTILINE)
}
SQL = "select episode_key, 1 as x from cohort.covariates"


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    inbox = tmp_path_factory.mktemp("own") / "inbox"
    simulate(inbox, episodes=200, clinics=2, world="uniform", seed=5)
    with open_warehouse(":memory:", threads=1, readable=(inbox,)) as warehouse:
        load_folders(warehouse, sorted(inbox.glob("*/2026-11-01")))
        build(warehouse, ["clean", "cohort"])
        yield warehouse


def _write(home: Path, names: Iterable[str] = EXAMPLES) -> Path:
    (home / "questions").mkdir()
    for name in names:
        text = EXAMPLES[name]
        (home / "questions" / f"{name}.toml").write_text(text, encoding="utf-8")
    return home


def test_the_page_shows_a_covariate_an_outcome_a_group_and_a_trial() -> None:
    assert list(EXAMPLES) == ["general_health", "acceptable_state", "low_mood", "exercise_for_leg_pain"]


def test_the_page_s_examples_are_in_the_results_of_a_night_from_one_file_each(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    home = _write(tmp_path)
    assert write_own_questions(con, home, lambda _: None)["own_questions"] == 4
    assert con.execute("select distinct status, reason from estimates.own_questions").fetchall() == [("asked", "")]
    found = con.execute("select question, trial, outcome, contrast, group_name from estimates.own_effects").fetchall()
    adding = "add_manipulation - continue_without"
    assert set(found) == {
        ("general_health", "decision", "r30d_12wk", adding, "all"),
        ("acceptable_state", "decision", "acceptable_12wk", adding, "all"),
        ("low_mood", "decision", "r30d_12wk", adding, "all"),
        ("exercise_for_leg_pain", "exercise_for_leg_pain", "r30d_12wk", "exercise - rest_or_advice", "all"),
    } | {row for row in found if row[4] == "low_mood"}
    assert [row[0] for row in con.execute("describe estimates.own_effects").fetchall()] == list(OWN_EFFECT_COLUMNS)
    assert hash_of_asked(con) == questions_hash(home) != ""


@pytest.mark.ci
def test_on_enough_patients_the_page_s_examples_have_estimates(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    simulate(inbox, episodes=2500, clinics=6, world="uniform", seed=1)
    with open_warehouse(":memory:", threads=1, readable=(inbox,)) as warehouse:
        load_folders(warehouse, sorted(inbox.glob("*/2026-11-01")))
        build(warehouse, ["clean", "cohort"])
        write_own_questions(warehouse, _write(tmp_path, ["acceptable_state", "low_mood"]), lambda _: None)
        rows = warehouse.execute(
            "select question, group_name, count(*) filter (where status = 'estimated') from estimates.own_effects group by all"
        ).fetchall()
    estimated = {(question, group): n for question, group, n in rows}
    assert estimated["acceptable_state", "all"] == 1
    assert estimated["low_mood", "all"] == 1
    assert ("low_mood", "low_mood") in estimated


def _covariate(sql: str, name: str = "x") -> Question:
    return parse("mine", f'starts_from = "decision"\nwhy = "w"\n[[covariate]]\nname = "{name}"\nsql = """{sql}"""\n')


def test_sql_may_name_parts_of_its_own(con: duckdb.DuckDBPyConnection) -> None:
    sql = "with mine as (select episode_key, 1 as x from cohort.covariates) select episode_key, x from mine"
    assert set(frame_of(con, _covariate(sql))["x"]) == {1}


def test_an_own_covariate_stands_beside_those_of_the_trial(con: duckdb.DuckDBPyConnection) -> None:
    frame = frame_of(con, _covariate(SQL))
    assert set(frame["x"]) == {1}
    assert len(frame) == con.execute("select count(*) from cohort.decision_trial").fetchall()[0][0]


@pytest.mark.parametrize(
    ("sql", "name", "said"),
    [
        ("select episode_key, is_r30d as x from cohort.outcomes", "x", "not from cohort.outcomes"),
        ("select episode_key, strategy as x from cohort.decision", "x", "not from cohort.decision"),
        ("select episode_key, observed_through_day as x from clean.intake", "x", "known only later"),
        (SQL + " union all " + SQL, "x", "returns an episode twice"),
        ("select episode_key, sex as bmi2 from cohort.covariates", "x", "does not return x"),
        ("select episode_key, nothing as x from cohort.covariates", "x", "its SQL did not run"),
        ("select episode_key, cast(sex as integer) as x from cohort.covariates", "x", "could not work out a value"),
        ("drop table cohort.covariates", "x", "not one SELECT"),
        ("select episode_key, 1 as patient_key from cohort.covariates", "patient_key", "has patient_key already"),
        ("select episode_key, text as x from read_csv('/etc/passwd')", "x", "it reads from read_csv"),
        ("select episode_key, 1 as x from '/home/store/intake.csv'", "x", "it reads from /home/store/intake.csv"),
        ("select episode_key, 1 as x from query_table('raw.intake')", "x", "it reads from query_table"),
        ("select episode_key, 1 as x from raw.intake", "x", "not from raw.intake"),
    ],
)
def test_sql_that_cannot_be_used_is_refused_with_its_reason_and_without_a_value(
    con: duckdb.DuckDBPyConnection, sql: str, name: str, said: str
) -> None:
    with pytest.raises(UsageError) as error:
        frame_of(con, _covariate(sql, name))
    assert said in str(error.value)
    assert "male" not in str(error.value)


def test_a_group_of_nobody_is_refused_rather_than_shown_empty(con: duckdb.DuckDBPyConnection) -> None:
    group = '[[group]]\nname = "x"\nwords = "w"\ncolumn = "sex"\nlevel = "nobody"\nreason = "r"\nsource = "s"\n'
    with pytest.raises(UsageError, match="x: nobody has sex like that"):
        frame_of(con, parse("mine", 'starts_from = "decision"\nwhy = "w"\n' + group))


def test_one_wrong_question_stops_no_other(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    home = _write(tmp_path)
    for path in sorted((home / "questions").glob("*.toml"))[1:]:
        path.unlink()
    (home / "questions" / "wrong.toml").write_text("not toml", encoding="utf-8")
    lines: list[str] = []
    write_own_questions(con, home, lines.append)
    assert any(line.startswith("own question wrong: refused: ") for line in lines)
    said = con.execute("select question, status, reason <> '' from estimates.own_questions order by 1").fetchall()
    assert said == [("acceptable_state", "asked", False), ("wrong", "refused", True)]


def test_without_questions_the_tables_are_there_and_empty(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert write_own_questions(con, tmp_path, lambda _: None) == {"own_questions": 0, "own_effects": 0}
    assert hash_of_asked(con) == ""


def test_a_warehouse_of_before_there_were_own_questions_was_asked_none() -> None:
    with open_warehouse(":memory:") as con:
        create_raw_tables(con)
        assert hash_of_asked(con) == asked_hash([]) == ""
