"""What several tests share: the folder of yardsticks and real data, and a small delivery to damage."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import hypothesis
import numpy as np
import pandas as pd
import pytest

from pipelines.deliveries.load import NewDelivery, create_raw_tables, load_deliveries
from pipelines.deliveries.manifest import read_manifest
from pipelines.deliveries.outgoing import write_delivery
from pipelines.settings import Settings

os.environ["STEPCARE_NOTEBOOKS"] = ""  # no night of a test runs the notebooks, unless the test is about them

hypothesis.settings.register_profile("stepcare", deadline=None, derandomize=True, database=None, max_examples=50)
hypothesis.settings.load_profile("stepcare")

ROOT = Path(__file__).resolve().parents[1]
EPISODES = tuple(f"episode-{number:08d}" for number in range(4))


_SECONDS = {"ci": 1200, "long": 0}
"""After how many seconds a slower test counts as hanging; 0 is never. The others: `timeout` in pyproject.toml."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name, seconds in _SECONDS.items():
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.timeout(seconds))


@pytest.fixture
def shared() -> Path:
    """The folder of yardsticks and real data beside the project; without it the test is skipped, saying so."""
    folder = Path(os.environ.get("STEPCARE_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip("the folder of yardsticks (STEPCARE_SHARED) is absent")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation of its own in a temporary folder."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    return Settings(home=tmp_path / "home", inbox=inbox)


@contextmanager
def process_as_it_was() -> Iterator[None]:
    """Undo, at the end, what a night run in this process sets: environment, umask, folder of temporary files."""
    before, umask = dict(os.environ), os.umask(0o077)
    os.umask(umask)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.umask(umask)
        tempfile.tempdir = None


@pytest.fixture
def environment(settings: Settings) -> Iterator[None]:
    """The installation of `settings` is the one that commands find."""
    with process_as_it_was():
        os.environ.update(STEPCARE_HOME=str(settings.home), STEPCARE_INBOX=str(settings.inbox))
        yield


def small_tables(clinic_code: str = "C001") -> dict[str, pd.DataFrame]:
    """Four episodes with one session each: the smallest delivery that says something."""
    return {
        "intake": pd.DataFrame(
            {
                "patient_key": [f"{number:064x}" for number in range(4)],
                "episode_key": EPISODES,
                "clinic_code": clinic_code,
                "schema_version": "1.0.0",
                "index_period": "2026-Q1",
                "observed_through_day": ["200", "200", "200", "20"],
                "age_band": ["18-29", "40-49", ".d", ""],
                "complaint_region": ["low_back", "low_back;thigh", "foot", "knee"],
                "nprs_back_avg": ["5", "7", "8", ".p"],
                "nprs_leg_avg": ["1", "3", "6", "4"],
                "rmdq24": ["12", "14", ".u", "9"],
                "rf_any": ["no", "yes", ".p", ""],
            }
        ),
        "session": pd.DataFrame(
            {
                "session_key": [f"session-{number}" for number in range(4)],
                "episode_key": EPISODES,
                "session_day": "0",
                "attendance": "attended",
                "practitioner_key": "p1",
                "nprs_pre": "5",
            }
        ),
        "session_component": pd.DataFrame(
            {"session_key": ["session-0"], "component_no": ["1"], "component": ["exercise"], "exercise_type": [".a"]}
        ),
        "outcome": pd.DataFrame(
            {
                "episode_key": EPISODES[:2],
                "timepoint_wk": "12",
                "due_day": "84",
                "completed_day": ["85", ""],
                "rmdq24": ["6", ""],
            }
        ),
    }


def load_folders(con: duckdb.DuckDBPyConnection, folders: Iterable[Path]) -> None:
    """Load whole deliveries straight from their folders into `raw.*`, as if all had been received on one day."""
    create_raw_tables(con)
    arrived_at = datetime(2026, 11, 1)  # noqa: DTZ001
    new = {}
    for folder in folders:
        manifest = read_manifest(folder)
        new[manifest.delivery_key] = NewDelivery(folder, manifest, arrived_at)
    assert load_deliveries(con, new) == []
    con.execute("insert into raw.receipt select delivery_key, clinic_code, delivery_id, arrived_at from raw.delivery")


@pytest.fixture
def delivery(settings: Settings) -> Path:
    """A good delivery of clinic C001 in the inbox."""
    return write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", small_tables())


@pytest.fixture
def record_property(record_property: Callable[[str, object], None]) -> Callable[[str, object], None]:
    """Figures beside a test's result as Python's numbers: NumPy's cannot be sent from one process of the tests to another."""

    def record(name: str, value: object) -> None:
        figures = (
            {k: float(v) for k, v in value.items()} if isinstance(value, dict) else np.asarray(value, float).tolist()
        )
        record_property(name, figures)

    return record
