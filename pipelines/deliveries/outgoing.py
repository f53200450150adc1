"""Write one delivery as the contract describes it: used by the simulator and by the adapters of real records."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pipelines.contracts import SCHEMA_VERSION


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
    aside = folder.with_name(f".{delivery_id}.writing")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    files = {}
    for feed, table in tables.items():
        path = aside / f"{feed}.{file_format}"
        columns = _text_table(table)
        if file_format == "csv":
            options = pyarrow.csv.WriteOptions(quoting_style="needed")
            pyarrow.csv.write_csv(columns, path, write_options=options)
        else:
            pyarrow.parquet.write_table(columns, path, compression="zstd")
        files[path.name] = {"rows": columns.num_rows, "sha256": _sha256(path)}
    manifest: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "clinic_code": clinic_code,
        "delivery_id": delivery_id,
        "mode": mode,
        "files": files,
    }
    if is_simulated:
        manifest["simulated"] = True
    (aside / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return folder


def _text_table(table: pd.DataFrame | pa.Table) -> pa.Table:
    if isinstance(table, pd.DataFrame):
        return pa.table({name: pa.array(table[name].astype(str), pa.string()) for name in table.columns})
    return table


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
