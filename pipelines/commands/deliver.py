"""`stepcare deliver`: the newest reports by e-mail to those who asked for them."""

import click

from pipelines.settings import Settings


@click.command()
@click.option(
    "--dry-run", is_flag=True, help="Only write the e-mails into the folder outbox, whatever the settings say."
)
def deliver(dry_run: bool) -> None:
    """Send each subscriber the newest report of the clinic, once: for a timer of its own.

    Who gets what is in stepcare.toml ([delivery], [[reader]], [[subscription]]). Nothing is sent until [delivery] says
    sends = true: until then the e-mails are files in the folder outbox of the home. A report goes to a recipient once,
    however often this runs; who may not read it any more gets nothing.

    \b
    Exit codes: 0 done; 2 a setting cannot be used; 9 outbox.sqlite cannot be used; 11 something could not be delivered.
    \b
    Examples:
      stepcare deliver --dry-run
      15 7 * * *  stepcare deliver
    """
    from datetime import UTC, datetime

    from pipelines.delivering.sending import FOLDER
    from pipelines.delivering.sending import deliver as deliver_now
    from pipelines.errors import NotTold

    settings = Settings.from_environment()
    found = deliver_now(settings, datetime.now(UTC), is_dry=dry_run)
    for one in found:
        place = f" into {settings.home / FOLDER}" if one.done == "written" else ""
        click.echo(f"{one.subscription.email}  {one.subscription.clinic}  {one.done + place if one.done else one.why}")
    if not found:
        click.echo("Nobody has subscribed: add [[subscription]] to stepcare.toml (docs/operators.md).")
    troubles = [one for one in found if one.is_trouble]
    if troubles:
        raise NotTold(f"{len(troubles)} of {len(found)} reports were not delivered; the reasons stand above")
