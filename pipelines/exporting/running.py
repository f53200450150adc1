"""One export: read the source, make the delivery, check it, and hand it over or throw it away."""

import filecmp
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.contracts import FEEDS
from pipelines.deliveries.handing_over import hand_over, write_manifest, written_aside
from pipelines.deliveries.limits import NAME
from pipelines.errors import DeliveryError, UsageError
from pipelines.exporting.checking import check_delivery
from pipelines.exporting.contacts import build_episodes, latest_day, put_sessions_together
from pipelines.exporting.keys import Pseudonyms, read_key
from pipelines.exporting.plan import Plan, read_plan
from pipelines.exporting.pooling import pool
from pipelines.exporting.questionnaires import make_outcomes
from pipelines.exporting.refusing import refuse
from pipelines.exporting.rows import make_rows
from pipelines.exporting.sources import Request, reader_of
from pipelines.exporting.staging import Staging, open_staging
from pipelines.exporting.tally import Tally
from pipelines.exporting.writing import columns_to_write, write_feeds


@dataclass(frozen=True)
class Order:
    """What is asked for: the mapping file, the source, the key and, where they are not taken from the source, day and name.

    `as_of` is the day of the extract, by default the last day on which a patient came or answered; `delivery_id` is that day.
    """

    mapping: Path
    place: Path
    key: Path
    as_of: date | None = None
    delivery_id: str = ""


@dataclass(frozen=True)
class Result:
    """What an export holds: counts only. `columns` has, by feed, the fields that leave with how many rows say something."""

    clinic_code: str
    delivery_id: str
    as_of: date
    index_period: str
    n_patients: int
    n_rows: dict[str, int]
    columns: dict[str, dict[str, int]]
    pooled: dict[str, int]
    tally: Tally


def preview(order: Order) -> Result:
    """Make the whole delivery, check it and throw it away; returns what it would have held. Raises as `export` does."""
    with _made(order) as (_, result):
        return result


def export(order: Order, inbox: Path) -> tuple[Path, Result]:
    """Write the delivery to `inbox/<clinic>/<delivery>`; returns its folder and what it holds.

    The same delivery again changes nothing. Raises UsageError when another one of that name is there, when the mapping, the key or
    the source cannot be used; ChecksFailed when the delivery breaks the contract. Whatever is raised, nothing is written.
    """
    with _made(order) as (made, result):
        folder = inbox / result.clinic_code / result.delivery_id
        if folder.exists():
            if _is_same(made, folder):
                return folder, result
            raise UsageError(
                f"{folder} is there already and differs. What was delivered is never changed: name this one by --delivery-id"
            )
        with written_aside(inbox, result.clinic_code, result.delivery_id) as aside:
            shutil.copytree(made, aside, dirs_exist_ok=True)
            hand_over(aside, folder)
        return folder, result


@contextmanager
def _made(order: Order) -> Iterator[tuple[Path, Result]]:
    """The delivery, whole and checked, in the private folder that goes at the end."""
    plan = read_plan(order.mapping)
    pseudonyms = Pseudonyms(read_key(order.key), plan.clinic_code)
    with open_staging(pseudonyms, plan.zone, Tally()) as staging:
        _read(staging, plan, order.place)
        put_sessions_together(staging)
        as_of = order.as_of or latest_day(staging)
        if as_of is None:
            raise DeliveryError(
                "the source has no attended session and no answered questionnaire, so there is nothing to deliver. "
                "Look at the mapping of session: attendance and session_day"
            )
        delivery_id = order.delivery_id or as_of.isoformat()
        if not NAME.fullmatch(delivery_id):
            raise UsageError("--delivery-id is malformed. Use letters, digits, dots, dashes and underscores")
        build_episodes(staging, as_of)
        make_rows(staging, plan, as_of)
        make_outcomes(staging, plan, as_of)
        if not staging.con.execute("select 1 from row_intake limit 1").fetchall():
            raise DeliveryError(_nothing_left(staging))
        pooled = pool(staging, plan)
        made = staging.folder / "delivery"
        made.mkdir(mode=0o700)
        n_rows = write_feeds(staging, made)
        write_manifest(made, plan.clinic_code, delivery_id, "snapshot", n_rows, is_simulated=plan.is_simulated)
        check_delivery(made)
        yield made, _result(staging, plan, delivery_id, as_of, pooled)


def _nothing_left(staging: Staging) -> str:
    """An empty snapshot would withdraw all that the clinic ever delivered."""
    counts = "; ".join(f"{n} {kind}: {reason}" for (kind, reason), n in staging.tally.n_unmapped.most_common(5))
    return f"no episode is left to deliver, so nothing was written. What was in the way: {counts}. Look at the mapping"


def _read(staging: Staging, plan: Plan, place: Path) -> None:
    for record in reader_of(plan.kind)(Request(place, plan.source, plan.zone, staging.tally)):
        staging.add(record)
    staging.finish()
    for feed in FEEDS:
        refuse(staging, feed)


def _result(staging: Staging, plan: Plan, delivery_id: str, as_of: date, pooled: dict[str, int]) -> Result:
    columns = {}
    n_rows = {}
    for feed in FEEDS:
        names = columns_to_write(staging, feed)
        said = ", ".join(f"count(*) filter (where {name} is not null and {name}[1] <> '.')" for name in names)
        found = staging.con.execute(f"select count(*), {said} from row_{feed}").fetchall()[0]
        n_rows[feed] = int(found[0])
        columns[feed] = dict(zip(names, map(int, found[1:]), strict=True))
    n_patients = staging.con.execute("select count(distinct patient_key) from row_intake").fetchall()[0][0]
    return Result(
        clinic_code=plan.clinic_code,
        delivery_id=delivery_id,
        as_of=as_of,
        index_period=plan.index_period,
        n_patients=int(n_patients),
        n_rows=n_rows,
        columns=columns,
        pooled=pooled,
        tally=staging.tally,
    )


def _is_same(aside: Path, folder: Path) -> bool:
    names = sorted(path.name for path in aside.iterdir())
    if names != sorted(path.name for path in folder.iterdir()):
        return False
    return not any(filecmp.cmpfiles(aside, folder, names, shallow=False)[1:])
