"""How far the records can be trusted: the checks of data quality as a report shows them, by Kahn's categories."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from pipelines.quality.kahn import CATEGORIES, SEVERITIES, Category, Owner, Severity
from pipelines.reporting.shares import ContradictionError, Frozen, Share

MOST_SHOWN = 5
"""Checks that are not met and named on a page; the others are counted."""

Trend = Literal["new", "steady", "worse", "better"]


class QualityArea(Frozen):
    """How many checks of one category are met; only those that had rows to look at."""

    category: Category
    n_met: int = Field(ge=0)
    n_not_met: int = Field(ge=0)


class CheckLine(Frozen):
    """One check: how many rows broke it (None: withheld), their share of those looked at, who mends it and how."""

    check_name: str
    category: Category
    severity: Severity
    owner: Owner
    description: str
    remedy: str
    allowed_percent: float
    status: Literal["met", "not_met"]
    trend: Trend
    n_broken: int | None
    share: Share


class DataQuality(Frozen):
    """The checks of one clinic or of all: met and not met by category, and the most pressing of those not met."""

    areas: tuple[QualityArea, ...]
    unmet: tuple[CheckLine, ...] = Field(max_length=MOST_SHOWN)
    sudden: tuple[str, ...] = ()
    """Names of the checks that changed suddenly against their own past."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if len(self.unmet) > self.n_not_met:
            raise ContradictionError(f"{len(self.unmet)} checks are named as not met, and {self.n_not_met} are counted")
        return self

    @property
    def n_not_met(self) -> int:
        """Checks that are not met, named or not."""
        return sum(area.n_not_met for area in self.areas)

    @property
    def n_met(self) -> int:
        """Checks that are met."""
        return sum(area.n_met for area in self.areas)


def data_quality(rows: Iterable[Mapping[str, Any]]) -> DataQuality:
    """The checks of one clinic from its rows of report.data_quality."""
    lines = sorted((_line(row) for row in rows), key=_urgency)
    counted = Counter((line.category, line.status) for line in lines)
    return DataQuality(
        areas=tuple(
            QualityArea(category=name, n_met=counted[name, "met"], n_not_met=counted[name, "not_met"])
            for name in CATEGORIES
        ),
        unmet=tuple(line for line in lines if line.status == "not_met")[:MOST_SHOWN],
        sudden=tuple(sorted(line.check_name for line in lines if line.trend in ("worse", "better"))),
    )


def _urgency(line: CheckLine) -> tuple[int, bool, float, str]:
    """Errors before warnings before notes; counts that may be shown first; then how far the share is above the allowed."""
    excess = (line.share.percent or 0) - line.allowed_percent
    return SEVERITIES.index(line.severity), line.n_broken is None, -excess, line.check_name


def _line(row: Mapping[str, Any]) -> CheckLine:
    named = {name: row[name] for name in CheckLine.model_fields if name != "share"}
    share = Share(
        whole=row["n_rows"],
        percent=row["n_broken_percent"],
        lower=row["n_broken_percent_lower"],
        upper=row["n_broken_percent_upper"],
        words=row["n_broken_percent_words"],
    )
    return CheckLine(**named, share=share)
