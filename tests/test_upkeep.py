"""What happens beside the nights: the backup that is due, the drill of the month, and what is said when they cannot be."""

import io
import os
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pyrage
import pytest
from click.testing import CliRunner

from pipelines.backups.keeping import backups_in
from pipelines.backups.keys import read_identity
from pipelines.backups.restoring import restore_backup
from pipelines.cli import main
from pipelines.definitions import build_definitions
from pipelines.errors import BackupError, StepcareError
from pipelines.generations import REPORTS, WAREHOUSE, Generation, publish
from pipelines.quality.history import HISTORY_TABLE, carry_over, history_source
from pipelines.recording import Tonight, summarize
from pipelines.resources import NightBuild
from pipelines.settings import Settings
from pipelines.summary import LAST_NIGHT, read_last_night, write_summary
from pipelines.upkeep import back_up_tonight
from pipelines.upkeep_jobs import build_upkeep_schedules, upkeep
from pipelines.warehouse import open_warehouse
from tests.backups.conftest import Place, configure, place

__all__ = ["place"]


@pytest.fixture
def published(place: Place) -> Iterator[Place]:
    """An installation whose night was published an hour ago."""
    before = dict(os.environ)
    folder = place.settings.work / "run"
    (folder / REPORTS).mkdir(parents=True)
    (folder / REPORTS / "network.json").write_text('{"stamp": {"made_at": "now", "run_id": "run"}, "n": 40}')
    with open_warehouse(folder / WAREHOUSE) as con:
        con.execute("create table report.flow as select range as step, 40 as n from range(3)").fetchall()
        carry_over(con, None, "tonight")
        con.execute(f"insert into {HISTORY_TABLE} values (1, 'an earlier night', now(), 'C001', 'a check', 2, 90, 2.2)")
    made_at = datetime.now(UTC) - timedelta(hours=1)
    name = f"{made_at:%Y%m%dT%H%M%SZ}-run"
    publish(
        place.settings, folder, Generation(name, "run", made_at.isoformat(), "k", "c", "r", "d", is_simulated=False)
    )
    yield place
    os.environ.clear()
    os.environ.update(before)


def _tonight(place: Place) -> tuple[StepcareError | None, list[str]]:
    said: list[str] = []
    return back_up_tonight(place.settings, said.append), said


def test_a_published_night_is_followed_by_one_backup_when_that_is_asked_for(published: Place) -> None:
    """R-F10"""
    assert _tonight(published) == (None, []), "off until it is asked for"
    configure(published.settings, to=str(published.to), recipient=published.recipient, nightly=True)
    error, said = _tonight(published)
    assert error is None
    assert any("Backup" in line for line in said)
    assert _tonight(published) == (None, []), "one is enough until the next night"
    assert len(backups_in(published.to)) == 1


def test_a_nightly_backup_that_fails_takes_nothing_back(published: Place) -> None:
    configure(published.settings, to=str(published.to / "unmounted"), recipient=published.recipient, nightly=True)
    before = published.settings.current.resolve()
    error, _ = _tonight(published)
    assert isinstance(error, BackupError)
    assert "the night is published, but its backup was not made" in str(error)
    assert published.settings.current.resolve() == before


def test_a_backup_holds_the_published_report_as_parquet_and_its_hashes(published: Place) -> None:
    """R-F10: never only .duckdb."""
    opened = pyrage.decrypt(published.make().read_bytes(), [read_identity(published.identity)])
    with tarfile.open(fileobj=io.BytesIO(opened)) as tar:
        assert not [name for name in tar.getnames() if name.endswith(".duckdb")]
        table = pq.read_table(io.BytesIO(tar.extractfile("backup/report/flow.parquet").read()))  # type: ignore[union-attr]
        said = tar.extractfile("backup/report.json").read()  # type: ignore[union-attr]
    assert table.to_pydict() == {"step": [0, 1, 2], "n": [40, 40, 40]}
    assert b'"report.flow"' in said
    assert b'"network.json"' in said


def test_the_past_of_the_checks_comes_back_with_a_backup(published: Place, tmp_path: Path) -> None:
    """R-F10: what past nights found cannot be made again from the store."""
    restored = Settings(home=tmp_path / "restored", inbox=published.settings.inbox)
    restore_backup(published.make(), published.identity, restored.home, lambda _: None)
    source = history_source(restored)
    assert source == restored.home / "backup" / "history.parquet"
    with open_warehouse(":memory:") as con:
        carry_over(con, source, "tonight")
        past = con.execute(f"select night_key, check_name, n_broken, n_rows from {HISTORY_TABLE}").fetchall()
    assert past == [("an earlier night", "a check", 2, 90)]


