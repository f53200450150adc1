"""Clinics compared, and what may be a signal, as the report's model has them. Nothing here ranks, and others are never named."""

from collections.abc import Iterable, Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from pipelines.reporting.indicators import MEASURE_NAMES
from pipelines.reporting.shares import ContradictionError, Frozen

Place = Literal["inside", "outside 95", "outside 99.8", "not judged"]
FEWEST_CLINICS = 8
SHARED_SHARE = 0.4
"""A signal of this share of the clinics or more is one of the network (report/README.md, rule 6)."""


class Adjusted(Frozen):
    """One clinic and measure after adjustment for who came: percent, or points observed minus expected. `shrunk` is drawn to the
    network."""

    indicator: str
    measure: str
    clinic_code: str
    status: Literal["estimated", "refused"]
    reason: str | None = None
    n: int | None = None
    effective_no: int | None = None
    expected: float | None = None
    adjusted: float | None = None
    lower: float | None = None
    upper: float | None = None
    shrunk: float | None = None
    shrunk_lower: float | None = None
    shrunk_upper: float | None = None
    network: float | None = None
    overdispersion: float | None = None
    is_representative: bool
    signal: Place
    direction: Literal["better", "worse", ""]
    has_three_in_a_row: bool
    adjusters_version: str

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        where = f"{self.clinic_code}, {self.indicator}, {self.measure}"
        _must_be_known(self.indicator, self.measure)
        if self.status == "refused" and self.adjusted is not None:
            raise ContradictionError(f"{where}: refused, but a value is given")
        for low, middle, high in (
            (self.lower, self.adjusted, self.upper),
            (self.shrunk_lower, self.shrunk, self.shrunk_upper),
        ):
            if low is not None and middle is not None and high is not None and not low <= middle <= high:
                raise ContradictionError(f"{where}: the interval {low} to {high} does not hold {middle}")
        return self

    @property
    def is_signal(self) -> bool:
        """Whether it calls for a review (domain/indicators.md 5.2, rule 6)."""
        return self.signal == "outside 99.8" or self.has_three_in_a_row


class FunnelLimit(Frozen):
    """The limits at one effective number of episodes, in percent."""

    effective_no: int
    network: float
    lower_95: float
    upper_95: float
    lower_998: float
    upper_998: float


class FunnelPoint(Frozen):
    """One clinic's place; `clinic_code` is empty where it is not to be named."""

    clinic_code: str
    effective_no: int
    adjusted: float
    is_representative: bool


class Funnel(Frozen):
    """The funnel of the share improved: limits, and places where there are enough clinics, `own` among them."""

    n_clinics: int = Field(ge=0)
    limits: tuple[FunnelLimit, ...]
    points: tuple[FunnelPoint, ...]

    @model_validator(mode="after")
    def _shows_no_few(self) -> Self:
        if self.points and self.n_clinics < FEWEST_CLINICS:
            raise ContradictionError(f"places of clinics are drawn though there are only {self.n_clinics}")
        return self

    @property
    def bands_only(self) -> bool:
        """Whether there are too few clinics to draw any."""
        return self.n_clinics < FEWEST_CLINICS


class Signal(Frozen):
    """Something to look at: of one clinic, or of the network where many share it (`n_clinics` of `n_judged`)."""

    clinic_code: str
    kind: Literal["target missed", "real change", "outside its limits"]
    indicator: str
    name: str
    detail: str
    n_clinics: int = 1
    n_judged: int = 1


class Chance(Frozen):
    """How many comparisons of a kind were made, how many signals they gave, and how many chance alone would give."""

    kind: str
    n_made: int
    n_signals: int
    expected_by_chance: float


class Measure(Frozen):
    """A median or share over time of one clinic or the network, not adjusted."""

    indicator: str
    measure: str
    clinic_code: str
    status: Literal["estimated", "refused"]
    reason: str | None = None
    n: int | None = None
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        _must_be_known(self.indicator, self.measure)
        return self


def _must_be_known(indicator: str, measure: str) -> None:
    if (indicator, measure) not in MEASURE_NAMES:
        raise ContradictionError(f"{indicator} has no measure of this name")


def placed(rows: Iterable[Adjusted]) -> tuple[Adjusted, ...]:
    """The clinics that have a place in the funnel of the share improved."""
    return tuple(one for one in rows if one.measure == "responders" and one.adjusted is not None and one.effective_no)


def unnamed_points(rows: Sequence[Adjusted]) -> tuple[FunnelPoint, ...]:
    """Every clinic's place without its name, in the order of the rows."""
    return tuple(_point(one, "") for one in rows)


def clinic_funnel_of(
    rows: Sequence[Adjusted], unnamed: Sequence[FunnelPoint], limits: tuple[FunnelLimit, ...], own: str
) -> Funnel:
    """The funnel in which one clinic alone is named; `unnamed` are the places of the same rows."""
    if len(rows) < FEWEST_CLINICS:
        return Funnel(n_clinics=len(rows), limits=limits, points=())
    others = [point for one, point in zip(rows, unnamed, strict=True) if one.clinic_code != own]
    named = [_point(one, own) for one in rows if one.clinic_code == own]
    others.sort(key=lambda point: (point.effective_no, point.adjusted))
    return Funnel(n_clinics=len(rows), limits=limits, points=(*others, *named))


def network_funnel_of(rows: Sequence[Adjusted], limits: tuple[FunnelLimit, ...]) -> Funnel:
    """The funnel in which only the clinics outside the limits are named."""
    points = [_point(one, one.clinic_code if one.signal.startswith("outside") else "") for one in rows]
    points.sort(key=lambda point: (point.clinic_code, point.effective_no, point.adjusted))
    return Funnel(n_clinics=len(rows), limits=limits, points=tuple(points) if len(rows) >= FEWEST_CLINICS else ())


def _point(one: Adjusted, name: str) -> FunnelPoint:
    return FunnelPoint(
        clinic_code=name,
        effective_no=one.effective_no or 0,
        adjusted=one.adjusted or 0.0,
        is_representative=one.is_representative,
    )
