"""The documents say what is so: links lead somewhere, commands and options exist, code runs, every code and panel is explained."""

import csv
import json
import re
import shlex
import textwrap
from pathlib import Path

import click
import duckdb
import pytest

from pipelines import errors
from pipelines.cli import main
from pipelines.delivery_check import check_delivery
from pipelines.own_questions.asking import ask_all
from pipelines.reporting.branding import usual_labels
from pipelines.settings import Settings
from pipelines.synthetic import simulate
from pipelines.tables import tables_read
from tests.conftest import ROOT
from tests.docs_pages import PAGES, anchors, blocks, commands, links
from tests.results.conftest import published

OPERATORS = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
MANAGERS = (ROOT / "docs" / "for-managers.md").read_text(encoding="utf-8")
TEMPLATES = ROOT / "pipelines" / "reporting" / "templates"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_and_anchor_of_a_page_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(("https://", "mailto:")):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: {target.name} has no such heading"


def _command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words call, and what is left of them."""
    found: click.Command = main
    while words and isinstance(found, click.Group):
        named = found.commands.get(words[0])
        if named is None:
            break
        found, words = named, words[1:]
    return found, words


def _wrong(line: str) -> str:
    """What is wrong with a line that calls stepcare; empty when every command and option is there."""
    try:
        words = shlex.split(line.replace("...", " "))[1:]
    except ValueError:
        words = line.split()[1:]
    words = words[: next((number for number, word in enumerate(words) if word in (">>", "||", "&&", "|")), len(words))]
    if not words or words[0] in ("COMMAND", "-h", "--help"):
        return ""
    command, rest = _command(words)
    if command is main:
        return f"there is no command {words[0]}"
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help"
    }
    unknown = [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]
    return f"{command.name} has no option {unknown[0]}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_and_option_of_a_page_is_there(page: Path) -> None:
    wrong = {line: found for line in commands(page) if (found := _wrong(line))}
    assert wrong == {}


def test_the_test_of_commands_finds_wrong_ones() -> None:
    assert _wrong("stepcare nighty") == "there is no command nighty"
    assert _wrong("stepcare nightly --inbocks DIR") == "nightly has no option --inbocks"
    assert _wrong("stepcare backup make") == ""
    assert len({line for page in PAGES for line in commands(page)}) > 60


def test_every_command_is_told_of_in_the_documents() -> None:
    said = " ".join(line for page in PAGES for line in commands(page))
    assert {name for name in main.commands if f"stepcare {name}" not in said} == set()


def test_every_exit_code_is_explained_with_what_to_do() -> None:
    table = OPERATORS[OPERATORS.index("## Exit codes") : OPERATORS.index("## Deliveries that are refused")]
    found = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    rows = {int(code): (meaning, remedy) for code, meaning, remedy in found}
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.StepcareError)
    ]
    assert set(rows) == {0, *(kind.exit_code for kind in kinds)}
    assert all(meaning.strip() and remedy.strip() for meaning, remedy in rows.values())


def _panels() -> set[str]:
    """The headings of the reports that stand there whatever the records are."""
    labels = usual_labels()
    found = set()
    for template in ("report", "network", "clinic", "parts", "night"):
        text = (TEMPLATES / f"{template}.html.j2").read_text(encoding="utf-8")
        for head in re.findall(r"<h[23][^>]*>(.*?)</h[23]>", text):
            name = re.fullmatch(r"\{\{ label\.(\w+) \}\}", head)
            if name or "{{" not in head:
                found.add(labels[name[1]] if name else head)
    return found | {labels["limits"], labels["glossary"]}


@pytest.mark.parametrize("panel", sorted(_panels()))
def test_managers_are_told_how_to_read_every_panel(panel: str) -> None:
    assert f"**{panel}**" in MANAGERS


@pytest.mark.ci
def test_the_manifest_of_the_page_for_clinics_is_one_that_a_night_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ROOT / "docs" / "clinics.md"
    simulate(tmp_path / "made", episodes=40, clinics=1, world="uniform", seed=1)
    folder = (tmp_path / "C003" / "2026-11-01").resolve()
    (tmp_path / "made" / "C001" / "2026-11-01").rename(folder.parent.mkdir() or folder)
    for path in folder.glob("*.csv"):
        text = path.read_text(encoding="utf-8").replace("C001", "C003")
        path.write_text(text, encoding="utf-8")
    (folder / "manifest.json").unlink()
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(page, "python")
    exec(compile(code, str(page), "exec"), {})
    (example,) = blocks(page, "json")
    assert json.loads((folder / "manifest.json").read_bytes()).keys() == json.loads(example).keys()
    assert check_delivery(folder).is_accepted_whole


def _python(page: str) -> list[str]:
    """The Python examples of a page, fenced or indented: what begins with an import of ours."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    indented = re.findall(r"^    from pipelines\..*\n(?:(?:    .*)?\n)*", text, re.MULTILINE)
    return [*blocks(ROOT / "docs" / page, "python"), *(textwrap.dedent(block) for block in indented)]


@pytest.mark.parametrize("page", ["analysts.md", "own-questions.md"])
def test_the_python_of_a_page_for_analysts_runs_on_a_published_night(
    page: str, settings: Settings, environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.home.mkdir()
    published(settings.current)
    with duckdb.connect(str(settings.current / "warehouse.duckdb")) as con:
        asked, effects = ask_all(con, [], print)
        for name, frame in (("own_questions", asked), ("own_effects", effects)):
            con.register("made", frame)
            con.execute(f"create table estimates.{name} as select * from made")
            con.unregister("made")
    examples = _python(page)
    assert examples
    for code in examples:
        exec(compile(code, page, "exec"), {})
    assert capsys.readouterr().out.strip()


def test_every_example_imports_what_is_there() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    lines = sorted(set(re.findall(r"^ *(from pipelines\.[\w.]+ import [\w, ]+)$", text, re.MULTILINE)))
    assert len(lines) >= 2
    for line in lines:
        exec(line, {})


def test_the_sql_for_analysts_is_sql_of_tables_that_a_night_has() -> None:
    text = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"^    with arm_means as .*?\n\n(?=On a published)", text, re.MULTILINE | re.DOTALL)
    assert tables_read(textwrap.dedent(query)) == ("estimates.effects", "estimates.scores")


def test_the_feeds_of_the_page_for_clinics_are_those_of_the_contract() -> None:
    table = re.search(r"\| feed \|.*?\n\n", (ROOT / "docs" / "clinics.md").read_text(encoding="utf-8"), re.DOTALL)
    assert table
    listed = {name for row in table[0].strip().splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    with (ROOT / "pipelines" / "contract_fields.csv").open(encoding="utf-8") as stream:
        assert listed == {row["feed"] for row in csv.DictReader(stream)}


def test_data_officers_are_told_of_everything_that_the_home_holds() -> None:
    text = (ROOT / "docs" / "data-officers.md").read_text(encoding="utf-8")
    stored = text[text.index("## What is stored where") : text.index("## Who sees what")]
    table = OPERATORS[OPERATORS.index("## The home folder") : OPERATORS.index("## Alerts")]
    names = {
        name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    }
    assert len(names) > 15
    assert {name for name in names if name != "-wal" and f"`{name}`" not in stored} == set()


def test_every_document_is_reached_from_the_first_page_or_its_part() -> None:
    first = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (
        "for-managers",
        "clinics",
        "analysts",
        "operators",
        "data-officers",
        "dpia",
        "methods",
        "glossary",
        "lineage",
    ):
        assert f"({page}.md)" in first
