import numpy as np
import pandas as pd

from pipelines.causal.features import encode
from pipelines.causal.practitioner_levels import practitioner_codes


def test_numbers_answers_and_codes_become_standardised_columns_without_gaps():
    frame = pd.DataFrame(
        {
            "age": [30.0, None, 50.0, 70.0] * 25,
            "is_smoker": [True, None, False, True] * 25,
            "work": ["seated", None, "manual", "seated"] * 25,
            "visits": pd.array([1, 2, None, 4] * 25, dtype="Int64"),
        }
    )
    design = encode(frame)
    assert design.used == ("age", "is_smoker", "work", "visits")
    assert np.isfinite(design.linear).all()
    assert np.allclose(design.linear.mean(axis=0), 0)
    assert np.allclose(design.linear.std(axis=0), 1)
    assert np.isnan(design.trees[1]).sum() == 3
    assert not design.is_categorical.any()
    assert "work=seated" in design.balance_names
    assert "age not recorded" in design.balance_names
    assert "is_smoker not recorded" not in design.balance_names


def test_columns_that_say_nothing_are_left_out_and_named():
    frame = pd.DataFrame(
        {"same": [1] * 60, "empty": [None] * 60, "regions": [["leg"], ["back"]] * 30, "age": np.arange(60.0)}
    )
    design = encode(frame)
    assert design.used == ("age",)
    assert set(design.left_out) == {"same", "empty", "regions"}
    assert encode(frame.iloc[:0]).linear.shape == (0, 0)


def test_rare_and_unknown_practitioners_share_one_code():
    keys = pd.Series(["b"] * 12 + ["a"] * 11 + ["rare"] * 3 + [None], dtype=object)
    codes = practitioner_codes(keys)
    assert set(codes[:12]) == {2}
    assert set(codes[12:23]) == {1}
    assert set(codes[23:]) == {0}
    design = encode(pd.DataFrame({"age": np.arange(27.0)}), keys)
    assert design.linear.shape == (27, 3)
    assert design.balance.shape == (27, 1)
    assert design.is_categorical.tolist() == [False, True]


def test_trees_see_quantile_bins_of_a_continuous_column():
    values = np.random.default_rng(1).normal(size=1000)
    trees = encode(pd.DataFrame({"x": values})).trees[:, 0]
    assert len(np.unique(trees)) == 31
    assert np.corrcoef(trees, values)[0, 1] > 0.98
