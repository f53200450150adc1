"""Which deliveries are held: a pure function of what lies in `raw.*`, so that the order of arrival does not matter.

A held delivery stays in the store and in `raw.*` and counts for nothing (`clean.delivery_order` leaves it out), until a better
one comes or a person releases it (`stepcare quarantine release`). It is held when too many of its rows had to be set aside, or
when it drifted from what its clinic delivered before (`holds`).
"""

from dataclasses import astuple

import duckdb

from pipelines.deliveries.limits import FEWEST_BAD_ROWS, MOST_BAD_ROWS_PERCENT
from pipelines.drift.holds import Delivered, hold_for_drift

_AS_OF = "coalesce(cast(getvariable('as_of') as timestamp), timestamp 'infinity')"
"""What was known at the time asked for counts; with the variable unset, everything does."""


def write_holds(con: duckdb.DuckDBPyConnection) -> int:
    """Write `raw.hold` and `raw.drift` by what was known at the time asked for; returns the number of deliveries held."""
    con.execute("delete from raw.hold").fetchall()
    _hold_for_bad_rows(con)
    released = {
        row[0] for row in con.execute(f"select delivery_key from raw.release where released_at <= {_AS_OF}").fetchall()
    }
    con.executemany("delete from raw.hold where delivery_key = ?", [[key] for key in sorted(released)] or [[""]])
    set_aside = {row[0] for row in con.execute("select delivery_key from raw.hold").fetchall()}
    holds = hold_for_drift(con, _in_order(con), released, set_aside)
    if holds:
        con.executemany("insert into raw.hold values (?, ?, ?, ?, ?, ?)", [astuple(hold) for hold in holds])
    return int(con.execute("select count(distinct delivery_key) from raw.hold").fetchall()[0][0])


def _in_order(con: duckdb.DuckDBPyConnection) -> list[Delivered]:
    """Every delivery that was received and not withdrawn, in the order of its earliest name within its clinic."""
    rows = con.execute(
        f"""
        select receipt.clinic_code, receipt.delivery_key, any_value(delivery.mode), min(receipt.delivery_id)
        from raw.receipt as receipt
        inner join raw.delivery as delivery on receipt.delivery_key = delivery.delivery_key
        anti join raw.withdrawal as withdrawal
            on receipt.delivery_key = withdrawal.delivery_key and withdrawal.withdrawn_at <= {_AS_OF}
        where receipt.received_at <= {_AS_OF}
        group by receipt.clinic_code, receipt.delivery_key
        order by receipt.clinic_code, min(receipt.delivery_id), min(receipt.received_at), receipt.delivery_key
        """
    ).fetchall()
    return [Delivered(*row) for row in rows]


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
            'Correct the export at the clinic and send the delivery again; or release it, if the other rows may be used' as remedy
        from bad
        inner join raw.file as file on bad.delivery_key = file.delivery_key and bad.feed = file.feed
        where bad.n_bad >= $fewest and 100 * bad.n_bad > $percent * file.n_rows
        order by bad.delivery_key, bad.feed
        """,
        {"fewest": FEWEST_BAD_ROWS, "percent": MOST_BAD_ROWS_PERCENT},
    ).fetchall()
