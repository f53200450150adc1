"""An engine of one process for tests: every call is packed, run and unpacked as on a cluster."""

from collections.abc import Callable, Sequence
from typing import Any

from pipelines.engine.environment import environment_here, lock_hash
from pipelines.engine.tasks import Call, run_call, value_of


def serial(function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    environment = lock_hash(environment_here())
    return [value_of(run_call(Call(function, item, environment))) for item in items]
