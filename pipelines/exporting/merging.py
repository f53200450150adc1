"""Parts of one row put together: of one field a value wins over a missing token, then the part that comes first."""

from collections.abc import Collection, Sequence

from pipelines.contracts import FEEDS, Field
from pipelines.exporting.records import LINKS, SAID_BY_US
from pipelines.exporting.refusing import is_token

_BEHIND_ALL_VALUES = 1 << 50


def merged(feed: str, source: str, keys: Sequence[str], mentioned: Collection[str], also: Sequence[str] = ()) -> str:
    """The SELECT of one row for each of `keys`, from the parts in `source`, which has a column `place` that says their order.

    Its columns: the keys, `also`, the contract's fields and the feed's links, and `first_part` (the seq of the first part).
    A field that is not among those `mentioned` by the source is NULL: to plan a hundred aggregates takes longer than to run them.
    """
    fields = [field for field in FEEDS[feed].fields if field.name not in (*keys, *also, *SAID_BY_US)]
    names = [name for name in (*also, *LINKS[feed]) if name not in keys]
    found = {field.name: _united(field) if field.type == "set" else _first(field.name) for field in fields}
    found |= {name: _first(name) for name in names}
    chosen = [
        f"{text if name in mentioned or name in also else 'cast(null as varchar)'} as {name}"
        for name, text in found.items()
    ]
    return (
        f"select {', '.join(keys)}, {', '.join(chosen)}, cast(arg_min(seq, place) as bigint) as first_part "
        f"from {source} group by {', '.join(keys)}"
    )


def _first(name: str) -> str:
    return f"arg_min({name}, place + if({is_token(name)}, {_BEHIND_ALL_VALUES}, 0)) filter ({name} is not null)"


def _united(field: Field) -> str:
    """Every code that any part says, sorted and once each; `none` only where nothing else is said."""
    codes = (
        f"flatten(list(string_split({field.name}, ';')) filter (not {is_token(field.name)} and {field.name} <> 'none'))"
    )
    said = f"array_to_string(list_sort(list_distinct(list_transform({codes}, lambda code: trim(code)))), ';')"
    return f"coalesce(nullif({said}, ''), {_first(field.name)})"
