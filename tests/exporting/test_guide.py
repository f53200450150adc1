"""The clinic's guide, followed word for word: the mapping and the commands that stand in it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.adapters.sciatica import sciatica_file
from pipelines.cli import main
from pipelines.errors import UsageError
from pipelines.exporting import sources
from pipelines.exporting.plan import read_plan
from pipelines.exporting.scoring import INSTRUMENTS
from pipelines.exporting.table_mapping import read_table_mapping
from tests.conftest import ROOT

GUIDE = (ROOT / "docs" / "exporting.md").read_text(encoding="utf-8")
EXAMPLES = sorted(sources.EXAMPLES.glob("*.yaml"))


@pytest.mark.ci
def test_a_new_clinic_that_follows_the_guide_gets_the_real_cohort_delivered(tmp_path: Path) -> None:
    try:
        source = sciatica_file()
    except UsageError as absent:
        pytest.skip(str(absent))
    (tmp_path / "records").mkdir()
    shutil.copy(source, tmp_path / "records")
    chapter = GUIDE.split("## A mapping from scratch")[1].split("\n## ")[0]
    (mapping,) = re.findall("```yaml\n(.*?)```", chapter, re.DOTALL)
    (tmp_path / "map.yaml").write_text(mapping, encoding="utf-8")
    commands = re.findall("^    (stepcare export .*)$", chapter, re.MULTILINE)
    assert len(commands) == 3
    programme = tmp_path / "stepcare"
    programme.write_text(
        f"#!{sys.executable}\nfrom pipelines.cli import main\nmain(prog_name='stepcare')\n", encoding="utf-8"
    )
    programme.chmod(0o700)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    for command in commands:
        done = subprocess.run(
            command.split(), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Patients 142" in said
    assert "session 1,382 rows" in said
    assert (tmp_path / "inbox" / "SCIATICA").is_dir()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_a_mapping_without_a_fault(path: Path) -> None:
    plan = read_plan(path)
    if plan.kind == "tables":
        read_table_mapping(plan.source)


def test_the_guide_names_every_score() -> None:
    assert all(f"`{name}`" in GUIDE for name in INSTRUMENTS)


def test_what_a_clinic_installs_is_the_extra_and_three_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "requirements-export.in").read_text(encoding="utf-8").splitlines()
    asked = {line for line in lines if line and not line.startswith("#")}
    shared = {line for line in project["dependencies"] if re.match("(click|duckdb|tzdata)[>=]", line)}
    assert asked == shared | set(project["optional-dependencies"]["export"])


def test_every_example_can_be_printed() -> None:
    listed = CliRunner().invoke(main, ["export", "example"]).output.split()
    assert listed == sorted(path.stem for path in EXAMPLES)
    for path in EXAMPLES:
        assert CliRunner().invoke(main, ["export", "example", path.stem]).output == path.read_text(encoding="utf-8")
    unknown = CliRunner().invoke(main, ["export", "example", "../plan"])
    assert unknown.exit_code == 2
    assert "Known are: " in unknown.output
