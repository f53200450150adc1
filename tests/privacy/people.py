"""Invented identifiers of people who do not exist, a function a kind. Check digits are worked out here on their own, in plain
Python, so that the detectors are not tested with themselves."""

import random
from collections.abc import Callable
from datetime import date, timedelta

Maker = Callable[[random.Random], str]

GIVEN = (
    "Anna",
    "Oluwaseun",
    "Tracy",
    "Björn",
    "Wolfgang",
    "Siobhán",
    "Kwame",
    "Ayşe",
    "Priya",
    "José",
    "Ewa",
    "Thorsten",
    "Ravi",
)
FAMILY = (
    "Okafor",
    "Müller",
    "O'Neill",
    "Szczepański",
    "Smith-Jones",
    "McDonald",
    "Svensson",
    "Dubois",
    "Brandt",
    "Papadakis",
)


def _digits(rng: random.Random, n: int, first: str = "0123456789") -> str:
    return rng.choice(first) + "".join(rng.choice("0123456789") for _ in range(n - 1))


def _until(make: Callable[[], str | None]) -> str:
    while (made := make()) is None:
        pass
    return made


def _birth(rng: random.Random) -> date:
    return date(1926, 1, 1) + timedelta(days=rng.randrange(365 * 83))


def name(rng: random.Random) -> str:
    return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"


def name_in_a_key(rng: random.Random) -> str:
    return f"{rng.choice(GIVEN)}{rng.choice('._')}{rng.choice(FAMILY)}"


def e_mail(rng: random.Random) -> str:
    place = rng.choice(("example.org", "post.example.co.uk", "praxis-example.de"))
    return f"{rng.choice(GIVEN)}.{rng.choice(FAMILY)}{rng.randrange(99)}@{place}".lower()


def written_date(rng: random.Random) -> str:
    form = rng.choice(("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m/%d/%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%d/%m/%y",
                       "%Y/%m/%d", "%Y-%m-%dT00:00:00", "%d-%b-%Y"))  # fmt: skip
    return _birth(rng).strftime(form)


def compact_date_of_birth(rng: random.Random) -> str:
    return _birth(rng).strftime("%Y%m%d")


def british_telephone(rng: random.Random) -> str:
    mobile = f"7{_digits(rng, 9)}"
    return rng.choice(
        (
            f"0{mobile}",
            f"0{mobile[:4]} {mobile[4:]}",
            f"0{mobile[:4]} {mobile[4:7]} {mobile[7:]}",
            f"+44 {mobile[:4]} {mobile[4:]}",
            f"+44{mobile}",
            f"0044{mobile}",
            f"+44 (0){mobile[:4]} {mobile[4:]}",
            f"020 7{_digits(rng, 3)} {_digits(rng, 4)}",
            f"(0113) {_digits(rng, 3, '23456789')} {_digits(rng, 4)}",
            f"0113-{_digits(rng, 3, '23456789')}-{_digits(rng, 4)}",
        )
    )


def foreign_telephone(rng: random.Random) -> str:
    return rng.choice(
        (
            f"({_digits(rng, 3, '23456789')}) {_digits(rng, 3, '23456789')}-{_digits(rng, 4)}",
            f"{_digits(rng, 3, '23456789')}-{_digits(rng, 3, '23456789')}-{_digits(rng, 4)}",
            f"+1 {_digits(rng, 3, '23456789')} {_digits(rng, 3, '23456789')} {_digits(rng, 4)}",
            f"030/{_digits(rng, 7, '123456789')}",
            f"+49 171 {_digits(rng, 7)}",
            f"0171 {_digits(rng, 7, '123456789')}",
            "06 " + " ".join(_digits(rng, 2) for _ in range(4)),
            "06." + ".".join(_digits(rng, 2) for _ in range(4)),
            f"06-{_digits(rng, 8, '123456789')}",
            f"6{_digits(rng, 2)} {_digits(rng, 3)} {_digits(rng, 3)}",
            f"+46 70 {_digits(rng, 3)} {_digits(rng, 2)} {_digits(rng, 2)}",
            "2" + _digits(rng, 1) + "".join(f" {_digits(rng, 2)}" for _ in range(3)),
        )
    )


def postcode(rng: random.Random) -> str:
    outward = rng.choice(("SW1A", "M1", "LS2", "EC1V", "B33", "CR2", "DN55", "NR3", "G12", "W1K"))
    return f"{outward} {rng.randrange(10)}{rng.choice('ABDEFGHJ')}{rng.choice('LNPQRSTU')}"


def street_address(rng: random.Random) -> str:
    number = rng.randrange(1, 240)
    return rng.choice(
        (
            f"{number} {rng.choice(('Baker', 'Mill', 'High', 'Old Kent'))} {rng.choice(('Street', 'Rd', 'Lane', 'Avenue'))}",
            f"{rng.choice(('Haupt', 'Garten', 'Bahnhof'))}straße {number}",
            f"{number} rue de la {rng.choice(('Paix', 'Gare'))}",
            f"{rng.choice(('Kerk', 'Dorps'))}straat {number}",
            f"Calle {rng.choice(('Mayor', 'Real'))} {number}",
            f"{rng.choice(('Kungs', 'Drottning'))}gatan {number}",
            f"1{_digits(rng, 4)} {rng.choice(('Leeds', 'Norwich', 'Truro'))}",
            f"CA 9{_digits(rng, 4)}",
        )
    )


def nhs_number(rng: random.Random) -> str:
    def make() -> str | None:
        number = _digits(rng, 9, "4679")
        check = 11 - sum((10 - place) * int(digit) for place, digit in enumerate(number)) % 11
        return None if check == 10 else f"{number}{check % 11}"

    number = _until(make)
    return rng.choice((number, f"{number[:3]} {number[3:6]} {number[6:]}", f"{number[:3]}-{number[3:6]}-{number[6:]}"))


