"""Dirt on request: what clinics' systems really send, spread over the rows of a clean delivery and counted by kind."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import FEEDS, Feed
from pipelines.contracts import Field as ContractField
from pipelines.synthetic.coding import Array, hex_keys

KINDS = ("impossible_value", "unreadable_number", "unknown_code", "missing_token", "duplicate_key", "orphan_row")
UNREADABLE = ("seven", "3,5", "5-6", "?", "1O")
UNKNOWN = ("zz", "unknown", "-99")
DELIVERED_TOKENS = (".a", ".p", ".d", ".u", ".s")


def soil(
    tables: Mapping[str, pa.Table], share: float, rng: np.random.Generator
) -> tuple[dict[str, pa.Table], Counter[str]]:
    """The tables with about that share of their rows soiled, and how many rows a '<feed>.<kind>'.

    Each kind gets the same share; a duplicate repeats a row, an orphan repeats one under a parent never delivered.
    """
    counts: Counter[str] = Counter()
    soiled = {}
    for name, clean in tables.items():
        feed, table = FEEDS[name], clean
        added = []
        for kind in KINDS:
            rows = rng.choice(table.num_rows, rng.binomial(table.num_rows, share / len(KINDS)), replace=False)
            if (kind == "orphan_row" and feed.parent_key is None) or len(rows) == 0:
                continue
            counts[f"{name}.{kind}"] += len(rows)
            if kind == "duplicate_key":
                added.append(table.take(pa.array(rows)))
            elif kind == "orphan_row":
                added.append(_orphans(table, rows, feed, rng))
            else:
                table = _spoil(table, rows, kind, feed, rng)
        soiled[name] = pa.concat_tables([table, *added])
    return soiled, counts


def _orphans(table: pa.Table, rows: Array, feed: Feed, rng: np.random.Generator) -> pa.Table:
    strays = table.take(pa.array(rows))
    for name in {str(feed.parent_key), feed.key[0]}:
        position = strays.schema.get_field_index(name)
        strays = strays.set_column(position, name, hex_keys(rng, len(rows), 24))
    return strays


def _spoil(table: pa.Table, rows: Array, kind: str, feed: Feed, rng: np.random.Generator) -> pa.Table:
    """One value of each row replaced by something that the contract does not allow, or by a reason for missing."""
    targets = [field for field in feed.fields if _can_carry(field, kind)]
    chosen = rng.integers(0, len(targets), len(rows))
    for number in np.unique(chosen):
        field = targets[number]
        here = rows[chosen == number]
        mask = np.zeros(table.num_rows, dtype=bool)
        mask[here] = True
        words = pa.array([_word(kind, field, rng) for _ in here], type=pa.string())
        column = table.column(field.name).combine_chunks()
        position = table.schema.get_field_index(field.name)
        table = table.set_column(position, field.name, pc.replace_with_mask(column, pa.array(mask), words))
    return table


def _can_carry(field: ContractField, kind: str) -> bool:
    is_number = field.type in ("int", "float")
    if kind == "impossible_value":
        return is_number and field.high is not None
    if kind == "unreadable_number":
        return is_number
    if kind == "unknown_code":
        return field.type in ("enum", "tri", "bool")
    return not field.is_required and field.type != "key"


def _word(kind: str, field: ContractField, rng: np.random.Generator) -> str:
    if kind == "impossible_value":
        return str(int(field.high or 0) + 1 + int(rng.integers(0, 900)))
    options = {"unreadable_number": UNREADABLE, "unknown_code": UNKNOWN}.get(kind, DELIVERED_TOKENS)
    return options[int(rng.integers(0, len(options)))]
