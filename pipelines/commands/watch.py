"""`stepcare watch`: look for late nights, missing clinics and all else that a person must know, and tell."""

import click

from pipelines.settings import Settings


@click.command()
def watch() -> None:
    """Look for what a person must know, and send what is news: for a timer of its own.

    Looks at the summary of the last night, the lock and the ledger; takes a second, starts nothing and changes nothing that
    is published. Sends where [alerts] of stepcare.toml says so, and prints what is open.

    \b
    Exit codes: 0 nothing is wrong, or everybody was told; 2 a setting cannot be used; 9 alerts.sqlite cannot be used;
    11 an alert could not be sent, or something is wrong (red) and no channel is set up.
    \b
    Example:
      */15 * * * *  stepcare watch
    """
    from pipelines.alerts.telling import look_and_tell, require_told

    told = look_and_tell(Settings.from_environment())
    for cause in told.causes:
        click.echo(f"{cause.severity:<6} {cause.title}. To do: {cause.remedy}")
    if not told.causes:
        click.echo("Nothing is wrong.")
    for channel, number in told.sent.items():
        if number:
            click.echo(f"Sent by {channel}: {number}")
    require_told(told)
