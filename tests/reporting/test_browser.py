"""The pages in a real browser at the width of a desk and of a telephone."""

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

PAGES = ("index", "network", "clinics/C001", "clinics/C003")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reports")
    write_pages(place, build_reports(released(exact_tables()), STAMP))
    return place


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(
    params=[(name, width) for name in PAGES for width in (1280, 390)], ids=lambda pair: f"{pair[0]} at {pair[1]}"
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
