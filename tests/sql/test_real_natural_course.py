"""The real sciatica cohort through the SQL models, against its course computed from the raw file (tests/adapters)."""

from pathlib import Path

import pytest

from pipelines.adapters.sciatica import deliver_sciatica, sciatica_file
from pipelines.errors import UsageError
from pipelines.tables import build
from pipelines.warehouse import open_warehouse
from tests.conftest import load_folders


@pytest.mark.ci
def test_of_125_patients_with_leg_pain_99_improve_and_24_have_surgery_first(tmp_path: Path) -> None:
    try:
        sciatica_file()
    except UsageError as error:
        pytest.skip(f"the real records are absent: {error}")
    folder = deliver_sciatica(tmp_path)
    with open_warehouse(":memory:", readable=(tmp_path,)) as con:
        load_folders(con, [folder])
        build(con, ["clean", "cohort"])
        events = dict(con.execute("select event, count(*) from cohort.natural_course group by event").fetchall())
        sites = con.execute("select distinct main_site from cohort.natural_course").fetchall()
    assert sites == [("leg",)]
    assert events == {"improved": 99, "stepped_up": 24, "censored": 2}
