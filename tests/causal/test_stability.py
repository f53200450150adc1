"""The move of an effect: its parts add up, and chance gives as much as resampling does."""

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.stability import Move, move_of, verdict_of


def scores(n: int, mean: float = 0.0, seed: int = 1, repeats: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    difference = rng.normal(mean, 1.0, n)
    return pd.DataFrame(
        {
            "episode_key": np.repeat([f"e{number:05d}" for number in range(n)], repeats),
            "repeat": np.tile(np.arange(repeats), n),
            "difference": np.repeat(difference, repeats),
            "has_answer": True,
            "practitioner_key": np.repeat([f"p{number % 40}" for number in range(n)], repeats),
        }
    )


def moved(before: pd.DataFrame, now: pd.DataFrame) -> Move:
    return move_of(before, now, before["difference"].mean(), now["difference"].mean())


def test_newly_arrived_episodes_alone_explain_a_move_when_the_others_kept_their_scores() -> None:
    now = scores(400)
    move = moved(now.iloc[:300], now)
    assert move.n_arrived == 100
    assert move.n_gone == 0
    assert move.by_arrived == pytest.approx(move.move)
    assert move.by_rescored == pytest.approx(0, abs=1e-12)


def test_the_parts_add_up_when_episodes_came_went_and_were_scored_again() -> None:
    now = scores(400)
    before = now.iloc[20:300].assign(difference=lambda frame: frame["difference"] + 0.25)
    gone = scores(30, seed=7).assign(episode_key=lambda frame: "gone" + frame["episode_key"])
    move = moved(pd.concat([before, gone]), now)
    assert (move.n_arrived, move.n_gone) == (120, 30)
    assert move.by_arrived + move.by_gone + move.by_rescored == pytest.approx(move.move)
    assert move.by_rescored == pytest.approx(-0.25)


def test_an_episode_that_is_answered_only_now_has_arrived() -> None:
    now = scores(200)
    before = now.assign(has_answer=now["episode_key"] > "e00049")
    assert moved(before, now).n_arrived == 50


def test_chance_gives_as_wide_a_move_as_drawing_as_many_episodes_again_and_again() -> None:
    """Known truth: 4,000 draws of 150 of 600 episodes as 'newly arrived'; 95 of 100 moves lie within the limit."""
    now = scores(600, seed=3)
    limit = moved(now.iloc[:450], now).chance_limit
    values = now["difference"].to_numpy()
    rng = np.random.default_rng(4)
    moves = [values.mean() - np.delete(values, rng.choice(600, 150, replace=False)).mean() for _ in range(4000)]
    assert np.quantile(np.abs(moves), 0.95) == pytest.approx(limit, rel=0.08)


def test_a_move_by_episodes_of_another_kind_is_not_chance() -> None:
    now = pd.concat([scores(400), scores(100, mean=1.5, seed=9).assign(episode_key=lambda f: "new" + f["episode_key"])])
    assert not moved(scores(400), now).is_within_chance


def test_a_move_by_episodes_of_the_same_kind_is_within_chance_in_95_of_100_nights() -> None:
    within = [
        moved(night.iloc[:400], night).is_within_chance for night in (scores(500, seed=seed) for seed in range(120))
    ]
    assert 0.89 <= np.mean(within) <= 0.99


def test_the_spread_between_draws_of_folds_widens_what_is_chance() -> None:
    steady, noisy = scores(300, repeats=3), scores(300, repeats=3)
    noisy["difference"] += noisy["repeat"].map({0: -0.1, 1: 0.0, 2: 0.1})
    assert moved(noisy[noisy["episode_key"] < "e00200"], noisy).chance_limit > (
        moved(steady[steady["episode_key"] < "e00200"], steady).chance_limit
    )


def test_a_night_without_scores_is_an_error_not_a_move() -> None:
    with pytest.raises(ValueError, match="one of them has none"):
        move_of(scores(10).iloc[:0], scores(10), 0.0, 0.0)


@pytest.mark.parametrize(
    ("move", "limit", "arrived", "data", "code", "said"),
    [
        (0.0, 0.1, 5, True, False, "It did not move."),
        (0.05, 0.1, 5, True, False, "Within what as many newly arrived episodes give by chance."),
        (0.2, 0.1, 5, True, False, "More than as many newly arrived"),
        (0.2, 0.0, 0, True, False, "records that were there have changed"),
        (0.2, 0.1, 0, False, True, "the move is the code's"),
        (0.05, 0.1, 5, True, True, "The code changed too."),
    ],
)
def test_the_verdict_names_data_code_or_chance(
    move: float, limit: float, arrived: int, data: bool, code: bool, said: str
) -> None:
    found = Move(move, 0.0, 0.0, move, limit, 100, arrived, 0)
    assert said in verdict_of(found, has_other_data=data, has_other_code=code)
