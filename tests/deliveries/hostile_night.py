"""Receive and load an inbox in a process of its own, and say what became of it, how long it took and how much memory:
`python -m tests.deliveries.hostile_night HOME INBOX RESULT`."""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.raw import fill_raw
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

MOST_ADDRESS_SPACE = 6 << 30
"""Libraries reserve gigabytes of addresses that they never touch; what counts is `megabytes`, the largest that was resident."""

DUCKDB_MEMORY = "512MB"
"""Beyond it DuckDB spills to the disk, as a night does beyond its 4 GB."""


def schema_of(con: duckdb.DuckDBPyConnection) -> list[list[Any]]:
    """Every table, column, type, macro and schema of the warehouse."""
    columns = "select table_schema, table_name, column_name, data_type from information_schema.columns order by all"
    functions = (
        "select schema_name, function_name, macro_definition from duckdb_functions() where not internal order by all"
    )
    schemas = "select schema_name, database_name from duckdb_schemas() where not internal order by all"
    return [[list(row) for row in con.execute(query).fetchall()] for query in (columns, functions, schemas)]


def night(home: Path, inbox: Path) -> dict[str, Any]:
    """What a night makes of the inbox: entries, rules, blocked files, schema, the longest a delivery took, memory."""
    settings = Settings(home=home, inbox=inbox)
    settings.store.mkdir(parents=True, exist_ok=True)
    seconds, began = [], time.process_time()

    def said(_: str) -> None:
        nonlocal began
        seconds.append(time.process_time() - began)
        began = time.process_time()

    warehouse = open_warehouse(home / "warehouse.duckdb", readable=(settings.store,), memory=DUCKDB_MEMORY)
    with open_ledger(settings.ledger) as ledger, warehouse as con:
        receive(settings.inbox, settings.store, ledger, said)
        fill_raw(con, settings.store, ledger, None, lambda _: None)
        rules = con.execute(
            "select clinic_code, feed, rule, scope, count(*) from raw.quarantine group by all order by all"
        ).fetchall()
        blocked = con.execute(
            "select clinic_code, feed, reason from raw.file join raw.delivery using (delivery_key) where state = 'blocked'"
        ).fetchall()
        entries = [[e.clinic_code, e.delivery_id, e.state, e.reason] for e in ledger.entries()]
        held = con.execute("select clinic_code, rule from raw.hold order by all").fetchall()
        found = {"entries": entries, "rules": rules, "blocked": blocked, "held": held, "schema": schema_of(con)}
    return found | {"seconds": max(seconds), "megabytes": peak_megabytes()}


def peak_megabytes() -> float:
    """The most that this process had resident; unlike ru_maxrss it does not count what the process was started from."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_SPACE, MOST_ADDRESS_SPACE))
    home, inbox, result = map(Path, sys.argv[1:])
    result.write_text(json.dumps(night(home, inbox)), encoding="utf-8")
