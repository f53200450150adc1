"""The released tables as Parquet: all of them, nothing else, described column by column, and of one night a week."""

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines import errors
from pipelines.checksums import spoilt_files
from pipelines.generations import WAREHOUSE, Generation, current_generation
from pipelines.releasing import read_released
from pipelines.settings import Settings
from pipelines.sharing.published import note_shared, open_published
from pipelines.sharing.results import meaning_of, write_results
from pipelines.tables import sql_files
from pipelines.warehouse import open_warehouse


@pytest.fixture(scope="module")
def written(published: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "results"
    with open_published(published) as night:
        assert write_results(folder, night) == len(list(folder.glob("*.parquet")))
    return folder


def test_each_file_holds_the_rows_of_its_released_table(written: Path, warehouse: Path) -> None:
    with open_warehouse(warehouse, read_only=True) as con:
        for place in written.glob("*.parquet"):
            pd.testing.assert_frame_equal(
                duckdb.connect().execute(f"select * from '{place}'").df(), read_released(con, f"report.{place.stem}")
            )
    assert {"indicators", "responders", "k_anonymity"} <= {place.stem for place in written.glob("*.parquet")}


def test_analysts_own_sections_are_in_the_night_and_not_in_what_is_shared(written: Path, warehouse: Path) -> None:
    with open_warehouse(warehouse, read_only=True) as con:
        assert con.execute("select count(*) from report.section_values").fetchall() == [(0,)]
    assert [place.stem for place in written.glob("*.parquet") if place.stem.startswith("section")] == []


def test_no_key_of_anybody_is_in_a_file(written: Path) -> None:
    package = json.loads((written / "datapackage.json").read_text(encoding="utf-8"))
    names = {field["name"] for resource in package["resources"] for field in resource["schema"]["fields"]}
    assert [name for name in names if name.endswith("_key")] == []


def test_the_package_describes_every_file_and_column_as_it_is(written: Path) -> None:
    package = json.loads((written / "datapackage.json").read_text(encoding="utf-8"))
    files = {file.name: file for file in sql_files("report")}
    assert {resource["path"] for resource in package["resources"]} == {
        place.name for place in written.glob("*.parquet")
    }
    for resource in package["resources"]:
        rows = duckdb.connect().execute(f"select * from '{written / resource['path']}'").df()
        assert [field["name"] for field in resource["schema"]["fields"]] == list(rows.columns)
        assert resource["rows"] == len(rows)
        assert resource["description"] == files[resource["name"]].description
    said = (written / "data-dictionary.md").read_text(encoding="utf-8")
    assert (
        "| `numerator_is_suppressed` | boolean | whether numerator is withheld, for its size or to protect another |"
        in said
    )
    assert "simulated patients" in said
    assert spoilt_files(written) == []


def test_a_column_is_described_by_what_its_query_declares() -> None:
    from pipelines.privacy.disclosure import Declared

    said = Declared(counts=("n",), parts=(("n_met", "n"),), figures=(("mean_points", "n"),), key=("clinic_code",))
    assert meaning_of("n_met", said) == "a count, a part of n: rounded; missing when withheld"
    assert meaning_of("n_met_percent_lower", said).startswith("n_met of n, lower end")
    assert meaning_of("mean_points", said) == "of n; withheld with it; points of the scale"
    assert meaning_of("clinic_code", said) == "part of the key"
    assert meaning_of("status", said) == ""


def test_the_same_night_gives_the_same_bytes(written: Path, published: Settings, tmp_path: Path) -> None:
    with open_published(published) as night:
        write_results(tmp_path / "again", night)
    for place in written.iterdir():
        assert place.read_bytes() == (tmp_path / "again" / place.name).read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        "update report.indicators set numerator = 3 where indicator = 'QI-01'",
        "create table report.people as select 1 as n",
    ],
)
def test_a_table_that_disclosure_control_did_not_make_stops_everything(
    share, published: Settings, warehouse: Path, tmp_path: Path, monkeypatch, change: str
) -> None:  # type: ignore[no-untyped-def]
    home = tmp_path / "home"
    shutil.copytree(published.home, home, symlinks=True)
    copied = home / warehouse.relative_to(published.home.resolve())
    copied.chmod(0o600)
    with duckdb.connect(str(copied)) as con:
        con.execute(change).fetchall()
    monkeypatch.setenv("STEPCARE_HOME", str(home))
    for command, name in (("results", "out"), ("measure-reports", "out.json")):
        result = share(command, "--out", tmp_path / name)
        assert result.exit_code == errors.ChecksFailed.exit_code, result.output
        assert not (tmp_path / name).exists()
    assert list(tmp_path.glob(".*writing")) == []


def test_the_command_writes_a_new_folder_only(share, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = share("results", "--out", tmp_path / "results")
    assert result.exit_code == 0, result.output
    assert "of simulated patients" in result.output
    assert share("results", "--out", tmp_path / "results").exit_code == errors.UsageError.exit_code
    assert share("results", "--out", tmp_path / "nowhere" / "results").exit_code == errors.UsageError.exit_code


def test_before_the_first_night_nothing_can_be_shared(share, monkeypatch, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("STEPCARE_HOME", str(tmp_path / "empty"))
    assert share("results", "--out", tmp_path / "results").exit_code == errors.NotPublished.exit_code


def test_figures_of_two_nights_are_not_shared_in_one_week(published: Settings, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, inbox=tmp_path)
    first = current_generation(published)
    assert first is not None
    second = Generation(**{**vars(first), "name": "20261104T023000Z-b", "night_key": "other"})
    note_shared(settings, first, date(2026, 11, 2))
    note_shared(settings, first, date(2026, 11, 8))
    with pytest.raises(errors.UsageError, match="2026-W45"):
        note_shared(settings, second, date(2026, 11, 8))
    note_shared(settings, second, date(2026, 11, 9))


def test_a_refused_second_night_leaves_no_file(share, published: Settings, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    home = tmp_path / "home"
    shutil.copytree(published.home, home, symlinks=True, ignore=shutil.ignore_patterns("shared.sqlite*"))
    monkeypatch.setenv("STEPCARE_HOME", str(home))
    night = current_generation(published)
    assert night is not None
    note_shared(Settings(home=home, inbox=home), Generation(**{**vars(night), "night_key": "earlier"}))
    result = share("results", "--out", tmp_path / "results")
    assert result.exit_code == errors.UsageError.exit_code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]
    assert (home / "current" / WAREHOUSE).is_file()
