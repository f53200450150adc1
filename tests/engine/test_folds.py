from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pipelines.causal.parallel import alone, each, side_by_side_on
from pipelines.engine.folds import fits_on
from pipelines.engine.settings import EngineSettings
from pipelines.engine.store import Store

from .serial import serial


def _scaled(numbers: np.ndarray, by: int) -> np.ndarray:
    return numbers * by


def _nested(by: int) -> list[int]:
    return each(partial(_times, by), range(3), -1)


def _times(by: int, item: int) -> int:
    return by * item


@pytest.fixture
def engine(tmp_path: Path):
    return fits_on(EngineSettings(engine="dask", store=str(tmp_path)), "run", lambda: serial)


def test_folds_on_an_engine_come_in_order_and_leave_nothing_behind(engine, tmp_path: Path) -> None:
    numbers = np.arange(10_000.0)
    with side_by_side_on(engine):
        found = each(partial(_scaled, numbers), [3, 1, 2], -1)
    assert [float(one[1]) for one in found] == [3, 1, 2]
    assert Store(str(tmp_path)).names("") == []


def test_what_lies_in_the_store_while_folds_are_fitted_is_numbers_alone(tmp_path: Path) -> None:
    numbers, seen = np.arange(10_000.0), []

    def looking(function, items):
        seen.extend(path.read_bytes() for path in (tmp_path / "runs" / "run" / "folds").iterdir())
        return serial(function, items)

    engine = fits_on(EngineSettings(engine="dask", store=str(tmp_path)), "run", lambda: looking)
    engine(partial(_scaled, numbers), [1, 2])
    assert seen == [numbers.tobytes()]


def test_an_engine_is_asked_only_for_what_would_use_all_cores(tmp_path: Path) -> None:
    def unasked(work, items):
        raise AssertionError

    with side_by_side_on(unasked):
        assert each(partial(_times, 2), range(3), 1) == [0, 2, 4]
        assert each(partial(_times, 2), [5], -1) == [10]


def test_a_fold_within_a_fold_uses_one_core(engine) -> None:
    with side_by_side_on(engine):
        assert each(_nested, [1, 2], -1) == [[0, 1, 2], [0, 2, 4]]
    with alone():
        assert _nested(2) == [0, 2, 4]
