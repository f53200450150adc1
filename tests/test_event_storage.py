"""Events are kept by files that stay open, as Dagster's own storage would keep them."""

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from pipelines.event_storage import EventStorage
from pipelines.instance import open_instance
from tests.conftest import ROOT


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    return tmp_path


def run_of_one_asset(instance):
    @dg.asset
    def kept():
        return dg.MaterializeResult(metadata={"dagster/row_count": 3})

    return dg.materialize([kept], instance=instance).run_id


def told(storage, run_id):
    return [(event.dagster_event_type, event.step_key) for event in storage.get_logs_for_run(run_id)]


def test_an_instance_of_the_project_writes_its_events_with_it_where_dagster_looks_for_them(home):
    with open_instance() as instance:
        assert isinstance(instance.event_log_storage, EventStorage)
        run_id = run_of_one_asset(instance)
        mine = told(instance.event_log_storage, run_id)
    dagsters = SqliteEventLogStorage(str(home / "history" / "runs"))
    assert told(dagsters, run_id) == mine
    assert len(mine) > 5
    assert dagsters.has_asset_key(dg.AssetKey("kept"))


def test_what_dagsters_own_storage_wrote_is_read(home):
    dagsters = SqliteEventLogStorage(str(home / "history" / "runs"))
    with open_instance() as instance:
        run_id = run_of_one_asset(instance)
        mine = instance.event_log_storage.get_logs_for_run(run_id)
        for event in mine:
            dagsters.store_event(event)
        assert len(told(instance.event_log_storage, run_id)) == 2 * len(mine)


def test_closing_leaves_no_log_of_writes_beside_the_files(home):
    with open_instance() as instance:
        run_of_one_asset(instance)
        assert list((home / "history").rglob("*.db-wal"))
    assert list((home / "history").rglob("*.db-wal")) == []
