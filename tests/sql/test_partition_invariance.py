"""A patient-scope model gives the same rows however the patients are split, so that the same files run on a cluster."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from pipelines.contracts import FEEDS
from pipelines.synthetic import simulate
from pipelines.tables import SqlFile, build, count_rows, in_order, materialize
from pipelines.warehouse import open_warehouse
from tests.conftest import load_folders

from .random_records import write_random_clean_tables
from .sql_case import model_files

MODELS = in_order(file for file in model_files().values() if file.schema == "cohort" and file.scope == "patient")
PATIENTS = 16


@pytest.fixture(scope="module", params=["random records", pytest.param("simulated clinics", marks=pytest.mark.ci)])
def whole(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with every patient-scope model built on all patients at once, moved to the schema `whole`."""
    inbox = tmp_path_factory.mktemp("partition") / "inbox"
    with open_warehouse(":memory:", readable=(inbox,), threads=1) as con:
        if request.param == "simulated clinics":
            _load_simulated_clinics(con, inbox)
        else:
            write_random_clean_tables(con, PATIENTS, np.random.default_rng(20261101))
        con.execute("create schema whole")
        con.execute("create schema given")
        for feed in FEEDS:
            con.execute(f"create table given.{feed} as select * from clean.{feed}").fetchall()
        materialize(con, model_files()["clean.practitioner"])  # of all patients: a bucket reads it as given
        for model in MODELS:
            materialize(con, model)
            con.execute(f"create table whole.{model.name} as select * from {model.table}").fetchall()
        yield con


def test_the_random_patients_reach_every_patient_scope_model(whole: duckdb.DuckDBPyConnection) -> None:
    empty = [model.table for model in MODELS if not count_rows(whole, f"whole.{model.name}")]
    assert not empty


@pytest.mark.parametrize("buckets", [1, 7, 64])
def test_patient_scope_models_give_the_same_rows_on_any_number_of_buckets(
    whole: duckdb.DuckDBPyConnection, buckets: int
) -> None:
    for model in MODELS:
        whole.execute(f"create or replace temp table parts_{model.name} as from whole.{model.name} limit 0").fetchall()
    filled = whole.execute(f"select distinct hash(patient_key) % {buckets} from given.intake order by 1").fetchall()
    for (bucket,) in filled:
        _keep_bucket(whole, buckets, bucket)
        for model in MODELS:
            materialize(whole, model)
            whole.execute(f"insert into parts_{model.name} by name select * from {model.table}").fetchall()
    assert [model.table for model in MODELS if _n_different(whole, model)] == []


def _load_simulated_clinics(con: duckdb.DuckDBPyConnection, inbox: Path) -> None:
    simulate(inbox, episodes=300, clinics=3, world="uniform", seed=20261101, dirt=0.02)
    load_folders(con, sorted(path.parent for path in inbox.glob("*/*/manifest.json")))
    build(con, ["clean"])


def _keep_bucket(con: duckdb.DuckDBPyConnection, buckets: int, bucket: int) -> None:
    con.execute(
        "create or replace table clean.intake as select * from given.intake "
        f"where hash(patient_key) % {buckets} = {bucket}"
    ).fetchall()
    for feed in FEEDS.values():
        if feed.parent:
            con.execute(
                f"create or replace table clean.{feed.name} as select child.* from given.{feed.name} as child "
                f"semi join clean.{feed.parent} as parent on child.{feed.parent_key} = parent.{feed.parent_key}"
            ).fetchall()


def _n_different(con: duckdb.DuckDBPyConnection, model: SqlFile) -> int:
    one_way = f"(from whole.{model.name} except all from parts_{model.name})"
    other_way = f"(from parts_{model.name} except all from whole.{model.name})"
    row = con.execute(f"select count(*) from ({one_way} union all {other_way})").fetchone()
    return int(row[0]) if row else 0
