"""The checks of a night, asked of one snapshot by itself: what is broken more often than is allowed, and in which rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd

from pipelines.quality.contract_checks import ContractCheck, contract_checks
from pipelines.quality.results import run_checks
from pipelines.set_aside import Line
from pipelines.tables import SqlFile, build, sql_files

MOST_ROWS_NAMED = 12
_BY_A_PERSON = ("clinic", "clinical_lead")


@dataclass(frozen=True)
class BrokenRule:
    """A check that more rows break than are allowed: its feed and field, what is wrong, what to do, the first rows by number."""

    feed: str
    field: str
    what: str
    remedy: str
    rows: str


def rows_in_words(rows: Sequence[int], n_rows: int | None = None) -> str:
    """The first rows by number, in runs, and how many more of `n_rows` (default: all that are given) there are."""
    n_all = len(rows) if n_rows is None else n_rows
    return Line(tuple(rows[:MOST_ROWS_NAMED]), "", "", "", "", "", "", "", "", n_all).rows_in_words


def broken_rules(con: duckdb.DuckDBPyConnection, asked_at: datetime) -> list[BrokenRule]:
    """Every check of the clinic or its clinical lead that the snapshot in `raw.*` breaks too often, by name.

    Builds `clean.*` and `cohort.*` first. What `raw.quarantine` lists row by row is left out. Rows are named by number where the
    check speaks of rows of one feed.
    """
    con.execute(
        "create or replace table raw.code as select '' as code_hash, '' as reading_hash, '' as data_hash, '0' as erasures"
    ).fetchall()
    build(con, ["clean", "cohort"])
    rules = {rule.name: rule for rule in sql_files("checks")}
    results = run_checks(con, tuple(rules.values()), None, asked_at)
    broken = results[(results["status"] == "not_met") & results["owner"].isin(_BY_A_PERSON)]
    of_contract = {one.check.name: one for one in contract_checks()}
    found = []
    for name, result in broken.set_index("check_name").iterrows():
        check = of_contract.get(str(name))
        if check is None or check.kind == "current":
            found.append(_told(result, _rows_of(con, rules.get(str(name)), check)))
    return found


def _told(found: "pd.Series[Any]", rows: list[int]) -> BrokenRule:
    n_broken, n_rows = int(str(found["n_broken"])), int(str(found["n_rows"]))
    allowed = float(str(found["allowed_percent"]))
    what = f"{found['description']} ({n_broken:,} of {n_rows:,}; up to {allowed:g} % are usual)"
    named = rows_in_words(rows)
    feed = str(found["table_name"]).partition(".")[2]
    return BrokenRule(feed, str(found["field_name"]), what, str(found["remedy"]), named)


def _rows_of(con: duckdb.DuckDBPyConnection, rule: SqlFile | None, check: ContractCheck | None) -> list[int]:
    """The rows, by number, that break a check; none where it does not speak of delivered rows."""
    if check is not None:
        text = f"select row_number from clean.{check.feed} where ({check.checked}) and ({check.broken})"
    elif rule is not None and rule.one("table").startswith(("raw.", "clean.")):
        text = rule.text
    else:
        return []
    columns = [column[0] for column in con.execute(f"describe (\n{text}\n)").fetchall()]
    if "row_number" in columns:
        query = f"select row_number from (\n{text}\n)"
    elif rule is not None and (keys := [name for name in columns if name != "clinic_code"]):
        same = " and ".join(f"delivered.{name} is not distinct from broken.{name}" for name in keys)
        rows = f"{rule.one('table')} as delivered semi join (\n{rule.text}\n) as broken on {same}"
        query = f"select delivered.row_number from {rows}"
    else:
        return []
    return sorted(row[0] for row in con.execute(query).fetchall())
