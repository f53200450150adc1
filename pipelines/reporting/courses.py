"""How patients fared over time, as the report's model has it: the natural course, and the course under each strategy."""

from typing import Self

from pydantic import Field, model_validator

from pipelines.reporting.shares import ContradictionError, Frozen


class CoursePoint(Frozen):
    """Cumulative share (percent) improved and stepped up (manipulation, injection, surgery) by a day."""

    day: int
    improved_percent: int = Field(ge=0, le=100)
    lower_percent: int | None = Field(ge=0, le=100)
    upper_percent: int | None = Field(ge=0, le=100)
    stepped_up_percent: int = Field(ge=0, le=100)
    n_at_risk: int | None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        low, high = self.lower_percent, self.upper_percent
        if low is not None and high is not None and not low <= self.improved_percent <= high:
            raise ContradictionError(
                f"day {self.day}: the interval {low} to {high} % does not hold {self.improved_percent} %"
            )
        if self.improved_percent + self.stepped_up_percent > 101:
            raise ContradictionError(f"day {self.day}: improved and stepped up exceed everyone")
        return self


class Course(Frozen):
    """The natural course of one source of records; `median_day` is None when fewer than half improved."""

    source: str
    clinic_code: str
    median_day: int | None
    points: tuple[CoursePoint, ...]

    @model_validator(mode="after")
    def _never_falls(self) -> Self:
        shares = [point.improved_percent for point in self.points]
        if shares != sorted(shares):
            raise ContradictionError(f"the cumulative share improved falls over time: {shares}")
        return self


class ArmPoint(Frozen):
    """Share (percent) with sustained improvement by a day under one strategy of a trial, adjusted, and as it was."""

    trial: str
    arm: str
    day: int
    improved_percent: int = Field(ge=0, le=100)
    lower_percent: int | None = Field(ge=0, le=100)
    upper_percent: int | None = Field(ge=0, le=100)
    unadjusted_percent: int | None = Field(ge=0, le=100)
    n_at_risk: int | None

    @model_validator(mode="after")
    def _holds_its_estimate(self) -> Self:
        low, high = self.lower_percent, self.upper_percent
        if low is not None and high is not None and not low <= self.improved_percent <= high:
            raise ContradictionError(
                f"{self.arm}, day {self.day}: {low} to {high} % does not hold {self.improved_percent} %"
            )
        return self
