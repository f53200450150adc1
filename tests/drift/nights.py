"""A clinic's deliveries night after night, cut from one simulated group, straight into `raw.*`: no file is written.

What a clinic sends some days before the extract is what its system held then: the episodes that had begun, and contacts and
answers up to that day.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from pipelines.casting import literal
from pipelines.contracts import FEEDS, Feed
from pipelines.deliveries.load import create_raw_tables
from pipelines.drift.holds import Delivered, Hold, create_drift_tables, hold_for_drift
from pipelines.drift.profiles import profile_new
from pipelines.synthetic.population import draw_population
from pipelines.synthetic.simulation import feed_tables
from pipelines.synthetic.worlds import world_named
from pipelines.warehouse import open_warehouse

Damage = Mapping[tuple[str, str], str]
"""By feed and field the SQL expression that takes the value's place; `value` in it is the text as it would have come."""

_DAY = {
    "intake": "0",
    "exam": "try_cast(exam_day as integer)",
    "lab": "try_cast(day as integer)",
    "imaging": "try_cast(study_day as integer)",
    "session": "try_cast(session_day as integer)",
    "outcome": "try_cast(completed_day as integer)",
}
_IS_NEW = "(since is null or through < since or of_day > through - since)"
_ANSWERS = [name for name in FEEDS["outcome"].columns if name not in ("episode_key", "timepoint_wk", "due_day")]


@dataclass(frozen=True)
class Sending:
    """One delivery to be made: `since` is None when everything in it counts as new."""

    key: str
    clinic: str
    days_ago: int
    since: int | None
    is_delta: bool


@dataclass
class Group:
    """The records of a simulated group, and the deliveries that were made of them."""

    con: duckdb.DuckDBPyConnection
    clinics: tuple[str, ...] = ()
    feeds: tuple[str, ...] = tuple(FEEDS)
    delivered: list[Delivered] = field(default_factory=list)
    _waiting: dict[tuple[tuple[tuple[tuple[str, str], str], ...], frozenset[tuple[str, str]], str], list[Sending]] = (
        field(default_factory=dict)
    )
    _profiled: set[str] = field(default_factory=set)

    def simulate(self, episodes: int, clinics: int, world: str, seed: int) -> None:
        """Take another group's records; what was sent stays."""
        self._put_into_raw()
        group = draw_population(episodes, clinics, world_named(world), seed)
        tables, _ = feed_tables(group)
        _keep_full(self.con, tables)
        self.clinics = tuple(group.clinic_codes)

    def send(
        self,
        clinic: str,
        days_ago: int,
        *,
        since: int | None = None,
        is_delta: bool = False,
        damage: Damage | None = None,
        absent: Collection[tuple[str, str]] = (),
        where: str = "true",
        sender: str = "",
        key: str = "",
    ) -> str:
        """Send what the clinic had that day and return its key: all of it, or with `is_delta` what is new `since`.

        Damage is done to values that are newer than `since` days ago, or to all. `absent` columns are left out. `where` leaves
        out rows. `sender` is the clinic's name where one clinic's records are sent as several clinics'.
        """
        key = key or f"{sender or clinic} {len(self.delivered):04d}"
        alike = (tuple(sorted((damage or {}).items())), frozenset(absent), where)
        self._waiting.setdefault(alike, []).append(Sending(key, clinic, days_ago, since, is_delta))
        self.delivered.append(Delivered(sender or clinic, key, "delta" if is_delta else "snapshot"))
        return key

    def _put_into_raw(self) -> None:
        for (damage, absent, where), sendings in self._waiting.items():
            rows = [
                f"({literal(one.key)}, {literal(one.clinic)}, {one.days_ago}, "
                f"{'null' if one.since is None else one.since}, {one.is_delta})"
                for one in sendings
            ]
            self.con.execute(
                "create or replace temp table sending as select * from (values "
                f"{', '.join(rows)}) as sending (key, clinic, days_ago, since, is_delta)"
            ).fetchall()
            for feed in self.feeds:
                self._send_feed(FEEDS[feed], dict(damage), absent, where)
        self._waiting.clear()

    def _send_feed(self, feed: Feed, damage: Damage, absent: Collection[tuple[str, str]], where: str) -> None:
        is_there = "through >= days_ago"
        if feed.name not in ("intake", "outcome"):
            is_there += " and of_day <= through - days_ago"
        if feed.name == "outcome":
            is_there += f" and (not is_delta or through < since or ({_IS_NEW} and of_day <= through - days_ago))"
        elif feed.name != "intake":
            is_there += f" and (not is_delta or {_IS_NEW})"
        present = [name for name in feed.columns if (feed.name, name) not in absent]
        chosen = ", ".join(_column(feed.name, name, damage) for name in present)
        self.con.execute(
            f"insert into raw.{feed.name} (delivery_key, row_number, {', '.join(present)}) "
            f"select key, row_number() over (partition by key order by place), {chosen} "
            f"from full_{feed.name} inner join sending on full_{feed.name}.clinic = sending.clinic "
            f"where {is_there} and ({where})"
        ).fetchall()
        self.con.execute(
            f"insert into raw.file select key, {literal(feed.name)}, 0, 0, 'loaded', '', $present from sending",
            {"present": present},
        ).fetchall()

    def judge(self, released: Collection[str] = (), order: Sequence[Delivered] | None = None) -> list[Hold]:
        """Profile what is new and settle every delivery."""
        self._put_into_raw()
        profile_new(self.con, [one.delivery_key for one in self.delivered if one.delivery_key not in self._profiled])
        self._profiled |= {one.delivery_key for one in self.delivered}
        return hold_for_drift(self.con, order or self.delivered, released)

    def drift(self, delivery_key: str) -> list[tuple[str, str, str, bool]]:
        """(kind, feed, field, is_holding) of everything found in a delivery."""
        return self.con.execute(
            "select kind, feed, field, is_holding from raw.drift where delivery_key = ? order by all", [delivery_key]
        ).fetchall()

    def forget(self) -> None:
        """Start again with no delivery."""
        for table in (*FEEDS, "file", "profile", "figure", "change", "header", "finding", "drift"):
            self.con.execute(f"delete from raw.{table}").fetchall()
        self.delivered.clear()
        self._profiled.clear()


