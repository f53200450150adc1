"""The report of a week or a month as files that are written once: page, PDF, CSV, JSON and the e-mail's text, a folder each.

Clinic first (`<clinic>/<period>/v1/`), so that the rights of a folder already mean 'own clinic only'.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jinja2 import Environment

from pipelines.checksums import files_of, sha256_of
from pipelines.reporting.documents.figures import Figure, figures_of, lines_of
from pipelines.reporting.documents.letter import letter_of
from pipelines.reporting.documents.pdf import pdf_of
from pipelines.reporting.documents.tables import csv_of
from pipelines.reporting.model import ClinicReport, NetworkReport, Reports, Stamp
from pipelines.reporting.number_forms import written_in
from pipelines.reporting.pages import numbers_of, page_environment, page_of, write_file
from pipelines.reporting.periods import Edition
from pipelines.reporting.practitioner_views import practitioner_view
from pipelines.reporting.practitioners import PractitionerReport
from pipelines.reporting.shelf_names import shelf_of
from pipelines.reporting.views import clinic_view, network_view

PAGE, EVERY_NUMBER, PDF = "report.html", "numbers.html", "report.pdf"
TABLE, NUMBERS, LETTER = "report.csv", "report.json", "e-mail.txt"
MANIFEST = "manifest.json"

AnyReport = ClinicReport | NetworkReport | PractitionerReport
EditionOf = Callable[[AnyReport], Edition | None]
Stamped = tuple[Edition, Stamp]


def write_editions(folder: Path, reports: Reports, edition_of: EditionOf) -> list[Path]:
    """Write the edition that `edition_of` gives for each report below `folder`; None writes nothing. Returns their folders.

    The same reports and editions give the same bytes: the reports' stamps say the period, not the moment.
    """
    return _write(folder, _every(reports), _one(edition_of))


def write_due_editions(folder: Path, reports: Reports, due: Sequence[Stamped]) -> list[Path]:
    """Write every edition that is due, with its stamp, of each report: what the editions of one report share is set once."""
    return _write(folder, _every(reports), lambda _: due)


def write_practitioner_editions(
    folder: Path, reports: tuple[PractitionerReport, ...], edition_of: EditionOf
) -> list[Path]:
    """As `write_editions`, of practitioners' own reports: their page holds every number."""
    return _write(folder, reports, _one(edition_of))


def _every(reports: Reports) -> tuple[AnyReport, ...]:
    return (*reports.clinics, reports.network)


def _one(edition_of: EditionOf) -> Callable[[AnyReport], Sequence[Stamped]]:
    def editions_of(report: AnyReport) -> list[Stamped]:
        edition = edition_of(report)
        return [(edition, report.stamp)] if edition else []

    return editions_of


def _write(
    folder: Path, reports: tuple[AnyReport, ...], editions_of: Callable[[AnyReport], Sequence[Stamped]]
) -> list[Path]:
    written = []
    for report in reports:
        with written_in(report.branding.language):
            for edition, files in _files_of(report, editions_of(report)):
                place = folder / report.shelf / edition.folder
                for file, content in files.items():
                    write_file(place / file, content)
                written.append(place)
    return written


def _files_of(report: AnyReport, editions: Sequence[Stamped]) -> Iterator[tuple[Edition, dict[str, str | bytes]]]:
    """The files of each edition of one report."""
    figures = figures_of(report) if editions else []
    environment = page_environment()
    for edition, stamp in editions:
        own = report.model_copy(update={"edition": edition, "stamp": stamp})
        page = page_text(environment, own)
        files: dict[str, str | bytes] = {
            PAGE: page,
            PDF: pdf_of(own, page),
            TABLE: csv_of(own, figures),
            NUMBERS: numbers_of(own),
            LETTER: letter_of(own),
        }
        if not isinstance(own, PractitionerReport):
            files[EVERY_NUMBER] = numbers_text(environment, own, figures)
        yield edition, files


def page_text(environment: Environment, report: AnyReport) -> str:
    """The page of an edition, with its version and what a correction changed."""
    others = [(PDF, "As PDF"), (TABLE, "Numbers as CSV"), (NUMBERS, "as JSON")]
    if isinstance(report, PractitionerReport):
        own = {"navigation": [("../../index.html", "All of these reports"), *others]}
        return page_of(environment, "practitioner", report, practitioner_view(report) | own)
    files = [(EVERY_NUMBER, "Every number"), *others]
    if isinstance(report, ClinicReport):
        own = {"navigation": [("../../index.html", "All reports of this clinic"), *files]}
        return page_of(environment, "edition_clinic", report, clinic_view(report) | own)
    hrefs = {line.clinic_code: f"../../../{shelf_of(line.clinic_code)}/index.html" for line in report.clinics}
    navigation = [
        ("../../index.html", "All reports of the network"),
        ("methods/appendix.html", "Methods appendix"),
        *files,
    ]
    return page_of(environment, "edition_network", report, network_view(report, hrefs) | {"navigation": navigation})


def numbers_text(environment: Environment, report: ClinicReport | NetworkReport, figures: Sequence[Figure]) -> str:
    """Every number of an edition by section, on a page of its own; of each clinic the network's says what its table shows."""
    own = {
        "name": report.clinic_code if isinstance(report, ClinicReport) else "All clinics",
        "navigation": [(PAGE, "The report"), (PDF, "As PDF"), (TABLE, "Numbers as CSV"), (NUMBERS, "as JSON")],
        "sections": list(lines_of([one for one in figures if one.section != "clinics" and one.is_number]).items()),
    }
    return page_of(environment, "edition_numbers", report, own)


def seal(folder: Path) -> None:
    """Write the manifest of every edition below `folder`: what it is of, and the SHA-256 of each of its files."""
    for numbers in sorted(folder.glob(f"*/*/v*/{NUMBERS}")):
        place, said = numbers.parent, json.loads(numbers.read_text(encoding="utf-8"))
        manifest = {
            "schema_version": "1.0.0",
            "report_schema_version": said["schema_version"],
            "whose": place.parent.parent.name,
            "edition": {
                name: said["edition"][name]
                for name in ("period", "kind", "first_day", "last_day", "version", "because")
            },
            "data_hash": said["stamp"]["data_hash"],
            "code_version": said["stamp"]["code_version"],
            "is_simulated": said["stamp"]["is_simulated"],
            "files": {name: sha256_of(place / name) for name in files_of(place) if name != MANIFEST},
        }
        write_file(place / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def spoilt_in(place: Path) -> list[str]:
    """The files of an edition that are not what its manifest says, missing or not listed. Empty when it is whole."""
    try:
        listed = json.loads((place / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        return [MANIFEST]
    there = {name: sha256_of(place / name) for name in files_of(place) if name != MANIFEST}
    return sorted(name for name in listed.keys() | there.keys() if listed.get(name) != there.get(name))
