"""`stepcare copy-results`: the published tables as Parquet, or as a DuckDB file that older versions open."""

from pathlib import Path

import click


@click.command("copy-results")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="A new .duckdb file, or a new folder for Parquet."
)
@click.option("--storage", help="Storage version of the .duckdb file: v1.0.0 (default), v1.2.0 or v1.4.0.")
def copy_results(out: Path, storage: str | None) -> None:
    """Copy the published tables for tools that cannot open the warehouse, which DuckDB 2.0 and later can.

    Patient level, exact counts: for work inside only, readable by you alone. To give anything away, see `stepcare extract`.

    \b
    Examples:
      stepcare copy-results --out results.duckdb                     DuckDB 1.0 and later
      stepcare copy-results --out results.duckdb --storage v1.4.0    smaller; DuckDB 1.4 and later
      stepcare copy-results --out results                            a folder of Parquet, a file a table
    """
    from pipelines import copying
    from pipelines.errors import NotPublished, UsageError
    from pipelines.generations import current_warehouse
    from pipelines.settings import Settings
    from pipelines.warehouse import open_warehouse

    is_duckdb = out.suffix == ".duckdb"
    if out.exists() or not out.absolute().parent.is_dir():
        raise UsageError(f"--out {out} must be new, in a folder that is there")
    if storage and not is_duckdb:
        raise UsageError("--storage is of a .duckdb file; a folder of Parquet has none")
    warehouse = current_warehouse(Settings.from_environment())
    if warehouse is None:
        raise NotPublished("there are no published results here. Run `stepcare nightly` first")
    place = out.absolute()
    with open_warehouse(warehouse, read_only=True, readable=(place.parent,)) as con:
        n_tables = (
            copying.write_older_duckdb(con, place, storage or "v1.0.0")
            if is_duckdb
            else copying.write_parquet(con, place)
        )
    click.echo(f"{n_tables} tables in {out}, for work inside only")
