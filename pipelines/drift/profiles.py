"""What the values of a delivery look like together: counts, means and histograms by field, and nothing of one row.

Interface, called after new deliveries are in `raw.<feed>`:

- `create_profile_table(con)` makes the empty tables `raw.profile`, `raw.figure` and `raw.change` where they are absent.
- `profile_new(con, delivery_keys)` adds the rows of those deliveries: one query a feed over all of them.

Like `raw.<feed>` the three tables depend on what was delivered alone, so an earlier night's rows may be kept. They lie on
the patients' side of the privacy boundary: a mean over one answer is that answer.

`raw.profile`: a row a delivery, feed, stratum and field that has a value; with field '' a row for the feed itself.
`reference` is '' for all values of the delivery; else it names the accepted deliveries beside which the row's values are
new (see `changes`). `stratum` splits a feed where values of its parts are not alike: outcomes by time point, sessions by
time since the start, blood tests by test and unit, components by kind. `n_rows` counts the stratum's rows (beside a
reference those in which something differs), `n_given` values that are no missing token (of a set, its items),
`n_outside` those outside the contract's codes or range, `n_units` the different patients, episodes, sessions or studies that
they are of (at most as many as the stratum has). `mean` and `sd` are of the numbers up to ten times the highest allowed.
`histogram` has the bins of `histograms`. In the feed's own row `n_given` counts the different rows without their keys, and
the histogram the rows by the BUCKETS that their owners fall into by hash: how many different owners several deliveries have
together can be told from it, and who they are cannot.
"""

from collections.abc import Sequence

import duckdb

from pipelines.casting import literal
from pipelines.contracts import FEEDS, Feed
from pipelines.drift.figures import create_figure_table, figure_new
from pipelines.drift.histograms import BIN_SQL, FIELDS, NUMBER_SQL, fields_sql, profiled

BUCKETS = 1024

_STRATA = {"outcome": ("timepoint_wk",), "lab": ("test", "unit"), "session_component": ("component",)}

_SESSION_STRATUM = (
    "case when try_cast(session_day as double) < 1 then 'first day' "
    "when try_cast(session_day as double) < 14 then 'first fortnight' "
    "when try_cast(session_day as double) >= 14 then 'later' else '' end"
)


def create_profile_table(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty tables of profiles, figures and changes where they are absent."""
    con.execute(
        "create table if not exists raw.profile (delivery_key varchar, reference varchar, feed varchar, stratum varchar, "
        "field varchar, n_rows bigint, n_given bigint, n_outside bigint, n_units bigint, mean double, sd double, "
        "histogram map(integer, bigint))"
    )
    con.execute(
        "create table if not exists raw.change (delivery_key varchar, reference varchar, feed varchar, field varchar, "
        "n_before bigint, n_known bigint, n_changed bigint, mean_before double, mean_after double)"
    )
    create_figure_table(con)


def profile_new(con: duckdb.DuckDBPyConnection, delivery_keys: Sequence[str]) -> None:
    """Add the profiles and figures of these deliveries, whose rows are in `raw.<feed>`; what is there of them is replaced."""
    keys = list(delivery_keys)
    for table in ("raw.profile", "raw.figure", "raw.change"):
        con.execute(f"delete from {table} where list_contains($keys, delivery_key)", {"keys": keys}).fetchall()
    for feed in FEEDS.values():
        names = ", ".join(field.name for field in profiled(feed))
        place = f"delivery_key, '' as reference, {stratum_sql(feed)} as stratum"
        mine = f"from raw.{feed.name} where list_contains($keys, delivery_key)"
        insert_profiles(
            con,
            feed,
            f"select * from (unpivot (select {place}, {names} {mine}) on {names} into name field value text)",
            f"select {place}, count(*) as n_rows, count(distinct {owner_sql(feed)}) as n_owners {mine} group by all",
            f"select delivery_key, '' as reference, hash({names}) as content, {owner_sql(feed)} as owner {mine}",
            {"keys": keys},
        )
    figure_new(con, keys)


def insert_profiles(
    con: duckdb.DuckDBPyConnection, feed: Feed, values: str, strata: str, rows: str, parameters: dict[str, object]
) -> None:
    """Add rows to `raw.profile` from three SELECTs, each with delivery_key and reference.

    `values` gives stratum, field and text of every value; `strata` gives stratum, n_rows and n_owners (different patients,
    episodes or sessions); `rows` the content and the owner of every row.
    """
    place = "delivery_key, reference, stratum"
    # a table of its own, or DuckDB would look at the text of every row instead of every different text
    con.execute(
        f"create or replace temp table counted as select {place}, field, text, count(*) as n from ({values}) group by all",
        {name: value for name, value in parameters.items() if f"${name}" in values},
    ).fetchall()
    con.execute(
        f"""
        insert into raw.profile
        with items as (
            select counted.*, listed.* exclude (field),
                unnest(
                    case kind
                        when 'set' then list_transform(string_split(text, ';'), lambda part: trim(part))
                        else [said(text)]
                    end
                ) as item
            from counted
            inner join {fields_sql(feed)} on counted.field = listed.field
            where not is_missing_token(said(text))
        ),
        strata as ({strata}),
        numbered as (select *, case when codes = [] then {NUMBER_SQL} end as number from items),
        binned as (select *, {BIN_SQL} as bin from numbered),
        bins as (select {place}, field, n_bins, bin, sum(n)::bigint as n from binned group by all),
        histograms as (
            select {place}, field,
                sum(n)::bigint as n_given,
                coalesce(sum(n) filter (where bin = 0 or bin > n_bins), 0)::bigint as n_outside,
                map_from_entries(list((bin, n) order by bin)) as histogram
            from bins
            group by all
        ),
        moments as (
            select {place}, field,
                sum(n * number order by number) / sum(n) as mean,
                sum(n * number * number order by number) / sum(n) as mean_of_squares
            from binned
            where bin between 1 and n_bins + 2 and number is not null
            group by all
        )
        select delivery_key, reference, {literal(feed.name)}, '', '', count(*), count(distinct content), 0, count(distinct owner),
            null, null, histogram((hash(owner) % {BUCKETS})::integer)::map(integer, bigint)
        from ({rows})
        group by all
        union all
        select delivery_key, reference, {literal(feed.name)}, stratum, field, n_rows, n_given, n_outside, least(n_given, n_owners),
            mean, case when mean is not null then sqrt(greatest(0, mean_of_squares - mean * mean)) end, histogram
        from histograms
        inner join strata using ({place})
        left join moments using ({place}, field)
        order by all
        """,
        {name: value for name, value in parameters.items() if f"${name}" in strata + rows},
    ).fetchall()
    con.execute("drop table counted").fetchall()


def owner_sql(feed: Feed) -> str:
    """Whom or what a row belongs to, so that many values of one patient do not count as many patients."""
    return f"said({feed.parent_key or 'patient_key'})"


def stratum_sql(feed: Feed) -> str:
    """The part of the feed that a row is of; made of the contract's codes alone, so that no delivered text gets into it."""
    if feed.name == "session":
        return _SESSION_STRATUM
    parts = [
        f"code_text(said({name}), [{', '.join(map(literal, FIELDS[feed.name, name].codes))}])"
        for name in _STRATA.get(feed.name, ())
    ]
    return f"concat_ws(' ', {', '.join(parts)})" if parts else "''"
