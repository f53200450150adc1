"""Figures over two fields of a delivery: whether scores that speak of one thing go the same way, and what was copied.

`raw.figure`: a row a delivery, feed and pair of fields, as sums, so that the figures of several deliveries can be added: number
of rows with both, of how many episodes, sums of x, y, their squares and product; and for a pair of an answer with a change
how many rows have a direction in both, and how many of them opposite ones. `reference` is as in `raw.profile`. Two rows a
delivery are no pairs: `identical answers` (n: rows of which FEWEST_IDENTICAL or more episodes have the same answers; sum_x: how
many different such answers; sum_y: rows that were looked at) and `multiples of ten` of odi_pct (n: scores; sum_x: multiples of
ten among them). So are the AGREEMENTS: two fields that say one thing in two ways (n and n_directed: rows with both;
n_opposite: rows where they disagree).
"""

from dataclasses import dataclass

import duckdb

from pipelines.casting import literal, typed
from pipelines.contracts import FEEDS
from pipelines.drift.histograms import FIELDS

FEWEST_IDENTICAL = 5
"""Equal rows of this many episodes are taken for copies (R-S8: 5 or more identical multi-field rows of one clinic)."""

FEWEST_ANSWERS = 5
"""A row with fewer answered scores is too short to be told from a chance match."""

IDENTICAL_ANSWERS = "identical answers"
MULTIPLES_OF_TEN = "multiples of ten"
SCORES = ("nprs_back_avg", "nprs_leg_avg", "odi_pct", "rmdq24", "psfs_mean")
RATINGS = ("groc", "pgic", "satisfaction")


@dataclass(frozen=True)
class Pair:
    """Two fields of a feed that go together: `sign` is +1 when high goes with high. `y` may be `change of <field>`: the score
    at intake less the score now, so that more is better where less of the score is. `middle` is the answer 'unchanged' of x."""

    feed: str
    x: str
    y: str
    sign: int
    middle: float | None = None


def _pairs() -> tuple[Pair, ...]:
    pairs: list[Pair] = []
    for feed in ("intake", "outcome"):
        for number, x in enumerate(SCORES):
            pairs += [Pair(feed, x, y, -1 if y == "psfs_mean" else 1) for y in SCORES[number + 1 :]]
    for score in SCORES[:4]:
        pairs.append(Pair("outcome", "groc", f"change of {score}", 1, 0))
        pairs.append(Pair("outcome", "pgic", f"change of {score}", -1, 4))
    pairs.append(Pair("outcome", "groc", "pgic", -1))
    pairs.append(Pair("outcome", "groc", "satisfaction", 1))
    pairs.append(Pair("outcome", "pgic", "satisfaction", -1))
    pairs.append(Pair("session", "nprs_pre", "nprs_post", 1))
    return tuple(pairs)


AGREEMENTS = {
    ("intake", "episode_duration_days", "duration_band"): (
        "case duration_band when 'lt16d' then number >= 16 when '16-41d' then number not between 16 and 41 "
        "when '6-12wk' then number not between 42 and 91 when '3-12mo' then number not between 84 and 366 else number < 365 end"
    ),
    ("outcome", "due_day", "timepoint_wk"): "abs(number - 7 * try_cast(timepoint_wk as double)) > 7",
}
"""Field, and the field that says the same, with the SQL condition under which `number` (the first) disagrees."""

PAIRS = {(pair.feed, pair.x, pair.y): pair for pair in _pairs()}


