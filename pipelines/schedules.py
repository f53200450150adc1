"""When the night runs: at 02:30 clinic time, and when a complete delivery arrives; the reports of
the week on Monday and of the month on its first at 06:00, the self-checks in full on Sunday at 08:00.

Each looks before it starts: a night with nothing new is skipped, and says so.
"""

import hashlib
from datetime import timedelta

import dagster as dg

from pipelines.deliveries.folders import Found, look
from pipelines.deliveries.ledger import open_ledger
from pipelines.generations import current_generation
from pipelines.own_questions.reading import questions_hash
from pipelines.provenance import code_hash, ledger_hash, night_key, reading_hash
from pipelines.run_sensors import note_nothing_new, summary_sensors
from pipelines.self_check.effort import FULL
from pipelines.settings import Settings

NIGHTLY_CRON = "30 2 * * *"
WEEKLY_CRON = "0 6 * * 1"
MONTHLY_CRON = "0 6 1 * *"
SELF_CHECK_CRON = "0 8 * * 0"
WHOLE_AGAIN = {"dagster/max_retries": "2", "dagster/retry_strategy": "ALL_STEPS"}
"""A run that was killed starts again from its first step: its folder is its own, and holds nothing of the one before."""

NIGHT_TAGS = {"stepcare/kind": "night", **WHOLE_AGAIN}

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="The whole night: deliveries to published reports.",
    tags=NIGHT_TAGS,
    executor_def=dg.in_process_executor,
)
weekly_report = dg.define_asset_job(
    "weekly_report",
    selection=dg.AssetSelection.groups("report"),
    description="The reports again from the published warehouse, for the week's reading.",
    tags={"stepcare/kind": "report", **WHOLE_AGAIN},
    executor_def=dg.in_process_executor,
)
weekly_self_check = dg.define_asset_job(
    "weekly_self_check",
    selection=dg.AssetSelection.groups("self_checks", "report"),
    description="The self-checks in full on the published warehouse, and the reports that rest on them.",
    tags={"stepcare/kind": "report", **WHOLE_AGAIN},
    config={"ops": {"self_checks": {"config": {"effort": FULL.name}}}},
    executor_def=dg.in_process_executor,
)


def freshness(timezone: str) -> dg.FreshnessPolicy:
    """Published results should be there by 06:00 each day, from a night that began at 02:00 or later."""
    return dg.FreshnessPolicy.cron(deadline_cron="0 6 * * *", lower_bound_delta=timedelta(hours=4), timezone=timezone)


def unseen_deliveries(settings: Settings) -> list[Found]:
    """The complete deliveries of the inbox that nobody has judged yet, by clinic and identifier; only looks."""
    with open_ledger(settings.ledger) as ledger:
        known = ledger.judged(reading_hash())
    found = look(settings.inbox)
    return [f for f in found if f.is_complete and (f.clinic_code, f.delivery_id, f.fingerprint) not in known]


def _in_words(unseen: list[Found]) -> str:
    return f"{len(unseen)} complete {'delivery is' if len(unseen) == 1 else 'deliveries are'} new"


def what_is_new(settings: Settings) -> tuple[str, str]:
    """(`key`, `reason`): the key of the night that is due, empty when there is none, and the reason in words.

    Only looks: no file of a delivery is read, nothing is written but the ledger when it is not there yet.
    """
    with open_ledger(settings.ledger) as ledger:
        due = night_key(ledger_hash(ledger), questions=questions_hash(settings.home))
        in_use = any(entry.delivery_key for entry in ledger.entries())
    if unseen := unseen_deliveries(settings):
        return due, _in_words(unseen)
    if not in_use:
        return "", f"there is no delivery to work on in {settings.inbox}"
    generation = current_generation(settings)
    if generation is None:
        return due, "nothing has been published yet"
    if generation.code_hash != code_hash():
        return due, "the code has changed since the last published night"
    if generation.night_key != due:
        return due, "the deliveries in use, or the own questions, have changed since the last published night"
    return "", "nothing is new: the same code on the same deliveries has been published"


def build_schedules(settings: Settings) -> tuple[list[dg.ScheduleDefinition], list[dg.SensorDefinition]]:
    """The schedules and the sensor of an installation, in the clinics' time zone."""

    @dg.schedule(
        name="nightly",
        job=nightly,
        cron_schedule=NIGHTLY_CRON,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="02:30 clinic time, when there is something new.",
    )
    def nightly_schedule() -> dg.RunRequest | dg.SkipReason:
        key, reason = what_is_new(settings)
        if key:
            return dg.RunRequest(tags={**NIGHT_TAGS, "stepcare/because": reason})
        note_nothing_new(settings, reason)
        return dg.SkipReason(reason)

    weekly_schedule = dg.ScheduleDefinition(
        name="weekly_report",
        job=weekly_report,
        cron_schedule=WEEKLY_CRON,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Monday at 06:00 clinic time.",
    )

    monthly_schedule = dg.ScheduleDefinition(
        name="monthly_report",
        job=weekly_report,
        cron_schedule=MONTHLY_CRON,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The first of the month at 06:00 clinic time, when no night made the month's reports.",
    )

    self_check_schedule = dg.ScheduleDefinition(
        name="weekly_self_check",
        job=weekly_self_check,
        cron_schedule=SELF_CHECK_CRON,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Sunday at 08:00 clinic time, for the report of Monday.",
    )

    @dg.sensor(
        name="new_deliveries",
        job=nightly,
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a night when a complete delivery that nobody has judged yet lies in the inbox.",
    )
    def new_deliveries() -> dg.RunRequest | dg.SkipReason:
        unseen = unseen_deliveries(settings)
        if not unseen:
            return dg.SkipReason(f"no complete delivery that nobody has judged yet lies in {settings.inbox}")
        key = " ".join(sorted(found.fingerprint for found in unseen))
        run_key = hashlib.sha256(key.encode()).hexdigest()
        return dg.RunRequest(run_key=run_key, tags={**NIGHT_TAGS, "stepcare/because": _in_words(unseen)})

    return [nightly_schedule, weekly_schedule, monthly_schedule, self_check_schedule], [
        new_deliveries,
        *summary_sensors(settings, nightly),
    ]
