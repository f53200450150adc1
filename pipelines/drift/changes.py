"""What a delivery changes beside the clinic's accepted deliveries before it: values that differ, and values that are new.

Interface: `compare(con, comparisons)` adds to `raw.change`, and for the new values to `raw.profile` and `raw.figure`, under the
comparison's `reference`. A clinic's current view before the delivery is made of the members: of several rows with one
key the one of the last member wins. A value is new when that view has none for it; it has changed when the view
had another, or had one that the delivery now leaves out.

`raw.change`: a row a delivery, reference, feed and field in which something changed; with field '' always a row for the
whole rows: n_before rows in the view, n_known of them delivered again, n_changed of these with a value changed. mean_before
and mean_after are of the changed numbers, so that a change of unit shows as their ratio.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipelines.casting import literal
from pipelines.contracts import FEEDS, Feed
from pipelines.drift.figures import SCORES, insert_figures
from pipelines.drift.histograms import profiled
from pipelines.drift.profiles import insert_profiles, owner_sql, stratum_sql

MOVING_ON = {
    ("intake", "observed_through_day"),
    ("outcome", "reason_missing"),
    ("session", "discharge_status"),
}
"""Fields that change by themselves as time goes on, in a clinic that has changed nothing."""


@dataclass(frozen=True)
class Comparison:
    """A delivery beside the accepted ones that make up the clinic's view before it, in their order; `reference` names these."""

    delivery_key: str
    reference: str
    members: tuple[str, ...]


def compare(con: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison]) -> None:
    """Add the changes and the profiles and figures of new values; a query a feed and table over all comparisons."""
    if not comparisons:
        return
    con.execute(
        "create or replace temp table compared as select unnest($keys) as delivery_key, unnest($references) as reference",
        {"keys": [one.delivery_key for one in comparisons], "references": [one.reference for one in comparisons]},
    ).fetchall()
    members = [(one.reference, key, place) for one in comparisons for place, key in enumerate(one.members)]
    con.execute(
        "create or replace temp table member as select distinct unnest($references) as reference, "
        "unnest($keys) as member_key, unnest($places) as place",
        {
            "references": [member[0] for member in members],
            "keys": [member[1] for member in members],
            "places": [member[2] for member in members],
        },
    ).fetchall()
    for feed in FEEDS.values():
        _put_beside(con, feed)
        _insert_changes(con, feed)
        _insert_new_values(con, feed)
        if feed.name in ("intake", "session", "outcome"):
            _insert_new_figures(con, feed)
    for table in ("compared", "member", "beside", "answer", "baseline"):
        con.execute(f"drop table if exists temp.{table}").fetchall()


