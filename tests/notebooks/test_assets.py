"""The steps of a night that run notebooks and sections: what goes wrong is named in the run and stops nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets import notebooks, report
from pipelines.generations import WAREHOUSE
from pipelines.locking import only_one
from pipelines.resources import NightBuild
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.conftest import process_as_it_was
from tests.notebooks.section_files import CANARY, GOOD, HEAD

pytestmark = pytest.mark.ci
NOTEBOOK = f"# %% [markdown]\n# # Names\n# %%\nprint('pictures')\n# %%\nraise ValueError('{CANARY}')\n"


@pytest.fixture
def home(small_night: Path, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    (folder / "generations").mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    shutil.copytree(small_night / "current", folder / "generations" / "night")
    (folder / "current").symlink_to(folder / "generations" / "night")
    (tmp_path / "notebooks").mkdir()
    with process_as_it_was(), only_one(folder):
        yield folder


def _run(home: Path, asset: dg.AssetsDefinition) -> dg.ExecuteInProcessResult:
    settings = Settings(home, home / "inbox", notebooks=home.parent / "notebooks")
    night = NightBuild(
        home=str(home), inbox=str(settings.inbox), timezone=settings.timezone, notebooks=str(settings.notebooks)
    )
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize([asset], resources={"night": night}, instance=instance, raise_on_error=False)


def _only_check(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation


def test_a_notebook_that_fails_is_named_in_the_run_with_its_cell_and_the_night_goes_on(home: Path) -> None:
    (home.parent / "notebooks" / "names.py").write_text(NOTEBOOK, encoding="utf-8")
    result = _run(home, notebooks.pages)
    assert result.success
    check = _only_check(result)
    assert (check.passed, check.severity, check.blocking) == (False, dg.AssetCheckSeverity.WARN, False)
    assert check.description == "names: cell 3 (Names), line 6: ValueError"
    assert (home / "notebooks" / "names.html").is_file()


def test_what_nobody_foresaw_of_the_notebooks_does_not_fail_the_night_either(home: Path) -> None:
    (home.parent / "notebooks" / "names.py").write_text("1\n", encoding="utf-8")
    (home / "notebooks").write_text("a file where the folder should be", encoding="utf-8")
    result = _run(home, notebooks.pages)
    assert result.success
    assert str(_only_check(result).description).startswith("the notebooks could not be run: FileExistsError")


def test_without_a_notebook_the_step_is_well(home: Path) -> None:
    result = _run(home, notebooks.pages)
    assert result.success
    assert _only_check(result).passed


def test_sections_are_written_as_released_tables_and_what_fails_is_named(home: Path) -> None:
    (home / "sections").mkdir(mode=0o700)
    (home / "sections" / "own.py").write_text(GOOD, encoding="utf-8")
    (home / "sections" / "bad.py").write_text(HEAD + f"# @section\nraise ValueError('{CANARY}')\n", encoding="utf-8")
    (home / "stepcare.toml").write_text('[sections]\nfolder = "sections"\n', encoding="utf-8")
    result = _run(home, report.sections)
    assert result.success
    check = _only_check(result)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.description == (
        "bad: its file could not be read (an error was raised while it was made (ValueError, line 4))"
    )
    with open_warehouse(home / "work" / result.run_id / WAREHOUSE, read_only=True) as con:
        made = con.execute("select section, is_made from report.sections order by section").fetchall()
        ((n_values,),) = con.execute("select count(*) from report.section_values where kind = 'count'").fetchall()
    assert made == [("bad", False), ("own.answered", True), ("own.appointments_kept", True)]
    assert n_values > 8


def test_a_setting_that_cannot_be_used_is_named_and_the_reports_are_made_without_sections(home: Path) -> None:
    (home / "stepcare.toml").write_text("[sections]\nfolders = 'x'\n", encoding="utf-8")
    result = _run(home, report.sections)
    assert result.success
    assert "[sections] has no setting folders" in str(_only_check(result).description)
