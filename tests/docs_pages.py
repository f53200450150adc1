"""The documents as tests read them: pages, headings with their anchors, links, and blocks of commands."""

import re
from pathlib import Path

from tests.conftest import ROOT

PAGES = (
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def prose(page: Path) -> str:
    """The page without fenced code, inline code and HTML comments."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def links(page: Path) -> list[str]:
    """Where the page's links lead, as written."""
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """The anchors of the page's headings, as the site and GitHub make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#{1,6} (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", re.sub(r"[`*]", "", head)).strip().lower().replace(" ", "-") for head in heads}


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """Every line of a command block that calls `stepcare`: without its prompt, its comment, and what stands before it."""
    text = page.read_text(encoding="utf-8")
    code = re.findall(r"^(?: {4,}|\t)(.+)$", text, flags=re.MULTILINE)
    shells = re.findall(r"^```(?:sh|console)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    code += [line for block in shells for line in block.splitlines()]
    code += re.findall(r"`(stepcare [^`\n]+)`", text)
    found = []
    for line in code:
        called = re.search(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\S*/)?(stepcare (?!: ).+)$", line.strip())
        if called:
            found.append(re.split(r"\s{3,}|\s#", called[1])[0].strip())
    return found