def _put_beside(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """temp.beside: every delivered row with, as text lists, its values now and those of the view; and its place in the feed."""
    names = [field.name for field in profiled(feed)]
    now, before = (", ".join(f"{side}.{name}" for name in names) for side in ("now", "before"))
    key = ", ".join(f"said({name})" for name in feed.key)
    same_key = " and ".join(f"said(now.{name}) = said(before.{name})" for name in feed.key)
    raw_key = " and ".join(f"said(now.{name}) = said(raw_row.{name})" for name in feed.key)
    con.execute(
        f"""
        create or replace temp table beside as
        with now as (
            select compared.reference, {stratum_sql(feed)} as stratum, {owner_sql(feed)} as owner, raw_row.*
            from raw.{feed.name} as raw_row
            inner join compared on raw_row.delivery_key = compared.delivery_key
        ),
        before as (
            select member.reference, raw_row.*
            from raw.{feed.name} as raw_row
            inner join member on raw_row.delivery_key = member.member_key
            semi join now on member.reference = now.reference and {raw_key}
            qualify row_number() over (
                partition by member.reference, {key} order by member.place desc, raw_row.row_number desc
            ) = 1
        )
        select now.delivery_key, now.reference, now.stratum, now.owner, now.row_number,
            before.row_number is not null as is_known, [{now}] as now, [{before}] as before
        from now
        left join before on now.reference = before.reference and {same_key}
        """
    ).fetchall()


def _insert_changes(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    names = [field.name for field in profiled(feed)]
    moving = [name for name in names if (feed.name, name) in MOVING_ON]
    key = ", ".join(f"said(raw_row.{name})" for name in feed.key)
    con.execute(
        f"""
        insert into raw.change
        with sides as (
            select delivery_key, reference, row_number, field, said(now) as now, said(before) as before
            from (
                select delivery_key, reference, row_number, unnest($names) as field, unnest(now) as now, unnest(before) as before
                from beside
                where is_known and now is distinct from before
            )
            where now is distinct from before
        ),
        changed as materialized (
            select *, try_cast(before as double) as number_before, try_cast(now as double) as number_now
            from sides
            where not is_missing_token(before)
            and now is distinct from before
            and not list_contains($moving, field)
            and (try_cast(now as double) is null or try_cast(now as double) is distinct from try_cast(before as double))
        ),
        viewed as (
            select member.reference, count(distinct row({key})) as n_before
            from raw.{feed.name} as raw_row
            inner join member on raw_row.delivery_key = member.member_key
            group by all
        ),
        whole as (
            select delivery_key, reference, count(distinct row_number) as n_changed from changed group by all
        ),
        known as (select delivery_key, reference, count(*) as n_known from beside where is_known group by all)
        select compared.delivery_key, compared.reference, {literal(feed.name)}, '', coalesce(n_before, 0),
            coalesce(n_known, 0), coalesce(n_changed, 0), null, null
        from compared
        left join viewed on compared.reference = viewed.reference
        left join known on compared.delivery_key = known.delivery_key and compared.reference = known.reference
        left join whole on compared.delivery_key = whole.delivery_key and compared.reference = whole.reference
        union all
        select delivery_key, reference, {literal(feed.name)}, field, null, null, count(*),
            sum(number_before order by number_before) filter (where is_pair) / count(*) filter (where is_pair),
            sum(number_now order by number_now) filter (where is_pair) / count(*) filter (where is_pair)
        from (select *, isfinite(number_before) and isfinite(number_now) as is_pair from changed)
        group by all
        order by all
        """,
        {"names": names, "moving": moving},
    ).fetchall()


def _insert_new_values(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    names = [field.name for field in profiled(feed)]
    long = (
        "select * from (select delivery_key, reference, stratum, unnest($names) as field, unnest(now) as text, "
        "unnest(before) as before from beside where now is distinct from before) "
        "where text is not null and is_missing_token(said(before))"
    )
    different = "from beside where now is distinct from before"
    strata = (
        "select delivery_key, reference, stratum, count(*) as n_rows, count(distinct owner) as n_owners "
        f"{different} group by all"
    )
    rows = f"select delivery_key, reference, hash(now) as content, owner {different}"
    insert_profiles(con, feed, long, strata, rows, {"names": names})


def _insert_new_figures(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Figures over rows that are new or have a new score; changes are from the intake in the delivery, else in the view."""
    scores = ", ".join(f"said(raw_row.{name}) as {name}" for name in ("episode_key", *SCORES))
    if feed.name == "intake":
        con.execute(
            f"""
            create or replace temp table baseline as
            with offered as (
                select compared.delivery_key, compared.reference, 1000000000 as place, raw_row.row_number, {scores}
                from raw.intake as raw_row
                inner join compared on raw_row.delivery_key = compared.delivery_key
                union all
                select compared.delivery_key, compared.reference, member.place, raw_row.row_number, {scores}
                from raw.intake as raw_row
                inner join member on raw_row.delivery_key = member.member_key
                inner join compared on member.reference = compared.reference
            )
            select * from offered
            qualify row_number() over (
                partition by delivery_key, reference, episode_key order by place desc, row_number desc
            ) = 1
            """
        ).fetchall()
    names = [field.name for field in profiled(feed)]
    watched = [number for number, name in enumerate(names, start=1) if name in (*SCORES, "groc", "pgic", "nprs_pre")]
    is_new = " or ".join(
        f"(is_missing_token(said(before[{place}])) and not is_missing_token(said(now[{place}])))" for place in watched
    )
    rows = (
        f"select beside.reference, raw_row.* from raw.{feed.name} as raw_row inner join beside "
        f"on raw_row.delivery_key = beside.delivery_key and raw_row.row_number = beside.row_number where {is_new}"
    )
    insert_figures(con, feed.name, rows, "select * from baseline", {})
