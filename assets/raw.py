"""Deliveries as they came: judged, kept in the store and appended to `raw.*` as text, with delivery and arrival."""

import dagster as dg

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.raw import RAW_TABLES, fill_raw
from pipelines.memory import require_memory
from pipelines.resources import NightBuild
from pipelines.room import require_room
from pipelines.tables import count_rows
from pipelines.written_tables import written_tables


def _spec(table: str) -> dg.AssetSpec:
    described = written_tables().get(f"raw.{table}", f"The {table} feed as delivered: text, append-only.")
    return dg.AssetSpec(["raw", table], group_name="raw", description=described, kinds={"duckdb", "python"})


@dg.multi_asset(name="raw", specs=[_spec(table) for table in RAW_TABLES])
def raw(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Take in what is new and fill every `raw.*` table."""
    settings = night.settings
    run_id = context.run.run_id
    settings.store.mkdir(parents=True, exist_ok=True, mode=0o700)
    earlier = night.begin(run_id)
    with open_ledger(settings.ledger) as ledger:
        with night.warehouse(run_id):
            receive(settings.inbox, settings.store, ledger, context.log.info)
            require_room(settings)
            require_memory(settings)
        night.close()  # how it is opened follows from how much there is
        with night.warehouse(run_id) as con:
            fill_raw(con, settings.store, ledger, earlier, context.log.info)
            rows = {table: count_rows(con, f"raw.{table}") for table in RAW_TABLES}
    for table in RAW_TABLES:
        yield dg.MaterializeResult(asset_key=["raw", table], metadata={"dagster/row_count": rows[table]})
