"""Count what breaks the checks made from the contract: one query a feed, whatever the number of its checks.

To plan a query costs more than to run it, so a query a check would take minutes. Every count is by clinic.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import duckdb

from pipelines.contracts import FEEDS, Feed
from pipelines.quality.contract_checks import ContractCheck, contract_checks
from pipelines.quality.kahn import Count

Lines = Mapping[tuple[str, str, str, str], int]
FeedRows = dict[str, dict[str, int]]
"""By clinic that sent the feed: figures by name."""


def count_contract(con: duckdb.DuckDBPyConnection) -> list[Count]:
    """Rows broken and checked of every contract check, one Count a check and clinic that delivered the feed."""
    rows = {name: feed_rows(con, FEEDS[name], checks) for name, checks in checks_by_feed().items()}
    return counts_of_contract(rows, open_lines(con))


def checks_by_feed() -> dict[str, list[ContractCheck]]:
    """Every contract check, by the feed it speaks of."""
    by_feed: dict[str, list[ContractCheck]] = defaultdict(list)
    for one in contract_checks():
        by_feed[one.feed].append(one)
    return by_feed


def counts_of_contract(rows: Mapping[str, FeedRows], lines: Lines) -> list[Count]:
    """The Counts of every contract check, from the figures of each feed and the quarantine lines that count."""
    return [
        count
        for name, checks in checks_by_feed().items()
        for count in counts_of_feed(FEEDS[name], checks, rows[name], lines)
    ]


def open_lines(con: duckdb.DuckDBPyConnection) -> Lines:
    """Quarantine lines that still count, by clinic, feed, field and rule."""
    rows = con.execute(
        "select clinic_code, feed, field, rule, count(*) from clean.quarantine where state = 'open' group by all"
    ).fetchall()
    return {(clinic_code, feed, field, rule): n_lines for clinic_code, feed, field, rule, n_lines in rows}


def feed_rows(con: duckdb.DuckDBPyConnection, feed: Feed, checks: Sequence[ContractCheck]) -> FeedRows:
    """What the checks of a feed count, by the clinic that sent it, by one query; every figure adds up over patients."""
    answer = con.execute(_feed_sql(feed, _current(checks)))
    names = [column[0] for column in answer.description or []][1:]
    return {row[0]: dict(zip(names, (int(n or 0) for n in row[1:]), strict=True)) for row in answer.fetchall()}


def counts_of_feed(feed: Feed, checks: Sequence[ContractCheck], rows: FeedRows, lines: Lines) -> list[Count]:
    """The Counts of a feed's checks, from its figures and the quarantine lines that count."""
    current = _current(checks)
    found = []
    for clinic_code, row in rows.items():
        for one in checks:
            n_lines = lines.get((clinic_code, feed.name, one.field, one.rule), 0)
            n_broken, n_rows = _broken_of(one, row, n_lines, current.index(one) if one.kind == "current" else 0)
            found.append(Count(one.check.name, clinic_code, n_broken, n_rows))
    return found


def _current(checks: Iterable[ContractCheck]) -> list[ContractCheck]:
    """The checks that look at the current view, in their order: their place is in the names of their figures."""
    return [one for one in checks if one.kind == "current"]


def _broken_of(one: ContractCheck, row: Mapping[str, int], n_lines: int, number: int) -> tuple[int, int]:
    if one.kind == "current":
        return row[f"broken_{number}"], row[f"checked_{number}"]
    n_rows = row["n_rows"]
    if one.kind == "lines":
        return n_lines, n_rows
    n_given = row[f"given_{one.field}"]
    n_missing = n_rows - n_given
    if one.kind == "required":
        return n_missing, n_rows
    is_required = next(field.is_required for field in FEEDS[one.feed].fields if field.name == one.field)
    return max(0, n_lines - n_missing) if is_required else n_lines, n_given


def _feed_sql(feed: Feed, current: Sequence[ContractCheck]) -> str:
    """One row a clinic: rows and values delivered and in force, and the counts of the checks on the current view."""
    given = ",\n".join(
        f"count(*) filter (where not is_missing_token(said(raw_row.{name}))) as given_{name}" for name in feed.columns
    )
    counts = "".join(
        f",\ncount(*) filter (where ({one.checked}) and ({one.broken})) as broken_{number},"
        f"\ncount(*) filter (where {one.checked}) as checked_{number}"
        for number, one in enumerate(current)
    )
    return f"""
        with delivered as (
            select file.clinic_code as sender, count(*) as n_rows, {given}
            from raw.{feed.name} as raw_row
            inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = '{feed.name}'
            group by file.clinic_code
        ),
        current_view as (select clinic_code as sender{counts} from clean.{feed.name} group by clinic_code)
        select * from delivered left join current_view using (sender) order by sender
    """
