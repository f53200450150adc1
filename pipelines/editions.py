"""A night's part in the reports of weeks and months: which editions it makes, and where the methods appendix of each belongs."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from pipelines.filing import (
    CORRECTIONS,
    PERIODS,
    correction_of,
    corrections_asked,
    editions_due,
    file_editions,
    stamp_for,
    write_corrections,
)
from pipelines.generations import REPORTS
from pipelines.reporting.appendix.files import BESIDE_EDITION, BESIDE_PAGES, FOLDER, Navigation
from pipelines.reporting.branding import ReportConfiguration, read_report_configuration
from pipelines.reporting.building import build_reports
from pipelines.reporting.editions import seal, write_editions
from pipelines.reporting.model import Stamp
from pipelines.reporting.number_forms import written_in
from pipelines.reporting.periods import Edition, period_of
from pipelines.reporting.shelf_names import NETWORK
from pipelines.settings import Settings


def make_editions(settings: Settings, folder: Path, tables: Mapping[str, pd.DataFrame], stamp: Stamp, day: date) -> int:
    """Write into `folder` the editions that are due on `day`, in the clinics' zone, and corrections asked for; returns how many.

    What an earlier night made and a kill kept from its shelf is filed first.
    """
    file_editions(settings)
    configuration = read_report_configuration(settings.home)
    with written_in(configuration.branding.language):
        return _write_due(settings, folder, tables, stamp, day, configuration)


def _write_due(
    settings: Settings,
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    stamp: Stamp,
    day: date,
    configuration: ReportConfiguration,
) -> int:
    written = 0
    for edition in editions_due(settings, day):
        reports = build_reports(tables, stamp_for(stamp, edition, settings.timezone), configuration)
        written += len(write_editions(folder, reports, lambda _, edition=edition: edition))  # type: ignore[misc]
    asked = corrections_asked(settings)
    for name, because in asked.items():
        period = period_of(name)
        if period is not None:
            reports = build_reports(tables, stamp_for(stamp, Edition.first(period), settings.timezone), configuration)
            written += len(write_editions(folder, reports, correction_of(settings, name, because)))
    if asked:
        folder.mkdir(exist_ok=True, mode=0o700)
        write_corrections(folder / CORRECTIONS, asked)
    return written


def appendix_places(
    settings: Settings, folder: Path, stamp: Stamp, *, is_as_of: bool
) -> list[tuple[Path, Stamp, Navigation]]:
    """Where the methods appendix of this night goes, with its stamp and links: beside the network's editions that were made."""
    if is_as_of:
        return [(folder / REPORTS / FOLDER, stamp, BESIDE_PAGES)]
    found = []
    for place in sorted((folder / PERIODS / NETWORK).glob("*/v*")):
        period = period_of(place.parent.name)
        if period is not None:
            found.append((place / FOLDER, stamp_for(stamp, Edition.first(period), settings.timezone), BESIDE_EDITION))
    return found


def seal_editions(folder: Path) -> None:
    """Write the manifests of the editions that the night in `folder` made: nothing in them changes after this."""
    seal(folder / PERIODS)
