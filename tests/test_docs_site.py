"""The documents as a site: built strictly, complete, searchable without a network, asking nobody for anything."""

import re
import tomllib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pipelines.docs_site import build_site, configuration, gather, main, navigation
from pipelines.errors import InstallationError
from tests.browsing import chromium
from tests.conftest import ROOT

REQUEST = re.compile(
    r"""<(?:script|img|iframe|source|audio|video|embed|object)\b[^>]*\s(?:src|data)="(?:https?:)?//[^"]+|"""
    r"""<link\b(?![^>]*rel="canonical")[^>]*\shref="(?:https?:)?//[^"]+|@import\s+["'](?:https?:)?//|url\(["']?(?:https?:)?//"""
)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents") / "site"
    assert main([str(folder)]) == 0
    return folder


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_every_document_has_its_place_and_a_new_one_comes_under_more() -> None:
    parts = navigation(
        {"index.md": "Stepcare", "analysts.md": "For analysts", "new.md": "New", "decisions/index.md": "Decisions"}
    )
    assert parts[0] == {"Start": "index.md"}
    assert {"More": [{"New": "new.md"}]} in parts
    assert {"Analysts": [{"For analysts": "analysts.md"}]} in parts


def test_every_document_of_the_checkout_is_in_the_navigation_once(tmp_path: Path) -> None:
    titles = gather(ROOT, tmp_path / "docs")
    said = tomllib.loads(configuration(titles))["project"]
    listed = re.findall(r"[\w./-]+\.md", str(said["nav"]))
    assert sorted(listed) == sorted(titles)
    assert said["theme"]["font"] is False


@pytest.mark.ci
def test_the_site_has_every_page_and_asks_nobody_for_anything(site: Path) -> None:
    for page in ("index", "clinics", "dpia", "own-questions", "lineage", "CONTRIBUTING", "decisions/index"):
        assert (site / f"{page}.html").is_file()
    read = [path for path in site.rglob("*") if path.suffix in (".html", ".css", ".svg")]
    assert len(read) > 40
    assert {path.name: found[0] for path in read if (found := REQUEST.search(path.read_text(encoding="utf-8")))} == {}


def test_the_search_for_requests_finds_them() -> None:
    for text in (
        '<script src="https://unpkg.com/x"></script>',
        '<link rel="stylesheet" href="https://fonts.example/css">',
        '<img alt="" src="//badge.example/x.svg">',
        'a { background: url("https://x.example/y.png") }',
    ):
        assert REQUEST.search(text)
    assert not REQUEST.search('<a href="https://age-encryption.org">age</a>')


def _search(address: str, word: str) -> tuple[list[str], list[str], list[str]]:
    """(titles found, addresses asked for, errors) of a search typed by a person."""
    with chromium() as browser:
        page = browser.new_page()
        asked: list[str] = []
        wrong: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.keyboard.press("Control+k")
        page.wait_for_timeout(300)
        page.keyboard.type(word)
        page.wait_for_selector("a[href*='?h=']", timeout=20_000)
        found = [str(link.get_attribute("href")) for link in page.query_selector_all("a[href*='?h=']")]
        return found, asked, wrong


@pytest.mark.ci
def test_the_search_finds_a_word_where_pages_are_opened_as_files(site: Path) -> None:
    found, asked, wrong = _search((site / "index.html").as_uri(), "funnel")
    assert any("for-managers.html" in link for link in found)
    assert all(address.startswith("file://") for address in asked)
    assert wrong == []


@pytest.mark.ci
def test_the_search_finds_a_word_from_a_server_that_has_no_network(served: str) -> None:
    found, asked, wrong = _search(f"{served}/index.html", "quarantine")
    assert any("deliveries.html" in link for link in found)
    assert all(address.startswith(served) for address in asked)
    assert wrong == []


@pytest.mark.ci
def test_a_link_that_leads_nowhere_stops_the_building(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "decisions").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Start\n\n[nowhere](nowhere.md)\n", encoding="utf-8")
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"):
        (tmp_path / name).write_text(f"# {name}\n", encoding="utf-8")
    (tmp_path / "docs" / "assets").mkdir()
    for name in ("iframe-worker.js", "favicon.svg"):
        (tmp_path / "docs" / "assets" / name).write_bytes((ROOT / "docs" / "assets" / name).read_bytes())
    with pytest.raises(InstallationError, match="nowhere"):
        build_site(tmp_path / "site", tmp_path)
    assert not (tmp_path / "site").exists()
