"""A night without Dagster, checks, estimates and pages: look, keep, ledger, raw, clean, publish, mark, by our own functions."""

import uuid
from collections.abc import Callable

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.raw import fill_raw
from pipelines.disk import disk_errors_named
from pipelines.generations import clear_abandoned_work
from pipelines.locking import only_one
from pipelines.publishing import publish_night, settle_published
from pipelines.resources import NightBuild
from pipelines.room import require_room
from pipelines.schedules import what_is_new
from pipelines.settings import Settings
from pipelines.tables import build


def short_night(settings: Settings, say: Callable[[str], None] = lambda _: None) -> None:
    """What `run_night` and the assets do, as far as `clean.*`, in a second."""
    with disk_errors_named(settings.home), only_one(settings.home):
        clear_abandoned_work(settings)
        require_room(settings)
        settings.store.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open_ledger(settings.ledger) as ledger:
            receive(settings.inbox, settings.store, ledger, say)
        key, reason = what_is_new(settings)
        say(reason)
        if not key:
            settle_published(settings)
            return
        run_id = str(uuid.uuid4())
        night = NightBuild(home=str(settings.home), inbox=str(settings.inbox), timezone=settings.timezone)
        earlier = night.begin(run_id)
        with open_ledger(settings.ledger) as ledger, night.warehouse(run_id) as con:
            receive(settings.inbox, settings.store, ledger, say)
            fill_raw(con, settings.store, ledger, earlier, say)
        with night.warehouse(run_id) as con:
            build(con, ["clean"])
        publish_night(settings, night.folder(run_id), run_id)