def national_insurance_number(rng: random.Random) -> str:
    number = (
        f"{rng.choice('ABCEGHJKLMNPRSTWXY')}{rng.choice('ABCEGHJKLMNPRSTWXY')}{_digits(rng, 6)}{rng.choice('ABCD')}"
    )
    return rng.choice((number, f"{number[:2]} {number[2:4]} {number[4:6]} {number[6:8]} {number[8]}"))


def social_security_number(rng: random.Random) -> str:
    return f"{rng.randrange(1, 660):03}-{rng.randrange(1, 100):02}-{rng.randrange(1, 10000):04}"


def medicare_beneficiary(rng: random.Random) -> str:
    letters = "ACDEFGHJKMNPQRTUVWXY"
    form = rng.choice(("CANN-ANN-AANN", "CANNANNAANN", "CAAN-AAN-AANN"))
    kinds = {"C": "123456789", "A": letters, "N": "0123456789"}
    return "".join(rng.choice(kinds[sign]) if sign in kinds else sign for sign in form)


def dutch_bsn(rng: random.Random) -> str:
    def make() -> str | None:
        number = _digits(rng, 8, "123456789")
        check = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), number, strict=True)) % 11
        return None if check == 10 else f"{number}{check}"

    return _until(make)


def french_insee(rng: random.Random) -> str:
    number = (
        f"{rng.choice('12')}{rng.randrange(100):02}{rng.randrange(1, 13):02}{rng.randrange(1, 96):02}{_digits(rng, 6)}"
    )
    number = number if number[5:7] != "20" else number.replace("20", "21", 1)
    key = 97 - int(number) % 97
    spaced = f"{number[0]} {number[1:3]} {number[3:5]} {number[5:7]} {number[7:10]} {number[10:]} {key:02}"
    return rng.choice((f"{number}{key:02}", spaced))


def german_tax_number(rng: random.Random) -> str:
    nine = rng.sample("0123456789", 9)
    digits = [*nine, rng.choice(nine)]
    rng.shuffle(digits)
    if digits[0] == "0":
        digits = digits[::-1] if digits[-1] != "0" else [*digits[1:-1], "1", "0"]
        if len(set(digits)) not in (8, 9):
            return german_tax_number(rng)
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return "".join(digits) + str((11 - product) % 10)


def _luhn_digit(number: str) -> int:
    doubled = [2 * int(d) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(number))]
    return -sum(d - 9 if d > 9 else d for d in doubled) % 10


def swedish_number(rng: random.Random) -> str:
    born = _birth(rng)
    number = f"{born:%y%m%d}{_digits(rng, 3)}"
    check = _luhn_digit(number)
    return rng.choice(
        (f"{number}{check}", f"{number[:6]}-{number[6:]}{check}", f"{born:%Y}{number[2:6]}-{number[6:]}{check}")
    )


def danish_number(rng: random.Random) -> str:
    return f"{_birth(rng):%d%m%y}-{_digits(rng, 4)}"


def spanish_number(rng: random.Random) -> str:
    prefix = rng.choice(("", "X", "Y", "Z"))
    number = _digits(rng, 7 if prefix else 8)
    value = int({"": "", "X": "0", "Y": "1", "Z": "2"}[prefix] + number)
    return f"{prefix}{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[value % 23]}"


def account_number(rng: random.Random) -> str:
    country, length = rng.choice((("DE", 18), ("NL", 14), ("GB", 18), ("FR", 23), ("ES", 20)))
    body = ("ABNA" if country in ("NL", "GB") else "") + _digits(rng, length - (4 if country in ("NL", "GB") else 0))
    as_number = "".join(str(int(sign, 36)) for sign in f"{body}{country}00")
    whole = f"{country}{98 - int(as_number) % 97:02}{body}"
    return rng.choice((whole, " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))))


def payment_card(rng: random.Random) -> str:
    number = (rng.choice(("4", "51", "55", "2221")) + _digits(rng, 15))[:15]
    whole = f"{number}{_luhn_digit(number)}"
    return rng.choice((whole, " ".join(whole[at : at + 4] for at in range(0, 16, 4))))


def internet_address(rng: random.Random) -> str:
    if rng.random() < 0.3:
        return ":".join(f"{rng.randrange(16**4):x}" for _ in range(8))
    return ".".join(str(rng.randrange(256)) for _ in range(4))


def record_number(rng: random.Random) -> str:
    return f"{rng.choice(('MRN', 'MRN ', 'MRN: ', 'Hosp No ', 'mrn-', 'Chart #'))}{_digits(rng, 7)}"


STRUCTURED: dict[str, Maker] = {
    "an e-mail address": e_mail,
    "a written date": written_date,
    "a compact date of birth": compact_date_of_birth,
    "a British telephone number": british_telephone,
    "a telephone number of another country": foreign_telephone,
    "a British postcode": postcode,
    "a street address": street_address,
    "an NHS number": nhs_number,
    "a national insurance number": national_insurance_number,
    "a US social security number": social_security_number,
    "a Medicare beneficiary identifier": medicare_beneficiary,
    "a Dutch BSN": dutch_bsn,
    "a French INSEE number": french_insee,
    "a German tax number": german_tax_number,
    "a Swedish personal number": swedish_number,
    "a Danish personal number": danish_number,
    "a Spanish DNI or NIE": spanish_number,
    "an IBAN": account_number,
    "a payment card": payment_card,
    "an IP address": internet_address,
    "a labelled record number": record_number,
    "a capitalised name in a key": name_in_a_key,
}
