"""Filed reports, their index pages and the night's pages in a real browser, at the width of a desk and of a telephone."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipelines.filing import stamp_for
from pipelines.reporting.building import build_reports
from pipelines.reporting.editions import seal, write_editions
from pipelines.reporting.model import ClinicReport
from pipelines.reporting.night_pages import write_night_pages
from pipelines.reporting.periods import Edition, ended_before
from pipelines.reporting.shelves import write_shelves
from tests.browsing import chromium

from .reading import must_read_well, opened_alone
from .released import STAMP, exact_tables, released

pytestmark = pytest.mark.ci

PAGES = (
    "C001/2026-W47/v2/report",
    "C003/2026-W47/v1/report",
    "network/2026-W47/v1/report",
    "C001/index",
    "index",
    "night/index",
    "night/network",
    "night/clinics/C003",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("editions")
    tables, first = released(exact_tables()), Edition.first(ended_before(date(2026, 11, 24))[0])
    reports = build_reports(tables, stamp_for(STAMP, first, "Europe/London"))
    said = {"version": 2, "because": "C001 sent its forms again.", "changes": ("Indicators: QI-03: 89 is now 92",) * 40}
    second = first.model_copy(update=said)
    write_editions(place, reports, lambda _: first)
    write_editions(place, reports, lambda one: second if isinstance(one, ClinicReport) else None)
    seal(place)
    write_shelves(place)
    write_night_pages(place / "night", build_reports(tables, STAMP))
    return place


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_filed_page_fits_reads_well_and_asks_for_nothing(
    name: str, width: int, browser: Browser, folder: Path
) -> None:
    with opened_alone(browser, folder / f"{name}.html", viewport={"width": width, "height": 900}) as page:
        must_read_well(page)
        for summary in page.locator("summary").all():
            if summary.is_visible() and summary.evaluate("one => !one.parentElement.open"):
                summary.click()
        must_read_well(page)


def test_the_redirect_leads_to_the_newest_version(browser: Browser, folder: Path) -> None:
    page = browser.new_page()
    page.goto((folder / "C001" / "latest" / "index.html").as_uri())
    page.wait_for_url("**/C001/2026-W47/v2/report.html")
    assert page.get_by_text("it takes the place of version 1").is_visible()
    page.close()
