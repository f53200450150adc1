"""From a row of cells to the records that a mapping makes of it: codes, numbers in other units, days, scores.

A text that a map of values lacks, and whatever else cannot be read, is counted and not used.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from pipelines.contracts import FEEDS
from pipelines.errors import UsageError
from pipelines.exporting.day_formats import day_reader
from pipelines.exporting.records import Record, Value
from pipelines.exporting.scoring import INSTRUMENTS
from pipelines.exporting.table_rules import Condition, RecordRule, Rule
from pipelines.exporting.tally import Tally

Cell = str | date | datetime | tuple[str, ...]
"""A cell: text, a day of a spreadsheet, or the answers that were ticked. Numbers are text as one would write them: 7.0 is 7."""

NOT_MAPPED = "a text that the map of values does not have"
NO_NUMBER = "a text that is no number"
NO_DAY = "a date that is not written as the mapping says"
SEVERAL = "several answers where one was expected"
NO_ITEM = "an item that is no answer of the questionnaire"

_LARGEST_DAYS = Decimal(40_000)
_SETS = frozenset((feed.name, field.name) for feed in FEEDS.values() for field in feed.fields if field.type == "set")


def _key(text: str) -> str:
    """The text by which a map of values or a condition knows it: without blanks and capitals, 1.0 and 1e0 as 1."""
    plain = text.strip().casefold()
    if plain[:1].isdigit() and not plain.isdigit():
        try:
            return f"{Decimal(plain).normalize():f}"
        except InvalidOperation:
            return plain
    return plain


class _Unusable(Exception):
    """A cell that cannot be used; its text is the reason."""


class Maker:
    """Makes the records of one rule from rows whose columns are in `places` (by name, in lower case).

    `name` is the file's. Raises UsageError for a column that is not there, unless the rows `may_lack` any.
    """

    def __init__(
        self,
        record: RecordRule,
        places: Mapping[str, int],
        name: str,
        decimal: str,
        missing: frozenset[str],
        *,
        may_lack: bool = False,
    ) -> None:
        self._feed = record.feed
        self._name = name
        self._decimal_mark = decimal
        self._missing = missing
        self._places = places
        self._may_lack = may_lack
        self._n_lost = 0
        self.used: set[int] = set()
        self._tests = [self._test(condition) for condition in record.conditions]
        self._readers = [(rule, self._reader(rule)) for rule in record.rules]
        self._repeated = next(
            (rule.name for rule in record.rules if rule.separator and (record.feed, rule.name) not in _SETS), ""
        )

    def make(self, cells: list[Cell], line: int, tally: Tally) -> Iterator[Record]:
        """The records of one row: none when a condition fails, several when a cell that is split holds several."""
        if not all(test(cells) for test in self._tests):
            return
        values: dict[str, Value] = {}
        several: list[str] = []
        for rule, read in self._readers:
            try:
                value = read(cells)
            except _Unusable as reason:
                tally.unmapped(f"{self._feed}.{rule.name}", str(reason), self._name, line)
                value = None
            if self._n_lost:
                tally.unmapped(f"{self._feed}.{rule.name}", NOT_MAPPED, self._name, line, n=self._n_lost)
                self._n_lost = 0
            if isinstance(value, list):
                several = value
            else:
                values[rule.name] = value
        if not self._repeated:
            yield Record(self._feed, values, self._name, line)
        for value in several:
            yield Record(self._feed, {**values, self._repeated: value}, self._name, line)

    def _place(self, names: tuple[str, ...], line: str, *, is_optional: bool = False) -> int | None:
        for name in names:
            place = self._places.get(name.strip().casefold())
            if place is not None:
                self.used.add(place)
                return place
        if is_optional or self._may_lack:
            return None
        raise UsageError(
            f"{line}: {self._name} has no column {' or '.join(names)}. Correct the name, add an alias, or say optional: yes"
        )

    def _test(self, condition: Condition) -> Callable[[list[Cell]], bool]:
        place = self._place(condition.columns, condition.line)

        def holds(cells: list[Cell]) -> bool:
            cell = "" if place is None else cells[place]
            texts = cell if isinstance(cell, tuple) else (str(cell),)
            return any(_key(text) in condition.texts for text in texts) is condition.is_wanted

        return holds

    def _reader(self, rule: Rule) -> Callable[[list[Cell]], "Value | list[str]"]:
        if rule.instrument:
            places = [self._place((name,), rule.line) for name in rule.columns]
            return lambda cells: self._score(rule, ["" if place is None else cells[place] for place in places])
        if rule.constant is not None and rule.days_after:
            return lambda _: self._day_after(rule, rule.constant or "")
        if rule.constant is not None:
            return lambda _: rule.constant
        if rule.is_joined:
            joined = [self._place((name,), rule.line) for name in rule.columns]
            return lambda cells: self._join([cells[place] for place in joined if place is not None])
        place = self._place(rule.columns, rule.line, is_optional=rule.is_optional)
        unit = self._place(rule.unit_column, rule.line) if rule.unit_column else None
        if place is None:
            return lambda _: None
        day = day_reader(rule.form) if rule.form and not rule.days_after else None
        return lambda cells: self._value(rule, cells[place], "" if unit is None else str(cells[unit]), day)

    def _join(self, cells: list[Cell]) -> str | None:
        texts = [str(cell).strip() for cell in cells]
        return ":".join(texts) if all(texts) else None

    def _value(
        self, rule: Rule, cell: Cell, unit: str, day: Callable[[str], date | datetime] | None
    ) -> "Value | list[str]":
        if isinstance(cell, tuple):
            return self._several(rule, cell)
        if not isinstance(cell, str):
            return cell if day is not None else str(cell)
        text = cell.strip()
        if not text or text.casefold() in self._missing:
            return None
        if rule.days_after:
            return self._day_after(rule, text)
        if day is not None:
            try:
                return day(text)
            except ValueError:
                raise _Unusable(NO_DAY) from None
        if rule.separator:
            return self._split(rule, text)
        if rule.values is not None:
            return self._code(rule.values, text)
        if rule.factor is not None or rule.factors or rule.is_rounded:
            return self._number(rule, text, unit)
        return self._point(text) if self._decimal_mark == "," else text

    def _split(self, rule: Rule, text: str) -> "str | list[str]":
        return self._several(rule, [part.strip() for part in text.split(rule.separator) if part.strip()])

    def _several(self, rule: Rule, parts: Sequence[str]) -> "str | list[str]":
        """The codes of several answers; one that the map lacks is counted, and the others stay."""
        known = [part for part in parts if rule.values is None or _key(part) in rule.values]
        self._n_lost += len(parts) - len(known)
        codes = [part if rule.values is None else rule.values[_key(part)] for part in known]
        if (self._feed, rule.name) in _SETS:
            return ";".join(codes)
        if rule.name == self._repeated:
            return codes
        if len(set(codes)) > 1:
            raise _Unusable(SEVERAL)
        return codes[0] if codes else ""

    @staticmethod
    def _code(values: Mapping[str, str], text: str) -> str:
        try:
            return values[_key(text)]
        except KeyError:
            raise _Unusable(NOT_MAPPED) from None

    def _point(self, text: str) -> str:
        return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text

    def _decimal(self, text: str) -> Decimal:
        try:
            found = Decimal(self._point(text) if self._decimal_mark == "," else text)
        except InvalidOperation:
            raise _Unusable(NO_NUMBER) from None
        if not found.is_finite():
            raise _Unusable(NO_NUMBER)
        return found

    def _number(self, rule: Rule, text: str, unit: str) -> str:
        number = self._decimal(text) * (rule.factor if rule.factor is not None else 1)
        if rule.factors:
            if (factor := rule.factors.get(unit.strip().casefold())) is None:
                raise _Unusable("a unit that the mapping does not have")
            number *= factor
        if rule.is_rounded:
            number = number.quantize(Decimal(1), ROUND_HALF_UP)
        return f"{number.normalize():f}"

    def _day_after(self, rule: Rule, text: str) -> date:
        days = (self._decimal(text) * rule.day_length).quantize(Decimal(1), ROUND_HALF_UP)
        if abs(days) > _LARGEST_DAYS:
            raise _Unusable(NO_DAY)
        return date.fromisoformat(rule.days_after) + timedelta(int(days))

    def _score(self, rule: Rule, cells: list[Cell]) -> Value:
        texts = [str(cell).strip() for cell in cells]
        blank = [not text or text.casefold() in self._missing for text in texts]
        if all(blank):
            return None
        try:
            items = [
                None if is_blank else int(self._code(rule.values, text) if rule.values else text)
                for text, is_blank in zip(texts, blank, strict=True)
            ]
            return INSTRUMENTS[rule.instrument].score(items)
        except ValueError:
            raise _Unusable(NO_ITEM) from None
