"""Fixed bins for every field of the contract, so that histograms of different deliveries can be added and compared.

A histogram is a map from the number of a bin to a count. Bin 0 holds what cannot be read as the field's type. Then come the
bins of what the contract allows: a bin a code; a bin a whole number where the range has at most 40; bins of equal
ratio (of 1 + the distance from the lowest value) where the range is wide, as of days; else bins of equal width. Three
bins follow for numbers outside: below, above up to ten times the highest value, and beyond that.
"""

from functools import cache

from pipelines.casting import literal
from pipelines.contracts import FEEDS, Feed, Field

MOST_SINGLE_VALUES = 40
EVEN_BINS = 20
RATIO_BINS = 24
WIDE_RANGE = 300
UNREADABLE = 0

NUMBERS = ("int", "float")
FIELDS = {(field.feed, field.name): field for feed in FEEDS.values() for field in feed.fields}


def is_number(field: Field) -> bool:
    """Whether the field's values have an order and a distance."""
    return field.type in NUMBERS


def codes_of(field: Field) -> tuple[str, ...]:
    """The codes of a field that has some, with `none` for a set that may be empty."""
    return (*field.codes, "none") if field.type == "set" and "none" in field.rule else field.codes


@cache
def n_bins(field: Field) -> int:
    """How many bins the field's allowed values have; they are numbered from 1."""
    if not is_number(field):
        return len(codes_of(field))
    match _scale(field):
        case "each":
            return int(_high(field) - _low(field)) + 1
        case "ratio":
            return RATIO_BINS
    return EVEN_BINS


def below(field: Field) -> int:
    """The bin of numbers under the range."""
    return n_bins(field) + 1


def above(field: Field) -> int:
    """The bin of numbers over the range, but not over ten times its highest value."""
    return n_bins(field) + 2


def far_above(field: Field) -> int:
    """The bin of numbers over ten times the range's highest value."""
    return n_bins(field) + 3


def fields_sql(feed: Feed) -> str:
    """`values (...)` with a row a field that is profiled: field, kind, low, high, codes, bins. Keys are not profiled."""
    rows = []
    for field in profiled(feed):
        codes = f"[{', '.join(literal(code) for code in codes_of(field))}]::varchar[]"
        low, high = (f"{_low(field):g}", f"{_high(field):g}") if is_number(field) else ("0", "0")
        kind = f"{field.type} {_scale(field)}" if is_number(field) else field.type
        rows.append(
            f"({literal(field.name)}, {literal(kind)}, {low}::double, {high}::double, {codes}, {n_bins(field)})"
        )
    return f"(values {', '.join(rows)}) as listed (field, kind, low, high, codes, n_bins)"


NUMBER_SQL = (
    "case when not contains(item, '_') and isfinite(try_cast(item as double)) then try_cast(item as double) end"
)
"""The number that an item says, whatever its range; NULL when it is none."""

BIN_SQL = """
case
    when codes <> [] then coalesce(list_position(codes, item), 0)
    when number is null or (starts_with(kind, 'int') and number <> trunc(number)) then 0
    when number < low then n_bins + 1
    when number > 10 * high then n_bins + 3
    when number > high then n_bins + 2
    when ends_with(kind, 'each') then cast(number - low as integer) + 1
    when ends_with(kind, 'ratio')
        then least(n_bins, cast(floor(ln(1 + number - low) / ln(1 + high - low) * n_bins) as integer) + 1)
    else least(n_bins, cast(floor((number - low) / (high - low) * n_bins) as integer) + 1)
end
"""
"""The bin of an item of text, given `number` (NUMBER_SQL) and the columns of `fields_sql`."""


def profiled(feed: Feed) -> tuple[Field, ...]:
    """The fields that have a profile: all but keys, whose values say nothing together."""
    return tuple(field for field in feed.fields if field.type != "key")


def _scale(field: Field) -> str:
    width = _high(field) - _low(field)
    if field.type == "int" and width < MOST_SINGLE_VALUES:
        return "each"
    return "ratio" if width > WIDE_RANGE else "even"


def _low(field: Field) -> float:
    return field.low if field.low is not None else 0.0


def _high(field: Field) -> float:
    return field.high if field.high is not None else 0.0
