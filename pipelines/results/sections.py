"""From a notebook to the report: a function that answers a question becomes a section of it.

from pipelines.results import Answer, Results, section

@section(title="Who answers, by payer", scope="network", method="Answered at 12 weeks, of those whose answer was due.")
def answered_by_payer(results: Results) -> Answer:
    return results.outcomes(by="payer")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from pipelines.errors import UsageError

if TYPE_CHECKING:
    from pipelines.results.answer import Answer
    from pipelines.results.opening import Results

    Question = Callable[[Results], Answer]

Scope = Literal["clinic", "network"]
SCOPES = ("clinic", "network")
LONGEST_TITLE, LONGEST_METHOD = 80, 600
MARK = "stepcare_section"
_Q = TypeVar("_Q", bound="Question")


@dataclass(frozen=True)
class SectionSpec:
    """What a section is called, in whose report it stands, and what its numbers are, said once and for all nights."""

    title: str
    scope: Scope
    method: str


def section(*, title: str, scope: Scope, method: str) -> Callable[[_Q], _Q]:
    """Make the function that follows a section of each clinic's report (`scope="clinic"`) or of the network's.

    The function gets the night's `Results` and returns one `Answer` that counts people; for clinics it has a column `clinic`, and
    each clinic is shown its own rows. `method` says of whom and how, and what it cannot tell; it stands on the page.
    Raises UsageError for a scope that is none and for a title or method that is empty, too long or of several lines.
    """
    if scope not in SCOPES:
        raise UsageError(f"a section's scope is {' or '.join(SCOPES)}, not {scope!r}")
    for name, text, longest in (("title", title, LONGEST_TITLE), ("method", method, LONGEST_METHOD)):
        if not text.isprintable() or not 0 < len(text.strip()) <= longest:
            raise UsageError(f"a section's {name} must be one line of 1 to {longest} letters")

    def mark(question: _Q) -> _Q:
        setattr(question, MARK, SectionSpec(title.strip(), scope, method.strip()))
        return question

    return mark
