"""The mapping file's head: whose records these are, how time is told, where they come from."""

import re
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.contracts import FEEDS, OUTCOME_WINDOW_DAYS
from pipelines.deliveries.limits import CLINIC_CODE
from pipelines.exporting.marked_yaml import Section, read_section
from pipelines.exporting.sources import READERS

FEWEST_OF_A_CATEGORY = 10
"""Patients of the clinic that a category needs, not to be pooled (domain/privacy.md 8.1)."""

_REASONS = next(field.codes for field in FEEDS["outcome"].fields if field.name == "reason_missing")


@dataclass(frozen=True)
class Plan:
    """One mapping file. `index_period` is quarter or year; `weeks_due` the time points at which every episode was to be asked."""

    clinic_code: str
    zone: ZoneInfo
    index_period: str
    is_simulated: bool
    fewest_of_a_category: int
    weeks_due: tuple[int, ...]
    reason_missing: str
    kind: str
    source: Section


def read_plan(path: Path) -> Plan:
    """The plan in the mapping file at `path`; raises UsageError that names the line. The source's block is read by its reader."""
    section = read_section(path)
    clinic_code = section.text("clinic_code")
    if not CLINIC_CODE.fullmatch(clinic_code):
        raise section.error(
            "clinic_code is malformed", "Use letters, digits, dashes and underscores, 64 at most", "clinic_code"
        )
    source = section.section("source")
    if source is None:
        raise section.error("source is missing", "Say what the records come from: source: {kind: tables, ...}")
    weeks_due, reason_missing = _schedule(section)
    plan = Plan(
        clinic_code=clinic_code,
        zone=_zone(section),
        index_period=section.choice("index_period", ("quarter", "year"), "quarter"),
        is_simulated=section.choice("simulated", ("yes", "no"), "no") == "yes",
        fewest_of_a_category=section.number("fewest_of_a_category", FEWEST_OF_A_CATEGORY),
        weeks_due=weeks_due,
        reason_missing=reason_missing,
        kind=source.choice("kind", tuple(READERS)),
        source=source,
    )
    section.done()
    return plan


def _zone(section: Section) -> ZoneInfo:
    name = section.text("time_zone")
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise section.error("time_zone is no time zone", "Write one such as Europe/London", "time_zone") from None


def _schedule(section: Section) -> tuple[tuple[int, ...], str]:
    schedule = section.section("schedule")
    if schedule is None:
        return (), ""
    said = schedule.texts("weeks")
    known = ", ".join(map(str, OUTCOME_WINDOW_DAYS))
    for week in said:
        if not re.fullmatch("[0-9]{1,2}", week) or int(week) not in OUTCOME_WINDOW_DAYS:
            raise schedule.error("weeks holds no time point of the contract", f"Known are {known}", "weeks")
    reason = schedule.choice("reason_missing", (*_REASONS, ""), "")
    schedule.done()
    return tuple(sorted({int(week) for week in said})), reason
