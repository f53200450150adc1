"""What the contracts of computed tables are put together from."""

import itertools

from pipelines.expectations import Expectation


def interval(*columns: str) -> tuple[Expectation, ...]:
    """The columns never fall from left to right."""
    return tuple(Expectation("not_above", pair) for pair in itertools.pairwise(columns))


def key(*columns: str) -> Expectation:
    """The columns together are unique."""
    return Expectation("unique", columns)


def codes(column: str, *allowed: str) -> Expectation:
    """The column holds one of these codes."""
    return Expectation("in_set", (column,), codes=allowed)


def not_null(*columns: str) -> tuple[Expectation, ...]:
    """None of the columns is ever missing."""
    return tuple(Expectation("not_null", (column,)) for column in columns)


def share(*columns: str) -> tuple[Expectation, ...]:
    """The columns lie from 0 to 1."""
    return tuple(Expectation("between", (column,), low=0, high=1) for column in columns)