def create_figure_table(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty table of figures where it is absent."""
    con.execute(
        "create table if not exists raw.figure (delivery_key varchar, reference varchar, feed varchar, x varchar, y varchar, "
        "n bigint, n_owners bigint, sum_x double, sum_y double, sum_xx double, sum_yy double, sum_xy double, n_directed bigint, "
        "n_opposite bigint)"
    )


def figure_new(con: duckdb.DuckDBPyConnection, keys: list[str]) -> None:
    """Add the figures over all rows of these deliveries; changes are from the intake rows of the same delivery."""
    mine = "list_contains($keys, delivery_key)"
    columns = ", ".join(f"said({name}) as {name}" for name in ("episode_key", *SCORES))
    for feed in ("intake", "session", "outcome"):
        insert_figures(
            con,
            feed,
            f"select '' as reference, * from raw.{feed} where {mine}",
            f"select delivery_key, '' as reference, row_number, {columns} from raw.intake where {mine}",
            {"keys": keys},
        )


def insert_figures(
    con: duckdb.DuckDBPyConnection, feed: str, rows: str, intake: str, parameters: dict[str, object]
) -> None:
    """Add rows to `raw.figure` from two SELECTs: rows of `feed` as delivered, and the intake rows that changes are from."""
    pairs = [pair for pair in PAIRS.values() if pair.feed == feed]
    names = sorted({name for pair in pairs for name in (pair.x, pair.y) if name in FEEDS[feed].columns})
    numbers = ", ".join(f"{typed(FIELDS[feed, name], f'said({name})')}::decimal(9, 2) as {name}" for name in names)
    cases = ", ".join(_case(pair) for pair in pairs)
    con.execute(
        f"""
        insert into raw.figure
        with numbers as (select delivery_key, reference, said(episode_key) as episode_key, {numbers} from ({rows})),
        before as (
            select delivery_key, reference, episode_key, {_baseline()}
            from ({intake})
            qualify row_number() over (partition by delivery_key, reference, episode_key order by row_number desc) = 1
        ),
        crossed as (
            select numbers.delivery_key, numbers.reference, numbers.episode_key, unnest([{cases}]) as pair
            from numbers
            left join before
                on numbers.delivery_key = before.delivery_key
                and numbers.reference = before.reference
                and numbers.episode_key = before.episode_key
        )
        select delivery_key, reference, {literal(feed)}, pair.x_name, pair.y_name, count(*), count(distinct episode_key),
            sum(pair.x), sum(pair.y), sum(pair.x * pair.x), sum(pair.y * pair.y), sum(pair.x * pair.y),
            count(*) filter (where pair.direction <> 0), count(*) filter (where pair.direction < 0)
        from crossed
        where pair.x is not null and pair.y is not null
        group by all
        order by all
        """,
        parameters,
    ).fetchall()
    for (of_feed, x, y), disagrees in AGREEMENTS.items():
        if of_feed == feed:
            con.execute(
                f"insert into raw.figure select delivery_key, reference, {literal(feed)}, {literal(x)}, {literal(y)}, "
                f"count(*), count(distinct episode_key), 0, 0, 0, 0, 0, count(*), count(*) filter (where {disagrees}) "
                f"from (select delivery_key, reference, episode_key, {typed(FIELDS[feed, x], f'said({x})')} as number, "
                f"{typed(FIELDS[feed, y], f'said({y})')} as {y} from ({rows})) "
                f"where number is not null and {y} is not null group by all order by all",
                parameters,
            ).fetchall()
    if feed == "outcome":
        _insert_copies(con, rows, parameters)


def _case(pair: Pair) -> str:
    """One pair as an SQL struct: its names, both numbers, and +1, 0 or -1 for the same, no or opposite directions."""
    score = pair.y.removeprefix("change of ")
    y = f"before.{score}_before - numbers.{score}" if score != pair.y else f"numbers.{pair.y}"
    direction = "0"
    if pair.middle is not None:
        direction = f"coalesce(sign({pair.sign} * (numbers.{pair.x} - {pair.middle:g}) * ({y})), 0)::integer"
    return (
        f"{{'x_name': {literal(pair.x)}, 'y_name': {literal(pair.y)}, 'x': numbers.{pair.x}, 'y': ({y})::decimal(9, 2), "
        f"'direction': {direction}}}"
    )


def _baseline() -> str:
    return ", ".join(
        f"{typed(FIELDS['intake', score], f'said({score})')}::decimal(9, 2) as {score}_before" for score in SCORES[:4]
    )


def _insert_copies(con: duckdb.DuckDBPyConnection, rows: str, parameters: dict[str, object]) -> None:
    """Rows whose answers are those of other episodes too; the recovered, who all answer alike, are left out."""
    answers = (*SCORES, *RATINGS)
    given = " + ".join(f"({name} is not null)::integer" for name in answers)
    numbers = ", ".join(
        f"{typed(FIELDS['outcome', name], f'said({name})')}::decimal(9, 2) as {name}" for name in answers
    )
    con.execute(
        f"""
        insert into raw.figure
        with answered as (
            select delivery_key, reference, said(episode_key) as episode_key, {numbers} from ({rows})
        ),
        repeated as (
            select delivery_key, reference, {", ".join(answers)}, count(*) as n_rows, count(distinct episode_key) as n_episodes
            from answered
            where {given} >= {FEWEST_ANSWERS}
            and greatest(nprs_back_avg, nprs_leg_avg) >= 2 and greatest(odi_pct / 4, rmdq24) >= 4
            group by all
        )
        select delivery_key, reference, 'outcome', {literal(IDENTICAL_ANSWERS)}, '',
            coalesce(sum(n_rows) filter (where n_episodes >= {FEWEST_IDENTICAL}), 0),
            0, count(*) filter (where n_episodes >= {FEWEST_IDENTICAL}), sum(n_rows), 0, 0, 0, 0, 0
        from repeated
        group by all
        union all
        select delivery_key, reference, 'outcome', 'odi_pct', {literal(MULTIPLES_OF_TEN)},
            count(*), count(distinct episode_key), count(*) filter (where odi_pct % 10 = 0), 0, 0, 0, 0, 0, 0
        from answered
        where odi_pct is not null
        group by all
        order by all
        """,
        parameters,
    ).fetchall()
