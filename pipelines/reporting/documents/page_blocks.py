"""What a report's page shows, as blocks in its order: headings, paragraphs, lists, cards, tables and pictures.

What the page folds away (the numbers behind a picture, past quarters, slices) stays there and in the CSV; a picture's description
says its numbers. The page is the one text of a report: the PDF is made from these blocks and cannot say anything else. Our pages
are well-formed, so the standard library's parser reads them.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET

Block = dict[str, Any]
Run = dict[str, str]
"""A piece of a line: `text` and `look` ('', 'strong' or 'muted'), or `svg`, a small picture without words of its own."""

_LOOKS = {"b": "strong", "strong": "strong", "small": "muted", "i": "muted"}
_CARDS = {"findings", "tiles", "carries"}
_LEFT_OUT_TAGS, _LEFT_OUT_CLASSES = {"nav", "summary"}, {"figure-narrow", "unseen"}
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WHITE = re.compile(r"[ \t\n]+")
_A_LONG_CELL = 26
"""Characters: a column with a longer cell shares the width that the others leave."""


def blocks_of(page: str) -> dict[str, list[Block]]:
    """The blocks of the page's header, its main part and its footer. Raises ParseError when one of them is not well-formed."""
    return {part: _blocks_within(_text_of(page, part)) for part in ("header", "main", "footer")}


def _text_of(page: str, tag: str) -> str:
    start, end = page.index(f"<{tag}", page.index("<body")), page.rindex(f"</{tag}>")
    return f"{page[start:end]}</{tag}>"


@lru_cache(maxsize=3)  # the editions of one report differ in header and footer alone
def _blocks_within(text: str) -> list[Block]:
    whole = _NO_XML.sub("\ufffd", text)
    return list(_blocks(ET.fromstring(whole)))  # noqa: S314  our own page, every foreign word in it escaped


def words_in(blocks: Iterable[Block]) -> Iterator[str]:
    """Every piece of text of the blocks, without the descriptions of pictures."""
    for block in blocks:
        for name in ("text", "caption", "columns", "rows", "items", "terms"):
            yield from _texts(block.get(name, []))
        for card in block.get("cards", ()):
            yield from words_in(card["blocks"])


def _texts(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, list):
            yield from _texts(part)
        elif "text" in part:
            yield part["text"]


def _blocks(element: ET.Element) -> Iterator[Block]:
    for child in element:
        yield from _block(child)


def _block(element: ET.Element) -> Iterator[Block]:
    tag, classes = element.tag, _classes(element)
    if tag in _LEFT_OUT_TAGS or classes & _LEFT_OUT_CLASSES or (tag == "details" and "open" not in element.attrib):
        return
    if tag in {"h1", "h2", "h3"}:
        yield {"kind": "heading", "level": int(tag[1]), "text": _runs(element)}
    elif tag in {"p", "figcaption"}:
        yield {"kind": "paragraph", "look": next(iter(sorted(classes)), ""), "text": _runs(element)}
    elif classes & _CARDS:
        cards = [{"is_problem": "problem" in _classes(card), "blocks": list(_blocks(card))} for card in element]
        yield {"kind": "cards", "cards": cards}
    elif tag == "ul":
        yield {"kind": "list", "items": [_runs(item) for item in element]}
    elif tag == "dl":
        terms = [_runs(part) for part in element]
        yield {"kind": "terms", "terms": [list(pair) for pair in zip(terms[::2], terms[1::2], strict=True)]}
    elif tag == "table":
        yield _table(element)
    elif tag == "svg":
        yield _picture(element)
    elif tag == "img":
        yield {"kind": "paragraph", "look": "kicker", "text": [{"text": element.attrib["alt"], "look": ""}]}
    elif tag == "figure":
        yield _figure(element)
    else:
        yield from _blocks(element)


def _figure(element: ET.Element) -> Block:
    caption, picture = _blocks(element)
    return {"kind": "figure", "caption": caption["text"], "picture": picture}


def _picture(element: ET.Element) -> Block:
    alt = ". ".join(part.text or "" for part in element if part.tag in {"title", "desc"})
    width = float(element.attrib["viewBox"].split()[2])
    return {"kind": "picture", "alt": alt, "svg": _svg(element), "width": width}


def _svg(element: ET.Element) -> str:
    alone = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg"} | element.attrib)
    alone.extend(element)
    return ET.tostring(alone, encoding="unicode")


def _table(element: ET.Element) -> Block:
    caption, head = element.find("caption"), element.find("thead")
    if caption is None or head is None:
        raise ValueError("a table of a page has a caption and a head")
    columns = [_runs(cell) for cell in head[0]]
    rows = [[_runs(cell) for cell in row] for body in element.iter("tbody") for row in body]
    whole = [[cell for cell in row if len(row) == len(columns)] for row in rows]
    longest = [max((len(_plain(row[place])) for row in whole if row), default=0) for place in range(len(columns))]
    return {
        "kind": "table",
        "caption": _runs(caption),
        "columns": columns,
        "is_long": [length > _A_LONG_CELL for length in longest],
        "rows": rows,
    }


def _plain(runs: list[Run]) -> str:
    return "".join(run.get("text", "") for run in runs)


def _runs(element: ET.Element) -> list[Run]:
    """The text of an element as runs, white space as a browser would have it."""
    runs = list(_pieces(element, ""))
    for place, edge in ((0, str.lstrip), (-1, str.rstrip)):
        while runs and "text" in runs[place]:
            runs[place]["text"] = edge(runs[place]["text"], " ")
            if runs[place]["text"]:
                break
            del runs[place]
    return [run for run in runs if run.get("text") != ""]


def _pieces(element: ET.Element, look: str) -> Iterator[Run]:
    if element.tag == "svg":
        yield {"svg": _svg(element)}
        return
    own = _LOOKS.get(element.tag, look)
    yield {"text": _spaced(f" {element.text}" if element.tag == "i" else element.text), "look": own}
    for child in element:
        if not _classes(child) & _LEFT_OUT_CLASSES:
            yield from _pieces(child, own)
        yield {"text": _spaced(child.tail), "look": own}


def _spaced(text: str | None) -> str:
    return _WHITE.sub(" ", text or "")


def _classes(element: ET.Element) -> set[str]:
    return set(element.attrib.get("class", "").split())
