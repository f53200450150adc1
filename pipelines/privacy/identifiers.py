"""Direct identifiers: does a text, or the name of a column, look like one? Deny by default (domain/privacy.md 8.2).

Two questions, since what is safe to ask differs. Text that breaks the contract is none of its codes and no number in range, so
everything that may tell who a person is counts, names and free text among them. Text of a key, or of a column that the contract
does not list, may be anything: there only what has the form of an identifier counts (a check digit, a written date, an @).
Answers name the kind, never the text. Not found: a single word that is no common given name, bare numbers under seven digits.
"""

import re
from collections.abc import Sequence

from pipelines.casting import literal
from pipelines.contracts import FEEDS
from pipelines.privacy.forms import (
    CUT_HASH,
    DECIMAL,
    IN_BROKEN_TEXT,
    PSEUDONYM,
    RECORD,
    SHORT_KEY,
    SHORTEST_HASH,
    STRUCTURED,
    Form,
)
from pipelines.warehouse import open_calculator

_INNOCENT_KEYS = (SHORT_KEY, PSEUDONYM)


def looks_like_sql(column: str) -> str:
    """SQL expression of what the trimmed text in `column`, which breaks the contract, looks like: a kind in words, or NULL."""
    return _first(column, [f"{DECIMAL}|{PSEUDONYM}"], (*STRUCTURED, *IN_BROKEN_TEXT))


def key_looks_like_sql(column: str) -> str:
    """SQL expression of what the trimmed text of a key or of an unlisted column looks like: a kind in words, or NULL."""
    return _first(column, _INNOCENT_KEYS, STRUCTURED)


def key_may_look_sql(column: str) -> str:
    """SQL condition without which `key_looks_like_sql` is NULL: planned in a moment, where that takes a quarter of a second."""
    innocent = " or ".join(
        [
            f"(length({column}) between {SHORTEST_HASH} and 31 and regexp_full_match({column}, {literal(CUT_HASH)}))",
            *(f"regexp_full_match({column}, {literal(pattern)})" for pattern in _INNOCENT_KEYS),
        ]
    )
    record = " or ".join(
        f"regexp_matches({column}, {literal(form.pattern)})" for form in STRUCTURED if form.kind == RECORD
    )
    return f"(not ({innocent}) or {record})"


def _first(column: str, innocent: Sequence[str], forms: Sequence[Form]) -> str:
    nothing = [f"when regexp_full_match({column}, {literal(pattern)}) then null" for pattern in innocent]
    kinds = [f"when {_found(column, form)} then {literal(form.kind)}" for form in forms]
    n_first = sum(form.kind == RECORD for form in forms)
    return f"case {' '.join([*kinds[:n_first], *nothing, *kinds[n_first:]])} end"


def _found(column: str, form: Form) -> str:
    matched = f"regexp_matches({column}, {literal(form.pattern)})"
    if form.check is None:
        return matched
    candidate = "candidate" if form.keeps_separators else "regexp_replace(candidate, '[ .+-]', '', 'g')"
    texts = f"list_transform(regexp_extract_all({column}, {literal(form.pattern)}, 1), lambda candidate: {candidate})"
    return f"({matched} and len(list_filter({texts}, lambda found: {form.check('found')})) > 0)"


_HEADER_WORDS = (
    "name|names|firstname|lastname|fullname|surname|forename|givenname|familyname|middlename|maidenname|initials|nachname|vorname|"
    "dob|birth|birthdate|birthday|dateofbirth|geburtsdatum|geboortedatum|"
    "address|addr|address[0-9]|street|city|town|postcode|postal|postalcode|zip|zipcode|zip4|plz|"
    "phone|phones|telephone|tel|telno|mobile|mobil|cell|cellphone|fax|email|mail|emailaddress|"
    "nhs|nhsno|nhsnumber|medicare|medicaid|mbi|ssn|socialsecurity|nino|bsn|cpr|nir|personnummer|dni|nie|kvnr|"
    "mrn|chi|passport|licence|license|insurerno|insurernumber|policyno|iban|accountno|creditcard|"
    "ip|ipaddress|mac|url|facebook|whatsapp"
)
_HEADER_PAIRS = (
    "(insurer|insurance|policy|member|account|card|national|hospital|patient|social|health|tax|record|registration)_"
    "(no|nr|num|number|security|card|insurance_no|insurance_number)|date_of_birth|birth_date|next_of_kin|(device|serial)_(no|number)|"
    "e_mail|post_code|zip_code|(patient|hospital|national)_id"
)
_DAY_OF_DELIVERY = re.compile(
    r"(?<![0-9])20[1-9][0-9][-_.]?[01][0-9][-_.]?[0-3][0-9]([T_.-]?[0-9]{2}[-_.]?[0-9]{2}([-_.]?[0-9]{2})?)?Z?(?![0-9])"
)
_SHORT = re.compile("[a-z]{0,16}[-_. ]?[0-9]{0,4}")
_NAMED = "a column named for a direct identifier"
_LISTED = frozenset(name for feed in FEEDS.values() for name in feed.columns)
_HEADER = re.compile(f"(?:^|_)(?:{_HEADER_WORDS}|{_HEADER_PAIRS})(?:_|$)")


def header_kind(name: str) -> str | None:
    """What kind of identifier a column's name betrays ('a column named for a direct identifier') or is itself; or None."""
    return header_kinds([name])[0]


def header_kinds(names: Sequence[str]) -> list[str | None]:
    """`header_kind` of each of a file's column names, in one query. Names of the contract are never hit."""
    said = [name.strip() for name in names]
    kinds = _kinds([None if name in _LISTED or _HEADER.search(_as_words(name)) else name for name in said])
    return [
        None if name in _LISTED else _NAMED if _HEADER.search(_as_words(name)) else kind
        for name, kind in zip(said, kinds, strict=True)
    ]


def folder_kinds(names: Sequence[str]) -> list[str | None]:
    """What each delivery's name looks like: a kind in words, or None. A day from 2010 on is that of the delivery."""
    return _kinds([_DAY_OF_DELIVERY.sub("", name) for name in names])


def _kinds(texts: Sequence[str | None]) -> list[str | None]:
    asked = {place: text for place, text in enumerate(texts) if text and not _SHORT.fullmatch(text)}
    if not asked:
        return [None] * len(texts)
    with open_calculator() as con:
        found = con.execute(
            f"select place, {key_looks_like_sql('said')} from (select unnest($texts) as said, unnest($places) as place)",
            {"texts": list(asked.values()), "places": list(asked)},
        ).fetchall()
    kinds = dict(found)
    return [kinds.get(place) for place in range(len(texts))]


def _as_words(name: str) -> str:
    """patientName, Patient-Name and 'patient name' as patient_name."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip())
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
