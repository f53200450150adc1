"""`stepcare rebuild`: the published night again, from the store and the ledger alone."""

import click

from pipelines.settings import Settings


@click.command()
@click.option(
    "--from-store", is_flag=True, required=True, help="Say that the store and the ledger are all that is used."
)
def rebuild(from_store: bool) -> None:  # noqa: ARG001  (it is there to be written out)
    """Make the published night again from every kept delivery; the inbox and earlier warehouses are not looked at.

    \b
    Example:
      stepcare rebuild --from-store
    """
    from pipelines.rebuilding import rebuild_from_store

    settings = Settings.from_environment()
    generation = rebuild_from_store(settings, click.echo)
    click.echo(f"Published    {generation.name}")
    click.echo(f"Report       {settings.current / 'reports' / 'index.html'}")
