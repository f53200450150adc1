"""The rows of released tables, and how they become the parts of a report."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from pipelines.reporting.shares import Frozen, Share

Rows = list[dict[str, Any]]
Part = TypeVar("Part", bound=Frozen)


def plain_rows(frame: pd.DataFrame) -> Rows:
    """The rows of a released table, None for what is missing or withheld."""
    names = [str(name) for name in frame.columns]
    columns = [_plain(frame[name]) for name in frame.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain(column: "pd.Series[Any]") -> list[Any]:
    """The values of a column as Python's own, None for what is missing."""
    values = column.tolist()
    if column.dtype == object:
        values = list(map(_python, values))
    missing = column.isna()
    if not missing.any():
        return values
    return [None if is_missing else value for value, is_missing in zip(values, missing.tolist(), strict=True)]


def _python(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def parts(rows: Rows, model: type[Part], *key: str) -> tuple[Part, ...]:
    """The rows as parts of a report, in the order of the columns named."""
    return tuple(model(**named(row, model)) for row in in_order(rows, *key))


def in_order(rows: Rows, *names: str) -> Rows:
    """The rows in the order of the columns named, numbers as numbers."""
    return sorted(rows, key=lambda row: [row[name] if isinstance(row[name], int) else str(row[name]) for name in names])


def of_clinic(rows: Rows, clinic_code: str) -> Rows:
    """The rows of a clinic, or of all together."""
    return [row for row in rows if row["clinic_code"] == clinic_code]


def share_of(row: dict[str, Any], part: str, whole: str) -> Share:
    """The released share of a part in a whole: percent, interval and words."""
    return Share(
        whole=row[whole],
        percent=row[f"{part}_percent"],
        lower=row[f"{part}_percent_lower"],
        upper=row[f"{part}_percent_upper"],
        words=row[f"{part}_percent_words"],
    )


def grouped(rows: Rows, key: Callable[[dict[str, Any]], tuple[str, ...]]) -> dict[tuple[str, ...], Rows]:
    """The rows by what `key` says of each, in their order."""
    groups: dict[tuple[str, ...], Rows] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def named(row: dict[str, Any], model: type[Frozen]) -> dict[str, Any]:
    """The columns of a row that the model has."""
    return {name: row[name] for name in model.model_fields}
