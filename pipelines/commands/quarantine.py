"""`stepcare quarantine`: what could not be used, why, what to do, and whether it has been healed."""

from collections import Counter

import click

from pipelines.errors import NotPublished, UsageError
from pipelines.settings import Settings


@click.group(invoke_without_command=True)
@click.pass_context
def quarantine(context: click.Context) -> None:
    """What could not be used, why, and what to do; never a value.

    \b
    Examples:
      stepcare quarantine                          what is open, by clinic and rule
      stepcare quarantine show C003/2026-11-01     one delivery, row by row
      stepcare quarantine healed                   what a later delivery has mended
      stepcare quarantine release C003/2026-11-01 --because "new questionnaire, agreed with the clinic"
    """
    if context.invoked_subcommand is None:
        _list()


def _list() -> None:
    from pipelines.deliveries.ledger import open_ledger
    from pipelines.generations import current_warehouse
    from pipelines.set_aside import read_lines, read_troubles

    settings = Settings.from_environment()
    if not settings.ledger.exists():
        raise NotPublished("no delivery has been looked at here yet. Run `stepcare nightly`")
    with open_ledger(settings.ledger) as ledger:
        troubles = read_troubles(ledger)
    click.echo(f"Deliveries and files that are not used: {len(troubles) or 'none'}")
    for trouble in troubles:
        click.echo(f"    {trouble.name}  {trouble.state} since {trouble.since[:10]}")
        click.echo(f"        {trouble.reason}")
    path = current_warehouse(settings)
    lines = read_lines(path) if path else []
    click.echo(f"\nRows and values set aside in the published night: {sum(line.n_rows for line in lines) or 'none'}")
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    for line in lines:
        counts[line.clinic_code, line.feed, line.field, line.rule, line.state] += line.n_rows
    for (clinic_code, feed, field, rule, state), n_rows in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"    {n_rows:>9,}  {clinic_code}  {feed}.{field}  ({rule}), {state}")
    if lines or troubles:
        click.echo(
            "\nNext: stepcare quarantine show CLINIC/DELIVERY names rows and remedies; healed ones: stepcare quarantine healed"
        )


@quarantine.command()
@click.argument("delivery")
def show(delivery: str) -> None:
    """Explain one delivery: file, row numbers, field, rule and remedy.

    Row 1 is the first row after the header.

    \b
    Example:
      stepcare quarantine show C003/2026-11-01
    """
    from pipelines.deliveries.ledger import open_ledger
    from pipelines.generations import current_warehouse
    from pipelines.set_aside import STATES, in_words, read_holds, read_lines

    settings = Settings.from_environment()
    with open_ledger(settings.ledger) as ledger:
        entries = [entry for entry in ledger.entries() if entry.name == delivery]
    if not entries:
        raise UsageError(f"no delivery {delivery} has been seen here. `stepcare status` lists them")
    path = current_warehouse(settings)
    holds = read_holds(path) if path else []
    for entry in entries:
        click.echo(f"{entry.name}  {entry.state}  {entry.mode}  {entry.n_rows:,} rows  ({entry.files or 'no files'})")
        click.echo(f"    came {entry.seen_at[:16]} UTC; changed {entry.changed_at[:16]} UTC")
        reasons = [hold[1:] for hold in holds if hold[0] == entry.delivery_key]
        for feed, field, rule, remedy in reasons:
            click.echo(f"    held: {feed}{'.' if field else ''}{field}: {rule}\n        {remedy}")
        if entry.reason and not reasons:
            click.echo(f"    {entry.reason}")
    lines = read_lines(path, delivery, STATES) if path else []
    for text in in_words(lines):
        click.echo(text)
    if not lines:
        click.echo("No row or value of it is set aside in the published night.")


@quarantine.command()
def healed() -> None:
    """What a later delivery has mended: deliveries, and rows by field and rule.

    \b
    Example:
      stepcare quarantine healed
    """
    from pipelines.deliveries.ledger import open_ledger
    from pipelines.generations import current_warehouse
    from pipelines.set_aside import healed_deliveries, in_words, read_lines

    settings = Settings.from_environment()
    with open_ledger(settings.ledger) as ledger:
        found = healed_deliveries(ledger)
    for trouble, better in found:
        click.echo(f"{trouble.name}  was {trouble.state} on {trouble.since[:10]}; healed by {better}")
        click.echo(f"    {trouble.reason}")
    path = current_warehouse(settings)
    lines = read_lines(path, None, ("healed",)) if path else []
    for text in in_words(lines):
        click.echo(text)
    click.echo(f"{len(found)} deliveries and {sum(line.n_rows for line in lines):,} rows or values healed.")


@quarantine.command()
@click.argument("delivery")
@click.option("--because", required=True, help="Why it may be used; kept in the ledger.")
def release(delivery: str, because: str) -> None:
    """Let a held delivery be used from the next night on. Rows that break the contract stay out.

    \b
    Example:
      stepcare quarantine release C003/2026-11-01 --because "new questionnaire, agreed with the clinic"
    """
    from pipelines.deliveries.ledger import open_ledger
    from pipelines.locking import only_one
    from pipelines.set_aside import find_entry

    settings = Settings.from_environment()
    with only_one(settings.home), open_ledger(settings.ledger) as ledger:
        entry = find_entry(ledger.entries(), delivery)
        if entry.delivery_key in {key for key, _ in ledger.releases()}:
            click.echo(f"{delivery} was released before; nothing was changed")
            return
        if entry.state != "quarantined":
            raise UsageError(f"{delivery} is {entry.state}, not held: there is nothing to release")
        ledger.release(str(entry.delivery_key), because)
    click.echo(f"{delivery} counts from the next night on: run `stepcare nightly`")
