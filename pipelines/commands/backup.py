"""`stepcare backup`: make encrypted backups, list them, restore them, and try a restore."""

from pathlib import Path

import click

from pipelines.errors import BackupError
from pipelines.settings import Settings

_to = click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the backups instead of that of stepcare.toml.",
)
_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_identity = click.option(
    "--identity", required=True, type=click.Path(path_type=Path), help="The key file that keygen wrote."
)


@click.group()
def backup() -> None:
    """Encrypted backups of the store and the ledger, from which all the rest is made again.

    \b
    Example:
      stepcare backup keygen --out /media/stick/stepcare.key
      stepcare backup make --to /srv/backups
    """


@backup.command()
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The new key file (0600).")
def keygen(out: Path) -> None:
    """Make a key: the identity, which opens backups, goes into a new file; the recipient is printed.

    \b
    Example:
      stepcare backup keygen --out /media/stick/stepcare.key
    """
    from pipelines.backups.keys import write_new_identity

    recipient = write_new_identity(out)
    click.echo(f"Identity     {out}   (opens every backup: keep two copies of it, away from this machine)")
    click.echo(f"Recipient    {recipient}")
    click.echo(f"Next         in {Settings.from_environment().home / 'stepcare.toml'}:")
    click.echo(f'\n[backup]\nto = "/full/path/of/a/folder/for/backups"\nrecipient = "{recipient}"')


@backup.command()
@_to
def make(to: Path | None) -> None:
    """Write a backup, also while a night runs, and remove those that are kept no longer.

    \b
    Example:
      stepcare backup make
    """
    from pipelines.backups.making import make_backup

    made = make_backup(Settings.from_environment(), click.echo, to)
    click.echo(f"Backup       {made.backup.path}   ({made.backup.n_bytes / 1e6:,.1f} MB)")
    for old in made.removed:
        click.echo(f"Removed      {old.path.name}")


@backup.command("list")
@_to
def list_backups(to: Path | None) -> None:
    """List the backups, the newest first, with the beginning of the recipient whose key opens each.

    \b
    Example:
      stepcare backup list
    """
    from pipelines.backups.keeping import backup_folder, backups_in

    folder = backup_folder(Settings.from_environment(), to)
    found = backups_in(folder)
    for one in found:
        click.echo(f"{one.made_at:%Y-%m-%d %H:%M} UTC  {one.n_bytes / 1e6:>10,.1f} MB  {one.key}...  {one.path}")
    if not found:
        click.echo(f"No backup lies in {folder}. `stepcare backup make` writes one")


@backup.command()
@_file
@_identity
@click.option("--into", required=True, type=click.Path(path_type=Path, file_okay=False), help="The new home to make.")
def restore(file: Path, identity: Path, into: Path) -> None:
    """Restore the backup FILE into a new home; it appears whole and verified, or not at all.

    \b
    Example:
      stepcare backup restore FILE --identity /media/stick/stepcare.key --into /srv/stepcare-restored
    """
    from pipelines.backups.restoring import restore_backup

    restored = restore_backup(file, identity, into.absolute(), click.echo)
    click.echo(f"Restored     {restored.home}   ({restored.n_deliveries} deliveries, every file verified)")
    click.echo(f"Next         STEPCARE_HOME={restored.home} stepcare rebuild --from-store")


@backup.command()
@_file
@_identity
def drill(file: Path, identity: Path) -> None:
    """Try the backup FILE: restore it aside, make the night again there, and compare the reports. Changes nothing.

    \b
    Example:
      stepcare backup drill FILE --identity /media/stick/stepcare.key
    """
    from pipelines.backups.drill import run_drill

    result = run_drill(Settings.from_environment(), file, identity, click.echo)
    click.echo(f"Drill        restored in {result.restore_seconds:.1f} s, night made in {result.night_seconds:.1f} s")
    if result.differs is None:
        click.echo("Nothing was published when the backup was made, so there was nothing to compare.")
    elif result.differs:
        by_other_code = "" if result.is_same_code else ". The backup was made by other code, which may explain it"
        raise BackupError(
            f"the night from the backup is not the one that was published: {len(result.differs)} of {result.n_compared} "
            f"differ: {', '.join(result.differs[:10])}{by_other_code}"
        )
    else:
        click.echo(f"Equal        all {result.n_compared} tables and pages of the report are what was published")
