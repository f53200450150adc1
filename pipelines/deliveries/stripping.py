"""Deny by default: a column that the contract does not list is taken out of the copy that is kept, and counted."""

import hashlib
import json
from pathlib import Path

import duckdb

from pipelines.casting import literal
from pipelines.contracts import FEEDS
from pipelines.deliveries.manifest import MANIFEST, Manifest
from pipelines.deliveries.reading import columns_of, quoted, source, where
from pipelines.errors import DeliveryError


def keep_listed_columns(folder: Path, manifest: Manifest) -> None:
    """Take unlisted columns out of the delivery's copy in `folder`, and write its manifest to match.

    A file whose columns are all listed stays as it is, byte for byte. The others get a new SHA-256 in the kept manifest, with
    the delivered one, by which the delivery is known, beside it. Raises DeliveryError when a header or a row cannot be read.
    """
    kept = json.loads((folder / MANIFEST).read_bytes())
    is_changed = False
    with duckdb.connect() as con:
        for file in manifest.files:
            names = columns_of(con, folder, file)
            listed = [name for name in names if name in FEEDS[file.feed].columns]
            if len(listed) == len(names):
                continue
            path, aside = folder / file.name, folder / f".{file.name}"
            columns = ", ".join(quoted(name) for name in listed)
            form = "format csv, header true" if file.format == "csv" else "format parquet"
            try:
                con.execute(
                    f"copy (select {columns} from {source(path, file.format, names)}) to {literal(str(aside))} ({form})"
                ).fetchall()
            except duckdb.Error as error:
                raise DeliveryError(f"{file.name}: {where(error)} cannot be read. Send the file again") from None
            aside.replace(path)
            kept["files"][file.name] |= {
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "delivered_sha256": file.sha256,
                "unlisted_columns": len(names) - len(listed),
            }
            is_changed = True
    if is_changed:
        (folder / MANIFEST).write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
