"""What was known on an earlier night: the current view, or the whole night, by the deliveries that had come by then.

Everything that was ever delivered is kept with its time of arrival, and `sql/clean` derives the view of any time from it (the
variable `as_of`). Patients who were erased since are in no night any more, earlier ones included.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import connect
from zoneinfo import ZoneInfo

import duckdb

from pipelines.casting import literal
from pipelines.configuration import CONFIGURATION, pictures
from pipelines.contracts import FEEDS
from pipelines.deliveries.holding import write_holds
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.raw import RAW_TABLES
from pipelines.errors import UsageError
from pipelines.generations import current_generation
from pipelines.sections.making import section_settings
from pipelines.settings import Settings
from pipelines.tables import build
from pipelines.warehouse import open_warehouse


def time_of(text: str, settings: Settings) -> str:
    """The time that a person means, in UTC, ISO 8601: a time in the clinics' zone, a day (its end), or a night's name.

    Raises UsageError for anything else.
    """
    name = text.split("-", maxsplit=1)[0]
    try:
        if len(name) == 16 and name.endswith("Z"):
            return datetime.strptime(name, "%Y%m%dT%H%M%SZ").replace(microsecond=999999).isoformat()  # noqa: DTZ007
        said = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no time. Write 2026-11-01, 2026-11-01T02:30 (clinic time) or the name of a published night"
        ) from None
    if len(text) == 10:
        said = said.replace(hour=23, minute=59, second=59, microsecond=999999)
    zoned = said if said.tzinfo else said.replace(tzinfo=ZoneInfo(settings.timezone))
    return zoned.astimezone(UTC).replace(tzinfo=None).isoformat()


@contextmanager
def view_as_of(
    warehouse: Path, when: str, schemas: tuple[str, ...] = ("clean", "cohort")
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory whose `schemas` hold what was known at `when` (UTC, ISO 8601), by the `raw.*` of `warehouse`.

    Which deliveries are held is judged again by what was known then.
    """
    with open_warehouse(":memory:", readable=(warehouse.parent,), as_of=when) as con:
        con.execute(f"attach {literal(str(warehouse))} as published (read_only)")
        for table in RAW_TABLES:
            kind = "view" if table in FEEDS else "table"
            con.execute(f"create {kind} raw.{table} as select * from published.raw.{table}").fetchall()
        write_holds(con)
        build(con, schemas)
        yield con


def rebuild_as_of(settings: Settings, when: str, out: Path, say: Callable[[str], None]) -> Path:
    """Make the whole night again as it was known at `when` (UTC, ISO 8601), by today's code, into `out`; returns `out`.

    Nothing of the installation changes. Raises UsageError when `out` is there already or nothing had come by then; else as a
    night does.
    """
    from pipelines.night import prepare_dagster, run_job

    if out.exists():
        raise UsageError(f"{out} is there already. Name a folder that is not")
    _require_something_by(settings, when)
    scratch = settings.home / "tmp" / f"as-of-{os.getpid()}"
    scratch.mkdir(parents=True, mode=0o700)
    try:
        alone = Settings(scratch, scratch / "inbox", settings.timezone)
        if settings.store.is_dir():
            shutil.copytree(settings.store, alone.store, copy_function=os.link)
        with closing(connect(settings.ledger)) as ledger, closing(connect(alone.ledger)) as copy:
            ledger.backup(copy)
        take_settings(settings.home, scratch)
        prepare_dagster(alone)
        run_job(alone, "nightly", say, {"stepcare/because": f"as of {when}"}, is_from_store=True, as_of=when)
        if current_generation(alone) is not None:
            shutil.move(alone.current.resolve(), out)
    finally:
        shutil.rmtree(scratch)
    return out


def take_settings(home: Path, scratch: Path) -> None:
    """What a person set for the installation: above all the profile of disclosure control, and what the reports are called."""
    for path in (home / CONFIGURATION, *pictures(home)):
        if path.is_file():
            shutil.copy2(path, scratch / path.name)
    folder = section_settings(home).folder
    if folder and not Path(folder).is_absolute():
        shutil.copytree(home / folder, scratch / folder)


def _require_something_by(settings: Settings, when: str) -> None:
    """Raises UsageError when no kept delivery had come by `when`: the night would be empty, and look like one without patients."""
    with open_ledger(settings.ledger) as ledger:
        came = [
            datetime.fromisoformat(entry.seen_at).astimezone(UTC) for entry in ledger.entries() if entry.delivery_key
        ]
    if not came:
        raise UsageError("no delivery is kept here, so no earlier night can be made again")
    if min(came) > datetime.fromisoformat(when).replace(tzinfo=UTC):
        raise UsageError(
            f"no delivery had come by then: the first came on {min(came):%Y-%m-%d %H:%M} UTC. Name a later time"
        )
