"""Fits of different folds side by side in threads: the learners leave the interpreter's lock while they compute."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(work: Callable[[Item], Result], items: Iterable[Item], n_jobs: int | None) -> list[Result]:
    """Return work(item) of every item, in the order of the items.

    n_jobs: how many at a time; None is 1, -1 as many as there are cores. Every item's work has one thread of its own, so that
    its numbers are the same whatever n_jobs is. What a work raises is raised.
    """
    workers = _cores() if n_jobs == -1 else max(1, n_jobs or 1)

    def alone(item: Item) -> Result:
        with threadpool_limits(1):
            return work(item)

    if workers == 1:
        return [alone(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(alone, items))


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