def test_the_past_of_the_checks_is_not_taken_from_a_spoilt_night(published: Place) -> None:
    """R-F2: but from the newest one that is whole."""
    settings = published.settings
    warehouse = settings.current.resolve() / WAREHOUSE
    assert history_source(settings) == warehouse
    data = bytearray(warehouse.read_bytes())
    data[len(data) // 2] ^= 1
    warehouse.chmod(0o600)
    warehouse.write_bytes(data)
    assert history_source(settings) is None


def test_a_published_night_that_cannot_be_read_does_not_keep_the_store_from_being_backed_up(published: Place) -> None:
    warehouse = published.settings.current / WAREHOUSE
    warehouse.chmod(0o600)
    warehouse.write_bytes(b"spoilt" * 1000)
    configure(published.settings, to=str(published.to), recipient=published.recipient, nightly=True)
    error, said = _tonight(published)
    assert error is None
    assert any("the backup holds no report; store and ledger are in it" in line for line in said)


def _skips(settings: Settings, name: str) -> str:
    (schedule,) = [schedule for schedule in build_upkeep_schedules(settings) if schedule.name == name]
    data = schedule.evaluate_tick(dg.build_schedule_context())
    return "" if data.run_requests else str(data.skip_message)


def test_the_drill_of_the_month_says_why_it_is_skipped(published: Place) -> None:
    """R-F10: monthly, where the key is."""
    settings = published.settings
    configure(settings, recipient=published.recipient)
    assert _skips(settings, "restore_drill") == "skipped because [backup] of stepcare.toml has no `to`"
    configure(settings, to=str(published.to), recipient=published.recipient)
    assert _skips(settings, "restore_drill") == "skipped because [backup] of stepcare.toml has no `identity`"
    configure(settings, to=str(published.to), recipient=published.recipient, identity=str(published.identity))
    assert "no backup lies in" in _skips(settings, "restore_drill")
    published.make()
    assert _skips(settings, "restore_drill") == ""


def test_the_daily_upkeep_runs_and_fails_when_something_is_spoilt(published: Place) -> None:
    """R-F2"""
    settings = published.settings
    night = NightBuild(home=str(settings.home), inbox=str(settings.inbox), timezone=settings.timezone)
    configure(published.settings, to=str(published.to), recipient=published.recipient, nightly=True)
    write_summary(settings.home / LAST_NIGHT, summarize(settings, Tonight(datetime.now(UTC)), None))
    with dg.instance_for_test() as instance:
        assert upkeep.execute_in_process(instance=instance, resources={"night": night}).success
        assert len(backups_in(published.to)) == 1
        path = next(published.settings.store.rglob("session.csv"))
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-2])
        (published.settings.home / "verified.json").unlink()
        result = upkeep.execute_in_process(instance=instance, resources={"night": night}, raise_on_error=False)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    assert "Restore the last backup" in str(failure.step_failure_data.error)
    last = read_last_night(settings.home)
    assert last is not None
    assert last.spoilt == (str(path.parent.relative_to(settings.home)),), "alerts are made from the summary"


def _run(settings: Settings, *arguments: str):  # type: ignore[no-untyped-def]
    environment = {"STEPCARE_HOME": str(settings.home), "STEPCARE_INBOX": str(settings.inbox)}
    return CliRunner().invoke(main, list(arguments), env=environment)


def test_the_walk_of_an_operator_from_a_key_to_a_restored_home(published: Place, tmp_path: Path) -> None:
    settings = published.settings
    made = _run(settings, "backup", "keygen", "--out", str(tmp_path / "new.key"))
    assert made.exit_code == 0
    recipient = next(line.split()[1] for line in made.output.splitlines() if line.startswith("Recipient"))
    assert "keep two copies of it, away from this machine" in made.output
    assert "AGE-SECRET-KEY" not in made.output
    configure(settings, to=str(published.to), recipient=recipient)
    assert _run(settings, "backup", "make").exit_code == 0
    listed = _run(settings, "backup", "list").output
    (backup,) = [path for path in published.to.iterdir() if not path.name.startswith(".")]
    assert str(backup) in listed
    home = tmp_path / "restored"
    arguments = ("backup", "restore", str(backup), "--into", str(home), "--identity")
    wrong = _run(settings, *arguments, str(published.identity))
    assert wrong.exit_code == BackupError.exit_code
    assert "another key" in wrong.output
    assert not home.exists()
    right = _run(settings, *arguments, str(tmp_path / "new.key"))
    assert right.exit_code == 0, right.output
    assert "1 deliveries, every file verified" in right.output
    assert f"STEPCARE_HOME={home} stepcare rebuild --from-store" in right.output


@pytest.mark.parametrize("command", ["keygen", "make", "list", "restore", "drill"])
def test_every_backup_command_explains_itself_with_an_example(command: str) -> None:
    said = CliRunner().invoke(main, ["backup", command, "--help"]).output
    assert "Example:" in said


def test_a_rebuild_without_a_store_says_what_to_do(settings: Settings) -> None:
    settings.home.mkdir()
    result = _run(settings, "rebuild", "--from-store")
    assert result.exit_code == 3
    assert "stepcare backup restore" in result.output


def test_the_code_location_has_the_upkeep_and_the_drill_of_the_month(settings: Settings) -> None:
    definitions = build_definitions(settings)
    found = {(schedule.name, schedule.cron_schedule) for schedule in definitions.schedules or ()}
    assert {("upkeep", "30 5 * * *"), ("restore_drill", "0 4 1 * *")} <= found
