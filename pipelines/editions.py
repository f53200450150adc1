"""A night's part in the reports of weeks and months: which editions it makes, and where the methods appendix of each belongs."""

from datetime import date
from pathlib import Path

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
from pipelines.reporting.editions import seal, write_due_editions, write_editions
from pipelines.reporting.model import Reports, Stamp
from pipelines.reporting.number_forms import written_in
from pipelines.reporting.periods import Edition, period_of
from pipelines.reporting.shelf_names import NETWORK
from pipelines.settings import Settings


def make_editions(settings: Settings, folder: Path, reports: Reports, day: date) -> int:
    """Write into `folder` the night's reports as the editions that are due on `day`, in the clinics' zone, and as corrections
    asked for; returns how many.

    What an earlier night made and a kill kept from its shelf is filed first.
    """
    file_editions(settings)
    stamp, asked = reports.network.stamp, corrections_asked(settings)
    with written_in(reports.network.branding.language):
        due = [(edition, stamp_for(stamp, edition, settings.timezone)) for edition in editions_due(settings, day)]
        written = write_due_editions(folder, reports, due)
        for name, because in asked.items():
            period = period_of(name)
            if period is not None:
                own = stamp_for(stamp, Edition.first(period), settings.timezone)
                written += write_editions(folder, _stamped(reports, own), correction_of(settings, name, because))
    if asked:
        folder.mkdir(exist_ok=True, mode=0o700)
        write_corrections(folder / CORRECTIONS, asked)
    return len(written)


def _stamped(reports: Reports, stamp: Stamp) -> Reports:
    clinics = tuple(one.model_copy(update={"stamp": stamp}) for one in reports.clinics)
    return Reports(clinics=clinics, network=reports.network.model_copy(update={"stamp": stamp}))


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