def _column(feed: str, name: str, damage: Damage) -> str:
    text = name
    if (feed, name) == ("intake", "observed_through_day"):
        text = "cast(through - days_ago as varchar)"
    elif feed == "outcome" and name in _ANSWERS:
        later = "'not_due'" if name == "reason_missing" else "null"
        text = f"case when of_day <= through - days_ago then {name} else {later} end"
    if (feed, name) in damage:
        spoilt = damage[feed, name].replace("value", f"({text})")
        text = f"case when {_IS_NEW} then {spoilt} else {text} end"
    return text


@contextmanager
def simulated_group(episodes: int, clinics: int, world: str, seed: int) -> Iterator[Group]:
    """The records of a group of clinics in a database of its own."""
    with open_warehouse(":memory:") as con:
        create_raw_tables(con)
        create_drift_tables(con)
        group = Group(con)
        group.simulate(episodes, clinics, world, seed)
        yield group


def _keep_full(con: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table]) -> None:
    """full_<feed>: every record as text, with its clinic, the episode's last day (`through`) and the record's own day."""
    for name, feed in FEEDS.items():
        con.register("delivered", tables[name])
        columns = ", ".join(f"nullif({column}, '') as {column}" for column in feed.columns)
        con.execute(
            f"create temp table bare as select {columns}, row_number() over () as place from delivered"
        ).fetchall()
        con.unregister("delivered")
        if name == "intake":
            about = "clinic_code as clinic, cast(observed_through_day as integer) as through"
            con.execute(f"create or replace table full_intake as select *, {about}, 0 as of_day from bare").fetchall()
        else:
            con.execute(
                f"create or replace table full_{name} as select bare.*, parent.clinic, parent.through, "
                f"{_DAY.get(name, 'parent.of_day')} as of_day "
                f"from bare inner join full_{feed.parent} as parent using ({feed.parent_key})"
            ).fetchall()
        con.execute("drop table bare")
