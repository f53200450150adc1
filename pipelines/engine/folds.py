"""Fits of different folds as tasks on the engine, with the same numbers to the byte: each has one thread, wherever it runs.

What the fits read, rows of numbers, lies in one file of the store for as long as they run. What could run code, the functions
and the shapes, goes over the engine's own connection and is written nowhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import uuid4

from threadpoolctl import threadpool_limits

from pipelines.causal.parallel import Elsewhere, alone
from pipelines.engine.mapping import Pmap
from pipelines.engine.settings import EngineSettings
from pipelines.engine.store import RUNS, Store
from pipelines.engine.wire import packed_apart, unpacked

_ONE_AT_A_TIME = Lock()
"""scikit-learn sets the process's warning filters while it fits: two fits in threads of one worker would spoil them."""


@dataclass(frozen=True)
class FoldTask:
    """A fit: the function and its items without their arrays, which of the items, and where the arrays lie."""

    store: str
    run: str
    arrays: str
    sizes: tuple[int, ...]
    head: bytes
    number: int


def fits_on(settings: EngineSettings, run: str, opened: Callable[[], Pmap]) -> Elsewhere:
    """What `causal.parallel.side_by_side_on` is given: work(item) of every item, in their order, as tasks of the engine.

    `opened` gives the engine, which is not opened before there is something to fit.
    """
    store = Store(settings.store)

    def results(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        head, memory = packed_apart((work, list(items)))
        arrays = f"{RUNS}/{run}/folds/{uuid4().hex}"
        with store.private_folder(run) as folder:
            written = folder / "arrays"
            with written.open("wb") as file:
                sizes = tuple(file.write(array) for array in memory)
            store.put(written, arrays)
        try:
            return opened()(
                run_fold, [FoldTask(settings.store, run, arrays, sizes, head, number) for number in range(len(items))]
            )
        finally:
            store.remove_file(arrays)

    return results


def run_fold(task: FoldTask) -> Any:
    """The result of one fit. May be run twice: it writes nothing."""
    store = Store(task.store)
    with store.private_folder(task.run) as folder, store.read(task.arrays, folder).open("rb") as file:
        arrays = [bytearray(size) for size in task.sizes]
        for array in arrays:
            file.readinto(array)
    work, items = unpacked(task.head, arrays)
    with _ONE_AT_A_TIME, alone(), threadpool_limits(1):
        return work(items[task.number])
