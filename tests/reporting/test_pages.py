import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.reporting.appendix.files import FOLDER, write_appendix
from pipelines.reporting.building import build_reports
from pipelines.reporting.model import ClinicReport, NetworkReport, Reports
from pipelines.reporting.pages import file_name, write_pages
from pipelines.reporting.words import INTEREST_LINE, NEVER_SAID, NOT_ADVICE_LINE, SIMULATED_LINE, date_words

from .appendix_tables import appendix_tables
from .released import STAMP, exact_tables, released

VOID = {"meta", "br", "col", "hr", "img", "link", "input", "line", "rect", "circle", "polygon", "polyline"}
PAYLOAD = '"><script>alert(1)</script>'


class Page(HTMLParser):
    """What a test asks of a page: whether tags match, headings in order, ids, links, tables and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.seen: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(int(tag[1]))
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.links.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data


@pytest.fixture(scope="module")
def reports() -> Reports:
    return build_reports(released(exact_tables()), STAMP)


@pytest.fixture(scope="module")
def folder(reports: Reports, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reports")
    write_pages(place, reports)
    write_appendix(place / FOLDER, appendix_tables(), STAMP)
    return place


@pytest.fixture(params=["index.html", "network.html", "clinics/C001.html", "clinics/C003.html"])
def text(folder: Path, request: pytest.FixtureRequest) -> str:
    return (folder / str(request.param)).read_text(encoding="utf-8")


def test_a_page_and_its_numbers_are_written_for_each_clinic_and_the_network(folder: Path) -> None:
    written = sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.parent.name != FOLDER
    )
    codes = ["C001", "C002", "C003", "C004"]
    clinics = [f"clinics/{code}.{kind}" for code in codes for kind in ("html", "json")]
    assert written == sorted([*clinics, "index.html", "network.html", "network.json"])


def test_a_page_is_well_formed_and_its_headings_go_down_by_one(text: str) -> None:
    page = Page(text)
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert len(page.ids) == len(set(page.ids))


def test_a_page_has_landmarks_a_language_and_a_way_past_the_top(text: str) -> None:
    page = Page(text)
    assert {"header", "main", "footer"} <= set(page.seen)
    assert ("html", "lang", "en") in page.attributes
    assert ("a", "href", "#main") in page.attributes
    assert "main" in page.ids
    named = [value for tag, name, value in page.attributes if tag == "section" and name == "aria-labelledby"]
    assert set(named) <= set(page.ids)


def test_a_page_asks_nothing_of_the_network_and_runs_at_most_its_own_script(text: str) -> None:
    assert "http://" not in text
    assert "https://" not in text
    page = Page(text)
    assert not {"link", "iframe", "img", "object"} & set(page.seen)
    assert not [name for _, name, _ in page.attributes if name == "src" or name.startswith("on")]
    policy = next(value for tag, name, value in page.attributes if (tag, name) == ("meta", "content"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == page.seen.count("script") <= 1
    for script in scripts:
        assert len(script) <= 1024
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"script-src 'sha256-{digest}'" in policy


def test_links_lead_to_pages_that_exist(folder: Path) -> None:
    for path in folder.rglob("*.html"):
        page = Page(path.read_text(encoding="utf-8"))
        for link in page.links:
            assert link.startswith("#") or (path.parent / link).resolve().is_file()


def test_the_index_says_when_it_was_made_and_when_something_is_wrong(folder: Path) -> None:
    """R-F3: a page cannot know its age; its reader is told what age is too much."""
    text = Page((folder / "index.html").read_text(encoding="utf-8")).text
    assert f"Made on {date_words(STAMP.made_at)} at {STAMP.made_at:%H:%M} UTC" in text
    assert "more than 26 hours ago" in text
    assert "something is wrong: tell the operator" in text


def test_every_table_has_a_caption_and_headers_with_a_scope(text: str) -> None:
    page = Page(text)
    assert page.seen.count("table") == page.seen.count("caption")
    assert page.seen.count("th") == sum(1 for tag, name, _ in page.attributes if (tag, name) == ("th", "scope"))


def test_every_number_of_a_clinic_s_shares_is_on_its_page(folder: Path, reports: Reports) -> None:
    for clinic in reports.clinics:
        text = Page((folder / "clinics" / f"{clinic.clinic_code}.html").read_text(encoding="utf-8")).text
        plain = text.replace("\u00a0", " ")
        for indicator in clinic.indicators:
            assert indicator.share.words is None or indicator.share.words in plain
        for arrival in clinic.arrivals:
            assert arrival.n_rows is None or f"{arrival.n_rows:,}" in plain


def test_the_numbers_beside_a_page_are_the_report_itself(folder: Path, reports: Reports) -> None:
    assert NetworkReport.model_validate_json((folder / "network.json").read_text(encoding="utf-8")) == reports.network
    first = (folder / "clinics" / "C001.json").read_text(encoding="utf-8")
    assert ClinicReport.model_validate_json(first) == reports.clinics[0]
    assert json.loads(first)["schema_version"] == "2.0.0"


def test_a_clinic_s_page_says_what_it_must(folder: Path) -> None:
    text = Page((folder / "clinics" / "C001.html").read_text(encoding="utf-8")).text
    plain = " ".join(text.replace("\u00a0", " ").split())
    for said in (
        SIMULATED_LINE,
        INTEREST_LINE,
        NOT_ADVICE_LINE,
        "All clinics together.",
        "What arrived and what was refused",
        "What cannot be said",
        "23 November 2026, 02:41 UTC",
        "run 9f1c2ab7",
        "Not a ranking",
        "PACBACK 2026",
    ):
        assert said in plain


def test_a_delivery_that_was_not_loaded_is_named_with_its_reason_on_its_clinic_s_page_and_the_network_s(
    folder: Path,
) -> None:
    for name in ("clinics/C002.html", "network.html"):
        page = (folder / name).read_text(encoding="utf-8")
        assert "C002/2026-11-23" in page
        assert "line 1 names a column twice. Send each column once" in page
    assert "2026-11-23" not in (folder / "clinics/C001.html").read_text(encoding="utf-8").split("</main>")[0]


def test_no_page_says_what_may_never_be_said(text: str) -> None:
    plain = text.replace("\u00a0", " ").lower()
    assert [phrase for phrase in NEVER_SAID if phrase in plain] == []


def test_real_records_carry_no_watermark(tmp_path: Path) -> None:
    stamp = STAMP.model_copy(update={"is_simulated": False})
    write_pages(tmp_path, build_reports(released(exact_tables()), stamp))
    assert "Simulated" not in (tmp_path / "network.html").read_text(encoding="utf-8")


def test_the_same_reports_give_the_same_bytes(folder: Path, reports: Reports, tmp_path: Path) -> None:
    for path in write_pages(tmp_path, reports):
        assert path.read_bytes() == (folder / path.relative_to(tmp_path)).read_bytes()


def test_markup_in_a_clinic_code_is_text_on_every_page(tmp_path: Path) -> None:
    write_pages(tmp_path, build_reports(released(exact_tables({PAYLOAD: 300})), STAMP))
    for path in tmp_path.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        Page(text)
    assert [path.suffix for path in (tmp_path / "clinics").iterdir()].count(".html") == 1


@pytest.mark.parametrize("code", ["../../outside", "/etc/passwd", "a/b", "C.1", ".."])
def test_a_clinic_code_never_leads_out_of_the_folder(code: str, tmp_path: Path) -> None:
    name = file_name(code)
    assert "/" not in name
    assert "." not in name
    inside = tmp_path / "reports"
    for path in write_pages(inside, build_reports(released(exact_tables({code: 300})), STAMP)):
        assert path.resolve().is_relative_to(inside.resolve())


def test_plain_codes_keep_their_name_and_others_are_told_apart() -> None:
    assert file_name("C001") == "C001"
    assert file_name("a/b") != file_name("a_b") != file_name("a.b")


def test_codes_that_differ_in_case_only_have_pages_of_their_own(tmp_path: Path) -> None:
    write_pages(tmp_path, build_reports(released(exact_tables({"c001": 300, "C001": 300})), STAMP))
    names = [path.name.lower() for path in (tmp_path / "clinics").glob("*.html")]
    assert len(set(names)) == 2


def test_a_night_with_nothing_to_compare_still_gives_pages(tmp_path: Path) -> None:
    tables = exact_tables({"C009": 12})
    empty = ("effects", "imaging_prevalence", "natural_course", "decision_flow", "quarantine_reasons")
    frames = released(tables | {name: tables[name].head(0) for name in empty})
    write_pages(tmp_path, build_reports(frames, STAMP))
    text = Page((tmp_path / "network.html").read_text(encoding="utf-8")).text
    assert "the comparison was not worked out" in text
    assert "no natural course could be worked out" in text


def test_a_page_is_at_most_150_kib_however_many_the_clinics(tmp_path: Path) -> None:
    many = {f"C{number:03d}": 100 + 37 * number % 500 for number in range(80)}
    for path in write_pages(tmp_path, build_reports(released(exact_tables(many)), STAMP)):
        if path.suffix == ".html":
            assert path.stat().st_size <= 150 * 1024, path.name
    page = (tmp_path / "network.html").read_text(encoding="utf-8")
    assert "64 further clinics stand on the" in page
