"""A first draft of a mapping, from a sample of a practice's export: for a person to correct, not to run as it is.

What fits is written in, what does not is left as ??? (which no mapping may hold), and what the sample cannot tell is asked. Texts
of the sample stand in it only where a column has few different ones that look like answers.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import yaml

from pipelines.contracts import FEEDS
from pipelines.errors import UsageError
from pipelines.exporting.day_formats import ISO, day_reader
from pipelines.exporting.making import Cell
from pipelines.exporting.records import DAY_FIELDS, LINKS
from pipelines.exporting.table_files import SPREADSHEETS, rows_of
from pipelines.exporting.table_mapping import DELIMITERS
from pipelines.exporting.table_rules import FileRule
from pipelines.exporting.vocabulary import ANSWERS, FIELDS, PATIENT
from pipelines.privacy.identifiers import header_kinds

_SAMPLED_ROWS = 2_000
_MOST_ANSWERS = 15
_LONGEST_ANSWER = 40
_CLOSE = 0.85
_UNDECIDED = "???"
_TIMES = ("", " hh:mm", " hh:mm:ss", " hh:mm AM", " hh:mm:ss AM")
_DAYS = ("DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "YYYY/MM/DD")
_FORMS = (ISO, *(f"{day}{time}" for day in _DAYS for time in _TIMES))


@dataclass(frozen=True)
class Sample:
    """A sample of a file: how it seems to be written, its columns and the cells of each."""

    path: Path
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]


def read_sample(path: Path) -> Sample:
    """The first rows of a CSV or XLSX file; raises UsageError when it cannot be read or has no rows."""
    encoding, delimiter = ("utf-8-sig", ",") if path.suffix.lower() in SPREADSHEETS else _writing(path)
    rule = FileRule(path.name, "", encoding, delimiter, ".", (), frozenset(), frozenset(), (), "the draft")
    rows = [cells for _, cells in _first(rows_of(path, rule), _SAMPLED_ROWS)]
    if len(rows) < 2:
        raise UsageError(f"{path.name} has no rows under its header. Give a file with some records")
    columns = tuple(str(cell).strip() for cell in rows[0])
    filled = [[*row, *([""] * (len(columns) - len(row)))] for row in rows[1:]]
    return Sample(path, encoding, delimiter, columns, tuple(zip(*(row[: len(columns)] for row in filled), strict=True)))


def _first(rows: Iterable[tuple[int, list[Cell]]], n_rows: int) -> list[tuple[int, list[Cell]]]:
    return [row for row, _ in zip(rows, range(n_rows), strict=False)]


def _writing(path: Path) -> tuple[str, str]:
    content = path.read_bytes()[:200_000]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        try:
            content[: content.rfind(b"\n") + 1].decode("utf-8")
            encoding = "utf-8-sig"
        except UnicodeDecodeError:
            encoding = "cp1252"
    text = content.decode(encoding, "replace")
    try:
        delimiter = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|").delimiter
    except csv.Error:
        delimiter = ","
    return encoding, delimiter


def draft(path: Path, clinic_code: str) -> str:
    """The text of a mapping file for files like the one at `path`; raises UsageError when it cannot be read."""
    sample = read_sample(path)
    feed = _feed_of(sample)
    found = {_field_of(feed, name): place for place, name in reversed(list(enumerate(sample.columns)))}
    found.pop("", None)
    forms = {name: _forms_of(sample.cells[place]) for name, place in found.items() if _is_day(feed, name)}
    lines = [
        "# A draft made from a sample: look at every line. ??? must become a code of the contract, or the line must go.",
        f"clinic_code: {_quoted(clinic_code)}",
        "time_zone: Europe/London      # the clinic's own",
        "source:",
        "  kind: tables",
        *_dates_lines(forms),
        f"  encoding: {sample.encoding}",
        f"  delimiter: {next(name for name, sign in DELIMITERS.items() if sign == sample.delimiter)}",
        "  files:",
        f"    - file: {_quoted(path.name)}      # * stands for what changes from export to export",
        "      records:",
        f"        - feed: {feed}      # or another: {', '.join(FEEDS)}",
        "          fields:",
    ]
    for name in sorted(found, key=lambda name: found[name]):
        lines += _field_lines(feed, name, sample, found[name])
    lines += _unmapped_lines(sample, set(found.values()))
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).splitlines()[0]


def _words(name: str) -> str:
    return " ".join("".join(sign if sign.isalnum() else " " for sign in name.lower()).split())


def _phrases(feed: str) -> dict[str, str]:
    phrases = {phrase: name for (of, name), said in FIELDS.items() if of == feed for phrase in said}
    phrases |= {_words(name): name for name in FEEDS[feed].columns}
    return phrases | dict.fromkeys(PATIENT, "patient_key")


def _field_of(feed: str, column: str) -> str:
    phrases = _phrases(feed)
    close = get_close_matches(_words(column), phrases, n=1, cutoff=_CLOSE)
    return phrases[close[0]] if close else ""


def _feed_of(sample: Sample) -> str:
    """The feed with the most fields among the columns; of several, the first in the contract's order."""
    scores = {feed: len({_field_of(feed, name) for name in sample.columns} - {"", "patient_key"}) for feed in FEEDS}
    return max(scores, key=lambda feed: scores[feed])


