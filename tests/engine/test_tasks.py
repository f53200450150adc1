import pytest

from pipelines.engine.environment import environment_here, lock_hash
from pipelines.engine.tasks import Call, Done, Failed, run_call, value_of
from pipelines.errors import InstallationError, NightFailed, StoreUnusable, UsageError

SECRET = "patient 4711 has a pain of 9"


def _double(item: int) -> int:
    return 2 * item


def _tells_a_value(_: int) -> int:
    raise ValueError(SECRET)


def _says_what_is_wrong(_: int) -> int:
    raise UsageError("the setting is wrong")


def _meets_a_full_disk(_: int) -> int:
    raise OSError(28, SECRET)


def _does_not_reach_the_store(_: int) -> int:
    raise StoreUnusable("the store cannot be used")


def _call(function, environment: str | None = None) -> Call:
    return Call(function, 21, lock_hash(environment_here()) if environment is None else environment)


def test_a_call_returns_what_its_function_does() -> None:
    assert value_of(run_call(_call(_double))) == 42


def test_an_error_nobody_foresaw_is_told_without_its_text() -> None:
    result = run_call(_call(_tells_a_value))
    assert isinstance(result, Failed)
    assert "ValueError in test_tasks.py" in result.words
    assert SECRET not in repr(result)
    with pytest.raises(NightFailed, match="a task on the engine failed"):
        value_of(result)


def test_an_error_of_ours_keeps_its_class_and_words() -> None:
    with pytest.raises(UsageError, match="the setting is wrong"):
        value_of(run_call(_call(_says_what_is_wrong)))


def test_what_may_heal_by_itself_is_raised_for_the_engine_to_try_again_and_tells_no_value() -> None:
    with pytest.raises(NightFailed) as raised:
        run_call(_call(_meets_a_full_disk))
    assert SECRET not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_task_that_does_not_reach_the_store_is_tried_again_by_the_engine() -> None:
    with pytest.raises(StoreUnusable, match="cannot be used"):
        run_call(_call(_does_not_reach_the_store))


def test_a_task_does_not_run_in_another_environment() -> None:
    with pytest.raises(InstallationError, match="another environment"):
        value_of(run_call(_call(_double, "the hash of another lock")))


def test_neither_a_call_nor_its_result_shows_what_it_holds() -> None:
    assert SECRET not in repr(Call(_double, SECRET, ""))
    assert SECRET not in repr(Done(SECRET))
