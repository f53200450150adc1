"""How each effect stood on earlier nights, and how it moved tonight: `diagnostics.effect_history` and `diagnostics.stability`.

Tonight is compared with the last published night that had other deliveries or other code. A night that is made again, from the
same deliveries and code, says what it said: its rows are taken from the history.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from pipelines.causal.stability import STABILITY_COLUMNS, move_of, verdict_of
from pipelines.causal.tables import as_table
from pipelines.estimating import write_estimates
from pipelines.quality.history import kept_of, night_stamp
from pipelines.warehouse import open_warehouse

HISTORY_TABLE = "diagnostics.effect_history"
RESTORED_EFFECTS = "effects.parquet"
"""Where a restore puts the history that a backup holds, beside that of the checks."""
MOST_NIGHTS = 30
HISTORY_COLUMNS = {"night_no": "int64", "night_key": "object"} | STABILITY_COLUMNS
_KEY = ("trial", "outcome", "contrast")

_EFFECTS = """
select trial, outcome, contrast, status, reason, estimate, n, protocol_hash
from estimates.effects where group_name = 'all' order by trial, outcome, contrast
"""
_SCORES = """
select
    treated.episode_key,
    treated.repeat,
    treated.score - comparator.score as difference,
    treated.score <> treated.mu or comparator.score <> comparator.mu as has_answer,
    coalesce(treated.practitioner_key, '') as practitioner_key
from estimates.scores as treated
inner join estimates.scores as comparator
    on
        treated.trial = comparator.trial
        and treated.outcome = comparator.outcome
        and treated.episode_key = comparator.episode_key
        and treated.repeat = comparator.repeat
where treated.trial = ? and treated.outcome = ? and treated.arm = ? and comparator.arm = ?
order by treated.episode_key, treated.repeat
"""
_DELIVERIES = "select clinic_code, delivery_id, delivery_key from clean.delivery order by all"


def write_stability(con: duckdb.DuckDBPyConnection, earlier: Path | None) -> dict[str, int]:
    """Replace both tables; `earlier` is what `history_source` found, None without a past. Returns rows by table name."""
    night_key = night_stamp(con)
    past = _past_rows(con, earlier)
    said = past[past["night_key"] == night_key]
    if len(said):
        rows = said[list(STABILITY_COLUMNS)]
    else:
        with _night_before(earlier) as before:
            rows = _compared(con, before)
    others = past[past["night_key"] != night_key]
    last = int(others["night_no"].max()) if len(others) else 0
    tonight = rows.assign(night_no=last + 1, night_key=night_key)
    kept = others[others["night_no"] > last - MOST_NIGHTS]
    history = as_table([kept, tonight], HISTORY_COLUMNS)
    order = ", ".join(_KEY)
    return {
        "stability": write_estimates(con, "stability", rows, STABILITY_COLUMNS, order, schema="diagnostics"),
        "effect_history": write_estimates(
            con, "effect_history", history, HISTORY_COLUMNS, f"night_no, {order}", schema="diagnostics"
        ),
    }


def effects_of(con: duckdb.DuckDBPyConnection, source: Path) -> pa.Table | None:
    """`diagnostics.effect_history` of the night or of the restored backup that `history_source` found; None when it has none."""
    return kept_of(con, source, HISTORY_TABLE, RESTORED_EFFECTS)


def _past_rows(con: duckdb.DuckDBPyConnection, source: Path | None) -> pd.DataFrame:
    past = effects_of(con, source) if source else None
    if past is None or set(past.column_names) != set(HISTORY_COLUMNS):
        return as_table([], HISTORY_COLUMNS)
    return as_table([past.to_pandas()], HISTORY_COLUMNS)


@contextmanager
def _night_before(source: Path | None) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The published night to compare with; a backup holds no scores, so after a restore there is none."""
    if source is None or source.suffix == ".parquet":
        yield None
        return
    with open_warehouse(source, read_only=True) as con:
        yield con


def _compared(con: duckdb.DuckDBPyConnection, before: duckdb.DuckDBPyConnection | None) -> pd.DataFrame:
    effects = con.execute(_EFFECTS).df()
    earlier = before.execute(_EFFECTS).df().to_dict("records") if before and _has_effects(before) else []
    same = {tuple(row[name] for name in (*_KEY, "protocol_hash")): row for row in earlier}
    changed = _what_changed(con, before)
    rows = [
        _row(effect, same.get(tuple(effect[name] for name in (*_KEY, "protocol_hash"))), changed, con, before)
        for effect in effects.to_dict("records")
    ]
    return as_table([pd.DataFrame(rows, columns=list(STABILITY_COLUMNS))], STABILITY_COLUMNS)


def _row(
    effect: dict[Any, Any],
    was: dict[Any, Any] | None,
    changed: dict[str, Any],
    con: duckdb.DuckDBPyConnection,
    before: duckdb.DuckDBPyConnection | None,
) -> dict[str, Any]:
    said = dict.fromkeys(STABILITY_COLUMNS) | {name: effect[name] for name in (*_KEY, "n", "protocol_hash")} | changed
    said |= {
        "estimate": effect["estimate"],
        "n_arrived": 0,
        "n_gone": 0,
        "is_within_chance": False,
        "status": "refused",
    }
    if effect["status"] == "refused":
        return said | {"reason": "The effect was refused tonight, so there is nothing to compare."}
    if before is None or was is None:
        return said | {"reason": "No night before estimated this by the same protocol."}
    if was["status"] == "refused":
        return said | {"reason": "The effect was refused on the night before and is estimated tonight."}
    place = [effect["trial"], effect["outcome"], *effect["contrast"].split(" - ")]
    scores_before, scores = (one.execute(_SCORES, place).df() for one in (before, con))
    move = move_of(scores_before, scores, was["estimate"], effect["estimate"])
    return said | {
        "status": "estimated",
        "estimate_before": was["estimate"],
        "move": move.move,
        "move_by_arrived": move.by_arrived,
        "move_by_gone": move.by_gone,
        "move_by_rescored": move.by_rescored,
        "chance_limit": move.chance_limit,
        "is_within_chance": move.is_within_chance,
        "n": move.n,
        "n_arrived": move.n_arrived,
        "n_gone": move.n_gone,
        "verdict": verdict_of(move, has_other_data=changed["has_other_data"], has_other_code=changed["has_other_code"]),
    }


def _what_changed(con: duckdb.DuckDBPyConnection, before: duckdb.DuckDBPyConnection | None) -> dict[str, Any]:
    """Whether code or deliveries in force are others than before, and which deliveries (those gone with a minus)."""
    if before is None:
        return {"has_other_data": False, "has_other_code": False, "deliveries": None}
    code, old_code = (one.execute("select code_hash from raw.code").fetchall() for one in (con, before))
    now, was = (set(one.execute(_DELIVERIES).fetchall()) for one in (con, before))
    named = [f"{clinic}/{delivery}" for clinic, delivery, _ in sorted(now - was)]
    named += [f"−{clinic}/{delivery}" for clinic, delivery, _ in sorted(was - now)]
    return {
        "has_other_data": now != was,
        "has_other_code": code != old_code,
        "deliveries": ", ".join(dict.fromkeys(named)) or None,
    }


def _has_effects(con: duckdb.DuckDBPyConnection) -> bool:
    rows = con.execute(
        "select count(*) from information_schema.tables where table_schema = 'estimates' and table_name in ('effects', 'scores')"
    ).fetchall()
    return bool(rows[0][0] == 2)