def _is_day(feed: str, name: str) -> bool:
    return name in DAY_FIELDS[feed] or name in ("starts_at", "ends_at")


def _forms_of(cells: Sequence[Cell]) -> list[str]:
    """Every form of a date in which all the texts of the column could be written; none when there are none."""
    texts = {str(cell).strip() for cell in cells if not isinstance(cell, date) and str(cell).strip()}
    return [form for form in _FORMS if texts and all(_can_be(form, text) for text in texts)]


def _can_be(form: str, text: str) -> bool:
    try:
        day_reader(form)(text)
    except ValueError:
        return False
    return True


def _dates_lines(forms: dict[str, list[str]]) -> list[str]:
    written = [set(found) for found in forms.values() if found]
    common = sorted(set.intersection(*written)) if written else []
    if len(common) == 1:
        return [f"  dates: {common[0]}"]
    if common:
        said = "both the day first and the month first" if len(common) == 2 else "several forms"
        return [f"  # The sample fits {said}: take the right one.", *(f"  # dates: {form}" for form in common)]
    return ["  # dates: DD/MM/YYYY or MM/DD/YYYY      # the sample does not tell"] if forms else []


def _field_lines(feed: str, name: str, sample: Sample, place: int) -> list[str]:
    column = _quoted(sample.columns[place])
    codes = next((field.codes for field in FEEDS[feed].fields if field.name == name), ())
    if not codes:
        note = (
            "      # never leaves as it is"
            if name in (*LINKS[feed], "patient_key", "session_key", "practitioner_key")
            else ""
        )
        return [f"            {name}: {column}{note}"]
    lines = [f"            {name}:", f"              column: {column}", "              values:"]
    answers = Counter(str(cell).strip() for cell in sample.cells[place] if str(cell).strip())
    shown = [text for text in sorted(answers) if len(text) <= _LONGEST_ANSWER]
    kinds = header_kinds(shown)
    shown = [text for text, kind in zip(shown, kinds, strict=True) if kind is None]
    if len(answers) > _MOST_ANSWERS:
        return [
            *lines,
            f"                {_UNDECIDED}: {_UNDECIDED}      # {len(answers)} different texts; known: {', '.join(codes)}",
        ]
    return lines + [f"                {_quoted(text)}: {_code_of(text, codes)}" for text in shown]


def _code_of(text: str, codes: Sequence[str]) -> str:
    said = text.casefold()
    if said in codes:
        return said
    guesses = [code for code, answers in ANSWERS.items() if said in answers and (code in codes or code[0] == ".")]
    return guesses[0] if guesses else f"{_UNDECIDED}      # known: {', '.join(codes)}"


def _unmapped_lines(sample: Sample, used: set[int]) -> list[str]:
    left = [name for place, name in enumerate(sample.columns) if place not in used and name]
    if not left:
        return []
    kinds = header_kinds(left)
    named = [name for name, kind in zip(left, kinds, strict=True) if kind is None or kind.startswith("a column named")]
    return ["# Not mapped, so these columns stay at the clinic:", *(f"#   {name}" for name in named)]
