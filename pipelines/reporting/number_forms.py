"""Numbers and dates as a language writes them: digits in groups, the decimal sign, the month.

A small table stands for a library of every locale: a report needs four forms of each language. The form is that of the report
being written (`written_in`), so that every sentence and figure of one report agrees.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class NumberForm:
    """`thousands` and `decimal` signs, `months` from January on, and the order of a date ('{day} {month} {year}')."""

    thousands: str
    decimal: str
    months: tuple[str, ...]
    date: str = "{day} {month} {year}"


_ENGLISH = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_FRENCH = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_GERMAN = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)
_MAORI = (
    "Kohitātea",
    "Huitanguru",
    "Poutūterangi",
    "Paengawhāwhā",
    "Haratua",
    "Pipiri",
    "Hōngongoi",
    "Hereturikōkā",
    "Mahuru",
    "Whiringa-ā-nuku",
    "Whiringa-ā-rangi",
    "Hakihea",
)
FORMS = {
    "en-GB": NumberForm(",", ".", _ENGLISH),
    "en-AU": NumberForm(",", ".", _ENGLISH),
    "en-NZ": NumberForm(",", ".", _ENGLISH),
    "en-US": NumberForm(",", ".", _ENGLISH, "{month} {day}, {year}"),
    "fr-FR": NumberForm("\u202f", ",", _FRENCH),
    "de-DE": NumberForm(".", ",", _GERMAN, "{day}. {month} {year}"),
    "mi-NZ": NumberForm(",", ".", _MAORI),
}
DEFAULT_LANGUAGE = "en-GB"
_language: ContextVar[str] = ContextVar("language_of_the_report", default=DEFAULT_LANGUAGE)


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """Write every number and date within as this language does. Raises KeyError for one that FORMS does not have."""
    token = _language.set(language if language in FORMS else _missing(language))
    try:
        yield
    finally:
        _language.reset(token)


def _missing(language: str) -> str:
    raise KeyError(language)


def number_words(value: float, decimals: int = 0, *, is_signed: bool = False) -> str:
    """A number with its thousands in groups; a true minus sign, and a plus when signed. '−0' is '0'."""
    form = FORMS[_language.get()]
    rounded = round(value, decimals)
    text = f"{abs(rounded):,.{decimals}f}".replace(",", "\0").replace(".", form.decimal).replace("\0", form.thousands)
    if rounded == 0:
        return text
    return f"−{text}" if rounded < 0 else f"+{text}" if is_signed else text


def month_words(day: date) -> str:
    """The month of a day: November 2026."""
    return f"{FORMS[_language.get()].months[day.month - 1]} {day.year}"


def date_words(moment: date) -> str:
    """A date as people write it: 23 November 2026."""
    form = FORMS[_language.get()]
    return form.date.format(day=moment.day, month=form.months[moment.month - 1], year=moment.year)
