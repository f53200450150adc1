"""What keeps an installation sound beside its nights: old nights removed, bits looked at, a backup made, a restore tried."""

from collections.abc import Callable
from datetime import UTC, datetime

from pipelines.backups.keeping import backup_folder, backup_settings, backups_in
from pipelines.errors import BackupError, InstallationError, StepcareError
from pipelines.generations import current_generation, remove_old
from pipelines.integrity import Verified, verify_tonight
from pipelines.settings import Settings

Say = Callable[[str], None]


def look_over(settings: Settings, say: Say) -> Verified:
    """Remove nights that are kept no longer and look at tonight's part of what is kept; says what is spoilt."""
    now = datetime.now(UTC)
    for name in remove_old(settings, now):
        say(f"  The night {name} is kept no longer and was removed.")
    verified = verify_tonight(settings, now)
    for found in verified.spoilt:
        say(f"  ! {found.in_words}")
    return verified


def spoilt_still(settings: Settings, verified: Verified) -> InstallationError | None:
    """The error to end with when a kept delivery is spoilt, or the published night is and no other took its place."""
    in_store = verified.in_store()
    if in_store:
        return InstallationError(f"{len(in_store)} kept deliveries are spoilt. {in_store[0].in_words}")
    if verified.is_in_published(settings):
        return InstallationError(
            "the published night is not what was published: `stepcare rebuild --from-store` mends it"
        )
    return None


def back_up_tonight(settings: Settings, say: Say) -> StepcareError | None:
    """Make the nightly backup when stepcare.toml asks for one and none was made since the published night.

    Returns the error when it could not be made: what is published stays.
    """
    from pipelines.backups.making import make_backup

    generation = current_generation(settings)
    try:
        if generation is None or not backup_settings(settings.home).nightly:
            return None
        newest = next(iter(backups_in(backup_folder(settings))), None)
        if newest and newest.made_at >= datetime.fromisoformat(generation.made_at):
            return None
        made = make_backup(settings, say)
    except StepcareError as error:
        return BackupError(f"the night is published, but its backup was not made: {error}")
    say(f"  Backup       {made.backup.path}   ({made.backup.n_bytes / 1e6:,.1f} MB)")
    return None
