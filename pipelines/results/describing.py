"""What the tables and columns of a published night mean: from the headers of `sql/`, the contract and `written_tables.toml`."""

from __future__ import annotations

import pandas as pd

from pipelines.contracts import FEEDS
from pipelines.tables import sql_files
from pipelines.written_tables import meaning, written_tables

_SCHEMAS = ("raw", "clean", "cohort", "checks", "estimates", "diagnostics", "self_checks", "report")
_SCHEMAS_OF_FIELDS = ("raw", "clean", "cohort")
_OF_FEEDS = {"raw": "Rows of {} as delivered, as text.", "clean": "Records of {} in force, typed."}
_ELSEWHERE = "See 'Tables by schema' in docs/analysts.md."


def described_tables(columns: pd.DataFrame) -> pd.DataFrame:
    """A row a table, in the order of the night: rows (about), columns, and what one row is."""
    said = {file.table: file.description for schema in _SCHEMAS for file in sql_files(schema)} | dict(written_tables())
    tables = columns.groupby(["name", "rows_about"], as_index=False, observed=True).agg(n_columns=("column", "count"))
    tables["one_row"] = [said.get(name) or _of_feed(name) for name in tables["name"]]
    order = [
        (_SCHEMAS.index(schema) if schema in _SCHEMAS else len(_SCHEMAS), name)
        for name in tables["name"]
        for schema in [name.partition(".")[0]]
    ]
    tables = tables.iloc[sorted(range(len(tables)), key=order.__getitem__)]
    return tables.reset_index(drop=True)


def described_columns(table: str, columns: pd.DataFrame) -> pd.DataFrame:
    """A row a column of a table: type and meaning. The contract says what a field of that name is (unit, range, codes, rule) in
    `raw`, `clean` and `cohort`; `written_tables.toml` says it elsewhere."""
    if table.partition(".")[0] not in _SCHEMAS_OF_FIELDS:
        said = [meaning(table, str(name)) for name in columns["column"]]
        return columns[["column", "type"]].assign(meaning=said).reset_index(drop=True)
    fields = {field.name: field for feed in FEEDS.values() for field in feed.fields}
    own = FEEDS.get(table.partition(".")[2])
    fields |= {} if own is None else {field.name: field for field in own.fields}
    meanings = []
    for name in columns["column"]:
        field = fields.get(name)
        if field is None:
            of = fields.get(name.removesuffix("_reason")) if name.endswith("_reason") else None
            meanings.append(f"why {of.name} is missing" if of else "")
            continue
        codes = ", ".join(field.codes)
        limits = f"{field.low:g} to {field.high:g}" if field.low is not None and field.high is not None else ""
        meanings.append("; ".join(part for part in (field.unit, limits, codes, field.rule) if part))
    return columns[["column", "type"]].assign(meaning=meanings).reset_index(drop=True)


def _of_feed(name: str) -> str:
    schema, _, feed = name.partition(".")
    return _OF_FEEDS[schema].format(feed) if schema in _OF_FEEDS and feed in FEEDS else _ELSEWHERE
