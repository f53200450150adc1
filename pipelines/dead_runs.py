"""Runs that were killed: Dagster goes on calling them started, and counts them among those that run, until somebody ends them."""

import dagster as dg

_ALIVE = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def end_dead_runs(instance: dg.DagsterInstance) -> int:
    """End in Dagster's history every run whose process is gone; returns how many there were.

    Only for the process that holds the lock of the installation: nothing else runs then. They are called canceled and not
    failed, so that the daemon does not start them again: the night that finds them does their work.
    """
    dead = instance.get_runs(dg.RunsFilter(statuses=_ALIVE))
    for run in dead:
        instance.report_run_canceled(run, message="Its process is gone: it was killed, or the power failed.")
    return len(dead)
