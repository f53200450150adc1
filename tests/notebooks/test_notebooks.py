"""Every notebook of the project on a small night, as each night runs them."""

import re
import shutil
import stat
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import NotPublished
from pipelines.generations import read_generation
from pipelines.notebooks.nightly import notebooks_in, run_notebooks
from pipelines.notebooks.rendering import Pages
from pipelines.notebooks.running import Executed, execute
from pipelines.settings import Settings
from tests.conftest import ROOT

NOTEBOOKS = notebooks_in(ROOT / "notebooks")
FORBIDDEN = r"needs manipulation|will respond|because of (the )?treatment|trend toward|worst clinic|\bproves"
FAILING = """# %% [markdown]
# # Waiting times
# %%
print("before")
# %% [markdown]
# ## Who waits
# %%
patient = "Mary Smith, 2001"
raise ValueError(patient)
# %%
print("never")
"""


@pytest.fixture(scope="module")
def ran(small_night: Path) -> tuple[Settings, list[Executed], list[str]]:
    settings = Settings(small_night, small_night / "inbox", notebooks=ROOT / "notebooks")
    said: list[str] = []
    return settings, run_notebooks(settings, None, said.append), said


@pytest.mark.ci
def test_every_notebook_comes_to_its_end_on_a_small_night_and_says_how_far_it_is(
    ran: tuple[Settings, list[Executed], list[str]],
) -> None:
    _, went, said = ran
    assert {one.name for one in went} == set(NOTEBOOKS) >= {"data_tour", "clinic_deep_dive", "template"}
    assert [one.failure for one in went if one.failure] == []
    assert said[0].startswith(f"1 of {len(NOTEBOOKS)}  clinic_deep_dive: ")
    assert sum(one.n_pictures for one in went) >= 12


@pytest.mark.ci
def test_every_notebook_comes_to_its_end_on_a_night_whose_only_delivery_is_held(
    small_night: Path, tmp_path: Path
) -> None:
    """Every table is there, and none that holds a row a patient, record or check has one."""
    night = tmp_path / "current"
    shutil.copytree(small_night / "current", night)
    (night / "warehouse.duckdb").chmod(0o600)
    with duckdb.connect(str(night / "warehouse.duckdb")) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
        for schema, name in tables:
            if schema in ("clean", "cohort", "checks"):
                con.execute(f"delete from {schema}.{name}").fetchall()
    settings = Settings(tmp_path, tmp_path / "inbox", notebooks=ROOT / "notebooks")
    went = run_notebooks(settings, None, lambda _: None)
    assert {one.name: one.failure for one in went if one.failure} == {}
    assert len(went) == len(NOTEBOOKS)


@pytest.mark.ci
def test_a_page_holds_all_that_it_shows_and_fetches_and_runs_nothing(
    ran: tuple[Settings, list[Executed], list[str]],
) -> None:
    pages = sorted(ran[0].notebook_pages.glob("*.html"))
    assert {page.stem for page in pages} == {*NOTEBOOKS, "index"}
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'" in text
        assert not re.search(r"<script|<link|<iframe|@import|url\(|\bon\w+=", text)
        linked = re.findall(r"""(?:href|src)=["']([^"'#]+)""", text)
        assert all((page.parent / one).is_file() for one in linked), linked
        ids = re.findall(r' id="([^"]+)"', text)
        assert len(ids) == len(set(ids)), page.name


@pytest.mark.ci
def test_the_pages_are_their_owners_alone(ran: tuple[Settings, list[Executed], list[str]]) -> None:
    folder = ran[0].notebook_pages
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(page.stat().st_mode) for page in folder.iterdir()} == {0o600}


def test_a_notebook_claims_nothing_that_the_methods_forbid() -> None:
    """The words of docs/methods.md, 'What may and may not be said'."""
    for name, path in NOTEBOOKS.items():
        text = path.read_text(encoding="utf-8").lower()
        assert not re.search(FORBIDDEN, text), name


