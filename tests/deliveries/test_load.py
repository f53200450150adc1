"""Files of the same columns are read in one statement: every row keeps the delivery and the place that it has in its own file."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from pipelines.deliveries.load import NewDelivery, create_raw_tables, load_deliveries
from pipelines.deliveries.manifest import read_manifest
from pipelines.warehouse import open_warehouse
from tests.conftest import small_tables, write_delivery

DAY = datetime(2026, 11, 1)  # noqa: DTZ001


def outcomes_of(tables: dict[str, pd.DataFrame], scores: list[str]) -> dict[str, pd.DataFrame]:
    """The tables with these RMDQ-24 scores of as many week numbers of the first episode."""
    first = tables["outcome"].iloc[[0]]
    outcome = pd.concat([first.assign(rmdq24=score, timepoint_wk=str(6 + week)) for week, score in enumerate(scores)])
    return tables | {"outcome": outcome}


def new_of(folder: Path) -> NewDelivery:
    return NewDelivery(folder, read_manifest(folder), DAY)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_every_row_keeps_its_delivery_and_its_place(tmp_path: Path, file_format: str) -> None:
    said = {"C001": ["1", "2", "3"], "C002": ["4"], "C003": ["5", "6"], "C004": ["7", "8"]}
    new = {}
    for clinic, scores in said.items():
        tables = outcomes_of(small_tables(), scores)
        if clinic == "C003":
            tables["outcome"] = tables["outcome"][tables["outcome"].columns[::-1]]
        folder = write_delivery(tmp_path, clinic, "2026-11-01", "snapshot", tables, file_format=file_format)
        new[clinic] = new_of(folder)
    with open_warehouse(":memory:", readable=(tmp_path,)) as con:
        create_raw_tables(con)
        assert load_deliveries(con, {one.manifest.delivery_key: one for one in new.values()}) == []
        found = con.execute("select delivery_key, row_number, rmdq24 from raw.outcome order by rmdq24").fetchall()
        n_rows = con.execute("select sum(n_rows) from raw.file where feed = 'outcome'").fetchall()
    assert found == [
        (new[clinic].manifest.delivery_key, place, score)
        for clinic, scores in said.items()
        for place, score in enumerate(scores, start=1)
    ]
    assert n_rows == [(8,)]


def test_files_with_each_others_numbers_of_rows_are_told_apart(tmp_path: Path) -> None:
    """The sum is right, so that only a look at each file tells."""
    new = {}
    for clinic, scores, rows in (("C001", ["1", "2", "3"], 2), ("C002", ["4"], 2), ("C003", ["5"], 1)):
        folder = write_delivery(tmp_path, clinic, "2026-11-01", "snapshot", outcomes_of(small_tables(), scores))
        one = new_of(folder)
        files = tuple(replace(file, rows=rows) if file.feed == "outcome" else file for file in one.manifest.files)
        new[clinic] = replace(one, manifest=replace(one.manifest, files=files))
    keys = {clinic: one.manifest.delivery_key for clinic, one in new.items()}
    with open_warehouse(":memory:", readable=(tmp_path,)) as con:
        create_raw_tables(con)
        blocked = load_deliveries(con, {keys[clinic]: one for clinic, one in new.items()})
        kept = con.execute("select delivery_key, rmdq24 from raw.outcome").fetchall()
    assert kept == [(keys["C003"], "5")]
    assert {(one.delivery_key, one.reason.partition(":")[2]) for one in blocked} == {
        (keys["C001"], " it has 3 rows and the manifest says 2. Export the delivery again"),
        (keys["C002"], " it has 1 rows and the manifest says 2. Export the delivery again"),
    }
