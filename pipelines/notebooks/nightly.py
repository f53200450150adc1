"""Every notebook on what is published: pages in the home for its owner alone, and the names of those that failed."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.configuration import CONFIGURATION, read_section
from pipelines.errors import NotPublished, UsageError
from pipelines.generations import current_generation
from pipelines.notebooks.rendering import INDEX, Pages
from pipelines.notebooks.running import Executed, execute
from pipelines.reporting.pages import write_file
from pipelines.settings import Settings

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
TEMPLATE = "template"


@dataclass(frozen=True)
class NotebookSettings:
    """The table `[notebooks]`: after how many seconds a notebook is ended by force."""

    seconds: int = 120


def notebook_settings(home: Path) -> NotebookSettings:
    """What the installation says of notebooks. Raises UsageError for a time that is none."""
    said = read_section(home, "notebooks", NotebookSettings)
    if said.seconds < 1:
        raise UsageError(f"{home / CONFIGURATION}: [notebooks] seconds must be 1 or more")
    return said


def notebooks_in(folder: Path) -> dict[str, Path]:
    """The notebooks of a folder by name, in alphabetical order; tests that lie beside them are none."""
    found = {path.stem: path for path in sorted(folder.glob("*.py"))}
    return {name: path for name, path in found.items() if NAME.fullmatch(name) and not name.startswith("test_")}


def run_notebooks(settings: Settings, names: list[str] | None, say: Callable[[str], None]) -> list[Executed]:
    """Run the notebooks of `settings.notebooks` (all, or those named) and write their pages; returns how each went.

    Running all of them takes away the pages of those before. Raises NotPublished before the first night, UsageError for a
    `[notebooks]` that cannot be read.
    """
    night = current_generation(settings)
    if night is None:
        raise NotPublished("there are no published results here. Run `stepcare nightly`, or `stepcare demo`")
    found = notebooks_in(settings.notebooks) if settings.notebooks else {}
    seconds, pages = notebook_settings(settings.home).seconds, Pages(night)
    if names is None:
        shutil.rmtree(settings.notebook_pages, ignore_errors=True)
    settings.notebook_pages.mkdir(exist_ok=True, mode=0o700)
    went = []
    for number, name in enumerate(names or found, start=1):
        one = execute(found[name], settings.home, seconds)
        _write(settings.notebook_pages / f"{name}.html", pages.page_of(one))
        pictures = "1 picture" if one.n_pictures == 1 else f"{one.n_pictures} pictures"
        ended = f"failed in {one.failure}" if one.failure else pictures
        say(f"{number} of {len(names or found)}  {name}: {ended}, {one.seconds:.1f} s")
        went.append(one)
    if names is None:
        _write(settings.notebook_pages / f"{INDEX}.html", pages.index_of(went))
    return went


def _write(path: Path, page: str) -> None:
    write_file(path, page)
    path.chmod(0o600)
