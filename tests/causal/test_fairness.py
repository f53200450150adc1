"""Fairness: known shares and effects are found, small groups are refused in words, and many groups are not a trap."""

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.fairness import GROUPS, effect_of, fairness_rows, mean_of, share_of
from pipelines.causal.inference import wilson_interval


def strata(n: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.choice(["one", "two", "three"], n) for name in GROUPS})
    frame["practitioner_key"] = [f"p{number % 25}" for number in range(n)]
    return frame


def row_of(rows: pd.DataFrame, name: str, level: str) -> pd.Series:
    return rows[(rows["group_name"] == name) & (rows["level"] == level)].iloc[0]


def test_a_share_is_that_of_the_group_and_its_interval_is_wilsons_for_all_groups_together() -> None:
    frame = strata(900)
    frame["is_due"], frame["has_answered"] = True, frame["sex"] == "one"
    rows = fairness_rows([share_of("answered", frame, "has_answered", "is_due")])
    one, everybody = row_of(rows, "sex", "one"), row_of(rows, "all", "all")
    n = int((frame["sex"] == "one").sum())
    assert (one["estimate"], one["n_with"], one["n"]) == (1.0, n, n)
    assert (one["lower"], one["upper"]) == pytest.approx(wilson_interval(n, n, 1 - 0.05 / 15))
    assert everybody["estimate"] == pytest.approx(n / 900)


def test_who_is_not_due_is_not_counted() -> None:
    frame = strata(400)
    frame["is_due"], frame["has_answered"] = np.arange(400) < 300, True
    assert row_of(fairness_rows([share_of("answered", frame, "has_answered", "is_due")]), "all", "all")["n"] == 300


def test_a_group_that_is_too_small_is_named_and_refused() -> None:
    frame = strata(400)
    frame.loc[:9, "payer"] = "public"
    frame["is_due"], frame["has_answered"] = True, True
    row = row_of(fairness_rows([share_of("answered", frame, "has_answered", "is_due")]), "payer", "public")
    assert (row["status"], row["reason"]) == ("refused", "Fewer than 50 episodes.")
    assert np.isnan(row["estimate"])


def test_a_mean_of_few_practitioners_has_no_honest_interval() -> None:
    frame = strata(300).assign(error=0.2, weight=1.0, practitioner_key="p1")
    row = row_of(fairness_rows([mean_of("prognosis_brier", frame, "error")]), "all", "all")
    assert row["reason"] == "Fewer than 10 practitioners: no honest interval."


def test_an_effect_that_differs_by_group_is_found_in_its_group() -> None:
    frame = strata(2000).assign(episode_key=[f"e{number:05d}" for number in range(2000)], repeat=0)
    rng = np.random.default_rng(5)
    frame["difference"] = np.where(frame["sex"] == "one", 0.4, 0.0) + rng.normal(0, 0.5, 2000)
    frame["is_answer_of"] = rng.choice(["treated", "comparator"], 2000)
    rows = fairness_rows([effect_of("decision: a - b", frame)])
    one, two = row_of(rows, "sex", "one"), row_of(rows, "sex", "two")
    assert one["lower"] > 0.3
    assert two["lower"] < 0 < two["upper"]
    assert set(rows["contrast"]) == {"decision: a - b"}


def test_an_effect_without_known_outcomes_under_both_treatments_is_refused() -> None:
    frame = strata(300).assign(episode_key=[f"e{number:05d}" for number in range(300)], repeat=0, difference=0.1)
    frame["is_answer_of"] = ["treated"] * 260 + ["comparator"] * 40
    row = row_of(fairness_rows([effect_of("decision: a - b", frame)]), "all", "all")
    assert row["reason"] == "Fewer than 50 known outcomes under one of the treatments."


def test_no_group_stands_out_by_chance_in_more_than_5_of_100_sets() -> None:
    """Known truth: the same mean everywhere; 15 groups a set, 60 sets."""
    wrong = 0
    for seed in range(60):
        frame = strata(900, seed).assign(weight=1.0)
        frame["error"] = np.random.default_rng(1000 + seed).normal(0.2, 0.1, 900)
        rows = fairness_rows([mean_of("prognosis_brier", frame, "error")])
        told = rows[(rows["group_name"] != "all") & (rows["status"] == "estimated")]
        wrong += bool(((told["lower"] > 0.2) | (told["upper"] < 0.2)).any())
    assert wrong <= 8, f"{wrong} of 60 sets had a group whose interval missed the truth"
