"""Write one delivery as the contract describes it: used by the simulator and by the adapters of real records."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pipelines.deliveries.handing_over import write_manifest, written_aside


def write_delivery(
    inbox: Path,
    clinic_code: str,
    delivery_id: str,
    mode: str,
    tables: Mapping[str, pd.DataFrame | pa.Table],
    *,
    file_format: str = "csv",
    is_simulated: bool = False,
) -> Path:
    """Write `tables` (feed name to text columns; missing is empty) to `inbox/clinic_code/delivery_id`, manifest last.

    Returns the delivery's folder. The files are written aside and renamed, so that a reader of the inbox sees the whole
    delivery or none of it. `file_format` is `csv` or `parquet`; `mode` is `snapshot` or `delta`.
    A simulated delivery says so in its manifest, and every report made from it carries a watermark.
    """
    folder = inbox / clinic_code / delivery_id
    n_rows = {}
    with written_aside(inbox, clinic_code, delivery_id) as aside:
        for feed, table in tables.items():
            path = aside / f"{feed}.{file_format}"
            columns = _text_table(table)
            if file_format == "csv":
                options = pyarrow.csv.WriteOptions(quoting_style="needed")
                pyarrow.csv.write_csv(columns, path, write_options=options)
            else:
                pyarrow.parquet.write_table(columns, path, compression="zstd")
            n_rows[path.name] = columns.num_rows
        write_manifest(aside, clinic_code, delivery_id, mode, n_rows, is_simulated=is_simulated)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    return folder


def _text_table(table: pd.DataFrame | pa.Table) -> pa.Table:
    if isinstance(table, pd.DataFrame):
        return pa.table({name: pa.array(table[name].astype(str), pa.string()) for name in table.columns})
    return table
