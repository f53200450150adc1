"""Copies of the published results that other tools open: Parquet, and DuckDB files of older storage versions."""

import struct
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from pipelines.copying import READ_BY_ANALYSTS, STORAGE_VERSIONS, published_copies, write_parquet
from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.results.conftest import published

OPENED_BY_1_0 = 64
"""The number in a file's header that DuckDB 1.0 and 1.1 accept, and no other."""


def _copy(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["copy-results", *arguments])


@pytest.fixture
def home(settings: Settings, environment: None) -> Path:
    settings.home.mkdir()
    published(settings.current)
    return settings.home


def _header(file: Path) -> int:
    return int(struct.unpack("<Q", file.read_bytes()[12:20])[0])


def test_a_copy_for_older_tools_has_the_number_that_they_accept_and_the_same_rows(home: Path, tmp_path: Path) -> None:
    result = _copy("--out", str(tmp_path / "old.duckdb"))
    assert result.exit_code == 0, result.output
    assert _header(tmp_path / "old.duckdb") == OPENED_BY_1_0 != _header(home / "current" / "warehouse.duckdb")
    assert (tmp_path / "old.duckdb").stat().st_mode & 0o077 == 0
    with duckdb.connect(str(tmp_path / "old.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from cohort.episodes").fetchall() == [(20,)]


def test_each_storage_version_is_another_number(home: Path, tmp_path: Path) -> None:
    for version in STORAGE_VERSIONS:
        assert _copy("--out", str(tmp_path / f"{version}.duckdb"), "--storage", version).exit_code == 0
    numbers = [_header(tmp_path / f"{version}.duckdb") for version in STORAGE_VERSIONS]
    assert numbers == sorted(set(numbers))


def test_a_folder_of_parquet_is_opened_by_pandas_and_by_pyarrow(home: Path, tmp_path: Path) -> None:
    assert _copy("--out", str(tmp_path / "results")).exit_code == 0
    with duckdb.connect(str(home / "current" / "warehouse.duckdb"), read_only=True) as con:
        tables = con.execute(
            "select table_schema || '.' || table_name from information_schema.tables order by 1"
        ).fetchall()
        episodes = con.execute("select * from cohort.episodes").df()
    assert sorted(path.stem for path in (tmp_path / "results").iterdir()) == [name for (name,) in tables]
    read = pd.read_parquet(tmp_path / "results" / "cohort.episodes.parquet")
    pd.testing.assert_frame_equal(read, episodes, check_dtype=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "here.duckdb", "--storage", "v0.1"], "there are v1.0.0"),
        (["--out", "here", "--storage", "v1.0.0"], "a folder of Parquet has none"),
        (["--out", "nowhere/here"], "must be new, in a folder that is there"),
    ],
)
def test_a_wrong_use_says_what_can_be_asked(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = _copy(*arguments)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.usefixtures("environment")
def test_without_a_published_night_there_is_nothing_to_copy(tmp_path: Path) -> None:
    assert _copy("--out", str(tmp_path / "x.duckdb")).exit_code == 8


def test_tables_as_delivered_are_not_copied(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute("create table raw.intake (a int)")
        con.execute("create table cohort.episodes as select 1 as a")
        assert write_parquet(con, tmp_path / "parquet") == 1
    assert "raw" not in READ_BY_ANALYSTS


def test_parquet_beside_the_warehouse_is_asked_for_in_the_settings(tmp_path: Path) -> None:
    assert not published_copies(tmp_path).parquet
    (tmp_path / "stepcare.toml").write_text("[published]\nparquet = true\n")
    assert published_copies(tmp_path).parquet
    (tmp_path / "stepcare.toml").write_text("[published]\nparquets = true\n")
    with pytest.raises(UsageError, match="no setting parquets"):
        published_copies(tmp_path)