def test_a_failure_names_notebook_cell_and_line_and_no_value(tmp_path: Path) -> None:
    (tmp_path / "waiting.py").write_text(FAILING, encoding="utf-8")
    went = execute(tmp_path / "waiting.py", tmp_path, seconds=30)
    assert went.failure == "cell 4 (Who waits), line 9: ValueError"
    assert list(went.done) == [2, 4], "what stands after it is not run"
    assert "Mary" in went.done[4].trace, "the page, which stays inside, shows the whole error"


def test_a_notebook_that_hangs_or_ends_its_process_is_ended_and_named(tmp_path: Path) -> None:
    (tmp_path / "hangs.py").write_text("# %%\n1\n# %%\nimport time\ntime.sleep(60)\n", encoding="utf-8")
    (tmp_path / "leaves.py").write_text("# %%\nimport os\nos._exit(0)\n", encoding="utf-8")
    (tmp_path / "exits.py").write_text("# %%\nimport sys\nsys.exit(0)\n", encoding="utf-8")
    (tmp_path / "broken.py").write_text("# %%\nif\n", encoding="utf-8")
    assert execute(tmp_path / "hangs.py", tmp_path, seconds=4).failure == "cell 2: not done after 4 s"
    assert execute(tmp_path / "leaves.py", tmp_path, seconds=30).failure == "cell 1: the process ended"
    assert execute(tmp_path / "exits.py", tmp_path, seconds=30).failure == "cell 1, line 3: SystemExit"
    assert execute(tmp_path / "broken.py", tmp_path, seconds=30).failure == "cell 1, line 2: SyntaxError"
    assert execute(tmp_path / "absent.py", tmp_path, seconds=30).failure.startswith("its file cannot be read")


HOSTILE = "<script>alert(1)</script><meta http-equiv=refresh content=0>"
OTHERS = f"""# %% [markdown]
# # Markup {HOSTILE} [link](javascript:alert(1))
# %%
import pandas as pd
from pipelines.results import Answer
class Theirs:
    def _repr_html_(self): return {HOSTILE!r}
    def __repr__(self): return {HOSTILE!r}
Theirs()
# %%
pd.DataFrame({{"a": [{HOSTILE!r}]}}, index=[{HOSTILE!r}])
# %%
pd.Series([1, 2], name={HOSTILE!r})
# %%
Answer({HOSTILE!r}, pd.DataFrame({{{HOSTILE!r}: [{HOSTILE!r}]}}), {HOSTILE!r}).table()
# %%
class Drawn:
    def _repr_svg_(self): return "<svg xmlns='http://www.w3.org/2000/svg'>" + {HOSTILE!r} + "</svg>"
Drawn()
# %%
print({HOSTILE!r})
"""


def test_no_text_of_a_record_or_of_other_libraries_becomes_markup_of_a_page(tmp_path: Path, small_night: Path) -> None:
    (tmp_path / "hostile.py").write_text(OTHERS, encoding="utf-8")
    went = execute(tmp_path / "hostile.py", tmp_path, seconds=30)
    assert went.failure == ""
    assert [output.kind for done in went.done.values() for output in done.outputs] == [
        "text",
        *["html"] * 3,
        "picture",
        "text",
    ]
    page = Pages(read_generation(small_night / "current")).page_of(went)
    assert page.count("&lt;script&gt;alert(1)") > 7
    assert not re.search(r'<script|<meta http-equiv=refresh|(?:href|src)="?javascript', page)


def test_pages_of_an_earlier_night_are_taken_away(small_night: Path, tmp_path: Path) -> None:
    """They could show a patient who was erased since."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "current").symlink_to(small_night / "current")
    (tmp_path / "some").mkdir()
    settings = Settings(tmp_path / "home", tmp_path / "inbox", notebooks=tmp_path / "some")
    settings.notebook_pages.mkdir()
    (settings.notebook_pages / "old.html").write_text("old", encoding="utf-8")
    assert run_notebooks(settings, None, lambda _: None) == []
    assert [page.name for page in settings.notebook_pages.iterdir()] == ["index.html"]


def test_nothing_is_run_before_the_first_night(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match="stepcare nightly"):
        run_notebooks(Settings(tmp_path, tmp_path, notebooks=ROOT / "notebooks"), None, print)
