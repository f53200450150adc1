import numpy as np

from pipelines.causal.practitioner_levels import LARGEST_LEVEL_COUNT, pooled_note


def keys(n_frequent: int, n_rare: int = 0) -> np.ndarray:
    """Practitioners with ten episodes each, and some with nine."""
    return np.repeat(
        np.array([f"p{number}" for number in range(n_frequent + n_rare)], dtype=object),
        [10] * n_frequent + [9] * n_rare,
    )


def test_nothing_is_said_where_each_practitioner_with_ten_episodes_is_adjusted_for() -> None:
    assert pooled_note(keys(LARGEST_LEVEL_COUNT, n_rare=40)) is None


def test_a_result_says_of_how_many_practitioners_it_could_not_adjust_for_each() -> None:
    said = pooled_note(keys(LARGEST_LEVEL_COUNT + 7))
    assert said == "Of 257 practitioners with ten episodes 250 are adjusted for one by one, the others together."


def test_who_has_too_few_episodes_in_the_sample_that_teaches_is_counted_among_the_others() -> None:
    training = np.ones(30)
    training[:2] = 0
    assert pooled_note(keys(3)) is None
    assert pooled_note(keys(3), training) == (
        "Of 3 practitioners with ten episodes 2 are adjusted for one by one, the others together."
    )
