import pytest

from pipelines.contracts import FEEDS
from pipelines.tables import SqlFile

from .sql_case import CASES_FOLDER, case_paths, model_files, read_case


def _files(*schemas: str) -> list[object]:
    return [pytest.param(file, id=file.table) for file in model_files().values() if file.schema in schemas]


@pytest.mark.parametrize("file", _files("clean", "cohort", "checks", "self_checks", "report"))
def test_a_sql_file_says_what_one_row_is(file: SqlFile) -> None:
    assert len(file.description) > 20


@pytest.mark.parametrize("file", _files("clean", "cohort"))
def test_a_table_says_its_scope_and_its_key(file: SqlFile) -> None:
    assert file.one("scope") in ("patient", "global")
    assert file.key


FEW = {"clean.file", "clean.shared_key", "clean.practitioner"}


@pytest.mark.parametrize("file", _files("clean", "cohort"))
def test_a_patient_scope_table_reads_no_global_one(file: SqlFile) -> None:
    """The files in force and the keys of two clinics are few, and every bucket of patients reads them all."""
    if file.scope == "patient":
        sources = [model_files()[table] for table in file.reads if table in model_files()]
        assert {source.table for source in sources if source.scope == "global"} <= FEW


@pytest.mark.parametrize("file", _files("clean", "cohort", "checks", "self_checks", "report"))
def test_a_sql_file_has_a_case(file: SqlFile) -> None:
    """The feeds of sql/clean are written from one template, so one case stands for all of them."""
    spoken_of = {path.parent.name for path in case_paths()}
    if file.schema == "clean" and file.name in FEEDS:
        assert spoken_of & {f"clean.{feed}" for feed in FEEDS}
    else:
        assert file.table in spoken_of


@pytest.mark.parametrize("file", _files("checks"))
def test_a_rule_has_a_case_that_holds_and_a_case_that_is_broken(file: SqlFile) -> None:
    broken = {bool(read_case(path).expect) for path in case_paths() if path.parent.name == file.table}
    assert broken == {True, False}


def test_every_case_speaks_of_a_sql_file_that_exists() -> None:
    assert {folder.name for folder in CASES_FOLDER.iterdir()} <= set(model_files())
