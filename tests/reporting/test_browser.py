"""The pages in a real browser: at the width of a telephone, a desk and a large screen, on dark paper, with and without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipelines.reporting.building import build_reports
from pipelines.reporting.pages import write_pages
from tests.browsing import chromium

from .reading import must_read_well, opened_alone
from .released import STAMP, exact_tables, released

pytestmark = pytest.mark.ci

PAGES = ("index", "network", "clinics/C001", "clinics/C003", "awkward/network", "awkward/clinics/C003")
AWKWARD = {
    "Clinique de l'Étoile du Nord à Saint-Étienne-du-Rouvray — kinésithérapie et médecine manuelle": 412,
    "Te Whare Hauora o Ngāti Whātua Ōrākei": 96,
    "C003": 3,
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch": 655,
} | {f"D{number:03d}": 300 for number in range(6)}
"""French and Maori names, very long ones, one without a space, and a clinic of three patients."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reports")
    write_pages(place, build_reports(released(exact_tables()), STAMP))
    write_pages(place / "awkward", build_reports(released(exact_tables(AWKWARD)), STAMP))
    return place


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(
    params=[(name, width) for name in PAGES for width in (1920, 1280, 390)], ids=lambda pair: f"{pair[0]} at {pair[1]}"
)
def opened(browser: Browser, folder: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    name, width = request.param
    with opened_alone(browser, folder / f"{name}.html", viewport={"width": width, "height": 900}) as page:
        yield page


def test_a_page_fits_reads_well_and_names_everything(opened: Page) -> None:
    """No sideways scrolling, AA contrast, no label of a figure cut off, everything named, one first heading."""
    must_read_well(opened)


def test_a_page_can_be_read_with_the_keyboard(opened: Page) -> None:
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "Skip to the report"
    for summary in opened.locator("summary").all()[:1]:
        summary.focus()
        opened.keyboard.press("Enter")
        assert opened.locator("details[open] table").first.is_visible()
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("name", ["network", "clinics/C001", "awkward/network"])
def test_a_page_reads_well_on_dark_paper(browser: Browser, folder: Path, name: str) -> None:
    settings = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}
    with opened_alone(browser, folder / f"{name}.html", **settings) as page:
        must_read_well(page)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 24, 31)"


def test_arrow_keys_read_each_mark_of_a_chart(browser: Browser, folder: Path) -> None:
    with opened_alone(browser, folder / "network.html", viewport={"width": 1280, "height": 900}) as page:
        chart = page.locator("#arms ~ figure svg.chart, section[aria-labelledby=arms] svg.chart").first
        titles = chart.locator(".m title").all_text_contents()
        tip = page.locator("section[aria-labelledby=arms] .tip").first
        chart.focus()
        page.keyboard.press("ArrowRight")
        assert tip.text_content() == titles[0]
        page.keyboard.press("ArrowRight")
        assert tip.text_content() == titles[1]
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert tip.text_content() == titles[-1]
        page.keyboard.press("Home")
        assert tip.text_content() == titles[0]
        assert tip.get_attribute("aria-live") == "polite"
        assert page.locator(".m.on").count() == 1


def test_with_scripts_off_every_number_stands_in_a_table(browser: Browser, folder: Path) -> None:
    with opened_alone(browser, folder / "network.html", java_script_enabled=False) as page:
        assert page.locator(".tip").count() == 0
        for summary in page.locator("details.slice > summary").all():
            summary.click()
            assert page.locator("details.slice[open]").count() == 1
        figures = page.locator("figure:has(svg.chart):visible")
        assert figures.count() > 3
        for figure in figures.all():
            figure.locator("summary").click()
            assert figure.locator("details[open] table").is_visible()


def test_a_page_prints_on_a4_without_what_cannot_be_pressed(browser: Browser, folder: Path) -> None:
    with opened_alone(browser, folder / "clinics/C001.html", viewport={"width": 800, "height": 900}) as page:
        page.emulate_media(media="print")
        assert not page.locator("nav").first.is_visible()
        assert not page.locator("summary").first.is_visible()
        assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["network", "clinics/C001", "awkward/network"])
def test_axe_finds_no_violation_of_wcag_2_2_aa(
    browser: Browser, folder: Path, name: str, width: int, scheme: str
) -> None:
    """With every part opened; the rules that axe calls best practice too."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe is not installed: pip install axe-playwright-python")
    source = (Path(str(axe.__file__)).parent / "axe.min.js").read_text(encoding="utf-8")
    settings = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    with opened_alone(browser, folder / f"{name}.html", **settings) as page:
        for summary in page.locator("summary").all():
            summary.click()
        page.evaluate(source)
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert len(found["passes"]) > 30
