"""`stepcare alerts`: what is open, and a test message."""

import click

from pipelines import errors
from pipelines.settings import Settings


@click.group()
def alerts() -> None:
    """Alerts to a person, by e-mail or webhook (docs/operators.md).

    \b
    Examples:
      stepcare alerts list
      stepcare alerts test
    """


@alerts.command(name="list")
def list_open() -> None:
    """List every cause that is open, with what to do; sends nothing.

    \b
    Example:
      stepcare alerts list
    """
    from datetime import UTC, datetime

    from pipelines.alerts.causes import look_for_causes
    from pipelines.alerts.memory import open_memory

    settings = Settings.from_environment()
    now = datetime.now(UTC)
    with open_memory(settings.home) as memory:
        remembered = {cause.key: cause.since for cause in memory.causes()}
        causes = look_for_causes(settings, now, memory.watched_since(now)).causes
    for cause in causes:
        since = remembered.get(cause.key) or cause.since
        click.echo(f"{cause.severity:<6} {cause.title}")
        click.echo(f"       {cause.what}")
        click.echo(f"       Since {since[:16].replace('T', ' ') or 'now'} UTC. To do: {cause.remedy}")
        click.echo(f"       Look at: {cause.place}")
    if not causes:
        click.echo("Nothing is wrong.")


@alerts.command(name="test")
def send_test_message() -> None:
    """Send a test message to every channel that is set up.

    \b
    Example:
      stepcare alerts test
    """
    from pipelines.alerts.telling import send_test

    settings = Settings.from_environment()
    channels = send_test(settings)
    if not channels:
        raise errors.UsageError(
            f"{settings.home / 'stepcare.toml'} has no channel: set smtp_host or webhook in [alerts] (docs/operators.md)"
        )
    click.echo(f"Sent by {' and '.join(channels)}.")
