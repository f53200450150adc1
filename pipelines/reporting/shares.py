"""A released share and the base of every part of a report: immutable, never contradicting itself."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Verdict = Literal["met", "met or nearly", "missed", "missed, may be chance", "cannot tell", "no target", "not recorded"]


class ContradictionError(ValueError):
    """Two numbers of one report that cannot both be true."""


class Frozen(BaseModel):
    """Base of every part of a report: immutable, and no field that the schema does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(Frozen):
    """A share of a whole in percent with its 95 % interval; `words` stand in for a percentage that is withheld."""

    whole: int | None
    percent: int | None = Field(default=None, ge=0, le=100)
    lower: int | None = Field(default=None, ge=0, le=100)
    upper: int | None = Field(default=None, ge=0, le=100)
    words: str | None = None

    @model_validator(mode="after")
    def _holds_its_estimate(self) -> Self:
        if self.percent is not None:
            if self.lower is None or self.upper is None:
                raise ContradictionError(f"{self.percent} % is given without an interval")
            if not self.lower <= self.percent <= self.upper:
                raise ContradictionError(f"the interval {self.lower} to {self.upper} % does not hold {self.percent} %")
        return self

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Between which percentages the share itself lies, as far as it may be said; None when nothing may."""
        if self.percent is not None:
            return self.percent, self.percent
        if self.words is None:
            return None
        bound = int(self.words.strip("<> %"))
        return (0, bound) if self.words.startswith("<") else (bound, 100)
