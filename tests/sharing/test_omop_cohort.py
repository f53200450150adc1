"""The cohorts as OMOP: refused without the flag, in the shape of CDM 5.4, and nobody stands out."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest

from pipelines import errors
from pipelines.privacy.profiles import NHS_HES
from pipelines.settings import Settings
from pipelines.sharing.omop_cohort import cohort_rows, write_omop_cohort
from pipelines.sharing.published import open_published
from pipelines.warehouse import open_warehouse


@pytest.fixture(scope="module")
def written(published: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("omop") / "cohorts"
    with open_published(published) as night:
        write_omop_cohort(folder, night)
    return folder


def test_without_the_flag_nothing_is_written(share, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = share("omop-cohort", "--out", tmp_path / "cohorts")
    assert result.exit_code == errors.UsageError.exit_code
    assert "--patient-level" in result.output
    assert list(tmp_path.iterdir()) == []


def test_with_the_flag_a_folder_is_written_that_says_what_it_is(share, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = share("omop-cohort", "--out", tmp_path / "cohorts", "--patient-level")
    assert result.exit_code == 0, result.output
    assert "patient level, not to be passed on" in result.output
    names = sorted(path.name for path in (tmp_path / "cohorts").iterdir())
    assert names == ["SHA256SUMS", "cohort.parquet", "cohort_definition.parquet"]


def test_columns_are_those_of_the_common_data_model(written: Path, shared: Path, tmp_path: Path) -> None:
    """Against the empty `cohort` and `cohort_definition` of OHDSI's own CDM 5.4 sample."""
    import zipfile

    with zipfile.ZipFile(shared / "data" / "omop" / "Synthea27NjParquet_5.4.zip") as archive:
        for table in ("cohort", "cohort_definition"):
            (name,) = [one for one in archive.namelist() if one.endswith(f"/{table}.parquet") and "__MACOSX" not in one]
            theirs = pyarrow.parquet.read_schema(archive.extract(name, tmp_path))
            assert pyarrow.parquet.read_schema(written / f"{table}.parquet").names == theirs.names


def test_rows_are_the_eligible_episodes_from_time_zero_on(written: Path, warehouse: Path) -> None:
    rows = pd.read_parquet(written / "cohort.parquet")
    assert not rows.isna().any().any()
    assert (rows["cohort_start_date"] <= rows["cohort_end_date"]).all()
    with open_warehouse(warehouse, read_only=True) as con:
        ((n_small,),) = con.execute(
            "select coalesce(sum(n), 0) from (select count(*) as n, count(distinct patient_key) as n_people "
            "from cohort.eligibility inner join cohort.episodes using (episode_key) "
            "where trial = 'index' and is_eligible group by index_period) where n_people < 8"
        ).fetchall()
        ((n_eligible, n_people),) = con.execute(
            "select count(*), count(distinct patient_key) from cohort.eligibility inner join cohort.episodes "
            "using (episode_key) where trial = 'index' and is_eligible"
        ).fetchall()
        days = dict(
            con.execute(
                "select episode_key, time_zero_day from cohort.decision inner join cohort.eligibility using (episode_key) "
                "where trial = 'decision' and is_eligible"
            ).fetchall()
        )
    own = rows[rows["cohort_definition_id"] == 1]
    assert len(own) == n_eligible - n_small
    assert n_small == 0 or own["subject_id"].nunique() < n_people
    decision = rows[rows["cohort_definition_id"] == 5]
    assert len(decision) <= len(days)
    quarters = pd.to_datetime(decision["cohort_start_date"]).dt.to_period("Q").dt.start_time
    offsets = (pd.to_datetime(decision["cohort_start_date"]) - quarters).dt.days
    assert set(offsets) <= set(days.values())


def test_a_period_with_too_few_people_is_left_out() -> None:
    with open_warehouse(":memory:") as con:
        con.execute(
            "create table cohort.episodes as select concat('e', n) as episode_key, printf('%064x', n) as patient_key, "
            "if(n < 8, '2026-Q1', '2025') as index_period, 100 as observed_through_day from range(15) as t (n)"
        )
        con.execute(
            "create table cohort.eligibility as select 'index' as trial, episode_key, true as is_eligible from cohort.episodes"
        )
        for table in ("index_trial", "decision_trial", "stepped_trial"):
            con.execute(
                f"create table cohort.{table} as select episode_key, 'manipulation' as arm, true as is_eligible "
                "from cohort.episodes where false"
            )
        con.execute(
            "create table cohort.decision as select episode_key, 30 as time_zero_day from cohort.episodes where false"
        )
        rows = cohort_rows(con, NHS_HES).to_pandas()
    assert len(rows) == 8, "the seven people of 2025 are left out"
    assert set(rows["cohort_start_date"].astype(str)) == {"2026-01-01"}
    assert set(rows["cohort_end_date"].astype(str)) == {"2026-04-11"}


def test_a_subject_is_the_start_of_the_pseudonym_and_no_other_key_is_there(written: Path, warehouse: Path) -> None:
    subjects = set(pd.read_parquet(written / "cohort.parquet")["subject_id"])
    with open_warehouse(warehouse, read_only=True) as con:
        keys = [row[0] for row in con.execute("select distinct patient_key from cohort.episodes").fetchall()]
    assert subjects <= {int(key[:15], 16) for key in keys}
    assert len({key[:15] for key in keys}) == len(keys)


def test_the_same_night_gives_the_same_bytes(written: Path, published: Settings, tmp_path: Path) -> None:
    with open_published(published) as night:
        write_omop_cohort(tmp_path / "again", night)
    for place in written.iterdir():
        assert place.read_bytes() == (tmp_path / "again" / place.name).read_bytes()
