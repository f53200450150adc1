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

    Two processes that make the storage of a new home at once leave two rows in its table of versions, and no process opens it
    again (seen in 3 of 12 starts of the page with its daemon, on a busy machine). A lock is held until it is made.
    """
    with (Path(os.environ["DAGSTER_HOME"]) / "storage.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        instance = dg.DagsterInstance.get()
    with instance:
        yield instance
