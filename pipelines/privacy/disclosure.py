"""Disclosure control: the one way from exact counts to what may leave the group.

Rules of the default profile, after the English Hospital Episode Statistics guide: 0 stays 0, counts of 1 to 7 are
withheld, every other count is rounded to the nearest 5. A part (a count that belongs to a whole) is withheld too when
what is left of the whole is 1 to 7. Percentages and their Wilson intervals are worked out from the rounded counts, so
nothing more can be read back from them. A part of nobody or of everybody tells something about every person of the
group: its percentage is withheld and said in words ('<5 %'), in the same words as a part of 1 to 7.

Rows that hang together (a header's `sum:` and `flow:`) are protected as one: what a hidden count could be worked out from is
hidden too (`pipelines/privacy/complementary.py`), with its percentage and the figures that are of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import pandas as pd

from pipelines.errors import NightFailed
from pipelines.privacy.complementary import Cell, State, Total, equations
from pipelines.privacy.flows import Flow, protect_flow
from pipelines.privacy.profiles import NHS_HES, Profile
from pipelines.tables import SqlFile

Z_95 = 1.959963984540054
_MEASURE_SUFFIXES = ("_day", "_days", "_weeks", "_percent", "_no")


def wilson_percent(part: int, whole: int) -> tuple[int, int]:
    """Wilson's 95 % interval of a share in whole percent (Wilson, J Am Stat Assoc 22:209, 1927); `whole` is above 0."""
    share, z2 = part / whole, Z_95 * Z_95
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = Z_95 * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole)) / (1 + z2 / whole)
    percent = round(100 * share)
    return min(percent, max(0, round(100 * (middle - half)))), max(percent, min(100, round(100 * (middle + half))))


