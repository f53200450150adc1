"""Each effect is compared with the night before: data, code or chance; a night made again says what it said."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.effect_history import MOST_NIGHTS, RESTORED_EFFECTS, write_stability
from pipelines.quality.history import night_stamp
from pipelines.warehouse import open_warehouse

CONTRAST = "add_manipulation - continue_without"


def night(
    folder: Path,
    name: str,
    earlier: Path | None,
    *,
    episodes: int = 200,
    code: str = "code",
    deliveries: tuple[str, ...] = ("2026-11-01",),
    shift: float = 0.0,
    status: str = "estimated",
    protocol: str = "protocol",
) -> Path:
    """The warehouse of a night: the first `episodes` of one fixed population, its deliveries and the hash of its code."""
    path = folder / f"{name}.duckdb"
    path.unlink(missing_ok=True)
    difference = np.random.default_rng(1).normal(0.1, 1, 400)[:episodes] + shift
    with open_warehouse(path, readable=(folder,)) as con:
        con.execute("create table raw.code as select ? as code_hash", [code])
        con.execute(
            "create table clean.delivery (clinic_code varchar, delivery_id varchar, delivery_key varchar, sequence_no bigint)"
        )
        for number, delivery in enumerate(deliveries):
            con.execute("insert into clean.delivery values ('C001', ?, ?, ?)", [delivery, f"key {delivery}", number])
        con.execute(
            "create table estimates.effects as select 'decision' as trial, 'r30d_12wk' as outcome, ? as contrast, 'all' as "
            "group_name, ? as status, case when ? = 'refused' then 'Too few.' end as reason, ?::double as estimate, "
            "?::bigint as n, ? as protocol_hash",
            [CONTRAST, status, status, float(difference.mean()) if status == "estimated" else None, episodes, protocol],
        )
        con.execute(
            "create table estimates.scores (trial varchar, outcome varchar, arm varchar, episode_key varchar, repeat bigint, "
            "mu double, score double, practitioner_key varchar)"
        )
        for arm, factor in (("add_manipulation", 1.0), ("continue_without", 0.0)):
            rows = [
                ("decision", "r30d_12wk", arm, f"e{number:04d}", 0, 0.5, 0.5 + factor * value, f"p{number % 20}")
                for number, value in enumerate(difference)
            ]
            con.register("rows", pd.DataFrame(rows, columns=[f"c{number}" for number in range(8)]))
            con.execute("insert into estimates.scores select * from rows")
        write_stability(con, earlier)
    return path


def told(path: Path, *columns: str) -> tuple[object, ...]:
    with duckdb.connect(str(path), read_only=True) as con:
        (row,) = con.execute(f"select {', '.join(columns)} from diagnostics.stability").fetchall()
    return tuple(row)


def test_the_first_night_is_refused_with_its_reason(tmp_path: Path) -> None:
    first = night(tmp_path, "1", None)
    assert told(first, "status", "reason") == ("refused", "No night before estimated this by the same protocol.")


def test_a_night_with_a_new_delivery_names_it_and_what_it_brought(tmp_path: Path) -> None:
    second = night(tmp_path, "2", night(tmp_path, "1", None), episodes=260, deliveries=("2026-11-01", "2026-11-08"))
    status, arrived, deliveries, data, code = told(
        second, "status", "n_arrived", "deliveries", "has_other_data", "has_other_code"
    )
    assert (status, arrived, deliveries, data, code) == ("estimated", 60, "C001/2026-11-08", True, False)
    move, by_arrived, rescored = told(second, "move", "move_by_arrived", "move_by_rescored")
    assert by_arrived == pytest.approx(move)
    assert rescored == pytest.approx(0, abs=1e-12)


def test_a_move_without_new_deliveries_is_the_codes(tmp_path: Path) -> None:
    second = night(tmp_path, "2", night(tmp_path, "1", None), code="another", shift=0.3)
    assert told(second, "n_arrived", "verdict", "deliveries") == (
        0,
        "The code changed and the deliveries did not: the move is the code's.",
        None,
    )


def test_a_delivery_that_was_taken_out_is_named_with_a_minus(tmp_path: Path) -> None:
    first = night(tmp_path, "1", None, episodes=260, deliveries=("2026-11-01", "2026-11-08"))
    second = night(tmp_path, "2", first)
    assert told(second, "n_gone", "deliveries") == (60, "−C001/2026-11-08")


def test_the_same_night_made_again_says_what_it_said(tmp_path: Path) -> None:
    new = {"episodes": 260, "deliveries": ("2026-11-01", "2026-11-08")}
    second = night(tmp_path, "2", night(tmp_path, "1", None), **new)  # type: ignore[arg-type]
    again = night(tmp_path, "3", second, **new)  # type: ignore[arg-type]
    assert told(again, "*") == told(second, "*")


def test_a_restored_history_says_it_too_though_it_holds_no_scores(tmp_path: Path) -> None:
    new = {"episodes": 260, "deliveries": ("2026-11-01", "2026-11-08")}
    second = night(tmp_path, "2", night(tmp_path, "1", None), **new)  # type: ignore[arg-type]
    with duckdb.connect(str(second), read_only=True) as con:
        con.execute(f"copy diagnostics.effect_history to '{tmp_path / RESTORED_EFFECTS}' (format parquet)")
    again = night(tmp_path, "3", tmp_path / "history.parquet", **new)  # type: ignore[arg-type]
    assert told(again, "*") == told(second, "*")


def test_an_effect_refused_before_or_estimated_by_another_protocol_is_not_compared(tmp_path: Path) -> None:
    refused = night(tmp_path, "1", None, status="refused")
    after = night(tmp_path, "2", refused, code="another")
    assert told(after, "reason") == ("The effect was refused on the night before and is estimated tonight.",)
    other = night(tmp_path, "3", after, protocol="another", code="a third")
    assert told(other, "reason") == ("No night before estimated this by the same protocol.",)


def test_a_night_before_without_estimates_is_no_night_to_compare_with(tmp_path: Path) -> None:
    path = tmp_path / "1.duckdb"
    with open_warehouse(path) as con:
        con.execute("create table raw.code as select 'code' as code_hash")
        con.execute("create table clean.delivery (clinic_code varchar, delivery_id varchar, delivery_key varchar)")
    assert told(night(tmp_path, "2", path), "status") == ("refused",)


def test_each_night_counts_once_and_the_oldest_are_dropped(tmp_path: Path) -> None:
    with open_warehouse(night(tmp_path, "1", None, episodes=20), read_only=True) as con:
        one = con.execute("select * from diagnostics.effect_history").df()
    past = [one.assign(night_no=number, night_key=f"night {number}") for number in range(1, MOST_NIGHTS + 4)]
    pd.concat(past).to_parquet(tmp_path / RESTORED_EFFECTS, index=False)
    with open_warehouse(night(tmp_path, "2", tmp_path / "history.parquet", episodes=20), read_only=True) as con:
        nights = con.execute(
            "select count(distinct night_key), min(night_no), max(night_no) from diagnostics.effect_history"
        ).fetchall()
        last = con.execute("select max_by(night_key, night_no) from diagnostics.effect_history").fetchall()
        assert last == [(night_stamp(con),)]
    assert nights == [(MOST_NIGHTS + 1, 4, MOST_NIGHTS + 4)]
