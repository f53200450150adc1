"""Dagster's part of the upkeep, for installations that run by `stepcare ui`: each day at 05:30 what is kept is looked at and
backed up; on the first of each month at 04:00 the newest backup is restored and compared."""

from dataclasses import replace
from pathlib import Path

import dagster as dg

from pipelines.backups.keeping import backup_folder, backup_settings, backups_in
from pipelines.integrity import Verified
from pipelines.resources import NightBuild
from pipelines.settings import Settings
from pipelines.summary import LAST_NIGHT, read_last_night, write_summary
from pipelines.upkeep import back_up_tonight, look_over, spoilt_still

UPKEEP_CRON = "30 5 * * *"
DRILL_CRON = "0 4 1 * *"


@dg.op(description="Looks at what is kept, bit by bit, and makes the backup that is due.")
def keep_sound(context: dg.OpExecutionContext, night: NightBuild) -> None:
    """Fails when something is spoilt or a backup could not be made; the message says what to do."""
    verified = look_over(night.settings, context.log.info)
    _tell_watchers(night.settings, verified)
    troubles = [spoilt_still(night.settings, verified), back_up_tonight(night.settings, context.log.info)]
    if said := [str(trouble) for trouble in troubles if trouble]:
        raise dg.Failure("; ".join(said), allow_retries=False)


def _tell_watchers(settings: Settings, verified: Verified) -> None:
    """Put what is spoilt into the summary of the last night, from which alerts are made."""
    last = read_last_night(settings.home)
    found = {found.place for found in verified.spoilt}
    if last and found - set(last.spoilt):
        write_summary(settings.home / LAST_NIGHT, replace(last, spoilt=tuple(sorted({*last.spoilt, *found}))))


@dg.op(description="Restores the newest backup aside, makes its night again and compares the reports.")
def try_newest_backup(context: dg.OpExecutionContext, night: NightBuild) -> None:
    """Fails when the backup cannot be restored or its night says something else than the one that was published."""
    from pipelines.backups.drill import run_drill

    settings = night.settings
    newest = backups_in(backup_folder(settings))[0]
    result = run_drill(settings, newest.path, Path(backup_settings(settings.home).identity), context.log.info)
    if result.differs:
        raise dg.Failure(
            f"{newest.path.name}: {len(result.differs)} of {result.n_compared} tables and pages differ from what was "
            f"published: {', '.join(result.differs[:10])}. `stepcare backup drill` tells more",
            allow_retries=False,
        )
    context.log.info("%s was restored in %.0f s and says what was published.", newest.path.name, result.restore_seconds)


@dg.job(description="Are all bits what was written, and is there a backup?", executor_def=dg.in_process_executor)
def upkeep() -> None:
    """One step: see `keep_sound`."""
    keep_sound()


@dg.job(description="Can the newest backup be restored?", executor_def=dg.in_process_executor)
def restore_drill() -> None:
    """One step: see `try_newest_backup`."""
    try_newest_backup()


def build_upkeep_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The two schedules, in the clinics' time zone; each says why when there is nothing to do."""

    @dg.schedule(
        name="upkeep",
        job=upkeep,
        cron_schedule=UPKEEP_CRON,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="05:30 clinic time.",
    )
    def upkeep_schedule() -> dg.RunRequest | dg.SkipReason:
        if not settings.store.is_dir():
            return dg.SkipReason("nothing is kept yet")
        return dg.RunRequest()

    @dg.schedule(
        name="restore_drill",
        job=restore_drill,
        cron_schedule=DRILL_CRON,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The first of the month at 04:00 clinic time, when stepcare.toml names a key file.",
    )
    def drill_schedule() -> dg.RunRequest | dg.SkipReason:
        said = backup_settings(settings.home)
        for name in ("to", "identity"):
            if not getattr(said, name):
                return dg.SkipReason(f"skipped because [backup] of stepcare.toml has no `{name}`")
        if not backups_in(backup_folder(settings)):
            return dg.SkipReason(f"skipped because no backup lies in {said.to}")
        return dg.RunRequest()

    return [upkeep_schedule, drill_schedule]
