"""The pages in a real browser at the width of a desk and of a telephone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipelines.reporting.building import build_reports
from pipelines.reporting.pages import write_pages
from tests.browsing import chromium

from .released import STAMP, exact_tables, released

pytestmark = pytest.mark.ci

PAGES = ("index", "network", "clinics/C001", "clinics/C003")
LOWEST_CONTRAST = """() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let lowest = [99, ''];
  for (const element of document.querySelectorAll('main *, header *, footer *')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || element.closest('svg') || element.hidden || !element.getClientRects().length) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < lowest[0]) lowest = [ratio, element.textContent.trim().slice(0, 60)];
  }
  return lowest;
}"""
SPILLING_SVG_TEXT = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
  if (!svg.getClientRects().length) return [];
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => {
    const at = text.getBoundingClientRect();
    return at.left < box.left - 1 || at.right > box.right + 1 || at.bottom > box.bottom + 1;
  }).map(text => text.textContent);
})"""
UNNAMED = """() => [...document.querySelectorAll('a, summary, svg[role=img], section')].filter(element => {
  const named = (element.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean);
  return !(element.textContent.trim() || named.length) || named.some(id => !document.getElementById(id));
}).map(element => element.outerHTML.slice(0, 80))"""


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
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto((folder / f"{name}.html").as_uri())
    assert [url for url in asked if not url.startswith("file:")] == []
    assert len(asked) == 1
    assert said == []
    yield page
    page.close()


def test_a_page_fits_reads_well_and_names_everything(opened: Page) -> None:
    """No sideways scrolling, AA contrast, no label of a figure cut off, everything named, one first heading."""
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    ratio, text = opened.evaluate(LOWEST_CONTRAST)
    assert ratio >= 4.5, f"contrast {ratio:.1f} of '{text}'"
    assert opened.evaluate(SPILLING_SVG_TEXT) == []
    assert opened.evaluate(UNNAMED) == []
    assert opened.locator("h1").count() == 1


def test_a_page_can_be_read_with_the_keyboard(opened: Page) -> None:
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "Skip to the report"
    for summary in opened.locator("summary").all()[:1]:
        summary.focus()
        opened.keyboard.press("Enter")
        assert opened.locator("details[open] table").first.is_visible()
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
