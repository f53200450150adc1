"""The block `source` of a mapping file for CSV and XLSX exports: read and validated, every fault with its line.

docs/exporting.md lists what may stand in it; pipelines/exporting/examples holds whole ones.
"""

import codecs
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pipelines.contracts import DELIVERED_REASONS, FEEDS
from pipelines.exporting.day_formats import day_reader
from pipelines.exporting.marked_yaml import Section
from pipelines.exporting.records import DAY_FIELDS, KEY_FIELDS, fields_of, unknown_fields
from pipelines.exporting.scoring import INSTRUMENTS
from pipelines.exporting.table_rules import Condition, FileRule, RecordRule, Rule

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "blanks": " "}
_MOMENTS = ("starts_at", "ends_at")
_TOKENS = tuple(f".{token}" for token in DELIVERED_REASONS)
_UNITS = {"days": Decimal(1), "weeks": Decimal(7), "months": Decimal("30.4375"), "years": Decimal("365.25")}


@dataclass(frozen=True)
class Defaults:
    """What a source says once for all its files: how they are written, how dates are, which texts are missing, maps of values."""

    encoding: str
    delimiter: str
    decimal: str
    missing: tuple[str, ...]
    form: str
    maps: dict[str, dict[str, str]]


def read_table_mapping(source: Section) -> tuple[FileRule, ...]:
    """The files of the block; raises UsageError that names the line and what to do."""
    source.text("kind")
    defaults = read_defaults(source)
    files = tuple(_file(section, defaults) for section in source.sections("files"))
    source.done()
    return files


def read_defaults(source: Section) -> Defaults:
    """What stands directly under `source`; raises UsageError that names the line."""
    shared = source.section("values")
    form = source.text("dates", "")
    _check_form(source, "dates", form)
    return Defaults(
        encoding=_encoding(source, "utf-8-sig"),
        delimiter=source.choice("delimiter", tuple(DELIMITERS), "comma"),
        decimal=source.choice("decimal", (".", ","), "."),
        missing=source.texts("missing", ()),
        form=form,
        maps={name: _map(shared, name) for name in shared.names} if shared else {},
    )


def read_records(section: Section, defaults: Defaults) -> tuple[RecordRule, ...]:
    """The list `records` of a file or form; raises UsageError that names the line."""
    return tuple(_record(record, defaults) for record in section.sections("records"))


def _encoding(section: Section, default: str) -> str:
    said = section.text("encoding", default)
    try:
        codecs.lookup(said)
    except LookupError:
        raise section.error("encoding is not known", "Write utf-8-sig, utf-16 or cp1252", "encoding") from None
    return said


def _check_form(section: Section, name: str, form: str) -> None:
    if form:
        try:
            day_reader(form)
        except ValueError as error:
            raise section.error(
                f"{name} is no form of a date: {error}", "Write one such as DD/MM/YYYY, MM/DD/YYYY or ISO", name
            ) from None


def _map(section: Section, name: str) -> dict[str, str]:
    block = section.block(name, "Write lines such as Arrived: attended below it")
    return {text.strip().casefold(): code for text, code in block.items()}


def _file(section: Section, defaults: Defaults) -> FileRule:
    pattern = section.text("file")
    if pattern.startswith("/") or ".." in pattern.split("/"):
        raise section.error("file leaves the folder", "Name files below the folder, such as appointments*.csv", "file")
    file = FileRule(
        pattern=pattern,
        sheet=section.text("sheet", ""),
        encoding=_encoding(section, defaults.encoding),
        delimiter=DELIMITERS[section.choice("delimiter", tuple(DELIMITERS), defaults.delimiter)],
        decimal=section.choice("decimal", (".", ","), defaults.decimal),
        header=section.texts("header", ()),
        missing=frozenset(text.strip().casefold() for text in section.texts("missing", defaults.missing)),
        dropped=frozenset(name.strip().casefold() for name in section.texts("drop", ())),
        records=read_records(section, defaults),
        line=section.where(),
    )
    section.done()
    return file


def _record(section: Section, defaults: Defaults) -> RecordRule:
    feed = section.choice("feed", tuple(FEEDS))
    fields = section.block("fields", "List the contract's fields and where each is found")
    if unknown := unknown_fields(feed, fields.names):
        raise fields.error(
            f"{unknown[0]} is no field of {feed}", f"Known are: {', '.join(fields_of(feed))}", unknown[0]
        )
    rules = tuple(_rule(fields, feed, name, defaults) for name in fields.names)
    conditions = tuple(_condition(one) for one in section.sections("when")) if "when" in section else ()
    section.done()
    return RecordRule(feed, rules, conditions)


