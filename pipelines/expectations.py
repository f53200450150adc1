"""What a table must satisfy, declared once: from the delivery contract for `clean.*`, from the SQL header elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.contracts import FEEDS
from pipelines.tables import SqlFile

Kind = Literal["not_null", "unique", "between", "in_set", "matches", "not_above", "contains"]

_EXPECT = re.compile(
    r"^(?P<column>\w+) (?:(?P<not_null>not null)|between (?P<low>\S+) and (?P<high>\S+)|in (?P<codes>.+?)"
    r"|not above (?P<other>\w+))(?P<warn> \(warn\))?$"
)


@dataclass(frozen=True)
class Expectation:
    """One expectation of a table. A missing value meets every kind but `not_null`.

    `not_above` says that the first column is at most the second; `contains`, that each of `codes` is among the values of the
    column (what is looked at are the codes, not the rows). `at_least` is the share of the rows (of the values, but for
    `not_null`) that must meet it.
    """

    kind: Kind
    columns: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    codes: tuple[str, ...] = ()
    pattern: str = ""
    at_least: float = 1.0
    severity: Literal["error", "warn"] = "error"

    @property
    def label(self) -> str:
        """A short name that holds no value, unique within a table."""
        share = "" if self.at_least == 1.0 else f" for {self.at_least:.0%}"
        return f"{', '.join(self.columns)} {self.kind.replace('_', ' ')}{share}"


def of_table(file: SqlFile) -> tuple[Expectation, ...]:
    """Every expectation of the table that `file` makes."""
    if file.schema == "clean" and file.name in FEEDS:
        return of_feed(file.name)
    return of_header(file.key, file.said("expect"))


def of_feed(name: str) -> tuple[Expectation, ...]:
    """The contract of `clean.<feed>`; how full its fields must be is said by pipelines/quality/contract_checks.py."""
    feed = FEEDS[name]
    found = [*_of_key(feed.key), Expectation("not_null", ("clinic_code",))]
    for field in feed.fields:
        column = (field.name,)
        if field.is_required and field.name not in (*feed.key, "clinic_code"):
            found.append(Expectation("not_null", column))
        if field.type in ("int", "float"):
            found.append(Expectation("between", column, low=field.low, high=field.high))
        elif field.type == "enum":
            found.append(Expectation("in_set", column, codes=field.codes))
        elif field.pattern:
            found.append(Expectation("matches", column, pattern=field.pattern))
    return tuple(found)


def of_header(key: Sequence[str], lines: Sequence[str]) -> tuple[Expectation, ...]:
    """The contract that an SQL file's `key` and `expect` directives declare; raises ValueError on one it cannot read."""
    found = _of_key(tuple(key))
    for line in lines:
        said = _EXPECT.match(line)
        if not said:
            raise ValueError(f"cannot read the directive 'expect: {line}'")
        severity: Literal["error", "warn"] = "warn" if said["warn"] else "error"
        column = (said["column"],)
        if said["not_null"]:
            found.append(Expectation("not_null", column, severity=severity))
        elif said["low"]:
            found.append(
                Expectation("between", column, low=float(said["low"]), high=float(said["high"]), severity=severity)
            )
        elif said["other"]:
            found.append(Expectation("not_above", (*column, said["other"]), severity=severity))
        else:
            codes = tuple(code.strip() for code in said["codes"].split(","))
            found.append(Expectation("in_set", column, codes=codes, severity=severity))
    return tuple(found)


def _of_key(key: tuple[str, ...]) -> list[Expectation]:
    if not key:
        return []
    return [*(Expectation("not_null", (column,)) for column in key), Expectation("unique", key)]
