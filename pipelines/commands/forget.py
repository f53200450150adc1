"""`stepcare forget`: erase a patient everywhere."""

import sys
from typing import TextIO

import click

from pipelines.errors import UsageError
from pipelines.settings import Settings


@click.command()
@click.option("--clinic", "clinic_code", help="The clinic's code, such as C003.")
@click.option("--because", help="Why, such as the number of the request; kept in the ledger. Never the patient's name.")
@click.option(
    "--key-file",
    type=click.File("r"),
    default="-",
    help="File with the patient's key; without it the key is asked for, so that it stands in no list of commands.",
)
@click.option("--list", "only_list", is_flag=True, help="Show the erasures that were done, and end.")
def forget(clinic_code: str | None, because: str | None, key_file: TextIO, only_list: bool) -> None:
    """Erase a patient: from the store, the inbox, the warehouse, the reports and older nights.

    The ledger keeps that it was done, when and why, and the hash of the key: a later delivery that still holds the patient
    loses the rows before it is kept. Backups made before hold the patient until they are removed.

    \b
    Examples:
      stepcare forget --clinic C003 --because "request 2026-17"
      stepcare forget --clinic C003 --because "request 2026-17" --key-file key.txt
      stepcare forget --list
    """
    from pipelines.deliveries.ledger import open_ledger

    settings = Settings.from_environment()
    if only_list:
        with open_ledger(settings.ledger) as ledger:
            done = [erasure for erasure in ledger.erasures() if erasure.is_patient]
        for erasure in done:
            click.echo(
                f"{erasure.erased_at[:16]} UTC  {erasure.clinic_code}  {erasure.n_rows:,} rows of {erasure.n_deliveries} "
                f"deliveries  ({erasure.because})"
            )
        click.echo(f"{len(done)} patients were erased here.")
        return
    if not clinic_code or not because:
        raise UsageError("say --clinic and --because, or --list. `stepcare forget --help` shows examples")
    if key_file.name in ("-", "<stdin>") and sys.stdin.isatty():
        patient_key = click.prompt("The patient's key", hide_input=True)
    else:
        patient_key = key_file.read()
    if not patient_key.strip():
        raise UsageError("the key is empty. Write the patient's key as the clinic's deliveries have it")
    from pipelines.forgetting import forget_patient

    erased = forget_patient(settings, clinic_code, patient_key.strip(), because, click.echo)
    click.echo(f"Erased       {erased.n_rows:,} rows of {erased.n_deliveries} deliveries; older nights are removed")
    for folder in erased.removed:
        click.echo(f"Removed      {folder}   (what may be kept of it lies in the store)")
    for folder in erased.left:
        click.echo(f"LEFT         {folder}   (it could not be removed: remove it by hand)")
    click.echo("Backups made before now still hold the patient: make a new one and remove them (stepcare backup list)")
