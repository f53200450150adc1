"""Deliveries to checks without the rest of a night: what is split over an engine, to compare engines and to measure them."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.raw import fill_raw
from pipelines.engine.mapping import close_engines
from pipelines.engine.opening import clear_store, count_checks, make_table
from pipelines.engine.settings import read_engine
from pipelines.generations import WAREHOUSE
from pipelines.quality.results import run_checks
from pipelines.settings import Settings
from pipelines.tables import in_order, sql_files
from pipelines.warehouse import open_warehouse

Say = Callable[[str], None]


def build_tables(settings: Settings, said: Say) -> Path:
    """Make `raw.*`, `clean.*`, `cohort.*` and `checks.*` as a night does; returns the warehouse, in `work/tables`.

    `said` hears the name of each stage when it is over.
    """
    warehouse = settings.work / "tables" / WAREHOUSE
    warehouse.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.store.mkdir(parents=True, exist_ok=True, mode=0o700)
    readable = (settings.store, *read_engine(settings.home).folders)
    clear_store(settings.home)
    try:
        with open_ledger(settings.ledger) as ledger, open_warehouse(warehouse, readable=readable) as con:
            receive(settings.inbox, settings.store, ledger, lambda _: None)
            fill_raw(con, settings.store, ledger, None, lambda _: None)
        said("raw")
        for schema in ("clean", "cohort"):
            for file in in_order(sql_files(schema)):
                with open_warehouse(warehouse, readable=readable) as con:
                    make_table(settings.home, con, file)
            said(schema)
        with open_warehouse(warehouse, readable=readable) as con:
            run_checks(con, sql_files("checks"), None, datetime.now(UTC), partial(count_checks, settings.home))
        said("checks")
    finally:
        close_engines()
        clear_store(settings.home)
    return warehouse
