"""Cross-table rules: `sql/checks/<rule>.sql` returns the rows that break it; the results table says how many, never which."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from pipelines.expectations import Expectation
from pipelines.tables import SqlFile, count_rows

RESULTS_TABLE = "checks.results"

RESULTS_CONTRACT = (
    Expectation("not_null", ("rule",)),
    Expectation("unique", ("rule",)),
    Expectation("in_set", ("severity",), codes=("error", "warn")),
    Expectation("not_above", ("blocking_percent", "allowed_percent")),
)
"""Great Expectations is the gate: a rule of severity error above its allowed share fails the table of results. Each rule that
warns says so itself."""


def allowed_percent(rule: SqlFile) -> float:
    """The share of the table's rows that may break the rule, from its header (`-- allowed: 1 %`; none means 0)."""
    return float(rule.one("allowed", "0 %").removesuffix("%").strip())


def run_rules(con: duckdb.DuckDBPyConnection, rules: Sequence[SqlFile]) -> pd.DataFrame:
    """Run every rule and write `checks.results`; returns it, one row a rule in the order of names."""
    rows: list[dict[str, Any]] = []
    for rule in sorted(rules, key=lambda file: file.name):
        n_broken = count_rows(con, f"(\n{rule.text}\n)")
        n_rows = count_rows(con, rule.one("table"))
        percent = round(100 * n_broken / n_rows, 4) if n_rows else (100.0 if n_broken else 0.0)
        severity = rule.one("severity")
        rows.append(
            {
                "rule": rule.name,
                "table_name": rule.one("table"),
                "severity": severity,
                "n_broken": n_broken,
                "n_rows": n_rows,
                "percent_broken": percent,
                "allowed_percent": allowed_percent(rule),
                "blocking_percent": percent if severity == "error" else 0.0,
            }
        )
    results = pd.DataFrame(rows)
    con.register("rule_results", results)
    con.execute("create schema if not exists checks")
    con.execute(f"create or replace table {RESULTS_TABLE} as select * from rule_results order by rule").fetchall()
    con.unregister("rule_results")
    return results
