"""The real sciatica cohort by a mapping file, and what it says set against the adapter that was written for it."""

import csv
from collections import Counter

import pytest

from pipelines.adapters.sciatica import read_sciatica, sciatica_delivery, sciatica_file
from pipelines.errors import UsageError
from pipelines.exporting.keys import create_key
from pipelines.exporting.running import Order, Result, export
from tests.conftest import ROOT

EXAMPLE = ROOT / "pipelines" / "exporting" / "examples" / "sciatica.yaml"
Feeds = dict[str, list[dict[str, str]]]
pytestmark = pytest.mark.ci


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Feeds, Result]:
    try:
        place = sciatica_file().parent
    except UsageError as absent:
        pytest.skip(str(absent))
    folder = tmp_path_factory.mktemp("sciatica")
    create_key(folder / "key")
    delivery, result = export(Order(EXAMPLE, place, folder / "key"), folder / "inbox")
    feeds = {}
    for path in delivery.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            feeds[path.stem] = list(csv.DictReader(file))
    return feeds, result


def test_every_patient_and_every_scheduled_visit_of_the_contract_is_there(exported: tuple[Feeds, Result]) -> None:
    feeds, result = exported
    assert result.n_patients == 142
    weeks = Counter(row["timepoint_wk"] for row in feeds["outcome"])
    assert weeks == dict.fromkeys(("0", "2", "4", "12", "26", "52"), 142)
    assert dict(result.tally.n_unmapped) == {}


def test_the_mapping_says_what_the_adapter_says(exported: tuple[Feeds, Result]) -> None:
    """The adapter also delivers impossible scores, visits of other weeks and the surgery of a session: the mapping cannot."""
    feeds, _ = exported
    adapted = sciatica_delivery(read_sciatica())
    for feed, fields in (
        ("intake", ("age_band", "sex", "index_period", "nprs_back_avg", "nprs_leg_avg", "rmdq24")),
        (
            "outcome",
            (
                "timepoint_wk",
                "due_day",
                "completed_day",
                "nprs_leg_avg",
                "pgic",
                "surgery_or_injection",
                "reason_missing",
            ),
        ),
    ):
        wanted = adapted[feed]
        if feed == "outcome":
            wanted = wanted[wanted["timepoint_wk"].isin(["0", "2", "4", "12", "26", "52"])]
        told = Counter(tuple(row) for row in wanted[list(fields)].itertuples(index=False))
        found = Counter(tuple(row[name] for name in fields) for row in feeds[feed])
        assert found == told, feed
