import numpy as np
import pandas as pd
import pytest

from pipelines.causal.encoding import learn_encoding
from pipelines.causal.features import encode
from tests.causal.worlds import linear_clinic


def people(n, seed):
    generator = np.random.default_rng(seed)
    frame = linear_clinic(n, seed)[["severity", "age", "is_smoker", "work"]]
    return frame.assign(
        visits=pd.array(np.where(generator.random(n) < 0.2, None, generator.integers(0, 5, n)), dtype="Int64"),
        copy_of_severity=frame["severity"],
        rare=np.where(generator.random(n) < 0.004, "seldom", "often"),
        same=1,
        regions=[["leg"]] * n,
    )


def test_the_people_it_was_learned_from_are_encoded_as_before_number_for_number():
    frame = people(400, 1)
    before, after = encode(frame), learn_encoding(frame).apply(frame)
    assert after.used == before.used
    assert after.linear.tobytes() == before.linear.tobytes()
    assert after.trees.tobytes() == before.trees.tobytes()
    assert (after.is_categorical == before.is_categorical).all()


def test_others_are_encoded_by_what_was_learned_and_not_by_each_other():
    encoding, others = learn_encoding(people(400, 1)), people(50, 2)
    together = encoding.apply(others)
    alone = [encoding.apply(others.iloc[[k]]) for k in range(50)]
    assert np.vstack([one.linear for one in alone]).tobytes() == together.linear.tobytes()
    assert np.vstack([one.trees for one in alone]).tobytes() == together.trees.tobytes()


def test_a_word_never_seen_is_none_of_those_seen_and_not_a_missing_one():
    frame = people(400, 1)
    encoding = learn_encoding(frame)
    asked = frame[frame["work"].notna()].head(1)
    seen, new = (encoding.apply(asked.assign(work=work)) for work in (asked["work"].iloc[0], "diver"))
    missing = encoding.apply(asked.assign(work=None))
    assert (new.linear != seen.linear).sum() == 1
    assert (new.linear != missing.linear).sum() == 1
    assert np.isnan(new.trees).any()


def test_a_covariate_that_is_absent_or_of_another_kind_is_an_error_that_names_it():
    frame = people(100, 3)
    encoding = learn_encoding(frame)
    with pytest.raises(ValueError, match="the covariate 'work' is missing"):
        encoding.apply(frame.drop(columns="work"))
    with pytest.raises(ValueError, match="the covariate 'age' must be a number"):
        encoding.apply(frame.assign(age="old"))


def test_nothing_that_says_anything_leaves_a_design_without_columns():
    design = learn_encoding(pd.DataFrame({"same": np.ones(60)})).apply(pd.DataFrame({"same": np.ones(4)}))
    assert design.linear.shape == (4, 0)
    assert design.trees.shape == (4, 0)
