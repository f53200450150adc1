"""What an engine is given to run: one call on one item, whose error is told in words that hold no patient's value.

An engine writes the text of an error, and the arguments of the call, into its logs. So arguments show nothing of themselves,
and an error that nobody foresaw is told by its type and place only.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines import errors
from pipelines.engine.environment import environment_here, lock_hash
from pipelines.engine.wire import packed, unpacked
from pipelines.unexpected import words_for


class Call:
    """A function and one item, pickled for the wire; it prints as nothing but its size.

    `environment` is the lock hash that the task may run under; empty is any.
    """

    def __init__(self, function: Callable[[Any], Any], item: Any, environment: str) -> None:
        self.sealed: bytes = packed((function, item, environment))

    def __repr__(self) -> str:
        return f"<a task of {len(self.sealed):,} bytes>"


@dataclass(frozen=True, repr=False)
class Done:
    """What a call returned."""

    value: Any

    def __repr__(self) -> str:
        return "<done>"


@dataclass(frozen=True)
class Failed:
    """Why a call cannot succeed however often it is tried: the class of our error, and its words."""

    kind: str
    words: str


def run_call(call: Call) -> Done | Failed:
    """Run a call where the engine has put it.

    What may heal by itself (a disk, a lock, memory, the way to the store) is raised, so that the engine tries it again; all else
    comes back as Failed.
    Runs with the umask of Stepcare: what is written is its owner's alone.
    """
    os.umask(0o077)
    function, item, environment = unpacked(call.sealed)
    if environment and lock_hash(environment_here()) != environment:
        return Failed(
            "InstallationError",
            "a worker that joined later has another environment. Make it the same, and start it again",
        )
    try:
        return Done(function(item))
    except errors.StoreUnusable:
        raise
    except errors.StepcareError as error:
        return Failed(type(error).__name__, str(error))
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError, MemoryError) as error:
        raise errors.NightFailed(f"a task met the disk's or the memory's limit: {words_for(error)}") from None
    except Exception as error:  # noqa: BLE001 (whatever it is, its text may hold a patient's value)
        return Failed("NightFailed", words_for(error))


def value_of(result: Done | Failed) -> Any:
    """What a call returned; raises our error of the same class when it failed."""
    if isinstance(result, Done):
        return result.value
    raise getattr(errors, result.kind)(f"a task on the engine failed: {result.words}")
