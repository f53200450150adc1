"""Tables of which a night makes again only what changed since the published night: clinics of `clean`, patients of `cohort`.

A clinic's rows of `clean.*` follow from its files in force, a patient's rows of `cohort.*` from the patient's rows of `clean.*`.
So the SELECT of a patient-scope file is run, unmodified, in a database of views that show nothing but what changed, and the other
rows are copied from the published warehouse. That the result is the table made whole is shown over random schedules of deliveries
(`tests/test_incremental.py`). Only a warehouse made by the same code may be `earlier` (`NightBuild.earlier`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb

from pipelines.carrying import content
from pipelines.casting import literal
from pipelines.contracts import FEEDS
from pipelines.tables import SqlFile, count_rows, in_order, sql_files

LEAST_EPISODES = 20_000
"""Of the published night: below it a table is made in less time than its rows are compared and copied (docs/performance.md)."""

MOST_CHANGED = 0.5
"""Share of the clinics, or of the episodes, above which a table is made whole."""

_OF_CHILDREN = [name for name, feed in FEEDS.items() if feed.parent not in (None, "intake")]
"""Feeds whose rows name no episode, but a session or a study that does."""

_OF_DELIVERIES = "delivery_key, row_number"
"""Columns of `clean.*` that no cohort table reads: the same values delivered again are no change of a patient's rows."""

_PLACES = {"": 1, "earlier.": -1}
"""Before a schema: tonight's and the published night's; rows that are in both come to nothing."""


@dataclass
class OnlyChanged:
    """The published warehouse, and what the steps of a run have found out beside it: None, or without an entry, is not yet.

    `differing` holds episodes by table of `clean`, `episodes` those of their patients by tables of `clean`.
    """

    earlier: Path
    least_episodes: int = LEAST_EPISODES
    most_changed: float = MOST_CHANGED
    may_build_on: bool | None = None
    clinics: list[str] | None = None
    differing: dict[str, list[str]] = field(default_factory=dict)
    episodes: dict[frozenset[str], list[str]] = field(default_factory=dict)


def make_what_changed(con: duckdb.DuckDBPyConnection, file: SqlFile, known: OnlyChanged) -> int | None:
    """Replace the file's table, from rows of `known.earlier` and its SELECT on what changed; returns how many rows it made.

    None, and nothing is written, when the table is not of one clinic or patient a row, or too much has changed to gain anything.
    """
    if file.scope != "patient" or file.schema not in ("clean", "cohort"):
        return None
    with _beside(con, known.earlier) as own:
        if known.may_build_on is None:
            known.may_build_on = _may_build_on(con, known)
        if not known.may_build_on:
            return None
        if file.schema == "clean":
            return _make(con, own, file, "clinic_code", _changed_clinics(con, known))
        return _make(con, own, file, "episode_key", _changed_episodes(con, file, known))


@contextmanager
def _beside(con: duckdb.DuckDBPyConnection, earlier: Path) -> Iterator[str]:
    """Attach the published warehouse as `earlier` and an empty database `part`; yields the name of the night's own."""
    own = str(con.execute("select current_database()").fetchall()[0][0])
    con.execute(f"attach {literal(str(earlier))} as earlier (read_only)")
    con.execute("attach ':memory:' as part")
    try:
        yield own
    finally:
        con.execute(f"use {own}")
        con.execute("detach part")
        con.execute("detach earlier")


def _may_build_on(con: duckdb.DuckDBPyConnection, known: OnlyChanged) -> bool:
    """Whether every delivery holds the rows it held then, no key began or ceased to be shared, and there is enough to gain."""
    try:
        erasures = [con.execute(f"select erasures from {place}raw.code").fetchall() for place in ("", "earlier.")]
        if erasures[0] != erasures[1] or count_rows(con, "earlier.clean.intake") < known.least_episodes:
            return False
    except duckdb.CatalogException:
        return False
    return content(con, "clean.shared_key") == content(con, "earlier.clean.shared_key")


def _make(con: duckdb.DuckDBPyConnection, own: str, file: SqlFile, key: str, changed: list[str] | None) -> int | None:
    """Put the rows of what changed in the place of the earlier ones; `key` names the column that says whose a row is."""
    if changed is None:
        return None
    con.execute(f"create table part.main.changed as select unnest($keys::varchar[]) as {key}", {"keys": changed})
    for table in file.reads:
        schema, name = table.split(".")
        shown = _shown(con, own, table, key)
        if shown is None:
            return None
        con.execute(f"create schema if not exists part.{schema}")
        con.execute(f"create view part.{schema}.{name} as {shown}")
    con.execute(f"set search_path = 'part.main,{own}.main'")
    con.execute(f"create table part.main.made as\n{file.text}").fetchall()
    con.execute(
        f"create or replace table {own}.{file.table} as "
        f"select * from earlier.{file.table} as kept anti join part.main.changed as changed on kept.{key} = changed.{key} "
        "union all by name select * from part.main.made"
    ).fetchall()
    return count_rows(con, "part.main.made")


