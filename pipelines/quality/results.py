"""From counts to the tables of the checks: `checks.results`, `checks.results_by_clinic` and their history."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from pipelines.expectations import Expectation
from pipelines.quality.contract_checks import contract_checks
from pipelines.quality.counting import count_contract
from pipelines.quality.history import append_night, carry_over, earlier_nights, night_stamp
from pipelines.quality.kahn import CATEGORIES, CONTEXTS, NETWORK, OWNERS, SEVERITIES, SUBCATEGORIES, Check, Count
from pipelines.quality.rules import count_rules, rule_check
from pipelines.quality.sudden import sudden_changes
from pipelines.tables import SqlFile

Counting = Callable[[duckdb.DuckDBPyConnection, Sequence[SqlFile]], list[Count]]

RESULTS_TABLE = "checks.results"
BY_CLINIC_TABLE = "checks.results_by_clinic"

STATUSES = ("met", "not_met", "no_rows")
TRENDS = {1: "worse", 0: "steady", -1: "better"}
NEW = "new"
"""The trend of a check with too few earlier nights to judge by."""

Z_ONE_SIDED_95 = 1.6449
"""In one clinic a check is not met when more rows break it than chance gives at the allowed share (one-sided 95 %)."""

_COUNTED = {
    "n_broken": "bigint",
    "n_rows": "bigint",
    "percent_broken": "double",
    "status": "varchar",
    "usual_percent": "double",
    "trend": "varchar",
    "is_sudden_change": "boolean",
}
COLUMNS = {
    RESULTS_TABLE: {
        **dict.fromkeys(
            ("check_name", "category", "subcategory", "context", "severity", "owner", "table_name", "field_name",
             "description", "remedy"),
            "varchar",
        ),
        "allowed_percent": "double",
        **_COUNTED,
        "blocking_percent": "double",
    },
    BY_CLINIC_TABLE: {"check_name": "varchar", "clinic_code": "varchar", **_COUNTED},
}  # fmt: skip
"""The columns of the tables and their types."""

_OF_BOTH = (
    Expectation("between", ("percent_broken",), low=0, high=100),
    Expectation("not_above", ("n_broken", "n_rows")),
    Expectation("in_set", ("status",), codes=STATUSES),
    Expectation("in_set", ("trend",), codes=(*TRENDS.values(), NEW)),
)

BY_CLINIC_CONTRACT = (
    Expectation("not_null", ("clinic_code",)),
    Expectation("unique", ("check_name", "clinic_code")),
    *_OF_BOTH,
)


def results_contract(rules: Sequence[SqlFile]) -> tuple[Expectation, ...]:
    """Great Expectations is the gate: every check ran, and none of severity error is broken more than allowed."""
    return (
        Expectation("not_null", ("check_name",)),
        Expectation("unique", ("check_name",)),
        Expectation("contains", ("check_name",), codes=tuple(check.name for check in every_check(rules))),
        Expectation("in_set", ("category",), codes=CATEGORIES),
        Expectation(
            "in_set", ("subcategory",), codes=tuple(part for parts in SUBCATEGORIES.values() for part in parts)
        ),
        Expectation("in_set", ("context",), codes=tuple(CONTEXTS)),
        Expectation("in_set", ("severity",), codes=SEVERITIES),
        Expectation("in_set", ("owner",), codes=tuple(OWNERS)),
        Expectation("not_above", ("blocking_percent", "allowed_percent")),
        *_OF_BOTH,
    )


def every_check(rules: Sequence[SqlFile]) -> tuple[Check, ...]:
    """Every check of a night, by name: those of the contract and the rules."""
    checks = [*(one.check for one in contract_checks()), *(rule_check(rule) for rule in rules)]
    return tuple(sorted(checks, key=lambda check: check.name))


def count_here(con: duckdb.DuckDBPyConnection, rules: Sequence[SqlFile]) -> list[Count]:
    """Rows broken and checked of every check, by clinic, counted in the warehouse itself."""
    return [*count_contract(con), *count_rules(con, rules)]


def run_checks(
    con: duckdb.DuckDBPyConnection,
    rules: Sequence[SqlFile],
    earlier: Path | None,
    made_at: datetime,
    count: Counting = count_here,
) -> pd.DataFrame:
    """Run every check and write the three tables; returns `checks.results`, one row a check in the order of names.

    `earlier` is where the history is carried on from (`history_source`); `made_at` is UTC; `count` counts them.
    """
    counts = count(con, rules)
    by_clinic = pd.DataFrame(
        [(one.name, one.clinic_code, one.n_broken, one.n_rows) for one in counts if one.n_rows],
        columns=["check_name", "clinic_code", "n_broken", "n_rows"],
    ).astype({"n_broken": "int64", "n_rows": "int64"})  # also when no clinic has a row: all deliveries are held
    checks = every_check(rules)
    network = by_clinic.groupby("check_name")[["n_broken", "n_rows"]].sum().reindex([check.name for check in checks])
    network = network.fillna(0).astype("int64").reset_index().assign(clinic_code=NETWORK)
    by_clinic = by_clinic[by_clinic["clinic_code"].notna()]
    night_key = night_stamp(con)
    carry_over(con, earlier, night_key)
    counted = _with_history(con, pd.concat([network, by_clinic], ignore_index=True))
    counted = _judged(counted, checks)
    is_network = counted["clinic_code"] == NETWORK
    results = _about(checks).merge(counted[is_network].drop(columns=["clinic_code", "allowed"]), on="check_name")
    results["blocking_percent"] = results["percent_broken"].where(results["severity"] == "error", 0.0)
    results["is_sudden_change"] = results["trend"].isin(["worse", "better"])
    by_clinic = counted[~is_network].drop(columns=["allowed"])
    by_clinic["is_sudden_change"] = by_clinic["trend"].isin(["worse", "better"])
    _write(con, RESULTS_TABLE, results, "check_name")
    _write(con, BY_CLINIC_TABLE, by_clinic, "check_name, clinic_code")
    append_night(con, night_key, made_at)
    return results


def _about(checks: Sequence[Check]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "check_name": check.name,
                "category": check.category,
                "subcategory": check.subcategory,
                "context": check.context,
                "severity": check.severity,
                "owner": check.owner,
                "table_name": check.table,
                "field_name": check.field,
                "description": check.description,
                "remedy": check.remedy,
                "allowed_percent": check.allowed_percent,
            }
            for check in checks
        ]
    )


def _with_history(con: duckdb.DuckDBPyConnection, tonight: pd.DataFrame) -> pd.DataFrame:
    """Add what is usual for each check and clinic, and how tonight compares with it."""
    broken, rows = earlier_nights(con, tonight)
    changes = sudden_changes(broken, rows)
    trend = np.where(np.isnan(changes.usual_percent), NEW, [TRENDS[int(direction)] for direction in changes.direction])
    return tonight.assign(usual_percent=np.round(changes.usual_percent, 4), trend=trend)


def _judged(counted: pd.DataFrame, checks: Sequence[Check]) -> pd.DataFrame:
    """Add percent broken and status. All clinics together are judged by the share itself, one clinic beyond chance."""
    allowed = counted["check_name"].map({check.name: check.allowed_percent for check in checks})
    n_rows = counted["n_rows"]
    percent = (100 * counted["n_broken"] / n_rows.where(n_rows > 0)).fillna(0.0).round(4)
    share = allowed / 100
    chance = 100 * Z_ONE_SIDED_95 * np.sqrt(share * (1 - share) / n_rows.where(n_rows > 0, 1))
    limit = allowed + np.where(counted["clinic_code"] == NETWORK, 0.0, chance)
    status = np.select([n_rows == 0, percent > limit], ["no_rows", "not_met"], "met")
    return counted.assign(percent_broken=percent, status=status, allowed=allowed)


def _write(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame, key: str) -> None:
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in COLUMNS[table].items())
    con.register("check_results", frame)
    con.execute(f"create or replace table {table} as select {columns} from check_results order by {key}").fetchall()
    con.unregister("check_results")
