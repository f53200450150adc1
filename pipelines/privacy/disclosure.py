"""Disclosure control: the one way from exact counts to what may leave the group.

Rules of the default profile, after the English Hospital Episode Statistics guide: 0 stays 0, counts of 1 to 7 are
withheld, every other count is rounded to the nearest 5. A part (a count that belongs to a whole) is withheld too when
what is left of the whole is 1 to 7. Percentages and their Wilson intervals are worked out from the rounded counts, so
nothing more can be read back from them. A part of nobody or of everybody tells something about every person of the
group: its percentage is withheld and said in words ('<5 %'), in the same words as a part of 1 to 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import pandas as pd

from pipelines.errors import NightFailed
from pipelines.tables import SqlFile

Z_95 = 1.959963984540054
_MEASURE_SUFFIXES = ("_day", "_days", "_weeks", "_percent", "_no")


@dataclass(frozen=True)
class Profile:
    """One set of rules: counts from 1 to `smallest_shown - 1` are withheld, the others rounded to `rounded_to`."""

    name: str
    smallest_shown: int
    rounded_to: int = 5

    def rounded(self, count: int) -> int:
        """The count as it is shown; 0 stays 0."""
        return self.rounded_to * round(count / self.rounded_to)

    def hides(self, count: int) -> bool:
        """Whether a count is too small to be shown."""
        return 0 < count < self.smallest_shown


NHS_HES = Profile("nhs_hes", smallest_shown=8)
CMS = Profile("cms", smallest_shown=11)
INTERNAL = Profile("internal", smallest_shown=5)
PROFILES = {profile.name: profile for profile in (NHS_HES, CMS, INTERNAL)}


def wilson_percent(part: int, whole: int) -> tuple[int, int]:
    """Wilson's 95 % interval of a share in whole percent (Wilson, J Am Stat Assoc 22:209, 1927); `whole` is above 0."""
    share, z2 = part / whole, Z_95 * Z_95
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = Z_95 * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole)) / (1 + z2 / whole)
    percent = round(100 * share)
    return min(percent, max(0, round(100 * (middle - half)))), max(percent, min(100, round(100 * (middle + half))))


def release(
    frame: pd.DataFrame, *, counts: Sequence[str], parts: Sequence[tuple[str, str]], profile: Profile = NHS_HES
) -> pd.DataFrame:
    """The frame as it may leave: every count withheld or rounded, every part with its percentage and interval.

    `counts` are the columns that count people or records; `parts` are pairs (part, whole) of count columns. A missing
    count stays missing. Each count gets `<count>_is_suppressed`; each part also `<part>_percent`,
    `<part>_percent_lower`, `<part>_percent_upper` (whole percent) and `<part>_percent_words`. Raises NightFailed for a
    count that is negative or not whole and for a part larger than its whole.
    """
    columns = list(dict.fromkeys([*counts, *(name for pair in parts for name in pair)]))
    exact = {name: _exact_counts(frame, name) for name in columns}
    hidden = {name: [count is not None and profile.hides(count) for count in exact[name]] for name in columns}
    shares: dict[str, pd.Series] = {}
    hidden_parts = {name: list(flags) for name, flags in hidden.items()}
    for part, whole in parts:
        rows = [_share(*row, profile) for row in zip(exact[part], exact[whole], strict=True)]
        shares |= _share_columns(part, rows, frame.index)
        hidden_parts[part] = [
            was or (share.is_hidden and count is not None)
            for was, share, count in zip(hidden_parts[part], rows, exact[part], strict=True)
        ]
    released = {}
    for name in frame.columns:
        if name not in exact:
            released[name] = frame[name]
            continue
        shown = [
            None if count is None or is_hidden else profile.rounded(count)
            for count, is_hidden in zip(exact[name], hidden_parts[name], strict=True)
        ]
        released[name] = pd.Series(shown, index=frame.index, dtype="Int64")
        released[f"{name}_is_suppressed"] = pd.Series(hidden_parts[name], index=frame.index, dtype="boolean")
    return pd.DataFrame(released | shares, index=frame.index)


