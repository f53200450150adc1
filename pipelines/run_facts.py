"""What Dagster's event log tells of a run: which checks were evaluated and not met, with their counts, and seconds by stage."""

from collections import defaultdict

import dagster as dg

from pipelines.recording import Tonight
from pipelines.summary import BrokenCheck


def note_run(tonight: Tonight, instance: dg.DagsterInstance, run_id: str) -> None:
    """Put into `tonight` what the run's event log tells; counts only, as checks never hold a value."""
    tonight.run_id = run_id
    tonight.stage_seconds = stage_seconds(instance, run_id)
    evaluations = [
        entry.dagster_event.asset_check_evaluation_data
        for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        if entry.dagster_event is not None
    ]
    tonight.checks_evaluated = frozenset((one.asset_key.to_user_string(), one.check_name) for one in evaluations)
    tonight.checks_broken = tuple(
        BrokenCheck(
            asset=one.asset_key.to_user_string(),
            name=one.check_name,
            severity=one.severity.value.lower(),
            detail=one.description or "",
            counts={
                name: found.value
                for name, found in sorted(one.metadata.items())
                if isinstance(found.value, int | float) and not isinstance(found.value, bool)
            },
        )
        for one in evaluations
        if not one.passed
    )


def stage_seconds(instance: dg.DagsterInstance, run_id: str) -> dict[str, float]:
    """Seconds that each stage (`raw`, `clean` ...) worked in the run, by stage."""
    spent: dict[str, float] = defaultdict(float)
    for step in instance.get_run_step_stats(run_id):
        if step.start_time and step.end_time:
            spent[step.step_key.split("__")[0]] += step.end_time - step.start_time
    return {stage: round(seconds, 2) for stage, seconds in spent.items()}
