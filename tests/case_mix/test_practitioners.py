"""A practitioner's own outcomes: what the patients explain is no difference, few are told nothing, nor are colleagues."""

import numpy as np
import pandas as pd

from pipelines.case_mix.practitioners import TOO_FEW, TOO_FEW_OTHERS, TOO_SHORT, practitioner_measures

from .worlds import clinics


def seen_by(n_each: int = 250, shares: tuple[float, ...] = (0.5, 0.3, 0.2), **world) -> pd.DataFrame:
    """Clinics whose patients are seen first by practitioners with these shares of them."""
    episodes = clinics(n_each=n_each, **world)
    draw = np.random.default_rng(7)
    numbers = draw.choice(len(shares), len(episodes), p=shares)
    return episodes.assign(
        practitioner_key=[f"{code}-P{number}" for code, number in zip(episodes["clinic_code"], numbers, strict=True)]
    )


def told(episodes: pd.DataFrame, key: str, measure: str = "responders") -> pd.Series:
    rows = practitioner_measures(episodes, smallest_rest=8)
    return rows[(rows["practitioner_key"] == key) & (rows["measure"] == measure)].iloc[0]


def test_a_practitioner_with_sicker_patients_does_as_expected() -> None:
    row = told(seen_by(n_each=600, severity_of_one=1.0), "C00-P0")
    assert row["observed"] < row["network"] - 0.1
    assert row["lower"] <= row["network"] <= row["upper"]
    assert row["reason"] == ""


def test_the_intervals_hold_the_truth_where_practitioners_are_alike() -> None:
    rows = practitioner_measures(seen_by(n_each=500), smallest_rest=8)
    given = rows[(rows["reason"] == "") & (rows["measure"] == "responders")]
    assert len(given) > 25
    assert ((given["lower"] <= given["network"]) & (given["network"] <= given["upper"])).mean() > 0.9


def test_what_is_expected_of_a_practitioner_is_learned_elsewhere() -> None:
    episodes = seen_by()
    own = (episodes["clinic_code"] == "C00").to_numpy()
    turned = episodes.assign(is_r30d=np.where(own, 1 - episodes["is_r30d"], episodes["is_r30d"]))
    assert told(episodes, "C00-P0")["expected"] == told(turned, "C00-P0")["expected"]


def test_fewer_than_30_known_outcomes_are_told_nothing() -> None:
    row = told(seen_by(n_each=80, shares=(0.8, 0.2)), "C00-P1")
    assert row["n"] < 30
    assert row["reason"] == TOO_FEW
    assert row[["observed", "expected", "adjusted", "lower", "upper"]].isna().all()


def test_less_than_a_year_is_told_nothing() -> None:
    episodes = seen_by()
    assert told(episodes, "C01-P0")["reason"] == ""
    short = episodes.assign(index_period=[period.replace("Q4", "Q3") for period in episodes["index_period"]])
    assert told(short, "C01-P0")["reason"] == TOO_SHORT
    gap = episodes.assign(index_period=["2025-Q4" if at % 2 else "2026-Q3" for at in range(len(episodes))])
    assert told(gap, "C01-P0")["reason"] == ""


def test_what_would_tell_the_few_patients_of_a_colleague_is_withheld() -> None:
    """The clinic's own value and all but five of its patients would give the five."""
    episodes = seen_by(shares=(1.0,))
    known = episodes["is_r30d"].notna() & (episodes["clinic_code"] == "C02")
    colleague = episodes.index[known][:5]
    shared = episodes.copy()
    shared.loc[colleague, "practitioner_key"] = "C02-P9"
    assert told(shared, "C02-P0")["reason"] == TOO_FEW_OTHERS
    assert told(episodes, "C02-P0")["reason"] == ""


def test_one_clinic_alone_says_why_nothing_can_be_expected() -> None:
    assert "other clinics have no known outcomes" in told(seen_by(n_clinics=1), "C00-P0")["reason"]
