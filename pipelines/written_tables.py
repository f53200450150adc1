"""What the tables written by Python, and their columns, mean: `written_tables.toml`, read by the assets and by `results.tables()`.

What tables made by SQL mean stands in the headers of `sql/`; what fields of a delivery mean, in the contract.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_PLACE = Path(__file__).with_suffix(".toml")


@cache
def _said() -> Mapping[str, Mapping[str, str]]:
    read = tomllib.loads(_PLACE.read_text(encoding="utf-8"))
    own = {
        f"{table} {column}": words for table, columns in read["columns_of"].items() for column, words in columns.items()
    }
    return {"tables": read["tables"], "columns": read["columns"], "own": own}


def written_tables() -> Mapping[str, str]:
    """What one row of each table written by Python is, by `schema.name`."""
    return _said()["tables"]


def one_row(schema: str, *names: str) -> dict[str, str]:
    """What one row of each of these tables of a schema is, by name; raises KeyError for a table that is not described."""
    return {name: written_tables()[f"{schema}.{name}"] for name in names}


def meaning(table: str, column: str) -> str:
    """What a column of a table written by Python means, empty when nobody said."""
    said = _said()
    return said["own"].get(f"{table} {column}") or said["columns"].get(column, "")
