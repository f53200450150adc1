"""How the last nights went, from Dagster's run history and the ledger of deliveries."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.alerts.of_nights import newest_in_words
from pipelines.deliveries.ledger import open_ledger
from pipelines.generations import current_generation
from pipelines.instance import open_instance
from pipelines.night import prepare_dagster
from pipelines.run_facts import stage_seconds
from pipelines.settings import Settings

_NEWEST_SHOWN = 6
STAGES = ("raw", "clean", "cohort", "checks", "estimates", "diagnostics", "self_checks", "report", "notebooks")


def describe(settings: Settings, n_runs: int) -> Iterator[str]:
    """The lines of `stepcare status`: what is published, the deliveries, the last runs by stage."""
    generation = current_generation(settings)
    yield f"Published    {generation.name if generation else 'nothing yet'}"
    yield f"Newest night {newest_in_words(settings, datetime.now(UTC))}"
    yield from _deliveries(settings)
    prepare_dagster(settings)
    with open_instance() as instance:
        records = instance.get_run_records(limit=n_runs)
        for record in records:
            yield from _run(instance, record, ZoneInfo(settings.timezone))
        if not records:
            yield "Runs         none yet"


def _deliveries(settings: Settings) -> Iterator[str]:
    if not settings.ledger.exists():
        yield "Deliveries   none seen yet"
        return
    with open_ledger(settings.ledger) as ledger:
        entries = [entry for entry in ledger.entries() if entry.state != "superseded"]
    counts: dict[str, int] = defaultdict(int)
    for entry in entries:
        counts[entry.state] += 1
    yield f"Deliveries   {', '.join(f'{n} {state}' for state, n in sorted(counts.items())) or 'none seen yet'}"
    loaded = sorted((entry for entry in entries if entry.state == "loaded"), key=lambda entry: entry.seen_at)
    for entry in loaded[-_NEWEST_SHOWN:]:
        yield f"    {entry.clinic_code}/{entry.delivery_id} loaded: {entry.n_rows:,} rows"
    if len(loaded) > _NEWEST_SHOWN:
        yield f"    and {len(loaded) - _NEWEST_SHOWN} loaded before these"
    for entry in entries:
        if entry.state in ("quarantined", "incomplete"):
            yield f"    {entry.clinic_code}/{entry.delivery_id} {entry.state}: {entry.reason}"


def _run(instance: dg.DagsterInstance, record: dg.RunRecord, zone: ZoneInfo) -> Iterator[str]:
    run = record.dagster_run
    started = datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), zone)
    seconds = (record.end_time or 0) - (record.start_time or 0)
    because = run.tags.get("stepcare/because", "")
    took = f", {seconds:.0f} s" if record.end_time and record.start_time else ""
    yield f"Run {run.run_id[:8]}  {started:%d %B %Y %H:%M %Z}  {run.job_name} {run.status.value.lower()}{took}  ({because})"
    spent = stage_seconds(instance, run.run_id)
    failed = [
        step.step_key.replace("__", "/")
        for step in instance.get_run_step_stats(run.run_id)
        if step.status is not None and step.status.value == "FAILURE"
    ]
    yield "    " + ", ".join(f"{stage} {spent[stage]:.1f} s" for stage in STAGES if stage in spent)
    if failed:
        yield f"    failed: {', '.join(failed)}"
