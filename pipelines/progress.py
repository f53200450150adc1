"""What a person sees while a night runs: one line a step, with rows and seconds, and every check that was not met."""

import logging
import time
from collections.abc import Callable
from typing import Any

import dagster as dg

_WIDTH = 34
_CHECK_STEPS = ("_contract", "_disclosure")


class StepLines(logging.Handler):
    """Turn Dagster's events into lines for a person. `say` takes one line."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say
        self._started: dict[str, float] = {}
        self._rows: dict[str, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line that the event is worth, if any."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event: dg.DagsterEvent | None = meta.get("dagster_event")
        step = str(meta.get("step_key") or "")
        if event is None:
            said = str(meta.get("orig_message") or "")
            if said and record.levelno >= logging.INFO and not said.startswith("Dependencies for step"):
                self._say(f"    {said}")
            return
        kind = event.event_type_value
        if kind == "STEP_START":
            self._started[step] = time.monotonic()
            self._rows[step] = []
        elif kind == "ASSET_MATERIALIZATION":
            materialization = event.step_materialization_data.materialization
            count = materialization.metadata.get("dagster/row_count")
            if count is not None:
                self._rows.setdefault(step, []).append(f"{count.value:,} rows")
        elif kind == "ASSET_CHECK_EVALUATION":
            self._check(event)
        elif kind == "STEP_SUCCESS":
            self._step(step)
        elif kind == "STEP_FAILURE":
            self._say(f"  {step.replace('__', '/'):<{_WIDTH}} failed")
        elif kind == "STEP_UP_FOR_RETRY":
            self._say(f"  {step.replace('__', '/'):<{_WIDTH}} did not work; trying again")

    def _step(self, step: str) -> None:
        if step.endswith(_CHECK_STEPS):
            return
        seconds = time.monotonic() - self._started.get(step, time.monotonic())
        rows = self._rows.get(step, [])
        shown = rows[0] if len(rows) == 1 else (f"{len(rows)} tables" if rows else "")
        self._say(f"  {step.replace('__', '/'):<{_WIDTH}} {shown:>16} {seconds:8.1f} s")

    def _check(self, event: dg.DagsterEvent) -> None:
        evaluation: Any = event.event_specific_data
        if evaluation.passed:
            return
        word = "stops the night" if evaluation.severity == dg.AssetCheckSeverity.ERROR else "to look at"
        place = evaluation.asset_key.to_user_string()
        said = evaluation.description or ", ".join(
            f"{name} {value.value}" for name, value in evaluation.metadata.items()
        )
        self._say(f"    ! {place} {evaluation.check_name}: {word}: {said}")


def progress_logger(handler: logging.Handler) -> dg.LoggerDefinition:
    """A Dagster logger that hands its events to `handler`."""

    def progress(_context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("stepcare.progress", level=logging.DEBUG)
        logger.addHandler(handler)
        return logger

    return dg.logger({}, "One line a step, for a person at a terminal.")(progress)
