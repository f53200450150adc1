"""What SQL may reach through each of our DuckDB connections: the folders that were named, and nothing else."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import UsageError
from pipelines.results import open_results
from pipelines.warehouse import IN_MEMORY, open_calculator, open_warehouse
from tests.conftest import ROOT

Run = Callable[[str], object]
REFUSED = (duckdb.PermissionException, duckdb.InvalidInputException, duckdb.CatalogException)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a published warehouse, a readable store, and beside them what nobody may read."""
    folder = tmp_path_factory.mktemp("place")
    prepare(folder)
    return folder


def prepare(folder: Path) -> None:
    for name in ("work", "published", "published-not", "store"):
        (folder / name).mkdir()
    with open_warehouse(folder / "published" / "warehouse.duckdb") as con:
        con.execute("create table report.one as select 1 as a")
    for secret in ("secret.csv", "published-not/secret.csv", "store/open.csv"):
        (folder / secret).write_text("a\n1\n")
    (folder / "store" / "link.csv").symlink_to(folder / "secret.csv")
    duckdb.connect(str(folder / "other.duckdb")).close()


@contextmanager
def writing(folder: Path) -> Iterator[Run]:
    with open_warehouse(folder / "work" / "warehouse.duckdb", readable=(folder / "store",)) as con:
        yield lambda sql: con.execute(sql).fetchall()


@contextmanager
def reading(folder: Path) -> Iterator[Run]:
    with open_warehouse(folder / "published" / "warehouse.duckdb", read_only=True) as con:
        yield lambda sql: con.execute(sql).fetchall()


@contextmanager
def in_memory(folder: Path) -> Iterator[Run]:
    with open_warehouse(IN_MEMORY, readable=(folder / "store",), bare=True) as con:
        yield lambda sql: con.execute(sql).fetchall()


@contextmanager
def calculating(_: Path) -> Iterator[Run]:
    with open_calculator() as con:
        yield lambda sql: con.execute(sql).fetchall()


@contextmanager
def plain(folder: Path) -> Iterator[Run]:
    with duckdb.connect(config={"secret_directory": str(folder / "secrets")}) as con:
        yield lambda sql: con.execute(sql).fetchall()


OPENED = {"writing": writing, "reading": reading, "in memory": in_memory, "calculating": calculating}
POSSIBLE = (
    "select * from read_csv('/etc/passwd', header = false, sep = '\\t', auto_detect = false, columns = {a: 'VARCHAR'})",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/passwd')",
    "select * from glob('/etc/*')",
    "select * from sniff_csv('{place}/secret.csv')",
    "select * from '{place}/secret.csv'",
    "select * from query('select * from read_text(''/etc/passwd'')')",
    "create temp macro m() as table select * from read_text('/etc/passwd')",
    "prepare p as select * from read_text('/etc/passwd')",
    "select * from read_csv('{place}/secret.csv')",
    "select * from read_csv('{place}/store/../secret.csv')",
    "select * from read_csv('{place}/store/link.csv')",
    "select * from read_csv('{place}/published-not/secret.csv')",
    "select * from read_csv('{place}/*.csv')",
    "copy (select 1) to '{place}/out.csv'",
    "copy (select 1) to '{place}/published/../out.csv'",
    "copy (select 1) to '{place}/out.parquet' (format parquet)",
    "copy (select 1 as a, 2 as b) to '{place}/parted' (format csv, partition_by (a))",
    "export database '{place}/exported'",
    "attach '{place}/other.duckdb' as other_one",
    "attach '{place}/fresh.duckdb' as fresh_one",
    "create persistent secret s (type http, extra_http_headers map {'a': 'b'})",
    "set allowed_directories = ['/']",
    "set temp_directory = '/'",
    "set home_directory = '/'",
    "set file_search_path = '/etc'",
    "set autoload_known_extensions = true",
    "set autoinstall_known_extensions = true",
    "set custom_extension_repository = 'http://host.example'",
    "set log_query_path = '{place}/queries'",
    "set profiling_output = '{place}/profile.txt'",
    "set memory_limit = '900GB'",
    "set python_enable_replacements = true",
    "reset allowed_directories",
    "call enable_logging(storage = 'file', storage_path = '{place}/log')",
)
REMOTE = (
    "install httpfs", "force install httpfs", "load httpfs", "install spatial from community",
    "install json from 'http://host.example'", "load '{place}/evil.duckdb_extension'", "update extensions",
    "select * from read_csv('https://host.example/a.csv')", "select * from read_parquet('s3://bucket/a.parquet')",
    "select * from read_text('http://host.example/')", "select * from 'https://host.example/a.parquet'",
    "copy (select 1) to 'https://host.example/a.csv'", "attach 'sqlite:/etc/passwd' (type sqlite)",
    "create persistent secret s (type s3)", "set enable_external_access = true", "set secret_directory = '{place}'",
    "set lock_configuration = false", "reset lock_configuration",
    "reset enable_external_access",
)  # fmt: skip


