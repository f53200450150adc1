"""`stepcare as-of`: the night as it was known at an earlier time."""

from pathlib import Path

import click

from pipelines.settings import Settings


@click.command("as-of")
@click.argument("when")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A folder that is not there yet.")
def as_of(when: str, out: Path) -> None:
    """Make the night again by what was known at WHEN: warehouse and reports, into a folder of their own.

    WHEN is a day (its end), a time in the clinics' zone, or the name of a published night. Today's code is used; nothing that
    is published changes. Patients who were erased since are left out.

    \b
    Examples:
      stepcare as-of 2026-11-01 --out before-the-correction
      stepcare as-of 2026-11-01T02:30 --out that-night
    """
    from pipelines.history import rebuild_as_of, time_of

    settings = Settings.from_environment()
    time = time_of(when, settings)
    click.echo(f"As of        {time} UTC")
    place = rebuild_as_of(settings, time, out.absolute(), click.echo)
    click.echo(f"Report       {place / 'reports' / 'index.html'}")
    click.echo(f"Warehouse    {place / 'warehouse.duckdb'}   (open it read-only)")
