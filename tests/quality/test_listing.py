from pathlib import Path

import pytest

from pipelines.quality.listing import PLACE, checks_page, main
from pipelines.quality.results import every_check
from pipelines.tables import sql_files


def test_the_committed_list_is_what_the_contract_and_the_rules_say() -> None:
    assert PLACE.read_text(encoding="utf-8") == checks_page()


def test_every_check_has_its_line_with_what_to_do() -> None:
    lines = {line.split("`")[1]: line for line in checks_page().splitlines() if line.startswith("| `")}
    for check in every_check(sql_files("checks")):
        assert check.remedy.replace("|", "\\|") in lines[check.name]
        assert f"| {check.severity} | `{check.owner}` | {check.allowed_percent:g} % |" in lines[check.name]


def test_a_list_that_differs_is_told_and_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "checks.md"
    assert main(["--check"], place) == 1
    assert "python -m pipelines.quality.listing" in capsys.readouterr().err
    assert not place.exists()
    assert main([], place) == 0
    assert main(["--check"], place) == 0
