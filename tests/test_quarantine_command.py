"""The quarantine as an operator works with it: what is wrong, which rows, what to do, and that it was healed."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.night import run_night
from pipelines.set_aside import Line
from pipelines.settings import Settings
from tests.conftest import EPISODES, small_tables

pytestmark = pytest.mark.usefixtures("environment")


def _ask(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["quarantine", *arguments])


def _tables(clinic: str, *, lab_value: str = "12", pain: str = "7", sex: str = "female") -> dict[str, pd.DataFrame]:
    tables = small_tables(clinic)
    for name, table in tables.items():
        for key in {"episode_key", "session_key"} & set(table.columns):
            tables[name] = tables[name].assign(**{key: table[key] + clinic.lower()})
    tables["intake"] = tables["intake"].assign(nprs_back_avg=["5", pain, "8", ".p"], sex=["male", sex, "male", "male"])
    key = EPISODES[0] + clinic.lower()
    tables["lab"] = pd.DataFrame({"episode_key": [key], "test": "crp", "day": "0", "value": lab_value, "unit": "mg/L"})
    return tables


@pytest.mark.ci
def test_what_is_wrong_is_listed_explained_and_shown_as_healed_after_a_fix(settings: Settings) -> None:
    bad = _tables("C001", lab_value="jane@example.org", pain="canary-81")
    write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", bad)
    write_delivery(settings.inbox, "C002", "2026-11-01", "snapshot", _tables("C002", sex="Mrs Jane Smith"))
    run_night(settings, lambda _: None)
    listed, shown, file_shown = _ask(), _ask("show", "C001/2026-11-01"), _ask("show", "C002/2026-11-01")
    assert "Deliveries and files that are not used: 2" in listed.output
    assert "C001/2026-11-01  file blocked" in listed.output
    assert "C002/2026-11-01  quarantined" in listed.output
    assert "1  C001  intake.nprs_back_avg  (a whole number from 0 to 10), open" in listed.output
    assert "nprs_back_avg: a whole number from 0 to 10\n        1 value set aside, open: 2\n" in shown.output
    assert "Correct it at the clinic" in shown.output
    assert "look like a person's name" in file_shown.output
    for said in (listed, shown, file_shown):
        assert "canary" not in said.output
        assert "Jane" not in said.output
        assert "jane" not in said.output

    write_delivery(settings.inbox, "C001", "2026-11-08", "snapshot", _tables("C001"))
    write_delivery(settings.inbox, "C002", "2026-11-02", "snapshot", _tables("C002"))
    run_night(settings, lambda _: None)
    listed, healed = _ask(), _ask("healed")
    assert "Deliveries and files that are not used: none" in listed.output
    assert "in the published night: none" in listed.output
    assert "healed by C002/2026-11-02" in healed.output
    assert "healed by C001/2026-11-08" in healed.output
    assert "2 deliveries and 1 rows or values healed." in healed.output


def test_before_anything_was_looked_at_the_command_says_so() -> None:
    result = _ask()
    assert result.exit_code == 8
    assert "no delivery has been looked at here yet" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "C009/2026-11-01"], "no delivery C009/2026-11-01 has been seen here"),
        (["release", "C009/2026-11-01", "--because", "x"], "no delivery C009/2026-11-01 is kept here"),
        (["release", "C001/2026-11-01", "--because", "x"], "is seen, not held"),
        (["release", "C001/2026-11-01"], "Missing option '--because'"),
    ],
)
def test_what_cannot_be_done_is_told(settings: Settings, delivery: Path, arguments: list[str], message: str) -> None:
    settings.store.mkdir(parents=True)
    with open_ledger(settings.ledger) as ledger:
        receive(settings.inbox, settings.store, ledger)
    result = _ask(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_release_that_is_repeated_changes_nothing_and_says_so(settings: Settings, delivery: Path) -> None:
    settings.store.mkdir(parents=True)
    with open_ledger(settings.ledger) as ledger:
        (entry,) = receive(settings.inbox, settings.store, ledger)
        ledger.release(str(entry.delivery_key), "agreed")
        before = ledger.releases()
    result = _ask("release", "C001/2026-11-01", "--because", "agreed again")
    assert (result.exit_code, "was released before" in result.output) == (0, True)
    with open_ledger(settings.ledger) as ledger:
        assert ledger.releases() == before


def test_rows_are_named_in_runs_and_the_rest_is_counted() -> None:
    line = Line((3, 7, 8, 9), "C001", "2026-11-01", "lab", "value", "value", "a rule", "a remedy", "open", 1208)
    assert line.rows_in_words == "3, 7 to 9 and 1,204 more"
