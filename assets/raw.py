"""Deliveries as they came: judged, kept in the store and appended to `raw.*` as text, with delivery and arrival."""

import dagster as dg

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.raw import RAW_TABLES, fill_raw
from pipelines.memory import require_memory
from pipelines.resources import NightBuild
from pipelines.room import require_room
from pipelines.tables import count_rows

_DESCRIPTIONS = {
    "code": "One row: hashes of the code that this night was made with and of what decides how a delivery is read.",
    "delivery": "One row a delivery that was loaded, with its clinic, mode, version and time of arrival.",
    "file": "One row a file that was loaded, with its rows and the number of columns that the contract does not list.",
    "quarantine": "One row a broken rule: feed, row number, field, rule and remedy. Never the value.",
    "receipt": "One row each time a delivery came: which content, under which name, when.",
    "withdrawal": "One row a delivery that was taken out by hand, and when.",
    "release": "One row a held delivery that a person released, and when.",
    "hold": "One row a reason why a delivery is held: it counts for nothing until a better one comes or it is released.",
    "drift": "One row a difference from what the clinic delivered before, whether it holds the delivery or is only told.",
    "profile": "Counts, means and histograms of a delivery's fields: what drift is found by.",
    "figure": "Figures over several fields of a delivery: what reversed scales and copied rows are found by.",
    "change": "How many rows of a delivery that were known before have changed.",
    "header": "One row a difference between a file's columns and the contract's. Never an unlisted column's name.",
    "finding": "What was found in a delivery beside the accepted ones before it.",
    "refused_delivery": "One row a delivery that could not be loaded, and why.",
}


def _spec(table: str) -> dg.AssetSpec:
    described = _DESCRIPTIONS.get(table, f"The {table} feed as delivered: text, append-only.")
    return dg.AssetSpec(["raw", table], group_name="raw", description=described, kinds={"duckdb", "python"})


@dg.multi_asset(name="raw", specs=[_spec(table) for table in RAW_TABLES])
def raw(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Take in what is new and fill every `raw.*` table."""
    settings = night.settings
    run_id = context.run.run_id
    settings.store.mkdir(parents=True, exist_ok=True, mode=0o700)
    earlier = night.begin(run_id)
    with open_ledger(settings.ledger) as ledger, night.warehouse(run_id) as con:
        receive(settings.inbox, settings.store, ledger, context.log.info)
        require_room(settings)
        require_memory(settings)
        fill_raw(con, settings.store, ledger, earlier, context.log.info)
        rows = {table: count_rows(con, f"raw.{table}") for table in RAW_TABLES}
    for table in RAW_TABLES:
        yield dg.MaterializeResult(asset_key=["raw", table], metadata={"dagster/row_count": rows[table]})
