"""What a mapping file says of tables and forms, once it is read and validated."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Rule:
    """How one field is found: in the first of `columns` that a file has (all of them, joined, if `is_joined`), or `constant`.

    `values` maps texts to codes; a text that it lacks is not used. `factor` and `factors` (by the text of `unit_column`) turn
    units; `is_rounded` rounds half up. `form` is a date's. `days_after` and `day_length` read a number as days after a date.
    `instrument` scores the items in `columns`.
    """

    name: str
    line: str
    columns: tuple[str, ...] = ()
    is_joined: bool = False
    is_optional: bool = False
    constant: str | None = None
    values: dict[str, str] | None = None
    separator: str = ""
    factor: Decimal | None = None
    unit_column: tuple[str, ...] = ()
    factors: dict[str, Decimal] = field(default_factory=dict)
    is_rounded: bool = False
    form: str = ""
    days_after: str = ""
    day_length: Decimal = Decimal(1)
    instrument: str = ""


@dataclass(frozen=True)
class Condition:
    """A record is made only when the column's text is (or is not) one of `texts`."""

    columns: tuple[str, ...]
    texts: frozenset[str]
    is_wanted: bool
    line: str


@dataclass(frozen=True)
class RecordRule:
    """One record that each row of a file makes."""

    feed: str
    rules: tuple[Rule, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class FileRule:
    """The files that a pattern finds, how they are written, and what their rows make."""

    pattern: str
    sheet: str
    encoding: str
    delimiter: str
    decimal: str
    header: tuple[str, ...]
    missing: frozenset[str]
    dropped: frozenset[str]
    records: tuple[RecordRule, ...]
    line: str
