"""What a clinic writes is text on every page: it makes no element, no attribute, no script and no request."""

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipelines.errors import NightFailed
from pipelines.reporting.building import build_reports
from pipelines.reporting.page_script import SCRIPT_SOURCE
from pipelines.reporting.pages import write_pages
from tests.browsing import chromium
from tests.conftest import ROOT

from .hostile import CODED, PAYLOADS, benign, poisoned

OWN_LINK = re.compile(r"(\.\./)?(clinics/)?[\w-]+\.html|methods/appendix\.(html|pdf)|#\w+")
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="[^"]*">')
COUNT = """() => [document.querySelectorAll('*').length,
  [...document.querySelectorAll('*')].reduce((sum, element) => sum + element.attributes.length, 0)]"""


class Structure(HTMLParser):
    """Every element of a page with the names of its attributes, every address, and all of its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.links: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag, tuple(name for name, _ in attrs)] += 1
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "xlink:href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def pages(folder: Path, payloads: tuple[str, ...]) -> dict[str, str]:
    """The pages by name: the index, the network's, and the clinics' in alphabetical order."""
    tables, stamp = poisoned(payloads)
    write_pages(folder, build_reports(tables, stamp))
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}
    clinics = sorted((folder / "clinics").glob("*.html"), key=lambda path: path.name[:4])
    return found | {f"clinic {number}": path.read_text(encoding="utf-8") for number, path in enumerate(clinics)}


def assert_is_text(attacked: dict[str, str], plain: dict[str, str], payloads: tuple[str, ...]) -> None:
    assert attacked.keys() == plain.keys()
    assert len(attacked) == len(payloads) + 2
    for name, page in attacked.items():
        structure = Structure(page)
        assert structure.elements == Structure(plain[name]).elements, name
        assert [link for link in structure.links if not OWN_LINK.fullmatch(link)] == []
    shown = Structure(attacked["network.html"]).text
    assert [payload for payload in payloads if payload not in shown] == [], "the attack did not reach the page"


def test_payloads_in_every_text_make_no_element_and_no_attribute(tmp_path: Path) -> None:
    """R-S2: a tenth of the payloads, in clinic codes, delivery ids, reasons, rules, fields, sources, findings and the stamp."""
    assert len(set(PAYLOADS)) == 200
    some = PAYLOADS[::10]
    assert_is_text(pages(tmp_path / "attacked", some), pages(tmp_path / "plain", benign(len(some))), some)


Pair = tuple[dict[str, str], dict[str, str]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The pages under all 200 payloads, and the same pages without an attack."""
    folder = tmp_path_factory.mktemp("pages")
    return pages(folder / "attacked", PAYLOADS), pages(folder / "plain", benign(len(PAYLOADS)))


@pytest.mark.ci
def test_200_payloads_in_every_text_make_no_element_and_no_attribute(whole: Pair) -> None:
    """R-S2: all 200 payloads."""
    assert_is_text(*whole, PAYLOADS)


def test_a_column_of_our_own_words_takes_no_other_text(tmp_path: Path) -> None:
    """R-S2: what is not free text is refused, or never shown."""
    tables, stamp = poisoned(benign(1))
    for name, column in sorted(CODED):
        frame = tables[name].assign(**{column: tables[name][column].map(lambda value: f"{value}{PAYLOADS[0]}")})
        written: list[Path] = []
        with contextlib.suppress(NightFailed, ValueError):
            written = write_pages(tmp_path / column, build_reports(tables | {name: frame}, stamp))
        assert all(PAYLOADS[0] not in path.read_text(encoding="utf-8") for path in written if path.suffix == ".html")


def test_every_page_forbids_scripts_frames_forms_and_addresses(tmp_path: Path) -> None:
    """R-S2: the policy of the page, and no script but the one whose hash it names."""
    rules = {
        "default-src 'none'",
        "img-src data:",
        "style-src 'unsafe-inline'",
        "form-action 'none'",
        "base-uri 'none'",
    }
    for name, page in pages(tmp_path, benign(1)).items():
        (policy,) = POLICY.findall(page)
        own = set() if name == "index.html" else {f"script-src {SCRIPT_SOURCE}"}
        assert set(policy.partition('content="')[2].rstrip('">').split("; ")) == rules | own
        assert page.count("<script") == len(own)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def visit(browser: Browser, path: Path) -> tuple[list[int], int, list[str]]:
    """Elements and attributes of a page, dialogs that it opened, and addresses that it asked for beside its own."""
    page = browser.new_page()
    dialogs: list[str] = []
    asked: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri(), wait_until="domcontentloaded")
    page.wait_for_timeout(300)
    counts = page.evaluate(COUNT)
    page.close()
    return counts, len(dialogs), [url for url in asked if url != path.as_uri()]


@pytest.mark.ci
@pytest.mark.parametrize("has_policy", [True, False], ids=["with the page's policy", "by escaping alone"])
def test_in_a_browser_the_payloads_open_nothing_and_ask_for_nothing(
    browser: Browser, tmp_path: Path, whole: Pair, has_policy: bool
) -> None:
    """R-S2: 0 dialogs, 0 requests, and the browser's own count of elements and attributes as without an attack."""
    attacked, plain = whole
    for name in ("index.html", "network.html", "clinic 0", "clinic 37", "clinic 199"):
        file, other = tmp_path / "attacked.html", tmp_path / "plain.html"
        file.write_text(attacked[name] if has_policy else POLICY.sub("", attacked[name]), encoding="utf-8")
        other.write_text(plain[name] if has_policy else POLICY.sub("", plain[name]), encoding="utf-8")
        counts, n_dialogs, asked = visit(browser, file)
        assert (n_dialogs, asked) == (0, [])
        assert counts == visit(browser, other)[0]


@pytest.mark.ci
def test_unescaped_the_same_payloads_open_dialogs_and_ask_for_addresses(browser: Browser, tmp_path: Path) -> None:
    """R-S2, positive control: the harness sees what the payloads do where nothing stops them."""
    n_dialogs, n_asked = 0, 0
    for number, payload in enumerate((*PAYLOADS[:8], *(one for one in PAYLOADS[:40] if "//host.example/" in one))):
        file = tmp_path / f"{number}.html"
        file.write_text(f"<!DOCTYPE html><title>x</title><p>{payload}", encoding="utf-8")
        _, dialogs, asked = visit(browser, file)
        n_dialogs, n_asked = n_dialogs + dialogs, n_asked + len(asked)
    assert n_dialogs >= 5
    assert n_asked >= 4


REVIEWED_SAFE = {
    "{{ cell.text|safe }}",
    "{{ one.content|safe }}",
}
"""Of a notebook's page, which stays inside: its text by mistune, HTML escaped; tables and drawings of pipelines.results."""


def test_no_template_and_no_metadata_makes_markup_of_data() -> None:
    """R-S2: nothing is marked as safe but our own attributes, and no metadata in Dagster is Markdown."""
    folder = ROOT / "pipelines" / "reporting" / "templates"
    safe = [
        found for path in folder.glob("*.j2") for found in re.findall(r"\{\{[^}]*\|\s*safe[^}]*\}\}", path.read_text())
    ]
    assert {
        found for found in safe if not re.fullmatch(r"\{\{ ' [a-z]+=\"[a-z]+\"'\|safe if \w+ \}\}", found)
    } == REVIEWED_SAFE
    code = [path for top in ("pipelines", "assets") for path in (ROOT / top).rglob("*.py")]
    said = [
        path.name
        for path in code
        if re.search(r"MetadataValue\.md|MarkdownMetadata|autoescape=False", path.read_text())
    ]
    assert said == []
