"""`stepcare export`: from a clinic's own records to an anonymised delivery, on the clinic's machine."""

import click


@click.group()
def export() -> None:
    """Turn a clinic's own records into an anonymised delivery, on the clinic's machine (docs/exporting.md)."""