@dataclass(frozen=True)
class Declared:
    """What a report query's header declares: columns that count, parts with their wholes, figures that are of a count, and how
    the counts of several rows hang together (`sum:` and `flow:`), by the columns of the key."""

    counts: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    totals: tuple[Total, ...] = ()
    flows: tuple[Flow, ...] = ()
    key: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that counts, wholes before their parts."""
        wholes, found = dict(self.parts), list[str]()

        def add(name: str) -> None:
            if name in wholes:
                add(wholes[name])
            if name not in found:
                found.append(name)

        for name in (*self.counts, *wholes):
            add(name)
        return tuple(found)


def release(
    frame: pd.DataFrame,
    *,
    counts: Sequence[str],
    parts: Sequence[tuple[str, str]],
    profile: Profile = NHS_HES,
) -> pd.DataFrame:
    """`release_declared` of a table whose counts are independent of each other but for parts of a whole."""
    return release_declared(frame, Declared(counts=tuple(counts), parts=tuple(parts)), profile)


def release_declared(frame: pd.DataFrame, said: Declared, profile: Profile = NHS_HES) -> pd.DataFrame:
    """The frame as it may leave: every count withheld or rounded, every part with its percentage and interval.

    A missing count stays missing. Each count gets `<count>_is_suppressed`; each part also `<part>_percent`,
    `<part>_percent_lower`, `<part>_percent_upper` (whole percent) and `<part>_percent_words`; a figure of a hidden count is
    withheld. Raises NightFailed for a count that is negative or not whole, for a part larger than its whole and for rows that
    count more than their total.
    """
    cells = _cells(frame, said, profile)
    _protect(frame, said, cells, profile)
    shares: dict[str, pd.Series] = {}
    for part, whole in said.parts:
        pairs = zip(cells[part], cells[whole], strict=True)
        shares |= _share_columns(part, [_share(*pair, profile) for pair in pairs], frame.index)
    released = {}
    figures = dict(said.figures)
    for name in frame.columns:
        if name in figures:
            may_be_shown = [cell is None or not cell.is_hidden for cell in cells[figures[name]]]
            released[name] = frame[name].where(pd.Series(may_be_shown, index=frame.index))
        elif name not in cells:
            released[name] = frame[name]
        else:
            shown = [None if cell is None or cell.is_hidden else profile.rounded(cell.exact) for cell in cells[name]]
            hidden = [cell is not None and cell.is_hidden for cell in cells[name]]
            released[name] = pd.Series(shown, index=frame.index, dtype="Int64")
            released[f"{name}_is_suppressed"] = pd.Series(hidden, index=frame.index, dtype="boolean")
    return pd.DataFrame(released | shares, index=frame.index)


def _cells(frame: pd.DataFrame, said: Declared, profile: Profile) -> dict[str, list[Cell | None]]:
    """The exact counts by column, each with its whole, hidden for its own sake where it must be."""
    wholes = dict(said.parts)
    cells: dict[str, list[Cell | None]] = {}
    for name in said.columns:
        own = cells[wholes[name]] if name in wholes else [None] * len(frame)
        cells[name] = [
            None if count is None else Cell(count, whole)
            for count, whole in zip(_exact_counts(frame, name), own, strict=True)
        ]
        for cell in filter(None, cells[name]):
            if cell.whole is not None:
                if cell.exact > cell.whole.exact:
                    raise NightFailed(
                        f"disclosure control: a part of {cell.exact} is larger than its whole of {cell.whole.exact}"
                    )
                cell.whole.parts.append(cell)
            cell.judge(profile)
    return cells


def _protect(frame: pd.DataFrame, said: Declared, cells: dict[str, list[Cell | None]], profile: Profile) -> None:
    if not (said.totals or said.flows):
        return
    rows = frame[list(said.key)].to_dict("records")
    order = sorted(range(len(rows)), key=lambda number: [str(value) for value in rows[number].values()])
    rows = [rows[number] for number in order]  # of equal counts, the choice must not depend on the order a query gives
    ordered = {name: [column[number] for number in order] for name, column in cells.items()}
    for name in said.columns:
        for total in said.totals:
            try:
                found = equations(total, rows, said.key, ordered[name])
            except ValueError as error:
                raise NightFailed(f"disclosure control: {name}: {error}") from None
            for equation in found:
                equation.protect(profile)
    for flow in said.flows:
        protect_flow(flow, rows, said.key, ordered, profile)


def release_table(frame: pd.DataFrame, sql_file: SqlFile, profile: Profile = NHS_HES) -> pd.DataFrame:
    """`release_declared` by the query's header.

    Raises NightFailed when a whole-number column is neither a declared count, nor of the key, nor a measure (`_day`,
    `_days`, `_weeks`, `_percent`, `_no`): an undeclared count would leave as it is.
    """
    said = declared(sql_file)
    known = {*said.columns, *sql_file.key}
    for name in frame.columns:
        is_whole = pd.api.types.is_integer_dtype(frame[name])
        if is_whole and name not in known and not name.endswith(_MEASURE_SUFFIXES):
            raise NightFailed(
                f"{sql_file.table}: column {name} holds whole numbers but is not declared. "
                f"Add it to a line '-- count:' of sql/report/{sql_file.name}.sql, so that it is disclosure-controlled."
            )
    return release_declared(frame, said, profile)


def declared(sql_file: SqlFile) -> Declared:
    """What a report query declares in its header. Raises ValueError for a line that cannot be read."""
    return Declared(
        counts=tuple(name.strip() for line in sql_file.said("count") for name in line.split(",") if name.strip()),
        parts=tuple(_two(line, " of ") for line in sql_file.said("part")),
        figures=tuple(
            (name.strip(), count)
            for line in sql_file.said("figure")
            for names, count in [_two(line, " of ")]
            for name in names.split(",")
        ),
        totals=tuple(_total(line) for line in sql_file.said("sum")),
        flows=tuple(_flow(line) for line in sql_file.said("flow")),
        key=sql_file.key,
    )


def _two(line: str, between: str) -> tuple[str, str]:
    first, found, second = (part.strip() for part in line.partition(between))
    if not (first and found and second):
        raise ValueError(f"a header says '{line}', where '...{between}...' is expected")
    return first, second


def _total(line: str) -> Total:
    columns, value = _two(line, " to ")
    column, _, of = (part.strip() for part in columns.partition(" of "))
    return Total(column, value, of)


def _flow(line: str) -> Flow:
    columns, order = _two(line, " by ")
    left_out, remaining = _two(columns, " from ")
    return Flow(left_out, remaining, order)


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
    percent: int | None = None
    lower: int | None = None
    upper: int | None = None
    words: str | None = None


def _share(part: Cell | None, whole: Cell | None, profile: Profile) -> _Share:
    """The share as it may be said: nothing of what is hidden to protect another count, or with its whole."""
    if part is None or whole is None or whole.exact == 0:
        return _Share()
    if part.state in (State.HELD, State.WHOLE_HIDDEN) or whole.state is State.HELD:
        return _Share()
    shown_whole, rest = profile.rounded(whole.exact), whole.exact - part.exact
    if min(part.exact, rest) < profile.smallest_shown:
        bound = max(5, ceil(100 * profile.smallest_shown / max(1, shown_whole)))
        return _Share(words=None if bound > 50 else f"<{bound} %" if part.exact < rest else f">{100 - bound} %")
    shown_part = profile.rounded(part.exact)
    percent = round(100 * shown_part / shown_whole)
    lower, upper = wilson_percent(shown_part, shown_whole)
    return _Share(percent, lower, upper, f"{percent} %")


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