@pytest.mark.parametrize("kind", OPENED)
def test_sql_reaches_nothing_beyond_what_was_named(place: Path, kind: str) -> None:
    """R-S4: files, ../, links, COPY out, ATTACH, INSTALL, LOAD, addresses, secrets, unlocking: refused, not merely failed."""
    with OPENED[kind](place) as run:
        before = set(place.rglob("*"))
        for text in (*POSSIBLE, *REMOTE):
            with pytest.raises(REFUSED):
                run(text.replace("{place}", str(place)))
        assert set(place.rglob("*")) == before


def test_the_same_sql_is_possible_through_a_plain_connection(tmp_path: Path) -> None:
    """R-S4, positive control: what needs no network works without the lock-down."""
    prepare(tmp_path)
    with plain(tmp_path) as run:
        for text in POSSIBLE:
            run(text.replace("{place}", str(tmp_path)))
    made = {path.name for path in tmp_path.iterdir()}
    assert {"out.csv", "out.parquet", "parted", "exported", "fresh.duckdb", "secrets"} <= made


def test_what_was_named_can_be_read_and_a_published_night_is_written_nowhere(place: Path) -> None:
    with writing(place) as run:
        assert run(f"select a from read_csv('{place}/store/open.csv')") == [(1,)]
    for text in (f"copy report.one to '{place}/published/out.csv'", f"select * from read_text('{place}/published/*')"):
        with reading(place) as run, pytest.raises(duckdb.PermissionException):
            run(text)


def test_an_analyst_reaches_no_file_through_the_results(place: Path) -> None:
    """R-S4: `pipelines.results` is the connection that people write their own SQL for."""
    with open_results(place / "published") as results:
        assert results.sql("select a from report.one").df["a"].tolist() == [1]
        for text in (
            *POSSIBLE,
            *REMOTE,
            f"copy report.one to '{place}/published/out.csv'",
            "create table report.two as select 1",
        ):
            with pytest.raises(UsageError, match="did not run"):
                results.sql(text.replace("{place}", str(place)))


def test_there_is_one_way_into_duckdb() -> None:
    """R-S4: no other module of ours, and no notebook, connects by itself."""
    files = [path for folder in ("pipelines", "assets", "notebooks") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 50
    found = [path.name for path in files if "duckdb.connect" in path.read_text(encoding="utf-8")]
    assert found == ["warehouse.py"]


def test_a_file_of_another_kind_sends_for_no_extension(tmp_path: Path) -> None:
    other = tmp_path / "warehouse.duckdb"
    with closing(sqlite3.connect(other)) as made:
        made.execute("create table one (a)")
        made.commit()
    for options in ({}, {"read_only": True}):
        with pytest.raises(duckdb.IOException) as found, open_warehouse(other, **options):
            pass
        assert "not found" in str(found.value)
        assert "download" not in str(found.value)
