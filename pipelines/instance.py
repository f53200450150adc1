"""Dagster's instance of an installation, its storage made by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg


@contextmanager
def open_instance() -> Iterator[dg.DagsterInstance]:
    """The instance of DAGSTER_HOME (`prepare_dagster` sets it), closed on the way out.

    Processes that make the storage of a new home at once can leave two rows in its table of versions, and then none opens it
    again: of 5 trials with 4 processes, 3 failed and 2 left such a home. So a lock is held until it is made.
    """
    with (Path(os.environ["DAGSTER_HOME"]) / "storage.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        instance = dg.DagsterInstance.get()
    with instance:
        yield instance
