"""The four views of a report say the same: every number of the model is in each of them."""

import csv
import json
import re
import shutil
import subprocess
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.filing import stamp_for
from pipelines.privacy.spreadsheets import safe_text
from pipelines.reporting.building import build_reports
from pipelines.reporting.documents.figures import changes_between, figures_of, lines_of, shown
from pipelines.reporting.documents.letter import letter_of, subject_of
from pipelines.reporting.documents.page_blocks import blocks_of, words_in
from pipelines.reporting.documents.pdf import pdf_of
from pipelines.reporting.documents.tables import csv_of
from pipelines.reporting.editions import (
    EVERY_NUMBER,
    LETTER,
    MANIFEST,
    NUMBERS,
    PAGE,
    PDF,
    TABLE,
    page_text,
    seal,
    spoilt_in,
    write_editions,
)
from pipelines.reporting.indicators import HEADLINE
from pipelines.reporting.model import ClinicReport, NetworkReport, Reports
from pipelines.reporting.pages import page_environment
from pipelines.reporting.periods import Edition, ended_before
from pipelines.reporting.shelf_names import shelf_of
from pipelines.reporting.words import NEVER_SAID

from .released import STAMP, exact_tables, released

EDITION = Edition.first(ended_before(date(2026, 11, 24))[0])
ZONE = "Europe/London"
PAYLOAD = '=HYPERLINK("http://x")<script>'


def made(clinics: dict[str, int] | None = None) -> Reports:
    return build_reports(released(exact_tables(clinics)), stamp_for(STAMP, EDITION, ZONE))


@pytest.fixture(scope="module")
def reports() -> Reports:
    return made()


