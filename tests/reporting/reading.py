"""A page as a reader opens it: alone, and fit to be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

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


@contextmanager
def opened_alone(browser: Browser, file: Path, **settings: Any) -> Iterator[Page]:
    """The page of a file, which asked for nothing but itself and said nothing on the console."""
    page = browser.new_page(**settings)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(file.as_uri())
    assert (asked, said) == ([file.as_uri()], [])
    yield page
    page.close()


def must_read_well(page: Page) -> None:
    """No sideways scrolling, AA contrast, no label of a figure cut off, everything named, one first heading."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    ratio, text = page.evaluate(LOWEST_CONTRAST)
    assert ratio >= 4.5, f"contrast {ratio:.1f} of '{text}'"
    assert page.evaluate(SPILLING_SVG_TEXT) == []
    assert page.evaluate(UNNAMED) == []
    assert page.locator("h1").count() == 1
