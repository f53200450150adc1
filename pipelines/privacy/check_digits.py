"""Check digits of national and account numbers, as SQL conditions on a candidate without separators.

Sources: NHS Data Dictionary (NHS NUMBER, modulus 11); the Dutch 11-proef; the INSEE key (97 less the number mod 97); ISO/IEC 7064
mod 11,10 (German IdNr); ISO/IEC 7812 (Luhn: payment cards, Swedish personal numbers); mod 23 of the Spanish DNI and NIE; ISO
13616 (IBAN).
"""

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def _digits(text: str, first: int, last: int) -> str:
    return f"list_transform(generate_series({first}, {last}), lambda place: ascii({text}[place]) - 48)"


def _weighted_sum(text: str, weights: tuple[int, ...]) -> str:
    terms = [f"{weight} * (ascii({text}[{place}]) - 48)" for place, weight in enumerate(weights, start=1)]
    return f"({' + '.join(terms)})"


def begins_with_day_and_month(text: str) -> str:
    """Whether the number begins with DDMM."""
    return f"regexp_matches({text}, '^(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])')"


def is_nhs(text: str) -> str:
    """Ten digits: an NHS number of a range in use (3 to 7, 9 for tests), or a Scottish CHI number, which begins with a date."""
    total = _weighted_sum(text, tuple(range(10, 0, -1)))
    return f"({total} % 11 = 0 and (regexp_matches({text}, '^[345679]') or {begins_with_day_and_month(text)}))"


def is_bsn(text: str) -> str:
    """Nine digits: a Dutch citizen service number."""
    return f"({_weighted_sum(text, (9, 8, 7, 6, 5, 4, 3, 2, -1))} % 11 = 0 and not starts_with({text}, '000'))"


def is_insee(text: str) -> str:
    """Fifteen characters: a French social security number with its key; the departments 2A and 2B count as 19 and 18."""
    number = f"replace(replace(upper({text})[1:13], '2A', '19'), '2B', '18')"
    return f"(97 - try_cast({number} as bigint) % 97 = try_cast({text}[14:15] as bigint))"


def is_idnr(text: str) -> str:
    """Eleven digits: a German tax number, in whose first ten one digit stands two or three times and the others once at most."""
    product = (
        f"list_reduce(list_prepend(10, {_digits(text, 1, 10)}), lambda product, digit: "
        "(case (product + digit) % 10 when 0 then 20 else 2 * ((product + digit) % 10) end) % 11)"
    )
    n_distinct = f"len(list_distinct({_digits(text, 1, 10)}))"
    return f"((11 - {product}) % 10 = ascii({text}[11]) - 48 and {n_distinct} in (8, 9) and {text}[1] <> '0')"


def is_luhn(text: str) -> str:
    """Any number of digits whose Luhn sum ends in 0."""
    doubled = f"2 * (ascii({text}[-place]) - 48) - case when {text}[-place] > '4' then 9 else 0 end"
    digit = f"case when place % 2 = 0 then {doubled} else ascii({text}[-place]) - 48 end"
    return f"(list_sum(list_transform(generate_series(1, length({text})), lambda place: {digit})) % 10 = 0)"


def is_personnummer(text: str) -> str:
    """Ten or twelve digits: a Swedish personal number, or a co-ordination number (day + 60)."""
    last_ten = f"{text}[-10:]"
    date = f"regexp_matches({last_ten}, '^[0-9]{{2}}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])')"
    return f"({date} and {is_luhn(f'({last_ten})')})"


def is_dni(text: str) -> str:
    """Nine characters: a Spanish DNI or NIE; X, Y and Z before the number stand for 0, 1 and 2."""
    number = f"try_cast(translate(upper({text})[1:8], 'XYZ', '012') as integer)"
    return f"('{_DNI_LETTERS}'[{number} % 23 + 1] = upper({text})[9])"


def is_iban(text: str) -> str:
    """An account number whose rearranged text, letters as 10 to 35, leaves 1 when divided by 97."""
    characters = f"list_transform(string_split(upper({text}[5:] || {text}[1:4]), ''), lambda sign: ascii(sign))"
    rest = (
        f"list_reduce(list_prepend(0, {characters}), lambda rest, sign: "
        "case when sign < 58 then (rest * 10 + sign - 48) % 97 else (rest * 100 + sign - 55) % 97 end)"
    )
    return f"({rest} = 1)"


def is_ssn(text: str) -> str:
    """Nine digits: a US social security number of the areas, groups and serials that are given out."""
    return f"(not regexp_matches({text}, '^(000|666)') and {text}[4:5] <> '00' and {text}[6:9] <> '0000')"
