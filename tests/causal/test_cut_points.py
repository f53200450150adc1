import numpy as np
from numpy.testing import assert_allclose

from pipelines.causal.cut_points import learn_cut_points


def test_cuts_divide_a_column_into_parts_of_equal_size_and_are_standardised():
    x = np.column_stack([np.arange(90.0), np.tile([0.0, 1.0], 45)])
    cuts = learn_cut_points(x, 3)
    assert cuts.column.tolist() == [0, 0]
    steps = cuts.apply(x)
    assert [(column > 0).sum() for column in steps.T] == [60, 30]
    assert_allclose(steps.mean(axis=0), 0, atol=1e-12)
    assert_allclose(steps.std(axis=0), 1)


def test_one_part_and_columns_of_few_values_have_no_steps():
    x = np.column_stack([np.arange(8.0), np.tile(np.arange(4.0), 2)])
    assert learn_cut_points(x, 1).apply(x).shape == (8, 0)
    assert learn_cut_points(x, 2).column.tolist() == [0]


def test_a_column_whose_values_are_mostly_one_is_cut_where_it_can_be():
    x = np.concatenate([np.zeros(95), np.arange(1.0, 6.0)])[:, None]
    cuts = learn_cut_points(x, 3)
    assert cuts.at.tolist() == [0.0]
    assert (cuts.apply(x) > 0).sum() == 5


def test_new_rows_are_read_with_the_cuts_of_those_learned_from():
    cuts = learn_cut_points(np.arange(10.0)[:, None], 2)
    assert (cuts.apply(np.array([[4.0], [5.0]])) > 0).ravel().tolist() == [False, True]
