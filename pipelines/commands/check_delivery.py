"""`stepcare check-delivery`: what a night would say of a delivery, before it is sent."""

from pathlib import Path

import click

_WEIGHTS = {"refused": "REFUSED", "set aside": "MEND   ", "told": "look   "}


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
def check_delivery(folder: Path) -> None:
    """Say what a night would find wrong with the delivery in DIR, before it is sent. Nothing is sent, kept or changed.

    DIR is the delivery's own folder, CLINIC/DELIVERY, with manifest.json in it. Looked at are the folder, the manifest, every
    file, what the contract asks of each value, text that looks like a patient's name or number, and, of a snapshot, the rules
    across fields and feeds. Rows are counted from the first after the header; a value is never shown.

    \b
    REFUSED   the night would not use the delivery, or this file of it
    MEND      rows or values would be set aside; the rest would be used
    look      it would be used; it may be wrong all the same

    \b
    Exit codes: 0 all of it would be used; 2 wrong use; 4 something is REFUSED or to MEND.

    \b
    Examples:
      stepcare check-delivery out/C003/2026-11-01
      stepcare simulate --out example --episodes 200 --clinics 1     (a good delivery to look at)
      stepcare check-delivery example/C001/2026-11-01
    """
    from pipelines.delivery_check import check_delivery as check
    from pipelines.errors import DeliveryError

    checked = check(folder)
    if said := checked.manifest:
        click.echo(
            f"{said.clinic_code}/{said.delivery_id}: a {said.mode} of {said.n_rows:,} rows in {len(said.files)} files"
        )
    for finding in checked.findings:
        click.echo(f"{_WEIGHTS[finding.weight]} {finding.place}{': ' if finding.place else ''}{finding.what}")
        if finding.rows:
            click.echo(f"        rows {finding.rows}")
        if finding.remedy:
            click.echo(f"        {finding.remedy}")
    if checked.manifest is not None and not checked.is_judged_by_rules:
        why = "what is refused comes first" if not checked.is_accepted_whole else "they need the clinic's other records"
        click.echo(f"Not asked: the rules across fields and feeds ({why})")
    if not checked.is_accepted_whole:
        n_wrong = sum(finding.weight != "told" for finding in checked.findings)
        raise DeliveryError(f"{n_wrong} to mend before it is sent; the reasons stand above")
    n_told = len(checked.findings)
    click.echo(f"All of it would be used{f'; {n_told} to look at' if n_told else ''}.")
