"""The periods that reports of outcomes are of: calendar weeks (ISO 8601) and months, and the edition of a report for one.

Outcomes are told once a week and once a month, never nightly: two reports that are a night apart could differ by one person.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from pipelines.reporting.number_forms import date_words, month_words
from pipelines.reporting.shares import Frozen

Kind = Literal["week", "month"]
_NAME = re.compile(r"(\d{4})-(?:W(\d{2})|(\d{2}))")


@dataclass(frozen=True, order=True)
class Period:
    """A week from Monday to Sunday ('2026-W47') or a month ('2026-11')."""

    last_day: date
    first_day: date
    kind: Kind

    @property
    def name(self) -> str:
        """What the period is called in folders and commands."""
        if self.kind == "month":
            return f"{self.first_day:%Y-%m}"
        year, week, _ = self.first_day.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def words(self) -> str:
        """What the period is called in a sentence: 'the week to 22 November 2026', 'November 2026', as the language of the report
        writes dates."""
        return month_words(self.first_day) if self.kind == "month" else f"the week to {date_words(self.last_day)}"

    def ended_at(self, timezone: str) -> datetime:
        """The midnight at its end in the clinics' zone, in UTC: the date of its reports, whenever they are made."""
        return datetime.combine(self.last_day + timedelta(days=1), time(), ZoneInfo(timezone)).astimezone(UTC)


def ended_before(day: date) -> tuple[Period, Period]:
    """The last week and the last month that were over when `day` began."""
    sunday = day - timedelta(days=day.isoweekday())
    month_end = day.replace(day=1) - timedelta(days=1)
    return (
        Period(sunday, sunday - timedelta(days=6), "week"),
        Period(month_end, month_end.replace(day=1), "month"),
    )


def period_of(name: str) -> Period | None:
    """The period of that name, or None when there is none."""
    found = _NAME.fullmatch(name)
    if not found:
        return None
    year = int(found[1])
    try:
        if found[2]:
            monday = date.fromisocalendar(year, int(found[2]), 1)
            return Period(monday + timedelta(days=6), monday, "week")
        first = date(year, int(found[3]), 1)
    except ValueError:
        return None
    return Period((first + timedelta(days=31)).replace(day=1) - timedelta(days=1), first, "month")


class Edition(Frozen):
    """Of which period a report is, and which version: the first, or a correction with its reason and what it changed."""

    period: str
    kind: Kind
    words: str
    first_day: date
    last_day: date
    version: int = Field(default=1, ge=1)
    because: str | None = None
    changes: tuple[str, ...] = ()

    @classmethod
    def first(cls, period: Period) -> "Edition":
        """The first version for a period."""
        return cls(
            period=period.name,
            kind=period.kind,
            words=period.words,
            first_day=period.first_day,
            last_day=period.last_day,
        )

    @property
    def folder(self) -> str:
        """Where its files lie below its clinic's folder."""
        return f"{self.period}/v{self.version}"
