"""Python objects on their way to a task and back, over the engine's own connection. The only module that pickles.

Nothing that it makes is written to a file: what can run code is never stored. Arrays are kept apart from the rest, as numbers
that cannot run, so that those may lie in the store for as long as a fit reads them.
"""

import pickle
from collections.abc import Sequence
from typing import Any

import cloudpickle


def packed(what: Any) -> bytes:
    """The object as bytes, functions and all."""
    return bytes(cloudpickle.dumps(what, protocol=5))


def packed_apart(what: Any) -> tuple[bytes, list[memoryview]]:
    """The object without its arrays, and the arrays' plain memory."""
    arrays: list[pickle.PickleBuffer] = []
    head = cloudpickle.dumps(what, protocol=5, buffer_callback=arrays.append)
    return bytes(head), [array.raw() for array in arrays]


def unpacked(head: bytes, arrays: Sequence[bytearray] = ()) -> Any:
    """The object again. Only for what came over the engine's own connection from a process of the same night."""
    return pickle.loads(head, buffers=arrays)  # noqa: S301 (see above)
