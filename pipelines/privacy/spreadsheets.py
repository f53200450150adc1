"""Tables for people who open them in a spreadsheet: no text of a clinic's becomes a formula there."""

import csv
import re
from pathlib import Path
from typing import Any

import pandas as pd

_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
_BLANK = "\\s\x00-\x1f\x7f\u00ad\u180e\u200b-\u200f\u2060\ufeff"
_START = re.compile(f"^(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))(?=[{_BLANK}]*[{_FORMULA}])")


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write the table as CSV for people: made safe for spreadsheets, every text quoted (pandas leaves a lone CR unquoted)."""
    safe_for_spreadsheets(frame).to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")


def safe_for_spreadsheets(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy of the table in which every text, and every column's name, is `safe_text`; numbers and missing values stay."""
    columns = {name: _safe_column(frame[name]) for name in frame.columns}
    return pd.DataFrame({_safe(name): column for name, column in columns.items()}, index=frame.index)


def safe_text(text: str) -> str:
    """The text with an apostrophe before every place where a spreadsheet could see a formula begin.

    That is a leading `= + - @` (also full-width or small, also after blanks or invisible characters), a leading tab or line break
    (OWASP, CSV injection), and the same after a semicolon, tab or line break inside the text: a spreadsheet whose locale separates
    by semicolon cuts a cell there. Nothing else changes.
    """
    return _START.sub("'", text)


def _safe_column(column: "pd.Series[Any]") -> "pd.Series[Any]":
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if isinstance(column.dtype, pd.StringDtype) or pd.api.types.is_object_dtype(column.dtype):
        return column.map(_safe)
    return column


def _safe(value: Any) -> Any:
    return safe_text(value) if isinstance(value, str) else value