def release_table(frame: pd.DataFrame, sql_file: SqlFile, profile: Profile = NHS_HES) -> pd.DataFrame:
    """`release` by the `count:` and `part:` lines of the query's header.

    Raises NightFailed when a whole-number column is neither a declared count, nor of the key, nor a measure (`_day`,
    `_days`, `_weeks`, `_percent`, `_no`): an undeclared count would leave as it is.
    """
    counts, parts = declared(sql_file)
    known = {*counts, *(name for pair in parts for name in pair), *sql_file.key}
    for name in frame.columns:
        is_whole = pd.api.types.is_integer_dtype(frame[name])
        if is_whole and name not in known and not name.endswith(_MEASURE_SUFFIXES):
            raise NightFailed(
                f"{sql_file.table}: column {name} holds whole numbers but is not declared. "
                f"Add it to a line '-- count:' of sql/report/{sql_file.name}.sql, so that it is disclosure-controlled."
            )
    return release(frame, counts=counts, parts=parts, profile=profile)


def declared(sql_file: SqlFile) -> tuple[list[str], list[tuple[str, str]]]:
    """The count columns and the (part, whole) pairs that a report query declares in its header."""
    counts = [name.strip() for line in sql_file.said("count") for name in line.split(",") if name.strip()]
    parts = []
    for line in sql_file.said("part"):
        part, _, whole = line.partition(" of ")
        parts.append((part.strip(), whole.strip()))
    return counts, parts


def is_released(frame: pd.DataFrame, counts: Sequence[str], profile: Profile = NHS_HES) -> bool:
    """Whether every cell of the count columns is missing, 0, or a rounded count large enough to be shown."""
    return all(
        count is None
        or count == 0
        or (count % profile.rounded_to == 0 and count >= profile.rounded(profile.smallest_shown))
        for name in counts
        for count in _exact_counts(frame, name)
    )


@dataclass(frozen=True)
class _Share:
    is_hidden: bool
    percent: int | None = None
    lower: int | None = None
    upper: int | None = None
    words: str | None = None


def _share(part: int | None, whole: int | None, profile: Profile) -> _Share:
    if part is None or whole is None or whole == 0:
        return _Share(is_hidden=False)
    rest = whole - part
    if rest < 0:
        raise NightFailed(f"disclosure control: a part of {part} is larger than its whole of {whole}")
    is_hidden = profile.hides(part) or profile.hides(rest) or profile.hides(whole)
    shown_whole = profile.rounded(whole)
    if min(part, rest) < profile.smallest_shown:
        bound = max(5, ceil(100 * profile.smallest_shown / max(1, shown_whole)))
        words = None if bound > 50 else f"<{bound} %" if part < rest else f">{100 - bound} %"
        return _Share(is_hidden=is_hidden, words=words)
    shown_part = profile.rounded(part)
    percent = round(100 * shown_part / shown_whole)
    lower, upper = wilson_percent(shown_part, shown_whole)
    return _Share(is_hidden=False, percent=percent, lower=lower, upper=upper, words=f"{percent} %")


def _share_columns(part: str, rows: list[_Share], index: pd.Index) -> dict[str, pd.Series]:
    return {
        f"{part}_percent": pd.Series([row.percent for row in rows], index=index, dtype="Int64"),
        f"{part}_percent_lower": pd.Series([row.lower for row in rows], index=index, dtype="Int64"),
        f"{part}_percent_upper": pd.Series([row.upper for row in rows], index=index, dtype="Int64"),
        f"{part}_percent_words": pd.Series([row.words for row in rows], index=index, dtype="string"),
    }


def _exact_counts(frame: pd.DataFrame, name: str) -> list[int | None]:
    if name not in frame.columns:
        raise NightFailed(f"disclosure control: the table has no column {name}; it has {', '.join(frame.columns)}")
    counts: list[int | None] = []
    for value in frame[name].tolist():
        if pd.isna(value):
            counts.append(None)
            continue
        if value < 0 or int(value) != value:
            raise NightFailed(f"disclosure control: {name} must be a count of 0 or more, but holds {value}")
        counts.append(int(value))
    return counts
