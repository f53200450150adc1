"""The methods appendix in a real browser: at the width of a desk and of a telephone, light and dark, and on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipelines.reporting.appendix.files import write_appendix
from tests.browsing import chromium

from .appendix_tables import appendix_tables
from .reading import SPILLING_SVG_TEXT, must_read_well, opened_alone
from .released import STAMP

pytestmark = pytest.mark.ci


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("methods")
    write_appendix(folder, appendix_tables(), STAMP)
    return folder / "appendix.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(params=[(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")], ids=str)
def opened(browser: Browser, place: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, scheme = request.param
    with opened_alone(browser, place, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        yield page


def test_the_appendix_fits_reads_well_and_names_everything(opened: Page) -> None:
    must_read_well(opened)


def test_every_line_of_the_contents_leads_to_its_section(opened: Page) -> None:
    for link in opened.locator("nav.contents a").all():
        target = link.get_attribute("href")
        assert target is not None
        assert opened.locator(f"h2{target}").count() == 1


def test_on_paper_nothing_is_cut_off_and_every_picture_is_there(browser: Browser, place: Path) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 900})
    page.goto(place.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate(SPILLING_SVG_TEXT) == []
    shown = page.evaluate(
        "[...document.querySelectorAll('.figure-wide svg')].filter(e => e.getClientRects().length).length"
    )
    assert shown == page.locator(".figure-wide svg").count() > 10
    page.close()
