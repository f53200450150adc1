"""The documents as a searchable site that needs no network: `python -m pipelines.docs_site [FOLDER]` builds it (default: `site`).

Zensical builds it, strictly: a link or anchor that leads nowhere is an error. Pages that no part of the site names come under
"More", so that a new page is found without being registered.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import InstallationError
from pipelines.provenance import ROOT

PARTS = {
    "Clinics": ("clinics", "for-managers"),
    "Analysts": (
        "analysts",
        "own-questions",
        "notebooks",
        "sections",
        "exporting",
        "data-dictionary",
        "lineage",
        "checks",
    ),
    "Operators": ("operators", "deliveries", "reliability", "performance", "scale"),
    "Data officers": ("data-officers", "dpia", "SECURITY"),
    "Methods": ("methods", "screening-rules", "real-records", "benchmarks"),
    "Project": ("glossary", "dependencies", "CONTRIBUTING", "CHANGELOG"),
}
"""The site's parts and their pages, by file name without its ending; a page that is not there is passed over."""

_ROOT_PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_DECISIONS = "decisions"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ICONS = {"light": "lucide/sun", "dark": "lucide/moon"}

Page = dict[str, "str | list[Page]"]


def build_site(site: Path, root: Path = ROOT) -> None:
    """Build the documents of the checkout `root` into the folder `site`, which is replaced.

    Raises InstallationError when Zensical is not installed or finds something wrong, with what it says.
    """
    with TemporaryDirectory() as work:
        pages = gather(root, Path(work) / "docs")
        (Path(work) / "zensical.toml").write_text(configuration(pages), encoding="utf-8")
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)  # noqa: S603 (our own command)
        if done.returncode:
            said = _COLOURS.sub("", done.stdout + done.stderr).partition("Traceback")[0]
            raise InstallationError(f"the documents could not be built:\n{said}")
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(Path(work) / "site", site)


def gather(root: Path, docs: Path) -> dict[str, str]:
    """Copy the documents to the folder `docs`; returns the title of each page by its path there, in order of names.

    Pages of the checkout's own folder come along; their links into `docs/` are made to fit.
    """
    shutil.copytree(root / "docs", docs)
    for name in _ROOT_PAGES:
        text = (root / name).read_text(encoding="utf-8").replace("](docs/", "](")
        (docs / name).write_text(text, encoding="utf-8")
    for page in docs.glob("*.md"):
        text = (
            page.read_text(encoding="utf-8")
            .replace("](../", "](")
            .replace(f"]({_DECISIONS})", f"]({_DECISIONS}/index.md)")
        )
        page.write_text(text, encoding="utf-8")
    found = sorted(path.relative_to(docs).as_posix() for path in docs.rglob("*.md"))
    decisions = [name for name in found if name.startswith(f"{_DECISIONS}/")]
    titles = {name: _title(docs / name) for name in found}
    lines = [f"- [{titles[name]}]({Path(name).name})" for name in decisions]
    opening = "# Decisions\n\nWhat was chosen between designs, why, and why not the others, in order.\n\n"
    (docs / _DECISIONS / "index.md").write_text(opening + "\n".join(lines) + "\n", encoding="utf-8")
    return titles | {f"{_DECISIONS}/index.md": "Decisions"}


def _title(page: Path) -> str:
    first = page.read_text(encoding="utf-8").splitlines()[0]
    return first.lstrip("# ").strip()


def navigation(titles: dict[str, str]) -> list[Page]:
    """The site's parts with their pages, as Zensical reads them."""
    named = {"index.md"}
    parts: list[Page] = [{"Start": "index.md"}]
    for part, names in PARTS.items():
        pages = [f"{name}.md" for name in names if f"{name}.md" in titles]
        named |= set(pages)
        parts.append({part: [{titles[page]: page} for page in pages]})
    more = [page for page in titles if page not in named and not page.startswith(f"{_DECISIONS}/")]
    if more:
        parts.append({"More": [{titles[page]: page} for page in more]})
    decisions = [page for page in titles if page.startswith(f"{_DECISIONS}/")]
    first = f"{_DECISIONS}/index.md"
    listed: list[Page] = [{titles[page]: page} for page in decisions if page != first]
    parts.append({"Decisions": [{"All": first}, *listed]})
    return parts


def configuration(titles: dict[str, str]) -> str:
    """The configuration of Zensical: no fonts, scripts or addresses of others, and a search that runs from files."""
    palettes = "\n".join(
        f'[[project.theme.palette]]\nmedia = "(prefers-color-scheme: {name})"\nscheme = "{scheme}"\n'
        f'toggle.icon = "{_ICONS[name]}"\ntoggle.name = "Switch to {other}"'
        for name, scheme, other in (("light", "default", "dark"), ("dark", "slate", "light"))
    )
    return f"""[project]
site_name = "Stepcare"
site_description = "Who improves with rest or exercise, and who is expected to gain from adding manipulation"
docs_dir = "docs"
site_dir = "site"
use_directory_urls = false
nav = {_toml(navigation(titles))}

[project.theme]
font = false
language = "en"
features = ["navigation.tabs", "navigation.top", "navigation.footer", "search.highlight", "content.code.copy", "toc.follow"]
icon.logo = "lucide/activity"
favicon = "assets/favicon.svg"

{palettes}

[project.plugins.search]
[project.plugins.offline]

[project.extra]
generator = false

[[project.extra.polyfills]]
path = "assets/iframe-worker.js"
type = "text/javascript"
async = false
defer = false

[project.markdown_extensions.toc]
permalink = true

[project.markdown_extensions.tables]
[project.markdown_extensions.attr_list]
[project.markdown_extensions.md_in_html]
[project.markdown_extensions.admonition]
[project.markdown_extensions.pymdownx.highlight]
[project.markdown_extensions.pymdownx.superfences]
"""


def _toml(value: str | list[Page] | Page) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return (
        "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {_toml(item)}" for key, item in value.items()) + "}"
    )


def main(arguments: Sequence[str]) -> int:
    """Build the site into the named folder; returns 0, or 9 with what is wrong."""
    site = Path(arguments[0]) if arguments else ROOT / "site"
    try:
        build_site(site.absolute())
    except InstallationError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"Documents    {site / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
