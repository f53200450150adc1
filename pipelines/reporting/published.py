"""Published figures as a report prints them, from the one versioned file of `pipelines.evidence`.

They are never proof of our numbers: the patients and the moment of the choice differ, and the text says how. A figure that is only
recalled is never printed as certain and never drawn.
"""

from pipelines.evidence.figures import Estimand, PublishedFigure, evidence

RECALLED = "Recalled, not yet checked at its source."
_CONTEXT_OF_DECISION = ("PACBACK 2026",)
"""Said beside the main question though no estimate of ours has its time: it is the largest trial of early manipulation."""

PUBLISHED_COURSE = evidence().course
AGE_TYPICAL = evidence().age_typical


def beside(trial: str, contrast: str, outcome: str) -> tuple[PublishedFigure, ...]:
    """The figures of the same contrast, outcome and time, in the file's order."""
    place = Estimand(trial, contrast, outcome)
    return tuple(figure for figure in evidence().figures if place in figure.beside)


def beside_decision() -> tuple[PublishedFigure, ...]:
    """What the section on adding manipulation names: figures beside any of its estimates, and the trial named as context."""
    return tuple(
        figure
        for figure in evidence().figures
        if any(one.trial == "decision" for one in figure.beside) or figure.study in _CONTEXT_OF_DECISION
    )


def study_words(figure: PublishedFigure) -> str:
    """A study with its design and size: 'UK BEAM 2004, trial, 1,334 patients'."""
    size = "" if figure.n is None else f", {figure.n:,} patients"
    return f"{figure.study}, {figure.design}{size}"


def finding_words(figure: PublishedFigure) -> str:
    """What was found; of a figure that is only recalled, that it was not checked."""
    return figure.finding if figure.is_looked_up else f"{figure.finding} {RECALLED}"


def population_words(figure: PublishedFigure) -> str:
    """Who was studied, and how they differ from ours."""
    return f"{figure.population}. {figure.differs}"
