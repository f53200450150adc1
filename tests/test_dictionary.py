import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.contracts import FEEDS, OUTCOME_WINDOW_DAYS, REASONS
from pipelines.dictionary import PLACE, dictionary, main
from pipelines.tables import sql_files


@pytest.fixture(scope="module")
def text() -> str:
    return dictionary()


def _section(text: str, title: str) -> str:
    return text.partition(f"\n### {title}\n")[2].partition("\n### ")[0]


def test_the_committed_dictionary_is_what_the_contract_and_the_models_say(text: str) -> None:
    assert PLACE.read_text(encoding="utf-8") == text


def test_every_field_of_every_feed_has_a_row_in_its_feed(text: str) -> None:
    for feed in FEEDS.values():
        section = _section(text, feed.name)
        assert [name for name in feed.columns if f"| `{name}` |" not in section] == []


def test_every_cohort_table_has_its_description_and_its_columns(text: str) -> None:
    for file in sql_files("cohort"):
        section = _section(text, file.table)
        assert file.description in section
        assert [name for name in file.key if f"| `{name}` |" not in section] == []


def test_every_missing_reason_and_every_window_is_explained(text: str) -> None:
    assert [token for token, said in REASONS.items() if f"| `{token}` |" not in text or said not in text] == []
    assert [
        weeks for weeks, days in OUTCOME_WINDOW_DAYS.items() if f"| {weeks} | {7 * weeks} | {days} |" not in text
    ] == []


def test_a_bar_in_a_rule_does_not_break_its_table(text: str) -> None:
    rows = [line for line in _section(text, "outcome").splitlines() if line.startswith("| `")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {9}


def test_check_fails_with_a_message_when_the_file_differs_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "data-dictionary.md"
    assert main(["--check"], place) == 1
    assert "python -m pipelines.dictionary" in capsys.readouterr().err
    assert not place.exists()
    assert main([], place) == 0
    assert main(["--check"], place) == 0
    place.write_text("another", encoding="utf-8")
    assert main(["--check"], place) == 1


@pytest.mark.ci
def test_the_command_says_that_the_committed_file_is_well() -> None:
    command = [sys.executable, "-m", "pipelines.dictionary", "--check"]
    assert subprocess.run(command, cwd=PLACE.parents[1], check=False).returncode == 0
