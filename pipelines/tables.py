"""SQL files as tables: read a file of `sql/<schema>/<name>.sql` with its header, find what it reads, run it in order.

The header comment is the table's description and contract:

    -- What one row is, in plain words.
    -- scope: patient | global
    -- key: column, column
    -- expect: column between 0 and 10
    -- expect: column in code, code, code
    -- expect: column not null
    -- count: column, column          (sql/report only: a count of people that disclosure control must pass)
    -- part: column of column         (sql/report only: a count and the whole it is a part of)
    -- figure: column, column of column   (sql/report only: a mean or the like, and the count that it is of)
    -- sum: column to value           (sql/report only: the rows add up to the row where the column is the value)
    -- sum: column of column to value     (sql/report only: levels of each group add up to the row where the group is the value)
    -- flow: column from column by column     (sql/report only: left out from who remained, step by step)

and, in sql/checks only (pipelines/quality/rules.py reads them):

    -- table: clean.session           the table the rule speaks of
    -- checked: attendance = 'attended'   which of its rows can break the rule (default: all)
    -- unit: clinic_code              what is counted when it is not a row: the distinct values of this column
    -- field: nprs_pre, nprs_post     the columns that the rule compares
    -- category: plausibility temporal    Kahn's category, with its subcategory
    -- context: verification | validation (default: verification, against our own rules)
    -- severity: error | warn | note
    -- owner: clinic | clinical_lead | analyst | stepcare
    -- allowed: 1 %                   share of what is checked that may break the rule
    -- remedy: what its owner does about it, in plain words
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from pipelines.casting import SQL_FOLDER
from pipelines.warehouse import open_calculator

_DIRECTIVE = re.compile(
    r"^(scope|key|expect|count|part|figure|sum|flow|table|checked|unit|field|category|context|severity|owner|allowed|remedy):\s*(.+)$"
)


@dataclass(frozen=True)
class SqlFile:
    """One file of `sql/`: its name in the four places, its text, and what its header says."""

    schema: str
    name: str
    text: str
    description: str
    directives: tuple[tuple[str, str], ...]
    reads: tuple[str, ...]

    @property
    def table(self) -> str:
        """`schema.name`, as the table is called in the warehouse."""
        return f"{self.schema}.{self.name}"

    @property
    def code_version(self) -> str:
        """sha256 of the file's text, so that Dagster shows a table as stale when its SQL has changed."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    def said(self, directive: str) -> tuple[str, ...]:
        """The values of one header directive, in file order."""
        return tuple(value for name, value in self.directives if name == directive)

    def one(self, directive: str, default: str = "") -> str:
        """The single value of a directive, or `default`."""
        values = self.said(directive)
        return values[0] if values else default

    @property
    def scope(self) -> str:
        """`patient` when the rows of a patient depend on that patient's rows only, else `global`."""
        return self.one("scope", "global")

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row."""
        return tuple(part.strip() for part in self.one("key").split(",") if part.strip())


def read_sql_file(path: Path) -> SqlFile:
    """Read one SQL file and its header; raises ValueError when it is not one SELECT with a description."""
    text = path.read_text(encoding="utf-8")
    description, directives = [], []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        said = line.removeprefix("--").strip()
        if found := _DIRECTIVE.match(said):
            directives.append((found[1], found[2].strip()))
        else:
            description.append(said)
    if not description:
        raise ValueError(f"{path.name}: the file must begin with a comment that says what one row is")
    return SqlFile(
        schema=path.parent.name,
        name=path.stem,
        text=text,
        description=" ".join(description),
        directives=tuple(directives),
        reads=tables_read(text),
    )


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return open_calculator()


def tables_read(sql: str) -> tuple[str, ...]:
    """The `schema.table` names that a SELECT reads, by DuckDB's own parser, without running or binding it."""
    nodes = [node for node in _nodes(sql) if node.get("type") == "BASE_TABLE" and node.get("schema_name")]
    return tuple(sorted({f"{node['schema_name']}.{node['table_name']}" for node in nodes}))


def other_sources(sql: str) -> tuple[str, ...]:
    """What a SELECT reads beside `schema.table` and its own CTEs, without running it: functions such as `read_csv`, and bare
    names, which DuckDB may take for a file."""
    functions, bare, own = set(), set(), set()
    for node in _nodes(sql):
        if node.get("type") == "TABLE_FUNCTION":
            functions.add(str(node["function"]["function_name"]))
        elif node.get("type") == "BASE_TABLE" and not node.get("schema_name"):
            bare.add(str(node["table_name"]))
        if isinstance(node.get("cte_map"), dict):
            own |= {str(entry["key"]) for entry in node["cte_map"]["map"]}
    return tuple(sorted(functions | (bare - own)))


def _nodes(sql: str) -> Iterator[dict[str, Any]]:
    rows = _parser().execute("select json_serialize_sql(?)", [sql]).fetchall()
    tree = json.loads(rows[0][0])
    if tree.get("error"):
        raise ValueError(f"not one SELECT that DuckDB can parse: {tree.get('error_message', '')}")
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def sql_files(schema: str, folder: Path = SQL_FOLDER) -> tuple[SqlFile, ...]:
    """Every file of one schema, by name."""
    return tuple(read_sql_file(path) for path in sorted((folder / schema).glob("*.sql")))


def in_order(files: Iterable[SqlFile]) -> list[SqlFile]:
    """The files so that each comes after those whose tables it reads; ties by name."""
    by_table = {file.table: file for file in files}
    sorter = TopologicalSorter(
        {table: sorted(set(file.reads) & by_table.keys()) for table, file in sorted(by_table.items())}
    )
    return [by_table[table] for table in sorter.static_order()]


def materialize(con: duckdb.DuckDBPyConnection, file: SqlFile) -> int:
    """Replace the file's table by the result of its SELECT; returns the number of rows."""
    con.execute(f"create schema if not exists {file.schema}")
    con.execute(f"create or replace table {file.table} as\n{file.text}").fetchall()
    return count_rows(con, file.table)


def count_rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """The number of rows of a table named in our own code."""
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])


def build(con: duckdb.DuckDBPyConnection, schemas: Sequence[str]) -> dict[str, int]:
    """Build every table of the schemas in order, outside Dagster; returns rows by table."""
    files = in_order(file for schema in schemas for file in sql_files(schema))
    return {file.table: materialize(con, file) for file in files}
