"""Fits of different folds side by side in processes of their own, which end with the one that started them.

Threads would not do: scikit-learn sets the process's warning filters while it fits, and before Python 3.14 two threads spoil
them for each other. What is sent to the processes goes through pipes: nothing of it is written to a file.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from threading import Thread
from typing import Any, TypeVar

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

Result = TypeVar("Result")
# Starting a process and sending it the rows takes longer than small fits.
LEAST_ROWS_SIDE_BY_SIDE = 1_000
_SECONDS_BETWEEN_LOOKS = 1.0
Elsewhere = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]
_ELSEWHERE: ContextVar[Elsewhere | None] = ContextVar("elsewhere", default=None)
_IS_ALONE: ContextVar[bool] = ContextVar("is_alone", default=False)


@contextmanager
def side_by_side_on(elsewhere: Elsewhere) -> Iterator[None]:
    """Within the block, what would use all cores of this machine is done by `elsewhere`, which returns in the items' order.

    It must give every item one thread, as `one_after_another` does.
    """
    token = _ELSEWHERE.set(elsewhere)
    try:
        yield
    finally:
        _ELSEWHERE.reset(token)


@contextmanager
def alone() -> Iterator[None]:
    """Within the block one item is done after the other, whatever n_jobs says: the others' cores are others' to use."""
    token = _IS_ALONE.set(True)
    try:
        yield
    finally:
        _IS_ALONE.reset(token)


def each(
    work: Callable[[Any], Result], items: Iterable[Any], n_jobs: int | None, prepare: Callable[[Any], Any] | None = None
) -> list[Result]:
    """Return all that `one_after_another` yields."""
    return list(one_after_another(work, items, n_jobs, prepare))


def one_after_another(
    work: Callable[[Any], Result], items: Iterable[Any], n_jobs: int | None, prepare: Callable[[Any], Any] | None = None
) -> Iterator[Result]:
    """Yield work(item) of every item, in the order of the items, as soon as it is there.

    With `prepare` it is work(prepare(item)), of which `prepare` is done here, for a few items ahead: what is sent to a process is
    then only what it needs.

    n_jobs: how many at a time; None is 1, -1 as many as there are cores. Every item's work has one thread of its own, so that
    its numbers are the same whatever n_jobs is. What a work raises is raised; joblib's TerminatedWorkerError when a process was
    killed.
    """
    todo = list(items)
    ready = _as_it_is if prepare is None else prepare
    elsewhere = None if _IS_ALONE.get() else _ELSEWHERE.get()
    if n_jobs == -1 and elsewhere and len(todo) > 1:
        yield from elsewhere(partial(_prepared, ready, work), todo)
        return
    workers = 1 if _IS_ALONE.get() else min(_cores() if n_jobs == -1 else max(1, n_jobs or 1), len(todo))
    if workers < 2:
        for item in todo:
            with threadpool_limits(1):
                done = work(ready(item))
            yield done
        return
    # What was prepared waits in memory until a process takes it.
    ahead = 2 * workers if prepare is None else workers
    side_by_side = Parallel(
        workers, backend="loky", max_nbytes=None, batch_size=1, pre_dispatch=ahead, return_as="generator"
    )
    yield from side_by_side(delayed(_alone)(work, ready(item), os.getpid()) for item in todo)


def jobs_for(n_rows: int) -> int:
    """Return the n_jobs of a fit on so many rows: -1, all cores, from 1,000 on."""
    return -1 if n_rows >= LEAST_ROWS_SIDE_BY_SIDE else 1


def _as_it_is(item: Any) -> Any:
    return item


def _prepared(ready: Callable[[Any], Any], work: Callable[[Any], Result], item: Any) -> Result:
    return work(ready(item))


def _alone(work: Callable[[Any], Result], item: Any, parent: int) -> Result:
    _follow(parent)
    with threadpool_limits(1):
        return work(item)


@cache
def _follow(parent: int) -> None:
    """End when the process that started this one does, however it ended; an interrupt is that one's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
