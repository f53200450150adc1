"""Own name, logo, language, targets and words: what may be set, and what is refused with table and key named."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.reporting.branding import (
    DEFAULT,
    Branding,
    ReportConfiguration,
    labels_of,
    read_report_configuration,
    usual_labels,
)
from pipelines.reporting.building import build_reports
from pipelines.reporting.number_forms import FORMS, date_words, number_words, written_in
from pipelines.reporting.pages import write_pages

from .released import STAMP, exact_tables, released

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>'


def configured(home: Path, text: str) -> ReportConfiguration:
    (home / "stepcare.toml").write_text(text, encoding="utf-8")
    return read_report_configuration(home)


def test_without_a_file_everything_is_usual(tmp_path: Path) -> None:
    assert read_report_configuration(tmp_path) == DEFAULT


def test_name_logo_language_targets_and_words_reach_every_page(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(LOGO, encoding="utf-8")
    settings = configured(
        tmp_path,
        '[report]\nname = "Réseau Dos"\nlogo = "logo.svg"\nlanguage = "fr-FR"\n'
        '[targets]\nQI-02 = 75\nQI-05 = "none"\n[words]\nfindings = "En bref"\n',
    )
    reports = build_reports(released(exact_tables({"C001": 4120})), STAMP, settings)
    indicators = {one.code: one for one in reports.clinics[0].indicators}
    assert (indicators["QI-02"].target_percent, indicators["QI-02"].verdict) == (75, "missed")
    assert indicators["QI-05"].verdict == "no target"
    write_pages(tmp_path / "reports", reports)
    for name in ("network", "clinics/C001"):
        page = (tmp_path / "reports" / f"{name}.html").read_text(encoding="utf-8")
        assert f'src="data:image/svg+xml;base64,{base64.b64encode(LOGO.encode()).decode()}" alt="Réseau Dos"' in page
        assert "En bref</h2>" in page
        assert "23 novembre 2026" in page
        assert "4\u202f120" in page
        assert "4,120" not in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[report]\nlanguage = "xx"', "language must be one of"),
        ('[report]\nname = ""', "name must be one line"),
        ("[report]\nrepresentative_percent = 0", "representative_percent must be from 1 to 100"),
        ('[report]\ncolour = "red"', "has no setting colour"),
        ("[targets]\nQI-99 = 10", "has no indicator QI-99"),
        ("[targets]\nQI-01 = 101", "QI-01 must be a whole percent"),
        ("[targets]\nQI-01 = true", "QI-01 must be a whole percent"),
        ('[words]\nslogan = "x"', "has no label slogan"),
        ('[words]\nfindings = ""', "findings must be one line"),
        ('[report]\nlogo = "../logo.svg"', "must be a file beside"),
        ('[report]\nlogo = "absent.svg"', "must be a file beside"),
    ],
)
def test_what_cannot_be_used_is_refused_with_table_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        configured(tmp_path, text)


@pytest.mark.parametrize(
    "content",
    [
        "<svg><script>alert(1)</script></svg>",
        '<svg onload="alert(1)"></svg>',
        '<svg><image href="https://host.example/x.png"/></svg>',
        '<svg><a href="javascript:alert(1)">x</a></svg>',
        "<svg><style>@import url(//host.example/x.css)</style></svg>",
        '<!DOCTYPE svg [<!ENTITY x "y">]><svg></svg>',
        "<html><svg></svg></html>",
    ],
)
def test_a_logo_that_runs_links_or_fetches_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "logo.svg").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="shapes only"):
        configured(tmp_path, '[report]\nlogo = "logo.svg"')


def test_a_png_is_taken_and_a_large_or_false_one_refused(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert configured(tmp_path, '[report]\nlogo = "logo.png"').branding.logo.startswith("data:image/png;base64,")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(30_000))
    with pytest.raises(UsageError, match="larger than 20 KiB"):
        read_report_configuration(tmp_path)
    (tmp_path / "logo.png").write_bytes(b"GIF89a")
    with pytest.raises(UsageError, match="must be a PNG"):
        read_report_configuration(tmp_path)


def test_a_label_that_was_not_replaced_stays() -> None:
    labels = labels_of(Branding(labels={"findings": "En bref"}))
    assert labels["findings"] == "En bref"
    assert labels | {"findings": "x"} == usual_labels() | {"findings": "x"}


@pytest.mark.parametrize(
    ("language", "number", "date"),
    [
        ("en-GB", "−1,234.5", "1 December 2026"),
        ("en-US", "−1,234.5", "December 1, 2026"),
        ("fr-FR", "−1\u202f234,5", "1 décembre 2026"),
        ("de-DE", "−1.234,5", "1. Dezember 2026"),
        ("mi-NZ", "−1,234.5", "1 Hakihea 2026"),
    ],
)
def test_numbers_and_dates_are_written_as_the_language_does(language: str, number: str, date: str) -> None:
    with written_in(language):
        assert number_words(-1234.5, 1) == number
        assert date_words(datetime(2026, 12, 1, tzinfo=UTC)) == date
    assert number_words(1234) == "1,234"


def test_a_number_that_rounds_to_nothing_has_no_sign() -> None:
    assert (number_words(-0.04, 1, is_signed=True), number_words(0.05, 1, is_signed=True)) == ("0.0", "+0.1")


def test_every_language_has_twelve_months_and_an_unknown_one_is_refused() -> None:
    assert all(len(form.months) == 12 for form in FORMS.values())
    with pytest.raises(KeyError), written_in("xx"):
        pass
