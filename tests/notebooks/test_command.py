"""`stepcare notebook new` and `run`, and the way to other tools and back."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import errors
from pipelines.cli import main
from pipelines.notebooks.cells import cells_of, read_cells
from pipelines.notebooks.nightly import notebooks_in
from pipelines.notebooks.running import execute
from pipelines.notebooks.scaffold import scaffold
from pipelines.settings import Settings
from tests.conftest import ROOT

TEMPLATE = ROOT / "notebooks" / "template.py"
RUN_IN_MARIMO = (
    "template",
    "effects_and_sensitivity",
    "imaging_against_symptoms_by_age",
    "sessions_and_dose",
    "who_gains",
)
"""Those with functions, names that are set again or kept between cells: what marimo is strict about."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_night: Path) -> Path:
    """A project with the template and a folder of tests, and the small night as its installation's."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "tests" / "notebooks").mkdir(parents=True)
    (tmp_path / "notebooks" / "template.py").write_bytes(TEMPLATE.read_bytes())
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "current").symlink_to(small_night / "current")
    monkeypatch.setenv("STEPCARE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STEPCARE_NOTEBOOKS", str(tmp_path / "notebooks"))
    return tmp_path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["notebook", *arguments])


@pytest.mark.ci
def test_a_new_notebook_is_the_template_under_its_own_title_and_runs(project: Path) -> None:
    made = _run("new", "waiting_times")
    assert made.exit_code == 0, made.output
    notebook = project / "notebooks" / "waiting_times.py"
    assert read_cells(notebook)[0].text.startswith("# Waiting times\n")
    ran = _run("run", "waiting_times")
    assert ran.exit_code == 0, ran.output
    page = (project / "home" / "notebooks" / "waiting_times.html").read_text(encoding="utf-8")
    assert "<h1>Waiting times</h1>" in page
    assert page.count("<svg") == 2


@pytest.mark.ci
def test_a_new_notebook_has_a_test_that_the_default_run_finds(project: Path) -> None:
    scaffold(project / "notebooks", "waiting_times")
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"),
         "--rootdir", str(project), str(project / "tests")],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert "test_the_notebook_waiting_times_comes_to_its_end" in found.stdout, found.stdout


def test_a_notebook_that_fails_is_named_without_its_values_and_ends_with_exit_code_6(project: Path) -> None:
    (project / "notebooks" / "waiting.py").write_text("# %%\nraise KeyError('Mary Canary')\n", encoding="utf-8")
    said = _run("run", "waiting")
    assert said.exit_code == errors.NightFailed.exit_code
    assert "waiting: cell 1, line 2: KeyError" in said.output
    assert "Canary" not in said.output


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("new", "Waiting Times"), "is no name for a notebook"),
        (("new", "../away"), "is no name for a notebook"),
        (("new", "test_it"), "is no name for a notebook"),
        (("new", "template"), "is no name for a notebook"),
        (("new", "index"), "is no name for a notebook"),
        (("run", "nowhere"), "there is no notebook 'nowhere'; there are template"),
        (("new",), "Missing argument"),
    ],
)
def test_a_wrong_argument_gets_a_sentence_and_exit_code_2(
    project: Path, arguments: tuple[str, ...], match: str
) -> None:
    said = _run(*arguments)
    assert said.exit_code == 2
    assert match in said.output


def test_a_notebook_that_is_there_is_not_written_over(project: Path) -> None:
    scaffold(project / "notebooks", "waiting")
    with pytest.raises(errors.UsageError, match="is there already"):
        scaffold(project / "notebooks", "waiting")


def test_a_notebook_elsewhere_has_its_test_beside_it(tmp_path: Path) -> None:
    (tmp_path / "template.py").write_bytes(TEMPLATE.read_bytes())
    notebook, test = scaffold(tmp_path, "waiting")
    assert (notebook.parent, test.parent) == (tmp_path, tmp_path)
    assert list(notebooks_in(tmp_path)) == ["template", "waiting"]
    compile(test.read_text(encoding="utf-8"), str(test), "exec")


def test_the_folder_of_notebooks_is_the_projects_or_the_one_that_is_said_or_none(tmp_path: Path) -> None:
    assert Settings.from_environment({}).notebooks == ROOT / "notebooks"
    assert Settings.from_environment({"STEPCARE_NOTEBOOKS": str(tmp_path)}).notebooks == tmp_path
    assert Settings.from_environment({"STEPCARE_NOTEBOOKS": ""}).notebooks is None
    assert Settings.from_environment({"STEPCARE_NOTEBOOKS": str(tmp_path / "nowhere")}).notebooks is None


def test_without_a_folder_of_notebooks_the_command_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPCARE_NOTEBOOKS", "")
    said = _run("run")
    assert said.exit_code == 2
    assert "STEPCARE_NOTEBOOKS" in said.output


def test_nothing_published_ends_with_exit_code_8(project: Path) -> None:
    (project / "home" / "current").unlink()
    assert _run("run", "template").exit_code == errors.NotPublished.exit_code


@pytest.mark.parametrize("path", notebooks_in(ROOT / "notebooks").values(), ids=lambda path: path.stem)
def test_jupytext_reads_the_same_cells_and_writes_the_same_file(path: Path) -> None:
    """The way into Jupyter and back: the file, a notebook of Jupyter, the file."""
    jupytext = pytest.importorskip("jupytext", reason="jupytext of the dev group is not installed")
    text = path.read_text(encoding="utf-8")
    theirs = jupytext.reads(text, fmt="py:percent")
    assert [(cell.cell_type, cell.source.strip()) for cell in theirs.cells] == [
        (cell.kind, cell.text.strip()) for cell in cells_of(text)
    ]
    as_notebook = jupytext.writes(theirs, fmt="ipynb")
    back = jupytext.writes(jupytext.reads(as_notebook, fmt="ipynb"), fmt="py:percent")
    assert cells_of(back) != []
    assert [(cell.kind, cell.text) for cell in cells_of(back)] == [(cell.kind, cell.text) for cell in cells_of(text)]


@pytest.mark.ci
def test_marimo_opens_every_notebook_runs_them_and_gives_one_back(small_night: Path, tmp_path: Path) -> None:
    """The way into marimo and back: `marimo convert`, run as a marimo program, `marimo export ipynb`, jupytext."""
    pytest.importorskip("marimo", reason="marimo of the dev group is not installed")
    import jupytext

    for name, path in notebooks_in(ROOT / "notebooks").items():
        converted = tmp_path / f"{name}.py"
        _marimo("convert", str(path), "-o", str(converted))
        assert "@app.cell" in converted.read_text(encoding="utf-8")
        if name in RUN_IN_MARIMO:
            assert execute(converted, small_night, seconds=120).failure == "", name
    back = tmp_path / "back.ipynb"
    _marimo("export", "ipynb", str(tmp_path / "template.py"), "-o", str(back))
    own = [cell.text for cell in read_cells(TEMPLATE) if cell.kind == "code"]
    given = jupytext.writes(jupytext.read(back), fmt="py:percent")
    assert [cell.text for cell in cells_of(given) if cell.kind == "code" and "import marimo" not in cell.text] == own


def _marimo(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "marimo", "-q", *arguments], check=True, capture_output=True, timeout=120)
