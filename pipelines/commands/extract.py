"""`stepcare extract`: an episode-level table for analysts in which nobody stands alone."""

from pathlib import Path

import click


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new .csv or .parquet file.")
@click.option(
    "--outside", is_flag=True, help="For readers outside the group: groups of at least 11 people instead of 5."
)
def extract(out: Path, outside: bool) -> None:
    """Write the published episodes with their outcomes, generalised until nobody stands alone, and without keys.

    Every row shares clinic, age, sex, period, ethnicity, work and earlier surgery with at least 5 people, or 11 for --outside
    (greatest risk 0.2 and 0.09). What cannot be made so is left out; the share is printed.

    \b
    Examples:
      stepcare extract --out episodes.parquet
      stepcare extract --outside --out episodes-for-the-university.csv
    """
    from pipelines import extracting
    from pipelines.errors import NotPublished
    from pipelines.generations import current_generation, current_warehouse
    from pipelines.privacy.anonymity import INSIDE, OUTSIDE
    from pipelines.settings import Settings
    from pipelines.warehouse import open_warehouse

    extracting.check_place(out)
    settings = Settings.from_environment()
    generation, warehouse = current_generation(settings), current_warehouse(settings)
    if generation is None or warehouse is None:
        raise NotPublished("there are no published results here. Run `stepcare nightly` first")
    target = OUTSIDE if outside else INSIDE
    with open_warehouse(warehouse, read_only=True) as con:
        table, report = extracting.extract(con, target)
    click.echo(f"For use {target.name}: groups of at least {target.smallest_group} people")
    for line in extracting.lines_of(report):
        click.echo(f"  {line}")
    extracting.write_extract(out, table)
    click.echo(f"{len(table):,} episodes{' of simulated patients' if generation.is_simulated else ''} in {out}")
