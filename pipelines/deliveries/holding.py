"""Which deliveries are held: a pure function of what lies in `raw.*`, so that the order of arrival does not matter.

A held delivery stays in the store and in `raw.*` and counts for nothing (`clean.delivery_order` leaves it out), until a better
one comes or a person releases it (`stepcare quarantine release`).
"""

import duckdb

from pipelines.deliveries.limits import FEWEST_BAD_ROWS, MOST_BAD_ROWS_PERCENT

_AS_OF = "coalesce(cast(getvariable('as_of') as timestamp), timestamp 'infinity')"


def write_holds(con: duckdb.DuckDBPyConnection) -> int:
    """Write `raw.hold` by what was known at the time asked for (variable `as_of`); returns the deliveries held."""
    con.execute("delete from raw.hold").fetchall()
    _hold_for_bad_rows(con)
    con.execute(
        f"delete from raw.hold where delivery_key in (select delivery_key from raw.release where released_at <= {_AS_OF})"
    ).fetchall()
    return int(con.execute("select count(distinct delivery_key) from raw.hold").fetchall()[0][0])


def _hold_for_bad_rows(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"""
        insert into raw.hold
        with bad as (
            select delivery_key, clinic_code, feed, count(distinct row_number) as n_bad
            from raw.quarantine
            where scope = 'row'
            group by delivery_key, clinic_code, feed
        )
        select
            bad.delivery_key,
            bad.clinic_code,
            bad.feed,
            '' as field,
            'more than {MOST_BAD_ROWS_PERCENT} % of the rows of ' || bad.feed || ' had to be set aside' as rule,
            'Correct the export at the clinic (stepcare quarantine lists the rows) and send the delivery again' as remedy
        from bad
        inner join raw.file as file on bad.delivery_key = file.delivery_key and bad.feed = file.feed
        where bad.n_bad >= $fewest and 100 * bad.n_bad > $percent * file.n_rows
        order by bad.delivery_key, bad.feed
        """,
        {"fewest": FEWEST_BAD_ROWS, "percent": MOST_BAD_ROWS_PERCENT},
    ).fetchall()
