"""Drift of a header: what differs between the columns that came and those that the contract lists.

Interface: `drift_of_header(feed, header)` on the header as delivered, before unlisted columns are taken out of the copy that
is kept. The name of a column that the contract does not list may be a person's name, so it is never repeated: such a column is
named by its place in the file, or by the contract's own name that it resembles.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.contracts import Feed

NEW_COLUMN = "new_column"
RENAMED_COLUMN = "renamed_column"
REORDERED_COLUMNS = "reordered_columns"
MISSING_COLUMN = "missing_column"

RESEMBLANCE = 0.8
"""Smallest difflib ratio of two names, without case and separators, at which one is taken for the other misspelt."""

_LONGEST_NAME = 80
"""A longer name resembles nothing: the contract's longest has 26 characters, and comparing takes time."""


@dataclass(frozen=True)
class Drift:
    """One difference of a header. `field` is a name of the contract or empty; `detail` says where, in words without names.

    kind: `new_column` (accepted, ignored), `renamed_column` (holds the delivery), `reordered_columns` (accepted) or
    `missing_column` (holds the delivery when the clinic's accepted delivery before had values in it: see `holds`).
    """

    kind: str
    feed: str
    field: str
    detail: str


def drift_of_header(feed: Feed, header: Sequence[str], file_format: str = "csv") -> list[Drift]:
    """The differences between `header` and the contract's columns of `feed`, in the order of the file, then of the contract.

    A renamed column is not listed as missing as well. Columns come after one another in a file of any order without harm,
    since they are read by name.
    """
    file_name = f"{feed.name}.{file_format}"
    listed = [name for name in header if name in feed.columns]
    absent = [name for name in feed.columns if name not in listed]
    renamed = _renamed(header, feed, absent)
    drifts = []
    for number, name in enumerate(header, start=1):
        place = f"column {number} of {file_name}"
        if number in renamed:
            drifts.append(Drift(RENAMED_COLUMN, feed.name, renamed[number], f"{place} resembles {renamed[number]}"))
        elif name not in feed.columns:
            drifts.append(Drift(NEW_COLUMN, feed.name, "", f"{place} is not in the contract"))
    if listed != [name for name in feed.columns if name in listed]:
        drifts.append(Drift(REORDERED_COLUMNS, feed.name, "", f"{file_name} has its columns in another order"))
    drifts += [
        Drift(MISSING_COLUMN, feed.name, name, f"{file_name} has no column {name}")
        for name in absent
        if name not in renamed.values()
    ]
    return drifts


def _renamed(header: Sequence[str], feed: Feed, absent: list[str]) -> dict[int, str]:
    """Place in the file of every unlisted column that resembles an absent one, best resemblance first, each used once."""
    found = sorted(
        (-_resemblance(name, wanted), number, wanted)
        for number, name in enumerate(header, start=1)
        if name not in feed.columns and len(name) <= _LONGEST_NAME
        for wanted in absent
    )
    renamed: dict[int, str] = {}
    for resemblance, number, wanted in found:
        if -resemblance >= RESEMBLANCE and number not in renamed and wanted not in renamed.values():
            renamed[number] = wanted
    return renamed


def _resemblance(delivered: str, listed: str) -> float:
    """1 for names that are equal but for case and separators, else difflib's ratio where it can reach RESEMBLANCE."""
    matcher = difflib.SequenceMatcher(None, _bare(delivered), _bare(listed), autojunk=False)
    return matcher.ratio() if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= RESEMBLANCE else 0.0


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.strip().lower())
