"""Tables made in buckets are those of one warehouse, row by row, whatever was corrected, whoever shares a key."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest

from pipelines.deliveries.outgoing import write_delivery
from pipelines.engine.counting import count_on_engine, patient_rules
from pipelines.engine.night import EngineNight
from pipelines.engine.parity import compare_warehouses
from pipelines.engine.settings import EngineSettings
from pipelines.engine.splitting import split_raw
from pipelines.engine.store import Store
from pipelines.quality.results import count_here, run_checks
from pipelines.synthetic import simulate
from pipelines.tables import build, in_order, materialize, sql_files
from pipelines.warehouse import open_warehouse
from tests.conftest import load_folders, process_as_it_was, small_tables

from .serial import serial

MODELS = in_order(file for schema in ("clean", "cohort") for file in sql_files(schema))
OF_A_VISIT = (
    "clean.delivery_order",
    "clean.file",
    "clean.shared_key",
    "clean.intake",
    "clean.session",
    "clean.session_component",
    "clean.practitioner",
    "cohort.sessions",
)
MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    with process_as_it_was():
        yield


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with awkward deliveries: dirt, corrections that move rows between patients, keys of two clinics, orphans."""
    folder = tmp_path_factory.mktemp("engine")
    inbox = folder / "inbox"
    simulate(inbox, episodes=36, clinics=2, world="uniform", seed=20261130, dirt=0.05)
    tables = small_tables("C009")
    write_delivery(inbox, "C009", "2026-11-01", "snapshot", tables)
    moved = tables["session"].assign(episode_key=list(reversed(tables["session"]["episode_key"])), nprs_pre="6")
    renamed = tables["intake"].head(2).assign(patient_key=tables["intake"]["patient_key"].tail(2).to_numpy())
    orphan = tables["outcome"].head(1).assign(episode_key="nobody-has-this-key")
    no_more = tables["session_component"].head(0)
    corrected = {"intake": renamed, "session": moved, "session_component": no_more, "outcome": orphan}
    write_delivery(inbox, "C009", "2026-11-02", "delta", corrected)
    write_delivery(inbox, "C010", "2026-11-01", "snapshot", small_tables("C010"))  # the keys of C009's records
    with open_warehouse(folder / "warehouse.duckdb", readable=(inbox,), threads=1) as con:
        load_folders(con, sorted(path.parent for path in inbox.glob("*/*/manifest.json")))
        con.execute("create table raw.code as select 'c' as code_hash, 'd' as data_hash").fetchall()
    return folder / "warehouse.duckdb"


@pytest.fixture(scope="module")
def whole(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The night's tables up to the checks, made in one warehouse."""
    place = _copy(raw, tmp_path_factory.mktemp("whole"))
    with open_warehouse(place, threads=1) as con:
        build(con, ["clean", "cohort"])
        run_checks(con, sql_files("checks"), None, MADE_AT)
    return place


def _copy(warehouse: Path, folder: Path) -> Path:
    place = folder / "warehouse.duckdb"
    place.write_bytes(warehouse.read_bytes())
    return place


def _night(store: str, buckets: int) -> EngineNight:
    return EngineNight(EngineSettings(buckets=buckets, store=store), "run", serial)


@pytest.mark.ci
def test_every_table_and_check_made_in_buckets_is_that_of_one_warehouse(raw: Path, whole: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    night, place = _night(str(store), 2), _copy(raw, tmp_path)
    with open_warehouse(place, readable=(store,), threads=1) as con:
        for file in MODELS:
            night.materialize(con, file)
        run_checks(con, sql_files("checks"), None, MADE_AT, partial(count_on_engine, night))
    found = compare_warehouses(whole, place)
    assert len(found) > 70
    assert [table for table in found if table.differs or not table.is_exact] == []
    made = {name.split("/")[2] for name in night.store.names("runs") if name.endswith("00001.parquet")}
    assert {file.table for file in MODELS if file.scope == "patient"} <= made


def test_a_store_that_is_a_url_gives_the_same_tables(raw: Path, whole: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    night, place = _night(f"file://{store}", 2), _copy(raw, tmp_path)
    with open_warehouse(place, threads=1) as con:
        for file in MODELS:
            if file.table in OF_A_VISIT:
                night.materialize(con, file)
    found = {table.table: table for table in compare_warehouses(whole, place)}
    assert [found[name].table for name in OF_A_VISIT if not found[name].is_exact] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store", "warehouse.duckdb"]


def test_counts_in_buckets_are_those_of_one_warehouse_and_something_is_broken(whole: Path) -> None:
    rules = sql_files("checks")
    with open_warehouse(whole, read_only=True) as con:
        counts = count_here(con, rules)
    broken = {count.name for count in counts if count.n_broken}
    assert len(broken & {rule.name for rule in patient_rules(rules)}) > 10


@pytest.fixture
def con(raw: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    (tmp_path / "store").mkdir()
    with open_warehouse(_copy(raw, tmp_path), readable=(tmp_path / "store",), threads=1) as con:
        for name in ("clean.delivery_order", "clean.file", "clean.shared_key"):
            materialize(con, next(file for file in MODELS if file.table == name))
        yield con


def _split(con: duckdb.DuckDBPyConnection, folder: Path, run: str = "run") -> dict[str, float]:
    store = Store(str(folder / "store"))
    with store.private_folder(run) as scratch:
        split_raw(con, EngineSettings(buckets=3, store=store.root), run, scratch)
    return {name: Path(store.root, name).stat().st_mtime_ns for name in store.names("split")}


def test_a_delivery_is_split_once(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = _split(con, tmp_path)
    assert first
    assert _split(con, tmp_path, "next night") == first


def test_what_counts_no_more_is_removed_from_the_store(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = _split(con, tmp_path)
    ((gone,),) = con.execute("select min(delivery_key) from clean.file where clinic_code = 'C010'").fetchall()
    con.execute("delete from clean.file where delivery_key = ?", [gone]).fetchall()
    second = _split(con, tmp_path)
    assert any(gone in name for name in first)
    assert {name for name in first if gone not in name} == set(second)


def test_an_erased_row_is_in_no_split_any_more(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = _split(con, tmp_path)
    key = "episode-00000001"
    con.execute("delete from raw.intake where episode_key = ?", [key]).fetchall()
    second = _split(con, tmp_path)
    files = [str(tmp_path / "store" / name) for name in second if "/intake/" in name and name.endswith(".parquet")]
    ((n,),) = con.execute("select count(*) from read_parquet(?) where episode_key = ?", [files, key]).fetchall()
    assert n == 0
    assert {name for name in first if "/exam/" in name} <= set(second)


def test_a_few_later_tables_are_made_in_the_warehouse_as_always(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    night, place = _night(str(tmp_path / "store"), 3), _copy(whole, tmp_path)
    file = next(file for file in MODELS if file.table == "cohort.dose")
    with open_warehouse(place, readable=(tmp_path / "store",), threads=1) as con:
        before = con.execute("select * from cohort.dose order by all").fetchall()
        night.materialize(con, file)
        assert con.execute("select * from cohort.dose order by all").fetchall() == before
    assert night.store.names("") == []
