"""The export's check of itself: its delivery is read as the warehouse reads it, and must pass without a single finding."""

import tempfile
from datetime import datetime
from pathlib import Path

from pipelines.contracts import FEEDS
from pipelines.deliveries.load import NewDelivery, create_raw_tables, load_deliveries
from pipelines.deliveries.manifest import check_file, read_manifest
from pipelines.deliveries.reading import columns_of, header_of
from pipelines.errors import ChecksFailed
from pipelines.warehouse import open_warehouse

_MEMORY = "400MB"
_NO_TIME = datetime(2000, 1, 1)  # noqa: DTZ001  (the loader wants a time of arrival; nothing here depends on it)


def check_delivery(folder: Path) -> int:
    """The number of rows of the delivery in `folder` that the warehouse's own loader took; all, and none set aside.

    Raises ChecksFailed, by feed, field and rule, when the contract is broken or anything looks like a direct identifier;
    DeliveryError when a file cannot be read.
    """
    manifest = read_manifest(folder, is_in_store=True)
    for file in manifest.files:
        check_file(folder, file)
        columns_of(folder, file)
        if surplus := sorted(set(header_of(folder, file)) - set(FEEDS[file.feed].columns)):
            raise ChecksFailed(f"{file.name} would hold columns that the contract does not list: {', '.join(surplus)}")
    with tempfile.TemporaryDirectory(prefix="stepcare-export-") as name:
        path = Path(name) / "checked.duckdb"
        with open_warehouse(path, readable=(folder,), memory=_MEMORY) as con:
            create_raw_tables(con)
            blocked = load_deliveries(con, {manifest.delivery_key: NewDelivery(folder, manifest, _NO_TIME)})
            found = con.execute(
                "select feed, field, rule, count(*) from raw.quarantine group by all order by all"
            ).fetchall()
            n_rows = con.execute("select coalesce(sum(n_rows), 0) from raw.file where state = 'loaded'").fetchall()[0][
                0
            ]
    if blocked or found:
        said = [one.reason for one in blocked] + [f"{feed}.{field}: {n} not {rule}" for feed, field, rule, n in found]
        raise ChecksFailed(
            f"the delivery would not pass the contract, so nothing was written: {'; '.join(said)}. "
            "This is a fault of the export or of the mapping: report it with this line"
        )
    return int(n_rows)
