"""The file of published figures, checked as it is read, and the rows of `diagnostics.published_figures`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from pipelines.causal.tables import REAL, TEXT, WHOLE, as_table
from pipelines.causal.trials import TRIALS

FILE = Path(__file__).parent / "published_figures.toml"
PUBLISHED_FIGURE_COLUMNS = {
    "version": TEXT,
    "figure_no": WHOLE,
    "study": TEXT,
    "design": TEXT,
    "n": REAL,
    "mark": TEXT,
    "source": TEXT,
    "population": TEXT,
    "compared": TEXT,
    "outcome_words": TEXT,
    "unit": TEXT,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "finding": TEXT,
    "differs": TEXT,
    "trial": TEXT,
    "contrast": TEXT,
    "outcome": TEXT,
}


@dataclass(frozen=True, slots=True)
class Estimand:
    """An estimate of ours that a published figure may stand beside: the same contrast, outcome and time."""

    trial: str
    contrast: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFigure:
    """A published figure. `mark` is V (its source was looked up) or R (recalled); `differs` says how it differs from ours.

    Raises ValueError when the mark is neither, or the interval does not hold the estimate.
    """

    study: str
    design: str
    mark: Literal["V", "R"]
    source: str
    population: str
    compared: str
    outcome_words: str
    finding: str
    differs: str
    n: int | None = None
    unit: str | None = None
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    beside: tuple[Estimand, ...] = ()

    def __post_init__(self) -> None:
        if self.mark not in ("V", "R"):
            raise ValueError(f"{self.study}: the mark must be V (looked up) or R (recalled), found {self.mark!r}")
        points = self.points
        if points and not points[1] <= points[0] <= points[2]:
            raise ValueError(f"{self.study}: the interval {points[1]} to {points[2]} does not hold {points[0]}")

    @property
    def is_looked_up(self) -> bool:
        """Whether somebody looked the figure up at its source; one that is only recalled is never printed as certain."""
        return self.mark == "V"

    @property
    def points(self) -> tuple[float, float, float] | None:
        """(estimate, lower, upper) when all three are known."""
        if self.estimate is None or self.lower is None or self.upper is None:
            return None
        return self.estimate, self.lower, self.upper


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything in the file: figures of effects and prognosis, the published course, and findings of people without pain."""

    version: str
    figures: tuple[PublishedFigure, ...]
    course: str
    age_typical: tuple[tuple[str, tuple[int, int, int]], ...]
    age_typical_source: str


@cache
def evidence(file: Path = FILE) -> Evidence:
    """Read the file. Raises ValueError when it names an estimand that no trial has, or prints what is only recalled as certain."""
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    figures = tuple(_figure(row) for row in read["figure"])
    known = {
        Estimand(trial.id, f"{treated} - {comparator}", outcome.name)
        for trial in TRIALS.values()
        for treated, comparator in trial.contrasts
        for outcome in trial.outcomes
    }
    for figure in figures:
        if strange := [one for one in figure.beside if one not in known]:
            raise ValueError(f"{figure.study}: no trial estimates {strange[0]}")
    if not read["course"]["mark"] == read["age_typical"]["mark"] == "V":
        raise ValueError("the published course and the findings without pain must have been looked up (mark V)")
    typical = tuple((name, (young, middle, old)) for name, young, middle, old in read["age_typical"]["findings"])
    return Evidence(read["version"], figures, read["course"]["words"], typical, read["age_typical"]["source"])


def _figure(row: dict[str, Any]) -> PublishedFigure:
    beside = tuple(Estimand(**one) for one in row.get("beside", ()))
    return PublishedFigure(**row | {"beside": beside})


def published_figure_rows(read: Evidence) -> pd.DataFrame:
    """Return the rows of diagnostics.published_figures: one a figure and estimand beside which it stands, or one of context."""
    rows = [
        {
            "version": read.version,
            "figure_no": number,
            **{name: getattr(figure, name) for name in PUBLISHED_FIGURE_COLUMNS if hasattr(figure, name)},
            "trial": place.trial if place else None,
            "contrast": place.contrast if place else None,
            "outcome": place.outcome if place else None,
        }
        for number, figure in enumerate(read.figures, start=1)
        for place in (figure.beside or (None,))
    ]
    return as_table([pd.DataFrame(rows, columns=list(PUBLISHED_FIGURE_COLUMNS))], PUBLISHED_FIGURE_COLUMNS)
