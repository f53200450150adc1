import pytest

from pipelines.engine.environment import environment_here, lock_hash, require_same
from pipelines.errors import InstallationError


def test_the_environment_names_python_our_code_and_all_that_stepcare_needs() -> None:
    here = environment_here()
    assert {"python", "Stepcare's code", "duckdb", "scikit-learn", "numpy", "threadpoolctl"} <= here.keys()
    assert "pytest" not in here


def test_an_equal_environment_is_accepted() -> None:
    require_same(dict(environment_here()), environment_here(), "the worker")


def test_an_environment_with_another_library_is_refused_with_both_versions() -> None:
    there = {**environment_here(), "duckdb": "1.5.5"}
    assert lock_hash(there) != lock_hash(environment_here())
    with pytest.raises(InstallationError, match=r"the worker tcp://x is not .*duckdb is 1\.5\.5 there and .* here"):
        require_same(there, environment_here(), "the worker tcp://x")