def _shown(con: duckdb.DuckDBPyConnection, own: str, table: str, key: str) -> str | None:
    """The SELECT that shows what changed of a table; None where nothing says whose its rows are."""
    schema, name = table.split(".")
    everything = f"select * from {own}.{table} as shown"
    if table in ("clean.shared_key", "clean.practitioner"):
        return everything
    if schema == "raw":
        return (
            f"{everything} semi join (select delivery_key from {own}.clean.file semi join part.main.changed using ({key})) "
            "as delivered on shown.delivery_key = delivered.delivery_key"
        )
    if key == "episode_key" and name in _OF_CHILDREN:
        parent_key = FEEDS[name].parent_key
        parents = f"select {parent_key} from {own}.clean.{FEEDS[name].parent} semi join part.main.changed using ({key})"
        return f"{everything} semi join ({parents}) as parent on shown.{parent_key} = parent.{parent_key}"
    columns = {row[0] for row in con.execute(f"describe {own}.{table}").fetchall()}
    return (
        f"{everything} semi join part.main.changed as changed on shown.{key} = changed.{key}"
        if key in columns
        else None
    )


def _changed_clinics(con: duckdb.DuckDBPyConnection, known: OnlyChanged) -> list[str] | None:
    """The clinics whose rows of `clean` are to be made again; None when they are too many."""
    changed = _clinics_of_other_files(con, known)
    n_clinics = con.execute("select count(distinct clinic_code) from earlier.clean.file").fetchall()[0][0]
    return None if len(changed) > known.most_changed * n_clinics else changed


def _clinics_of_other_files(con: duckdb.DuckDBPyConnection, known: OnlyChanged) -> list[str]:
    """The clinics of which another set of files is in force than in the published night."""
    if known.clinics is None:
        rows = con.execute(_in_one_night_alone("clinic_code", "select * from {place}clean.file")).fetchall()
        known.clinics = sorted(clinic_code for (clinic_code,) in rows)
    return known.clinics


def _changed_episodes(con: duckdb.DuckDBPyConnection, file: SqlFile, known: OnlyChanged) -> list[str] | None:
    """The episodes, tonight's and the earlier ones, of patients of whom a row that the file reads differs; None: too many."""
    names, clinics = _clean_names(file), _clinics_of_other_files(con, known)
    for name in sorted(names - known.differing.keys()):
        rows = con.execute(_differing(name), {"clinics": clinics} if name != "practitioner" else {}).fetchall()
        known.differing[name] = [episode_key for (episode_key,) in rows]
    if names not in known.episodes:
        differing = sorted({episode_key for name in names for episode_key in known.differing[name]})
        rows = con.execute(
            """
            with differing as (select unnest($keys::varchar[]) as episode_key),
            episodes as (
                select episode_key, patient_key from clean.intake
                union
                select episode_key, patient_key from earlier.clean.intake
            ),
            patients as (select patient_key from episodes semi join differing using (episode_key))
            select episode_key from episodes semi join patients using (patient_key)
            union
            select episode_key from differing
            order by episode_key
            """,
            {"keys": differing},
        ).fetchall()
        known.episodes[names] = [episode_key for (episode_key,) in rows]
    found = known.episodes[names]
    return None if len(found) > known.most_changed * count_rows(con, "earlier.clean.intake") else found


def _clean_names(file: SqlFile) -> frozenset[str]:
    """The tables of `clean` that the file reads, by itself or through other tables of `cohort`; the intake says who is who."""
    under = _under_cohort()
    names = {"intake"}
    for read in file.reads:
        schema, name = read.split(".")
        names |= {name} if schema == "clean" else under[read]
    return frozenset(names)


@cache
def _under_cohort() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file in in_order(sql_files("cohort")):
        parts = (read.split(".") for read in file.reads)
        found[file.table] = {
            one for schema, name in parts for one in ({name} if schema == "clean" else found[f"{schema}.{name}"])
        }
    return found


def _differing(name: str) -> str:
    """A SELECT of the episodes of which a row of `clean.<name>` is in one of the two nights alone, among those of `$clinics`."""
    if name == "practitioner":
        shown = _in_one_night_alone("clinic_code, practitioner_key", "select * from {place}clean.practitioner")
        return " union ".join(
            f"select session.episode_key from {place}clean.session as session "
            f"semi join ({shown}) as shown using (clinic_code, practitioner_key)"
            for place in _PLACES
        )
    columns, whose = f"said.* exclude ({_OF_DELIVERIES})", ""
    if name in _OF_CHILDREN:
        parent, parent_key = FEEDS[name].parent, FEEDS[name].parent_key
        columns = f"parent.episode_key, {columns}"
        whose = f"inner join {{place}}clean.{parent} as parent using (clinic_code, {parent_key})"
    rows = (
        f"select {columns} from {{place}}clean.{name} as said {whose} "
        "where said.clinic_code in (select unnest($clinics::varchar[]))"
    )
    return _in_one_night_alone("episode_key", rows)


def _in_one_night_alone(key: str, rows: str) -> str:
    """A SELECT of the keys of which one of the `rows` (a SELECT with `{place}` before its schemas) is not in both nights."""
    sides = " union all ".join(
        f"select {key}, hash(said) as content, {side} as side from ({rows.format(place=place)}) as said"
        for place, side in _PLACES.items()
    )
    return f"select distinct {key} from ({sides}) group by {key}, content having sum(side) <> 0"
