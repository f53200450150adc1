"""A patient who asks to be erased is erased everywhere, and a record stays that it was done."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.deliveries.erasure import tag_of
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import Erasure, now, open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.generations import current_warehouse
from pipelines.night import run_night
from pipelines.results import open_results
from pipelines.settings import Settings
from tests.conftest import EPISODES, small_tables

pytestmark = pytest.mark.usefixtures("environment")

PATIENT = f"{1:064x}"
OTHERS = {EPISODES[0], EPISODES[2], EPISODES[3]}


def _sessions_alone(number: int) -> dict[str, pd.DataFrame]:
    """A delta with a session of the patient's episode and no intake: the patient is known by the episode alone."""
    tables = {name: table.iloc[:0] for name, table in small_tables().items()}
    session = small_tables()["session"].iloc[[1]].assign(session_key=f"later-{number}", session_day="7")
    return tables | {"session": session}


def _bytes_under(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.mark.ci
def test_an_erased_patient_is_gone_from_store_inbox_warehouse_reports_and_older_nights(settings: Settings) -> None:
    """R-P8: the patient's key and those of the patient's records stand in no byte of the home; a record says that it was done."""
    write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", small_tables(), file_format="parquet")
    run_night(settings, lambda _: None)
    write_delivery(settings.inbox, "C001", "2026-11-02", "delta", _sessions_alone(1))
    run_night(settings, lambda _: None)
    assert b"later-1" in _bytes_under(settings.home)
    command = ["forget", "--clinic", "C001", "--because", "request 2026-17"]
    result = CliRunner().invoke(main, command, input=PATIENT)
    assert result.exit_code == 0, result.output
    assert "4 rows of 2 deliveries" in result.output
    assert PATIENT not in result.output
    left = _bytes_under(settings.home) + _bytes_under(settings.inbox)
    for key in (PATIENT, EPISODES[1], "session-1", "later-1"):
        assert key.encode() not in left, key
    assert len(list(settings.generations.iterdir())) == 1
    with open_results(settings.current) as results:
        assert set(results.episodes().df["episode_key"]) == OTHERS
        assert set(results.sql("select episode_key from raw.intake").df["episode_key"]) == OTHERS
    listed = CliRunner().invoke(main, ["forget", "--list"])
    assert "C001  4 rows of 2 deliveries  (request 2026-17)" in listed.output
    assert "1 patients were erased here." in listed.output

    write_delivery(settings.inbox, "C001", "2026-11-03", "snapshot", small_tables())
    write_delivery(settings.inbox, "C001", "2026-11-04", "delta", _sessions_alone(2))
    run_night(settings, lambda _: None)
    assert b"later-2" not in _bytes_under(settings.home), "a later delivery does not bring the patient back"
    path = current_warehouse(settings)
    assert path is not None
    with open_results(path) as results:
        assert set(results.sql("select episode_key from raw.session").df["episode_key"]) <= OTHERS


def test_an_erasure_that_was_killed_is_finished_by_the_next_night(settings: Settings, delivery: Path) -> None:
    settings.store.mkdir(parents=True)
    with open_ledger(settings.ledger) as ledger:
        receive(settings.inbox, settings.store, ledger)
        for key in (PATIENT, EPISODES[1]):
            ledger.erase(Erasure(tag_of(key), "C001", now(), "killed here", is_patient=True, is_done=False))
        assert EPISODES[1].encode() in _bytes_under(settings.store)
        receive(settings.inbox, settings.store, ledger)
        assert EPISODES[1].encode() not in _bytes_under(settings.store)
        assert all(erasure.is_done for erasure in ledger.erasures())


@pytest.mark.parametrize(
    ("arguments", "given", "message"),
    [
        (["--clinic", "C001", "--because", "x"], "f" * 64, "holds an episode of a patient with this key"),
        (["--clinic", "C001", "--because", "x"], " \n", "the key is empty"),
        (["--because", "x"], PATIENT, "say --clinic and --because"),
    ],
)
def test_what_cannot_be_erased_is_told_without_the_key(
    settings: Settings, delivery: Path, arguments: list[str], given: str, message: str
) -> None:
    settings.store.mkdir(parents=True)
    with open_ledger(settings.ledger) as ledger:
        receive(settings.inbox, settings.store, ledger)
    result = CliRunner().invoke(main, ["forget", *arguments], input=given)
    assert result.exit_code == 2
    assert message in result.output
    assert not given.strip() or given not in result.output
