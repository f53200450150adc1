"""Why a section is not shown: fixed sentences for the report. Nothing of what the section gave is in them."""

from enum import StrEnum


class Refusal(StrEnum):
    """A reason in words, as it stands on the page after 'This section could not be made:'."""

    ERROR = "an error was raised while it was made"
    TIME = "it took longer than it may"
    FILE = "its file could not be read"
    NO_ANSWER = "its function did not return an answer"
    ESTIMATES = "it reads estimates past what may be told of them"
    PATIENTS = "its rows are of single patients"
    SAFE_COPY = "its function returned a safe copy, which cannot be protected together with its sums"
    EMPTY = "it has no rows"
    TOO_MANY_ROWS = "it has more rows or columns than a section may have"
    COLUMN_NAMES = "a column has no plain name"
    UNCOUNTED = "nothing in it counts people, so that it cannot be protected"
    UNDECLARED = "a column is neither declared as a count or a figure, nor tells the rows apart"
    NOT_A_COUNT = "a declared count is none"
    ROWS_ALIKE = "two of its rows are of the same, or a row does not say what it is of"
    TOTAL = "a row is the total of others, which could tell what is withheld"
    KEY = "a text in it is the key of a record"
    IDENTIFIER = "a text in it looks like a direct identifier"
    LONG_TEXT = "a text in it is too long"
    NO_CLINIC = "its rows do not say of which clinic they are"
    TOO_FEW = "every row is of too few patients to be shown"


class NotShown(Exception):
    """A section that is not shown, and why; `detail` is for the run's log and holds no value."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(refusal.value + (f" ({detail})" if detail else ""))
        self.refusal = refusal
