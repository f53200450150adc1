"""What Dagster's event log tells of a run: which checks were evaluated and not met, with their counts, and seconds by stage."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

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
    tonight.checks_broken = tuple(broken for one in evaluations if not one.passed for broken in broken_checks(one))


def broken_checks(evaluation: dg.AssetCheckEvaluation) -> Iterator[BrokenCheck]:
    """The single checks that an evaluation lists as its `worst`, or the evaluation itself when it lists none or not all."""
    asset, told_by = evaluation.asset_key.to_user_string(), evaluation.check_name
    found: dict[str, Any] = {name: value.value for name, value in sorted(evaluation.metadata.items())}
    worst: list[dict[str, Any]] = found.pop("worst", [])
    for line in worst:
        numbers = {"n_broken": line["broken"], "n_rows": line["checked"], "allowed_percent": line["allowed_percent"]}
        yield BrokenCheck(
            asset, told_by, str(line["check"]), str(line["severity"]), f"To be mended by {line['owner']}", numbers
        )
    if len(worst) < found.get("not_met", 1):
        numbers = {name: value for name, value in found.items() if type(value) in (int, float)}
        severity = evaluation.severity.value.lower()
        yield BrokenCheck(asset, told_by, told_by, severity, evaluation.description or "", numbers)


def stage_seconds(instance: dg.DagsterInstance, run_id: str) -> dict[str, float]:
    """Seconds that each stage (`raw`, `clean` ...) worked in the run, by stage."""
    spent: dict[str, float] = defaultdict(float)
    for step in instance.get_run_step_stats(run_id):
        if step.start_time and step.end_time:
            spent[step.step_key.split("__")[0]] += step.end_time - step.start_time
    return {stage: round(seconds, 2) for stage, seconds in spent.items()}
