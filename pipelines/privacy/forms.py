"""The forms that direct identifiers take in text: patterns (RE2) with what must be true of the candidate that they find."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines.casting import literal
from pipelines.privacy import check_digits
from pipelines.privacy.vocabulary import given_names, record_words

MAIL = "an e-mail address"
ACCOUNT = "an account or card number"
NATIONAL = "a national number"
RECORD = "a record number"
PHONE = "a telephone number"
DATE = "a calendar date"
ADDRESS = "a postcode or street address"
INTERNET = "an IP or hardware address"
NAME = "a person's name"
FREE_TEXT = "free text"
LONG_NUMBER = "a long number, as of a record, a person or a telephone"


@dataclass(frozen=True)
class Form:
    """A pattern found anywhere in the text; `check` makes the SQL condition on its first group, without blanks and dashes."""

    kind: str
    pattern: str
    check: Callable[[str], str] | None = None
    keeps_separators: bool = False


_BEFORE, _AFTER = "(?:^|[^0-9A-Za-z])", "(?:[^0-9A-Za-z]|$)"
_D2, _M2, _YEAR = "(?:0[1-9]|[12][0-9]|3[01])", "(?:0[1-9]|1[0-2])", "(?:19|20)[0-9]{2}"
_DAY, _MONTH_NO = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_MONTH = "(?:jan|feb|m[aä]r|apr|ma[yij]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|f[eé]v|avr|juin|juil|ao[uû]t|ene|abr|ago|dic)[a-zéûä]*"
_MBI_LETTER = "[AC-HJKMNP-RT-Yac-hjkmnp-rt-y]"
_MBI_ANY = "[0-9AC-HJKMNP-RT-Yac-hjkmnp-rt-y]"
_AREAS = (
    "AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN|EX|FK|FY|G|GL|GU|"
    "GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|"
    "PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE"
)
_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|PR|"
    "RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY"
)
_ACCOUNT_COUNTRIES = (
    "AD|AE|AL|AT|AZ|BA|BE|BG|BH|BR|BY|CH|CR|CY|CZ|DE|DK|DO|EE|EG|ES|FI|FO|FR|GB|GE|GI|GL|GR|HR|HU|IE|IL|IQ|IS|IT|JO|KW|KZ|LB|LC|"
    "LI|LT|LU|LV|MC|MD|ME|MK|MR|MT|MU|NL|NO|PK|PL|PS|PT|QA|RO|RS|SA|SE|SI|SK|SM|TN|TR|UA|VA|VG|XK"
)
_INWARD = "[0-9][ABD-HJLNP-UW-Zabd-hjlnp-uw-z]{2}"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_SEP = "[ ._,-]+"
_UP, _LOW = "A-ZÀ-ÖØ-ÞĀ-ſΆ-ΫА-ЯЁ", "a-zß-öø-ÿĀ-ſά-ώа-яё"  # a tenth of the planning that \p{Lu} and \p{Ll} cost
_LETTER = "A-Za-zÀ-ÖØ-öø-ſΆ-ώЁ-ё"
_START = f"(?:^|[^{_LETTER}0-9_-])"
_WORD = f"[{_UP}](?:['’][{_UP}]|[ac]{{1,2}}[{_UP}])?[{_LOW}]{{2,}}(?:-[{_UP}][{_LOW}]+)?"


def _whole(pattern: str) -> str:
    return f"{_BEFORE}({pattern}){_AFTER}"


def _words(text: str) -> str:
    return f"string_split(regexp_replace(lower(strip_accents({text})), '[^a-z]+', ' ', 'g'), ' ')"


def _listed(words: Sequence[str]) -> str:
    return f"string_split({literal(' '.join(words))}, ' ')"  # far cheaper to plan than a list of literals


def _is_no_record_word(text: str) -> str:
    return f"not list_has_any({_words(text)}, {_listed(record_words())})"


def _has_given_name(text: str) -> str:
    return f"list_has_any({_words(text)}, {_listed(given_names())}) and {_is_no_record_word(text)}"


def _is_not_all_record_words(text: str) -> str:
    return f"not list_has_all({_listed(('', *record_words()))}, {_words(text)})"


def _is_of_many_digits(text: str) -> str:
    digits = f"regexp_replace({text}, '[^0-9]', '', 'g')"
    return f"length({digits}) >= 7 and length(replace({digits}, {digits}[1], '')) > 0"


STRUCTURED = (
    Form(
        RECORD,
        f"(?i:{_BEFORE}(?:mrn|nhs|ssn|nino|hosp(?:ital)?|chart|kvnr)[ ._:#-]*(?:no|nr|num|number|id)?[ .:#-]*"
        f"[a-z]{{0,2}}[0-9]{{5,12}}{_AFTER})",
    ),
    Form(MAIL, r"[^\s@]+@[^\s@]+[.][A-Za-z]{2,}"),
    Form(
        ACCOUNT,
        _whole(
            f"(?:{_ACCOUNT_COUNTRIES})[0-9]{{2}}(?:[ -]?[A-Z]){{0,4}}(?:[ -]?[0-9]){{10,26}}(?:[ -]?[0-9A-Z]){{0,13}}"
        ),
        check_digits.is_iban,
    ),
    Form(ACCOUNT, _whole("(?:4[0-9]|5[1-5]|2[2-7]|6[05])[0-9]{2}(?:[ -]?[0-9]{4}){3}"), check_digits.is_luhn),
    Form(ACCOUNT, _whole("3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}"), check_digits.is_luhn),
    Form(NATIONAL, _whole("[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}"), check_digits.is_nhs),
    Form(NATIONAL, _whole("(?i:[a-ceghj-pr-tw-z]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[a-d])")),
    Form(NATIONAL, _whole("[0-8][0-9]{2}[ -][0-9]{2}[ -][0-9]{4}"), check_digits.is_ssn),
    Form(
        NATIONAL,
        _whole(
            f"[1-9]{_MBI_LETTER}{_MBI_ANY}[0-9]-?{_MBI_LETTER}{_MBI_ANY}[0-9]-?{_MBI_LETTER}{_MBI_LETTER}[0-9]{{2}}"
        ),
    ),
    Form(NATIONAL, _whole("[0-9]{4}[ .]?[0-9]{2}[ .]?[0-9]{3}"), check_digits.is_bsn),
    Form(
        NATIONAL,
        _whole("[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[ABab]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"),
        check_digits.is_insee,
    ),
    Form(NATIONAL, _whole("[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}"), check_digits.is_idnr),
    Form(
        NATIONAL,
        _whole("(?:19|20)?[0-9]{6}[-+][0-9]{4}|(?:19|20)[0-9]{10}|(?:[1-9][0-9]|0[1-9])[0-9]{8}"),
        check_digits.is_personnummer,
    ),
    Form(NATIONAL, _whole(f"{_D2}{_M2}[0-9]{{2}}[ -][0-9]{{4}}")),
    Form(NATIONAL, _whole("(?:[0-9]{8}|[XYZxyz]-?[0-9]{7})-?[A-HJ-NP-TV-Za-hj-np-tv-z]"), check_digits.is_dni),
    Form(DATE, f"(?:^|[^0-9]){_YEAR}[-./ _]{_M2}[-./ _]{_D2}(?:[^0-9]|$)"),
    Form(DATE, f"(?:^|[^0-9]){_YEAR}/{_DAY}/{_DAY}(?:[^0-9]|$)"),
    Form(DATE, f"(?:^|[^0-9])(?:{_DAY}[-./ _]{_MONTH_NO}|{_MONTH_NO}[-./ _]{_DAY})[-./ _]{_YEAR}(?:[^0-9]|$)"),
    Form(DATE, f"{_BEFORE}(?:{_D2}[./]{_M2}|{_M2}[./]{_D2})[./][0-9]{{2}}{_AFTER}"),
    Form(DATE, f"{_BEFORE}(?:19[0-9]{{2}}|200[0-9]){_M2}{_D2}{_AFTER}"),
    Form(DATE, f"(?i:{_BEFORE}{_DAY}(?:st|nd|rd|th)?[ ._-]*(?:of |de )?{_MONTH}[ .,_-]*(?:de )?{_YEAR}{_AFTER})"),
    Form(DATE, f"(?i:{_BEFORE}{_DAY}[ ._-]{_MONTH}[ ._-][0-9]{{2}}{_AFTER})"),
    Form(DATE, f"(?i:{_BEFORE}{_MONTH}[ ._-]*{_DAY}(?:st|nd|rd|th)?[ ,._-]+{_YEAR}{_AFTER})"),
    Form(PHONE, rf"(?:^|[^0-9A-Za-z+])(?:\+[1-9]|00 ?[1-9][0-9])(?:[ ()./-]{{0,3}}[0-9]){{8,13}}{_AFTER}"),
    Form(PHONE, rf"{_BEFORE}\(?0[1-9][0-9]{{1,4}}\)?(?: ?/ ?[1-9]|[ .][0-9])(?:[ .-]?[0-9]){{4,8}}{_AFTER}"),
    Form(PHONE, f"{_BEFORE}0[1-9][0-9]{{1,4}} ?- ?[1-9][0-9]{{2,4}}[ -][0-9]{{3,4}}{_AFTER}"),
    Form(
        PHONE,
        f"{_BEFORE}0[1-9](?:-[1-9][0-9]{{7}}|[0-9]-[1-9][0-9]{{6,7}}|[0-9]{{2}}-[1-9][0-9]{{5,6}}|[0-9]{{3}}-[1-9][0-9]{{4,6}}){_AFTER}",
    ),
    Form(PHONE, rf"{_BEFORE}0[1-9](?:[0-9]{{8,9}}|(?:[ .-][0-9]{{2}}){{4}}){_AFTER}"),
    Form(PHONE, rf"{_BEFORE}\(?[2-9][0-9]{{2}}\)?[ .-]{{1,2}}[2-9][0-9]{{2}}[ .-][0-9]{{4}}{_AFTER}"),
    Form(PHONE, f"{_BEFORE}[6-9][0-9]{{2}} [0-9]{{3}} [0-9]{{3}}{_AFTER}"),
    Form(PHONE, f"{_BEFORE}[2-9][0-9](?: [0-9]{{2}}){{3}}{_AFTER}"),
    Form(ADDRESS, f"(?i:{_BEFORE}(?:{_AREAS})[0-9][0-9a-z]? {_INWARD}{_AFTER})"),
    Form(ADDRESS, f"^(?:{_AREAS})[0-9][0-9A-Z][0-9][ABD-HJLNP-UW-Z]{{2}}$|^[A-Z]{{2}}[0-9]{{2}}[ABD-HJLNP-UW-Z]{{2}}$"),
    Form(ADDRESS, f"{_BEFORE}(?:{_STATES}) [0-9]{{5}}(?:-[0-9]{{4}})?{_AFTER}"),
    Form(ADDRESS, f"{_BEFORE}[A-Z][0-9][A-Z] [0-9][A-Z][0-9]{_AFTER}"),
    Form(ADDRESS, rf"{_BEFORE}[1-9][0-9]{{3,4}} ([{_UP}][{_LOW}]{{2,}})", _is_no_record_word, keeps_separators=True),
    Form(ADDRESS, f"{_BEFORE}[1-9][0-9]{{3}} [A-Z]{{2}}{_AFTER}"),
    Form(
        ADDRESS,
        rf"(?i:{_BEFORE}[0-9]{{1,4}}[a-z]?{_SEP}(?:[{_LETTER}'’]+{_SEP}){{1,3}}"
        "(?:street|st|road|rd|avenue|ave|lane|ln|drive|close|court|way|square|terrace|gardens|crescent|grove|boulevard|blvd)"
        f"{_AFTER})",
    ),
    Form(
        ADDRESS,
        f"(?i:[{_LETTER}]{{3,}}(?:stra(?:ß|ss)e|str[.]|weg|allee|gasse|damm|straat|laan|plein|gracht|kade|gatan|vägen|gade|vej)"
        f"{_SEP}[0-9]{{1,4}}[a-z]?{_AFTER})",
    ),
    Form(
        ADDRESS,
        rf"(?i:[0-9]{{1,4}}(?: bis| ter)?{_SEP}(?:rue|avenue|boulevard|chemin|all[eé]e|impasse|quai){_SEP}[{_LETTER}]{{2,}})",
    ),
    Form(
        ADDRESS,
        rf"(?i:{_BEFORE}(?:calle|avenida|avda|plaza|paseo|rua){_SEP}(?:[{_LETTER}]+{_SEP}){{1,4}}[0-9]{{1,4}}{_AFTER})",
    ),
    Form(INTERNET, rf"(?:^|[^0-9A-Za-z.]){_OCTET}(?:[.]{_OCTET}){{3}}(?:[^0-9A-Za-z.]|$)"),
    Form(INTERNET, "(?i:(?:^|[^0-9a-z:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?:[^0-9a-z:]|$))"),
    Form(INTERNET, "(?i:(?:^|[^0-9a-z:])(?:[0-9a-f]{1,4}:){2,6}(?::[0-9a-f]{1,4}){1,5}(?:[^0-9a-z:]|$))"),
    Form(INTERNET, f"(?i:{_BEFORE}(?:[0-9a-f]{{2}}[:-]){{5}}[0-9a-f]{{2}}{_AFTER})"),
    Form(
        NAME,
        rf"{_START}(?:[A-Za-z]+[_-])?({_WORD}[ ._,]+{_WORD})(?:[_-][{_LETTER}0-9]+)*(?:[^{_LETTER}0-9_-]|$)",
        _is_no_record_word,
        keeps_separators=True,
    ),
    Form(NAME, rf"{_BEFORE}(?i:mr|mrs|ms|miss|dr|prof|herr|frau|mme)[ ._]+[{_UP}][{_LOW}]{{2,}}(?:[^{_LETTER}0-9]|$)"),
    Form(NAME, rf"^((?:[{_UP}][.] ?){{1,2}}{_WORD})$", _is_no_record_word, keeps_separators=True),
    Form(
        NAME,
        f"(?:^|[^{_LETTER}0-9])([{_LETTER}'’]{{2,}}[ ._,-]+[{_LETTER}'’]{{2,}})(?:[^{_LETTER}0-9]|$)",
        _has_given_name,
        keeps_separators=True,
    ),
)
"""What betrays itself in any text: also in a key, also in a column that the contract does not list."""

IN_BROKEN_TEXT = (
    Form(DATE, f"{_BEFORE}{_YEAR}{_M2}{_D2}"),
    Form(DATE, f"{_BEFORE}{_D2}{_M2}{_YEAR}{_AFTER}"),
    Form(DATE, f"(?:^|[^0-9]){_DAY}[-./]{_DAY}[-./][0-9]{{2}}(?:[^0-9]|$)"),
    Form(DATE, f"(?:^|[^0-9]){_YEAR}[-./]{_DAY}[-./]{_DAY}(?:[^0-9]|$)"),
    Form(
        LONG_NUMBER, r"^([A-Za-z]{0,2}[+(]{0,2}[0-9][0-9 ()./+-]{5,}[0-9])$", _is_of_many_digits, keeps_separators=True
    ),
    Form(ADDRESS, f"{_BEFORE}[0-9]{{5}}-[0-9]{{4}}{_AFTER}"),
    Form(NAME, rf"(?:^|[^{_LETTER}0-9])({_WORD}{_SEP}[{_UP}][.]?)$", _is_no_record_word, keeps_separators=True),
    Form(NAME, rf"(?:^|[^{_LETTER}0-9])((?:[{_UP}][.]? )+{_WORD})$", _is_no_record_word, keeps_separators=True),
    Form(NAME, f"^([{_UP}][{_LETTER}'’]+, ?[{_UP}][{_LETTER}'’.]*)$", _is_no_record_word, keeps_separators=True),
    Form(NAME, f"^([{_LETTER}'’]{{2,}})$", _has_given_name, keeps_separators=True),
    Form(NAME, rf"({_WORD}-{_WORD})", _is_no_record_word, keeps_separators=True),
    Form(
        FREE_TEXT,
        f"([{_LETTER}]{{2,}}[ ,.]+[{_LETTER}]{{2,}}[ ,.]+[{_LETTER}]{{2,}}.*)",
        _is_not_all_record_words,
        keeps_separators=True,
    ),
)
"""What counts besides in text that is no code and no number in range."""

DECIMAL = r"[+-]?(?:0|[1-9][0-9]*)?[.,][0-9]+(?:[eE][+-]?[0-9]+)?"
"""A number with a point or a comma is a measurement, however many digits it has."""

SHORT_KEY = "(?:[A-Za-z]{1,3}[0-9]{1,4}[-_.:/])?[A-Za-z]{0,16}[-_.:]?[0-9]{0,7}|[0-9]{4}-Q[1-4]"
"""What most keys look like, and no identifier but a record number does: a word, a short number, or both."""

PSEUDONYM = (
    "(?i:(?:[a-z]{0,12}[0-9]{0,4}[-_.:/]){0,2}"
    "(?:[0-9a-f]{32,64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:[-_.:/][0-9]{1,4})?)"
)
"""A keyed hash or a random identifier: its digits are chance."""

CUT_HASH = "(?:[0-9]*[a-f]){4}[0-9a-f]*"
SHORTEST_HASH = 20
"""Hexadecimal digits of 20 to 31 characters, four small letters or more: a hash cut short. No form of `STRUCTURED` is one word of
such letters and digits, so this is only quicker to ask than all of them."""
