"""Deny by default: what a file holds beyond the contract is taken out of the copy that is kept, and looked at once.

Columns that the contract does not list go, and so do the rows of patients who were erased. Text in an unlisted column that
looks like a direct identifier, or a column whose name does, blocks the file: it should never have left the clinic.
"""

import hashlib
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import duckdb

from pipelines.casting import literal
from pipelines.contracts import FEEDS
from pipelines.deliveries.erasure import is_doomed
from pipelines.deliveries.manifest import DeliveredFile
from pipelines.deliveries.reading import columns_of, header_of, quoted, source, unreadable
from pipelines.disk import raise_if_full
from pipelines.drift.headers import MISSING_COLUMN, drift_of_header
from pipelines.errors import DeliveryError
from pipelines.privacy.identifiers import header_kinds, key_looks_like_sql
from pipelines.warehouse import open_warehouse


def strip_file(folder: Path, file: DeliveredFile, erased_in: duckdb.DuckDBPyConnection | None = None) -> dict[str, Any]:
    """Take what must not be kept out of the copy of `file` in `folder`.

    The rows go that `erasure.find_doomed` has marked in the connection `erased_in`. Returns what the kept manifest says of the
    file from now on; a file with nothing to take out stays as it is, byte for byte. Raises DeliveryError when a header or a
    row cannot be read, or when the file holds what looks like a direct identifier.
    """
    header = header_of(folder, file)
    names = columns_of(folder, file)
    _refuse_identifying_names(file, header)
    drift = [
        [found.kind, found.field, found.detail]
        for found in drift_of_header(FEEDS[file.feed], header, file.format)
        if found.kind != MISSING_COLUMN  # raw.file says which columns came
    ]
    said: dict[str, Any] = {"drift": drift} if drift else {}
    if all(name in FEEDS[file.feed].columns for name in names) and not erased_in:
        return said
    try:
        with nullcontext(erased_in) if erased_in else open_warehouse(":memory:", readable=(folder,)) as con:
            return said | _strip_rows(con, folder / file.name, file, names, has_erased=erased_in is not None)
    except duckdb.Error as error:
        raise_if_full(error)
        raise unreadable(file, error) from None


def _strip_rows(
    con: duckdb.DuckDBPyConnection, path: Path, file: DeliveredFile, names: list[str], *, has_erased: bool
) -> dict[str, Any]:
    """Write the file again without unlisted columns and rows of erased patients, when it has any; returns what changed."""
    listed = [name for name in names if name in FEEDS[file.feed].columns]
    rows = source(path, file.format, names)
    n_doomed = _count(con, f"{rows} where {is_doomed(file.feed)}") if has_erased else 0
    if len(listed) == len(names) and not n_doomed:
        return {}
    _refuse_identifying_values(con, file, rows, [name for name in names if name not in listed])
    if n_doomed and (n_rows := _count(con, rows)) != file.rows:
        raise DeliveryError(
            f"{file.name}: it has {n_rows} rows and the manifest says {file.rows}. Export the delivery again"
        )
    _write_again(con, path, file, f"select {', '.join(map(quoted, listed))} from {rows}", n_doomed)
    with path.open("rb") as kept:
        sha256 = hashlib.file_digest(kept, "sha256").hexdigest()
    return {
        "rows": file.rows - n_doomed,
        "sha256": sha256,
        "delivered_sha256": file.delivered_sha256,
        "unlisted_columns": file.n_unlisted_columns + len(names) - len(listed),
    }


def _count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    return int(con.execute(f"select count(*) from {rows}").fetchall()[0][0])


def _write_again(con: duckdb.DuckDBPyConnection, path: Path, file: DeliveredFile, query: str, n_doomed: int) -> None:
    aside = path.with_name(f".{file.name}")
    condition = f"where not ({is_doomed(file.feed)})" if n_doomed else ""
    form = "format csv, header true" if file.format == "csv" else "format parquet"
    con.execute(f"copy ({query} {condition}) to {literal(str(aside))} ({form})").fetchall()
    aside.replace(path)


def _refuse_identifying_names(file: DeliveredFile, header: list[str]) -> None:
    listed = FEEDS[file.feed].columns
    kinds = sorted({kind for kind in header_kinds([name for name in header if name not in listed]) if kind})
    if kinds:
        raise DeliveryError(
            f"{file.name}: line 1 has columns whose names look like {', '.join(kinds)}. Nothing of the file was kept. "
            "Take them out at the clinic and send it again"
        )


def _refuse_identifying_values(
    con: duckdb.DuckDBPyConnection, file: DeliveredFile, rows: str, unlisted: list[str]
) -> None:
    if not unlisted:
        return
    texts = ", ".join(f"cast({quoted(name)} as varchar)" for name in unlisted)
    found = con.execute(
        f"with listed as (select unnest([{texts}]) as text from {rows}), "
        f"named as (select {key_looks_like_sql('trim(listed.text)')} as kind from listed) "
        "select kind, count(*) from named where kind is not null group by all order by all"
    ).fetchall()
    if found:
        counts = "; ".join(f"{n_values} look like {kind}" for kind, n_values in found)
        raise DeliveryError(
            f"{file.name}: columns that the contract does not list hold what looks like direct identifiers ({counts}). "
            "Nothing of the file was kept. Take them out at the clinic and send it again"
        )
