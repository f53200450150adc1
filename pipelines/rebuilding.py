"""Make the published night again from the store and the ledger alone, without the inbox and without an earlier warehouse."""

from collections.abc import Callable

from pipelines.errors import InstallationError, NothingToDo
from pipelines.generations import Generation, current_generation
from pipelines.integrity import verify_all
from pipelines.locking import only_one
from pipelines.night import prepare_dagster, run_job
from pipelines.settings import Settings

NO_INBOX = "no-inbox"


def rebuild_from_store(settings: Settings, say: Callable[[str], None]) -> Generation:
    """Read every kept delivery anew, build the whole night and publish it; returns the generation.

    Raises InstallationError when a kept delivery is not what was kept, NothingToDo when there is none; else as a night does.
    """
    with only_one(settings.home):
        if spoilt := verify_all(settings).in_store():
            raise InstallationError(f"{len(spoilt)} kept deliveries are spoilt. {spoilt[0].in_words}")
        if not settings.store.is_dir() or not any(settings.store.iterdir()):
            raise NothingToDo(f"{settings.store} holds no delivery. `stepcare backup restore` brings one back")
        alone = Settings(settings.home, settings.work / NO_INBOX, settings.timezone)
        prepare_dagster(alone)
        run_job(alone, "nightly", say, {"stepcare/because": "rebuild from the store"}, is_from_store=True)
        generation = current_generation(settings)
    if generation is None:
        raise InstallationError("the rebuild ended without a published night. `stepcare status` tells how it went")
    return generation
