"""Dagster's part in delivering reports, for installations that run by `stepcare ui`: each day at 07:00 what is new goes to those
who asked for it. A job of its own: no night waits for it or fails with it."""

from collections import Counter
from datetime import UTC, datetime

import dagster as dg

from pipelines.delivering.readers import read_subscriptions
from pipelines.delivering.sending import deliver
from pipelines.errors import StepcareError
from pipelines.resources import NightBuild
from pipelines.settings import Settings

DELIVERY_CRON = "0 7 * * *"


@dg.op(description="Sends each subscriber the newest report, once; who may not read it any more gets nothing.")
def deliver_reports(context: dg.OpExecutionContext, night: NightBuild) -> None:
    """Fails when a report could not be delivered. No address stands in the log: `stepcare deliver` names them."""
    found = deliver(night.settings, datetime.now(UTC))
    for done, number in sorted(Counter(one.done or "nothing to do" for one in found if not one.is_trouble).items()):
        context.log.info("%s: %d", done, number)
    n_troubles = sum(one.is_trouble for one in found)
    if n_troubles:
        raise dg.Failure(
            f"{n_troubles} of {len(found)} reports were not delivered. `stepcare deliver` says which, and why",
            allow_retries=False,
        )


@dg.job(description="Reports by e-mail to those who asked for them.", executor_def=dg.in_process_executor)
def delivery() -> None:
    """One step: see `deliver_reports`."""
    deliver_reports()


def build_delivery_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The schedule, in the clinics' time zone; it says why when there is nothing to do."""

    @dg.schedule(
        name="delivery",
        job=delivery,
        cron_schedule=DELIVERY_CRON,
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="07:00 clinic time, when somebody has subscribed.",
    )
    def delivery_schedule() -> dg.RunRequest | dg.SkipReason:
        try:
            subscriptions = read_subscriptions(settings.home)
        except StepcareError as error:
            return dg.SkipReason(f"skipped because a setting cannot be used: {error}")
        return dg.RunRequest() if subscriptions else dg.SkipReason("nobody has subscribed to a report")

    return delivery_schedule