def _condition(section: Section) -> Condition:
    is_wanted = "is" in section
    texts = section.texts("is") if is_wanted else section.texts("is_not")
    condition = Condition(
        section.texts("column"), frozenset(text.strip().casefold() for text in texts), is_wanted, section.where()
    )
    section.done()
    return condition


def _rule(fields: Section, feed: str, name: str, defaults: Defaults) -> Rule:
    if not fields.is_block(name):
        columns = fields.texts(name)
        is_day = name in DAY_FIELDS[feed] or name in _MOMENTS
        if is_day and not defaults.form:
            raise _no_form(fields, name)
        return Rule(name, fields.where(name), columns, form=defaults.form if is_day else "")
    section = fields.block(name, "Write column: or constant: below it")
    rule = _block(section, feed, name, defaults)
    section.done()
    return rule


def _no_form(section: Section, name: str) -> Exception:
    return section.error(
        f"{name} is a date, and nothing says how dates are written",
        "Write dates: DD/MM/YYYY or dates: MM/DD/YYYY under source, whichever is right",
        name,
    )


def _block(section: Section, feed: str, name: str, defaults: Defaults) -> Rule:
    constant = section.text("constant") if "constant" in section else None
    columns = section.texts("columns", ()) or section.texts("column", ()) or section.texts("items", ())
    if (constant is None) == (not columns):
        raise section.error(f"{name} has neither a column nor a constant, or both", "Write column: or constant:")
    is_day = name in DAY_FIELDS[feed] or name in _MOMENTS
    form = section.text("dates", defaults.form) if is_day else ""
    _check_form(section, "dates", form)
    after = section.text("days_after", "") if is_day else ""
    _check_form_of_anchor(section, after)
    if is_day and not form and not after:
        raise _no_form(section, name)
    instrument = section.choice("score", tuple(INSTRUMENTS)) if "items" in section else ""
    if instrument and len(columns) != INSTRUMENTS[instrument].n_items and INSTRUMENTS[instrument].n_items:
        raise section.error(
            f"items lists {len(columns)} columns and {instrument} has {INSTRUMENTS[instrument].n_items}",
            "List the items in their order",
            "items",
        )
    units = section.section("units")
    return Rule(
        name=name,
        line=section.where(),
        columns=columns,
        is_joined="columns" in section and name in KEY_FIELDS,
        is_optional=section.choice("optional", ("yes", "no"), "no") == "yes",
        constant=constant,
        values=_checked_values(section, feed, name, defaults),
        separator=section.text("split", ""),
        factor=_decimal(section, "multiply") if "multiply" in section else None,
        unit_column=section.texts("unit_column", ()),
        factors={text.strip().casefold(): _decimal(units, text) for text in units.names} if units else {},
        is_rounded=section.choice("round", ("yes", "no"), "no") == "yes",
        form=form,
        days_after=after,
        day_length=_UNITS[section.choice("unit", tuple(_UNITS), "days")] if is_day else Decimal(1),
        instrument=instrument,
    )


def _check_form_of_anchor(section: Section, after: str) -> None:
    if after:
        try:
            day_reader("YYYY-MM-DD")(after)
        except ValueError:
            raise section.error("days_after is no date", "Write one such as 2007-01-01", "days_after") from None


def _checked_values(section: Section, feed: str, name: str, defaults: Defaults) -> dict[str, str] | None:
    """The map of values, whose codes must be the contract's; items of a questionnaire are numbers, and any text may be a key's."""
    values = _values(section, defaults)
    codes = next((field.codes for field in FEEDS[feed].fields if field.name == name), ())
    if values is None or not codes or "items" in section:
        return values
    known = {*codes, *_TOKENS, "none"} if _is_set(feed, name) else {*codes, *_TOKENS}
    if wrong := sorted(set(values.values()) - known):
        raise section.error(f"{wrong[0]} is no code of {name}", f"Known are: {', '.join((*codes, *_TOKENS))}", "values")
    return values


def _is_set(feed: str, name: str) -> bool:
    return any(field.type == "set" for field in FEEDS[feed].fields if field.name == name)


def _values(section: Section, defaults: Defaults) -> dict[str, str] | None:
    if "values" not in section:
        return None
    if section.is_block("values"):
        return _map(section, "values")
    name = section.text("values")
    if name not in defaults.maps:
        raise section.error(
            "values names no map of this file", "Write it under source: values:, or the map itself here", "values"
        )
    return defaults.maps[name]


def _decimal(section: Section, name: str) -> Decimal:
    try:
        found = Decimal(section.text(name))
    except InvalidOperation:
        raise section.error(f"{name} is no number", "Write one such as 0.1", name) from None
    if not found.is_finite():
        raise section.error(f"{name} is no number", "Write one such as 0.1", name)
    return found
