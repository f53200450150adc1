"""What may heal by itself (a disk, a lock) is tried again, twice; bad data never is."""

from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import yaml
from dagster._core.execution.plan.resume_retry import ReexecutionStrategy

from pipelines.errors import ChecksFailed, DeliveryError, NightFailed
from pipelines.resources import NightBuild
from pipelines.schedules import nightly, weekly_report
from pipelines.settings import Settings
from tests.conftest import ROOT


def test_dagster_watches_its_runs_and_starts_again_only_those_that_were_killed() -> None:
    """R-F11"""
    said = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    assert said["run_monitoring"]["enabled"] is True
    assert said["run_monitoring"]["poll_interval_seconds"] + 120 <= 180, "a killed run is seen within three minutes"
    assert said["run_retries"] == {"enabled": True, "max_retries": 2, "retry_on_asset_or_op_failure": False}


@pytest.mark.parametrize("job", [nightly, weekly_report], ids=lambda job: job.name)
def test_a_run_that_was_killed_starts_again_from_its_first_step(job: Any) -> None:
    """R-F11: left to itself Dagster starts from the step that was killed, in a folder that lacks the tables before it."""
    assert job.tags["dagster/retry_strategy"] == ReexecutionStrategy.ALL_STEPS.value
    assert job.tags["dagster/max_retries"] == "2"


@pytest.fixture
def build(settings: Settings) -> NightBuild:
    return NightBuild(home=str(settings.home), inbox=str(settings.inbox), timezone=settings.timezone)


@pytest.mark.parametrize("error", [duckdb.IOException("IO Error: lock"), OSError(5, "Input/output error")], ids=repr)
def test_an_error_of_the_disk_or_a_lock_is_tried_again_at_most_twice(build: NightBuild, error: Exception) -> None:
    """R-F11"""
    with pytest.raises(dg.RetryRequested) as caught, build.warehouse("run"):
        raise error
    assert caught.value.max_retries == 2
    assert caught.value.seconds_to_wait == 5


@pytest.mark.parametrize(
    "error",
    [
        duckdb.ConversionException("Conversion Error: Could not convert string 'Jane' to INT32"),
        duckdb.ConstraintException("Constraint Error"),
        duckdb.BinderException("Binder Error"),
        duckdb.OutOfMemoryException("Out of Memory Error"),
        DeliveryError("a delivery"),
        ChecksFailed("a check"),
        NightFailed("a step"),
        ValueError("Jane"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_the_data_is_never_tried_again(build: NightBuild, error: Exception) -> None:
    """R-F11"""
    with pytest.raises((DeliveryError, ChecksFailed, NightFailed)) as caught, build.warehouse("run"):
        raise error
    assert "Jane" not in str(caught.value)


def _tries(settings: Settings, build: NightBuild, error: Exception) -> int:
    tries: list[int] = []

    @dg.asset
    def table(context: dg.AssetExecutionContext, night: NightBuild) -> None:
        tries.append(context.retry_number)
        with night.warehouse(context.run.run_id):
            raise error

    result = dg.materialize([table], resources={"night": build}, raise_on_error=False)
    assert not result.success
    return len(tries)


def test_in_a_run_bad_data_is_tried_once(settings: Settings, build: NightBuild) -> None:
    """R-F11"""
    assert _tries(settings, build, duckdb.ConversionException("Conversion Error")) == 1


@pytest.mark.ci
def test_in_a_run_a_disk_that_stays_ill_is_tried_three_times_in_all(settings: Settings, build: NightBuild) -> None:
    """R-F11; ci for the two times five seconds it waits."""
    assert _tries(settings, build, duckdb.IOException("IO Error")) == 3


def test_no_asset_has_a_retry_policy_of_its_own() -> None:
    """R-F11: the one place that asks for another try is the warehouse's."""
    files = [path for top in ("assets", "pipelines") for path in (ROOT / top).rglob("*.py")]
    asking = [str(path.relative_to(ROOT)) for path in files if "Retry" in path.read_text(encoding="utf-8")]
    assert [Path(name).name for name in asking] == ["resources.py"]
