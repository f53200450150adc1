"""`stepcare export`: from a clinic's own records to an anonymised delivery, on the clinic's machine."""

import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click


class Endable(click.Group):
    """A group whose commands, when they are ended, remove what lies aside, and end with the exit code that says so."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; SIGTERM, SIGHUP and Ctrl-C are an exit like any other."""
        ended_by: list[int] = []

        def end(number: int, _frame: FrameType | None) -> None:
            ended_by.append(number)
            sys.exit(128 + number)

        before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
        try:
            return super().invoke(ctx)
        except Exception:
            if ended_by:  # inside a query: DuckDB makes an error of its own of the exit
                sys.exit(128 + ended_by[0])
            raise
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@click.group(cls=Endable)
def export() -> None:
    """Turn a clinic's own records into an anonymised delivery, on the clinic's machine (docs/exporting.md).

    Nothing of it needs the warehouse or a network; the key and the records stay where they are.

    \b
    Examples:
      stepcare export init clinic.key
      stepcare export draft appointments.csv > map.yaml      or: stepcare export example cliniko > map.yaml
      stepcare export preview map.yaml exports/ --key clinic.key
      stepcare export run map.yaml exports/ --key clinic.key --to inbox
    """


@export.command()
@click.argument("key", type=click.Path(path_type=Path))
def init(key: Path) -> None:
    """Make the clinic's key, in a new file KEY that only you can read.

    Whoever has the key can tell whose pseudonym is whose. Without it, or with another, the same patients would be new
    ones: keep a copy in a safe place of the clinic's, and never send it anywhere.

    \b
    Example:
      stepcare export init clinic.key
    """
    from pipelines.exporting.keys import create_key

    create_key(key)
    click.echo(f"Key          {key}   (for you alone; keep a copy in a safe place, and send it to nobody)")


@export.command()
@click.argument("name", required=False)
def example(name: str | None) -> None:
    """Print a worked mapping to start from; without NAME, list them.

    \b
    Example:
      stepcare export example cliniko > map.yaml
    """
    from pipelines.errors import UsageError
    from pipelines.exporting.sources import EXAMPLES

    names = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
    if name is None:
        click.echo("\n".join(names))
    elif name in names:
        click.echo((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"), nl=False)
    else:
        raise UsageError(f"there is no example of that name. Known are: {', '.join(names)}")


@export.command()
@click.argument("sample", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--clinic-code", default="C001", show_default=True, help="The clinic's code.")
def draft(sample: Path, clinic_code: str) -> None:
    """Print a draft of a mapping for files like SAMPLE (CSV or XLSX), for you to correct.

    Answers of the sample may stand in it: it is for the clinic, not to be sent.

    \b
    Example:
      stepcare export draft appointments.csv > map.yaml
    """
    from pipelines.exporting.drafting import draft as make

    click.echo(make(sample, clinic_code), nl=False)


def _order_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--delivery-id", default="", help="The delivery's name (default: the day of the extract)."),
        click.option(
            "--as-of",
            type=click.DateTime(["%Y-%m-%d"]),
            help="The day of the extract (default: the last day on which a patient came or answered).",
        ),
        click.option("--key", required=True, type=click.Path(path_type=Path), help="The clinic's key."),
        click.argument("place", type=click.Path(path_type=Path, exists=True)),
        click.argument("mapping", type=click.Path(path_type=Path, dir_okay=False)),
    ):
        command = option(command)
    return command


@export.command()
@_order_options
def preview(mapping: Path, place: Path, key: Path, as_of: datetime | None, delivery_id: str) -> None:
    """Show what would leave the clinic and what would not; write nothing.

    MAPPING says how the records are read, PLACE is their file or folder.

    \b
    Example:
      stepcare export preview map.yaml exports/ --key clinic.key
    """
    from pipelines.exporting.preview import lines_of
    from pipelines.exporting.running import Order
    from pipelines.exporting.running import preview as make

    for line in lines_of(make(Order(mapping, place, key, as_of.date() if as_of else None, delivery_id))):
        click.echo(line)
    click.echo("\nNothing was written. Next: stepcare export run")


@export.command()
@_order_options
@click.option("--to", "inbox", required=True, type=click.Path(path_type=Path, file_okay=False), help="The inbox.")
def run(mapping: Path, place: Path, key: Path, as_of: datetime | None, delivery_id: str, inbox: Path) -> None:
    """Write the delivery to INBOX/<clinic>/<delivery>, whole and checked, or nothing; and show what is in it.

    \b
    Example:
      stepcare export run map.yaml exports/ --key clinic.key --to inbox
    """
    from pipelines.exporting.preview import lines_of
    from pipelines.exporting.running import Order
    from pipelines.exporting.running import export as make

    folder, result = make(Order(mapping, place, key, as_of.date() if as_of else None, delivery_id), inbox)
    for line in lines_of(result):
        click.echo(line)
    click.echo(f"\nWritten      {folder}   (checked against the contract)")
