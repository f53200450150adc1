"""`stepcare adapt`: a set of real records as a delivery."""

from pathlib import Path

import click


@click.command()
@click.argument("source", type=click.Choice(["sciatica", "spider"]))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The inbox (default: STEPCARE_INBOX).")
@click.option("--from", "place", type=click.Path(path_type=Path, exists=True), help="The source's file or folder.")
def adapt(source: str, out: Path | None, place: Path | None) -> None:
    """Turn a set of real records into a delivery (docs/real-records.md).

    \b
    Examples:
      stepcare adapt sciatica
      stepcare adapt spider --from data/spider
    """
    from pipelines.adapters.sciatica import deliver_sciatica
    from pipelines.adapters.spider import deliver_spider
    from pipelines.settings import Settings

    inbox = out or Settings.from_environment().inbox
    folder = deliver_sciatica(inbox, place) if source == "sciatica" else deliver_spider(inbox, place)
    click.echo(f"Delivery     {folder}")
