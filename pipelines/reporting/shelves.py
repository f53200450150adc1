"""The index pages of filed reports: one a clinic, one for the network, one of all, and the redirect to the latest report.

They are made from what lies in the folders alone, so that they can be made again at any time.
"""

import json
import re
from pathlib import Path
from typing import Any

from pipelines.reporting.editions import MANIFEST, NUMBERS, PAGE, PDF, TABLE
from pipelines.reporting.pages import page_environment, write_file
from pipelines.reporting.periods import Period, period_of
from pipelines.reporting.shelf_names import NETWORK, is_of_practitioner

_VERSION = re.compile(r"v([1-9]\d{0,3})")
_FILES = ((PAGE, "page"), (PDF, "PDF"), (TABLE, "CSV"), (NUMBERS, "JSON"))


def newest_edition(folder: Path) -> tuple[int, Path] | None:
    """The greatest version filed in a period's folder, and its place; None when there is none."""
    found = [(int(match[1]), path) for path in folder.glob("v*") if (match := _VERSION.fullmatch(path.name))]
    return max(found, default=None)


def editions_of(folder: Path, period: str) -> list[Path]:
    """Every edition that is filed for a period, of all shelves."""
    return sorted(path for path in folder.glob(f"*/{period}/v*") if _VERSION.fullmatch(path.name))


def latest_edition(shelf: Path) -> Path | None:
    """The newest version of the newest period of a shelf, as a folder; None when nothing is filed."""
    periods = periods_in(shelf) if shelf.is_dir() else []
    newest = newest_edition(periods[0][1]) if periods else None
    return newest[1] if newest else None


def periods_in(shelf: Path) -> list[tuple[Period, Path]]:
    """The periods of which a shelf holds reports, the newest first."""
    found = [(period, path) for path in shelf.iterdir() if path.is_dir() and (period := period_of(path.name))]
    return sorted((one for one in found if newest_edition(one[1])), reverse=True)


def write_shelves(folder: Path) -> None:
    """Write the index page of every shelf in `folder`, its redirect to the latest report, and the index of all."""
    environment = page_environment()
    shelf_page, latest_page = (environment.get_template(f"{name}.html.j2") for name in ("shelf", "latest"))
    others = []
    for shelf in sorted(path for path in folder.iterdir() if path.is_dir()):
        periods = periods_in(shelf)
        if not periods:
            continue
        period, place = periods[0]
        newest = newest_edition(place)
        name = "All clinics" if shelf.name == NETWORK else shelf.name
        page = shelf_page.render(name=name, shelves=_shelves(periods), others=[])
        write_file(shelf / "index.html", page)
        if newest is not None:
            href = f"../{period.name}/v{newest[0]}/{PAGE}"
            write_file(shelf / "latest" / "index.html", latest_page.render(href=href, period=period.words))
        if not is_of_practitioner(shelf.name):
            others.append((f"{shelf.name}/index.html", name))
    write_file(folder / "index.html", shelf_page.render(name="All reports", shelves=[], others=others))


def _shelves(periods: list[tuple[Period, Path]]) -> list[tuple[str, list[dict[str, Any]]]]:
    rows: dict[str, list[dict[str, Any]]] = {"week": [], "month": []}
    for period, place in periods:
        versions = sorted(
            (int(found[1]) for path in place.iterdir() if (found := _VERSION.fullmatch(path.name))), reverse=True
        )
        for version in versions:
            said = json.loads((place / f"v{version}" / MANIFEST).read_text(encoding="utf-8"))["edition"]
            note = f"Correction: {said['because']}" if said["because"] else ""
            if version < versions[0]:
                note = f"Version {versions[0]} takes its place. {note}".strip()
            files = [(f"{period.name}/v{version}/{file}", text) for file, text in _FILES]
            rows[period.kind].append({"period": period.words, "version": version, "files": files, "note": note})
    return [(title, rows[kind]) for kind, title in (("month", "Months"), ("week", "Weeks")) if rows[kind]]
