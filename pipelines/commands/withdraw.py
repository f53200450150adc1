"""`stepcare withdraw`: take a whole delivery out of the current view, or back in."""

import click

from pipelines.errors import UsageError
from pipelines.settings import Settings


@click.command()
@click.argument("delivery")
@click.option("--because", required=True, help="Why; kept in the ledger.")
@click.option("--undo", is_flag=True, help="Let a withdrawn delivery count again.")
def withdraw(delivery: str, because: str, undo: bool) -> None:
    """Take a delivery out of the current view from the next night on; what was known before stays in the history.

    A single row is withdrawn by the clinic: a snapshot that lacks it. A patient is erased by `stepcare forget`.

    \b
    Examples:
      stepcare withdraw C003/2026-11-01 --because "sent by the test system"
      stepcare withdraw C003/2026-11-01 --undo --because "it was right after all"
    """
    from pipelines.deliveries.ledger import open_ledger
    from pipelines.locking import only_one
    from pipelines.set_aside import find_entry

    settings = Settings.from_environment()
    with only_one(settings.home), open_ledger(settings.ledger) as ledger:
        entry = find_entry(ledger.entries(), delivery)
        if (entry.state == "withdrawn") is not undo:
            raise UsageError(f"{delivery} is {entry.state}: there is nothing to {'undo' if undo else 'withdraw'}")
        ledger.mark(str(entry.delivery_key), "seen" if undo else "withdrawn", "" if undo else because)
    click.echo(
        f"{delivery} {'counts again' if undo else 'is withdrawn'} from the next night on: run `stepcare nightly`"
    )
