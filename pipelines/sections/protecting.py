"""Disclosure control of a section: what its answer must be like, and how its counts are protected.

A section is protected as if every sum of its rows stood beside it in the report, exactly: over each column of words that tells its
rows apart (all clinics, both sexes), since such sums often do stand elsewhere. What a withheld count could be worked out from by
one of them is withheld too (decision 27). Rows of too few people are left out whole, words and all. The rows stand in the order
of their key, never in the order of a result.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from pipelines.errors import NightFailed
from pipelines.privacy.complementary import Total
from pipelines.privacy.disclosure import Declared, is_released, release_declared
from pipelines.privacy.profiles import Profile
from pipelines.results.answer import share_columns
from pipelines.results.sections import Scope
from pipelines.sections.asking import Asked
from pipelines.sections.refusals import NotShown, Refusal

CLINIC = "clinic"
MOST_ROWS, MOST_COLUMNS, LONGEST_TEXT = 200, 16, 200
DIGITS_OF_A_FIGURE = 3
_PLAIN = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TOTALS = frozenset(
    (
        "all",
        "any",
        "both",
        "every",
        "everybody",
        "everyone",
        "group",
        "network",
        "overall",
        "sum",
        "total",
        "all clinics",
    )
)
_MARGIN, _ROW, _WHOLE = "(sum)", "row", "whole_of_"


@dataclass(frozen=True)
class Protected:
    """A section's rows as they may leave. `declared` and `exact` (with `released` beside it, row by row, sums last) are what the
    attack of the tests looks at; `rows` are those that are shown."""

    key: tuple[str, ...]
    declared: Declared
    exact: pd.DataFrame
    released: pd.DataFrame
    rows: pd.DataFrame
    has_more: bool


def protect(asked: Asked, scope: Scope, profile: Profile) -> Protected:
    """The rows of a section as they may leave the group. Raises NotShown, saying why, for an answer that cannot be protected."""
    said = _declared(asked, scope)
    exact, totals = _with_sums(_in_order(asked.df[list(_used(asked, said))], said.key, asked), said, asked)
    flags = tuple(total.of for total in totals)
    whole = Declared(said.counts, said.parts, said.figures, totals, (), (*said.key, *flags))
    try:
        released = release_declared(exact, whole, profile)
    except NightFailed:
        raise NotShown(Refusal.NOT_A_COUNT) from None
    if not is_released(released, whole.columns, profile):
        raise NotShown(Refusal.NOT_A_COUNT)
    is_row = (exact[list(flags)] == _ROW).all(axis=1) if flags else pd.Series(data=True, index=exact.index)
    roots = [name for name in whole.columns if name not in dict(whole.parts)]
    is_large = (exact[roots].astype(float).max(axis=1) >= profile.smallest_shown) & is_row
    rows = released[is_large].drop(columns=list(flags)).reset_index(drop=True)
    if rows.empty:
        raise NotShown(Refusal.TOO_FEW)
    return Protected(said.key, whole, exact, released, rows, has_more=int(is_large.sum()) < int(is_row.sum()))


def _declared(asked: Asked, scope: Scope) -> Declared:
    """What the answer declares, once everything that it must be like has been looked at."""
    if asked.df.empty:
        raise NotShown(Refusal.EMPTY)
    if len(asked.df) > MOST_ROWS or len(asked.kinds) > MOST_COLUMNS:
        raise NotShown(Refusal.TOO_MANY_ROWS)
    for number, name in enumerate(asked.kinds, start=1):
        if not _PLAIN.fullmatch(name) or name.startswith(_WHOLE):
            raise NotShown(Refusal.COLUMN_NAMES, f"column {number}")
    key = asked.key or tuple(name for name, kind in asked.kinds.items() if kind in ("text", "yes_no"))
    said = Declared(asked.counts, asked.parts, asked.figures, key=key)
    if not said.columns:
        raise NotShown(Refusal.UNCOUNTED)
    named = {*said.columns, *key, *(name for pair in said.figures for name in pair)}
    if not named <= asked.kinds.keys():
        raise NotShown(Refusal.UNDECLARED, "what is declared is not there")
    _look_at_kinds(asked, said)
    if asked.df[list(key)].isna().to_numpy().any() or asked.df.duplicated(list(key)).any():
        raise NotShown(Refusal.ROWS_ALIKE)
    words = [str(value).strip().lower() for name in key for value in asked.df[name]]
    if not _TOTALS.isdisjoint(words):
        raise NotShown(Refusal.TOTAL, "leave rows of totals out")
    if scope == "clinic" and CLINIC not in key:
        raise NotShown(Refusal.NO_CLINIC)
    return said


def _look_at_kinds(asked: Asked, said: Declared) -> None:
    figures = dict(said.figures)
    computed = {name for part, _ in said.parts for name in share_columns(part)}
    for number, (name, kind) in enumerate(asked.kinds.items(), start=1):
        if name in said.columns:
            is_right = kind == "whole" or (kind == "number" and _is_whole(asked.df[name]))
            if not is_right:
                raise NotShown(Refusal.NOT_A_COUNT, f"column {number}")
        elif name in said.key:
            is_right = kind in ("text", "yes_no", "whole")
        else:
            is_right = (
                kind in ("text", "yes_no") or name in computed or (name in figures and kind in ("whole", "number"))
            )
        if not is_right:
            raise NotShown(Refusal.UNDECLARED, f"column {number}")


def _is_whole(values: pd.Series) -> bool:
    return all(float(one).is_integer() for one in values.dropna())


def _used(asked: Asked, said: Declared) -> Iterator[str]:
    """The columns that are handed on: shares are worked out anew from what is released."""
    computed = {name for part, _ in said.parts for name in share_columns(part)}
    return (name for name in asked.kinds if name not in computed)


def _in_order(df: pd.DataFrame, key: Sequence[str], asked: Asked) -> pd.DataFrame:
    ordered = df.sort_values(
        list(key), key=lambda one: one if asked.kinds[str(one.name)] == "whole" else one.astype(str)
    )
    return ordered.reset_index(drop=True)


def _with_sums(df: pd.DataFrame, said: Declared, asked: Asked) -> tuple[pd.DataFrame, tuple[Total, ...]]:
    """The rows and, for each column of words in the key, the sums over it as rows of their own, told apart by a column each."""
    over = [name for name in said.key if asked.kinds[name] == "text" and len(df[name].unique()) > 1]
    flags = {name: f"{_WHOLE}{name}" for name in over}
    made = df.assign(**dict.fromkeys(flags.values(), _ROW))
    parts = [made]
    for name in over:
        others = [one for one in said.key if one != name]
        groups = df.groupby(others, sort=True) if others else [((), df)]
        sums = [
            dict(zip(others, values, strict=True))
            | {name: _MARGIN, flags[name]: _MARGIN}
            | {column: int(group[column].fillna(0).sum()) for column in said.columns}
            for values, group in groups
        ]
        parts.append(pd.DataFrame(sums).assign(**{flag: _ROW for one, flag in flags.items() if one != name}))
    totals = tuple(Total(name, _MARGIN, of=flags[name]) for name in over)
    return pd.concat([one.astype(object) for one in parts], ignore_index=True), totals


def figure_of(value: float | None) -> float | None:
    """A figure as it is shown: to three digits, so that it tells no sum of few."""
    if value is None or math.isnan(value) or math.isinf(value):
        return None
    return float(f"{value:.{DIGITS_OF_A_FIGURE}g}")