@pytest.fixture(scope="module")
def folder(reports: Reports, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("editions")
    write_editions(place, reports, lambda _: EDITION)
    seal(place)
    return place


@pytest.fixture(params=["C001", "C003", "network"])
def report(reports: Reports, request: pytest.FixtureRequest) -> ClinicReport | NetworkReport:
    every = {one.clinic_code: one for one in reports.clinics} | {"network": reports.network}
    return every[str(request.param)].model_copy(update={"edition": EDITION})


def place_of(folder: Path, report: ClinicReport | NetworkReport) -> Path:
    return folder / getattr(report, "clinic_code", "network") / EDITION.folder


class Text(HTMLParser):
    """The words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words = ""
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.words += f"{data} "


class Main(Text):
    """The words of a page's main part that a sighted reader sees before anything is unfolded, without those in pictures."""

    _left_out = ("svg", "nav", "summary", "details")

    def __init__(self, page: str) -> None:
        self._inside: list[bool] = []
        super().__init__(page[page.index("<main") : page.rindex("</main>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        self._inside.append(tag in self._left_out or "unseen" in classes or "figure-narrow" in classes)

    def handle_endtag(self, tag: str) -> None:
        self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._inside):
            super().handle_data(data)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_value_of_the_model_is_in_the_json_and_the_csv(
    folder: Path, report: ClinicReport | NetworkReport
) -> None:
    place = place_of(folder, report)
    assert type(report).model_validate_json((place / NUMBERS).read_text(encoding="utf-8")) == report
    with (place / TABLE).open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    found = [tuple(line) for line in lines[1:] if line[0] != "report"]
    wanted = [
        (safe_text(one.section), safe_text(one.item), safe_text(one.field), _as_csv(one.value))
        for one in figures_of(report)
    ]
    assert found == wanted
    assert sum(one.is_number for one in figures_of(report)) > 100


def _as_csv(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else safe_text(value) if isinstance(value, str) else str(value)


def test_every_number_of_the_model_is_on_the_page_under_its_name(
    folder: Path, report: ClinicReport | NetworkReport
) -> None:
    place = place_of(folder, report)
    page = squeezed("".join(Text((place / name).read_text(encoding="utf-8")).words for name in (EVERY_NUMBER, PAGE)))
    own = [one for one in figures_of(report) if one.section != "clinics" and one.is_number]
    for lines in lines_of(own).values():
        for what, values in lines:
            assert squeezed(f"{what} {values}") in page
    for line in getattr(report, "clinics", ()):
        for one in (indicator for indicator in line.indicators if indicator.code in HEADLINE):
            assert one.share.words is None or squeezed(one.share.words) in page.partition(line.clinic_code)[2]
    for one in own:
        if one.is_number:
            assert squeezed(f"{one.field.replace('_', ' ')} {shown(one.value)}") in page


def test_the_pdf_says_every_word_and_number_of_the_page_in_its_order(
    folder: Path, report: ClinicReport | NetworkReport
) -> None:
    page = (place_of(folder, report) / PAGE).read_text(encoding="utf-8")
    blocks = blocks_of(page)
    assert squeezed("".join(words_in(blocks["main"]))) == squeezed(Main(page).words)
    assert len(list(words_in(blocks["main"]))) > 300


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="this machine reads no PDF")
def test_every_number_of_the_page_is_in_the_pdf_itself(folder: Path, report: ClinicReport | NetworkReport) -> None:
    place = place_of(folder, report)
    command = ["pdftotext", "-raw", str(place / PDF), "-"]
    text = squeezed(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    said = [words for words in words_in(blocks_of((place / PAGE).read_text(encoding="utf-8"))["main"]) if words.strip()]
    absent = [number for words in said for number in re.findall(r"[−+<>]?\d[\d.,]*", words) if number not in text]
    assert absent == []
    assert sum(bool(re.search(r"\d", words)) for words in said) > 100


def test_every_number_of_the_letter_is_one_of_the_model(folder: Path, report: ClinicReport | NetworkReport) -> None:
    letter = (place_of(folder, report) / LETTER).read_text(encoding="utf-8")
    said = squeezed(json.dumps(report.model_dump(mode="json"), ensure_ascii=False))
    body = letter.split("\n", 1)[1]
    for code in re.findall(r"QI-\d\d", body):
        line = squeezed(body.split(code)[1].split("QI-")[0])
        (one,) = (indicator for indicator in report.indicators if indicator.code == code)
        for number in (one.share.percent, one.share.lower, one.share.upper, one.target_percent):
            assert number is None or str(number) in line
        assert one.share.whole is None or f"{one.share.whole:,}" in line
    for number in re.findall(r"\d[\d,.]*\d|\d", body.replace("QI-", "")):
        assert number.replace(",", "") in said or int(number.replace(",", "")) in range(1, 100), number
    assert [phrase for phrase in NEVER_SAID if phrase in letter.lower()] == []
    assert max(map(len, letter.splitlines())) <= 76


def test_the_same_report_gives_the_same_bytes(folder: Path, reports: Reports, tmp_path: Path) -> None:
    write_editions(tmp_path, reports, lambda _: EDITION)
    seal(tmp_path)
    files = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(files) == 5 * 7
    assert [name for name in files if (tmp_path / name).read_bytes() != (folder / name).read_bytes()] == []


def test_the_moment_and_the_run_of_the_night_are_in_no_file_of_an_edition(reports: Reports) -> None:
    later = STAMP.model_copy(update={"made_at": STAMP.made_at.replace(year=2027), "run_id": "another"})
    assert stamp_for(later, EDITION, ZONE) == reports.network.stamp


def test_the_manifest_tells_of_every_changed_missing_and_added_file(folder: Path, tmp_path: Path) -> None:
    whole = tmp_path / "v1"
    shutil.copytree(folder / "C001" / EDITION.folder, whole)
    assert spoilt_in(whole) == []
    (whole / PDF).write_bytes((whole / PDF).read_bytes()[:-1])
    (whole / LETTER).unlink()
    (whole / "added.txt").write_text("x")
    assert spoilt_in(whole) == ["added.txt", LETTER, PDF]
    (whole / MANIFEST).unlink()
    assert spoilt_in(whole) == [MANIFEST]


def test_a_correction_says_so_in_every_view(reports: Reports, tmp_path: Path) -> None:
    first = reports.clinics[0]
    arrived = first.arrivals[0].model_copy(update={"n_rows": 415})
    changed = first.model_copy(update={"arrivals": (arrived, *first.arrivals[1:])})
    changes = changes_between(figures_of(first), figures_of(changed))
    assert changes == ("Arrivals: intake: n rows: 410 is now 415",)
    second = EDITION.model_copy(update={"version": 2, "because": "C001 sent its forms again.", "changes": changes})
    (place,) = write_editions(
        tmp_path,
        reports.model_copy(update={"clinics": (changed,)}),
        lambda one: second if isinstance(one, ClinicReport) else None,
    )
    assert place == tmp_path / "C001" / "2026-W47" / "v2"
    page = Text((place / PAGE).read_text(encoding="utf-8")).words
    letter = " ".join((place / LETTER).read_text(encoding="utf-8").split())
    document = "".join(words_in(blocks_of((place / PAGE).read_text(encoding="utf-8"))["header"]))
    for said in (page, letter, document, (place / TABLE).read_text(), (place / NUMBERS).read_text()):
        assert "C001 sent its forms again." in said
        assert changes[0] in said
    assert "corrected (version 2)" in subject_of(changed.model_copy(update={"edition": second}))


def test_markup_and_formulas_in_a_clinic_s_code_stay_text_in_every_view(tmp_path: Path) -> None:
    write_editions(tmp_path, made({PAYLOAD: 300, "C001": 300}), lambda _: EDITION)
    for path in tmp_path.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert PAYLOAD not in page
        assert page.count("<script") <= 1
    for path in tmp_path.rglob("*.csv"):
        for line in csv.reader(path.read_text(encoding="utf-8").splitlines()):
            assert not [cell for cell in line if cell.startswith(("=", "+", "@"))]


def test_folders_of_clinics_never_meet_and_never_lead_out() -> None:
    codes = [
        "C001",
        "c001",
        "network",
        "Network",
        "NETWORK",
        "../x",
        "a/b",
        "a_b",
        "A" * 80,
        "A" * 81,
        "",
        ".",
        "latest",
        "Ö1",
    ]
    folders = [shelf_of(code) for code in codes]
    assert len({name.lower() for name in folders}) == len(codes)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name) for name in folders)
    assert (shelf_of("C001"), shelf_of("network")) == ("C001", "network")


def test_what_is_withheld_is_a_number_in_no_view(reports: Reports) -> None:
    small = reports.clinics[2].model_copy(update={"edition": EDITION})
    withheld = [one for one in figures_of(small) if one.value is None and one.field.startswith("n ")]
    lines = csv_of(small, figures_of(small)).splitlines()
    for one in withheld:
        assert f'"{one.section}","{safe_text(one.item)}","{one.field}",""' in lines
    assert "not shown" in letter_of(small) or not withheld


def test_a_pdf_is_tagged_and_says_its_language_and_standard(reports: Reports) -> None:
    report = reports.clinics[0].model_copy(update={"edition": EDITION})
    pdf = pdf_of(report, page_text(page_environment(), report))
    assert pdf.startswith(b"%PDF-1.7")
    for mark in (b"/MarkInfo", b"/StructTreeRoot", b"/Lang", b"pdfuaid"):
        assert mark in pdf


def test_the_limit_below_which_counts_are_withheld_is_said_as_it_is(reports: Reports, tmp_path: Path) -> None:
    stamp = reports.network.stamp.model_copy(update={"smallest_shown": 11})
    strict = reports.clinics[0].model_copy(update={"stamp": stamp})
    (place,) = write_editions(
        tmp_path,
        reports.model_copy(update={"clinics": (strict,)}),
        lambda one: EDITION if isinstance(one, ClinicReport) else None,
    )
    assert "Counts of 1 to 10 are withheld" in (place / PAGE).read_text(encoding="utf-8")
