"""Deny by default: of what a source says, only the contract's codes, numbers in range and missing tokens stay.

This is done on the parts as they were found, so that each refusal has its file and line, and a bad value hides no good one.
"""

from pipelines.casting import literal, requirement, typed
from pipelines.contracts import DELIVERED_REASONS, FEEDS, Field
from pipelines.exporting.records import DAY_FIELDS, KEY_FIELDS, SAID_BY_US, fields_of
from pipelines.exporting.staging import Staging

_TOKENS = ", ".join(literal(f".{token}") for token in DELIVERED_REASONS)
_LOINC = "[0-9]{1,7}-[0-9]"
_OWNERS = ("patient_key", "episode_key", "session_key", "imaging_key")
_NUMBERS = {"age_years": (0, 120), "weight_kg": (20, 400), "height_cm": (100, 230)}


def is_token(column: str) -> str:
    """The SQL condition that the text is a missing token; no IN, which DuckDB makes a join of that holds 3 MB."""
    return f"coalesce(list_position([{_TOKENS}], {column}) > 0, false)"


def refuse(staging: Staging, feed: str) -> None:
    """Make `said_<feed>` of `staged_<feed>`: the same rows, NULL for what the contract does not allow; counts that."""
    checked = [field for field in FEEDS[feed].fields if _is_checked(field)]
    conditions = {field.name: _allowed(field) for field in checked}
    conditions |= {
        name: f"decimal_number({name}, {low}, {high}) is not null"
        for name, (low, high) in _NUMBERS.items()
        if name in fields_of(feed)
    }
    mentioned = [name for name in conditions if name in staging.mentioned[feed]]
    owners = {name: f"not {is_token(name)}" for name in _OWNERS if name in fields_of(feed)}
    kept = ", ".join(
        f"case when {(conditions | owners)[name]} then {name} end as {name}"
        if name in mentioned or name in owners
        else name
        for name in fields_of(feed)
    )
    staging.con.execute(f"create or replace table said_{feed} as select seq, {kept} from staged_{feed}").fetchall()
    if mentioned:
        _count(staging, feed, {name: conditions[name] for name in mentioned}, checked)
    staging.drop(f"staged_{feed}")


def _count(staging: Staging, feed: str, conditions: dict[str, str], checked: list[Field]) -> None:
    """Count what is said and not allowed, by field, with its first place."""
    counts = ", ".join(
        f"count(*) filter (where {broken}), min(seq) filter (where {broken})"
        for broken in (f"{name} is not null and not coalesce({allowed}, false)" for name, allowed in conditions.items())
    )
    found = staging.con.execute(f"select {counts} from staged_{feed}").fetchall()[0]
    rules = {field.name: requirement(field) for field in checked}
    for name, n_broken, first in zip(conditions, found[::2], found[1::2], strict=True):
        if n_broken:
            reason = f"not {rules.get(name, 'a possible number of years, kilograms or centimetres')}"
            staging.tally.unmapped(f"{feed}.{name}", reason, *staging.place(first, feed), n=n_broken)


def _is_checked(field: Field) -> bool:
    is_special = field.name in KEY_FIELDS or field.name in SAID_BY_US
    return not is_special and field.name not in DAY_FIELDS[field.feed]


def _allowed(field: Field) -> str:
    if field.name == "loinc":
        return f"({is_token(field.name)} or regexp_full_match({field.name}, {literal(_LOINC)}))"
    return f"({is_token(field.name)} or {typed(field, field.name)} is not null)"
