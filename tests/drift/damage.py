"""What clinics' systems do to a delivery when something in them changes, as SQL on the values (see `nights.Damage`)."""

from tests.drift.nights import Damage

NPRS = ("nprs_back_avg", "nprs_leg_avg")


def number(formula: str) -> str:
    """`formula` of the number v; what is no number stays."""
    applied = formula.replace("v", "try_cast(value as double)")
    return f"case when try_cast(value as double) is not null then cast({applied} as varchar) else value end"


def whole(formula: str) -> str:
    """The same, rounded to a whole number."""
    return number(f"cast(round({formula}) as integer)")


def recoded(**codes: str) -> str:
    """Other codes; the rest stays."""
    cases = " ".join(f"when '{old}' then '{new}'" for old, new in codes.items())
    return f"case value {cases} else value end"


def of_outcome(*names: str, by: str) -> Damage:
    """The same damage to several fields of the outcome feed."""
    return {("outcome", name): by for name in names}


UNITS: dict[str, tuple[Damage, str]] = {
    "pain on 0-100": (
        of_outcome(*NPRS, by=whole("least(100, greatest(0, 10 * v + hash(episode_key) % 9 - 4))")),
        "0-100",
    ),
    "duration in weeks": ({("intake", "episode_duration_days"): whole("v / 7")}, "weeks instead of days"),
    "bending in inches": (
        {("session", f"rom_flexion_{when}"): number("v / 2.54") for when in ("pre", "post")},
        "inches instead of centimetres",
    ),
    "disability as a fraction": (of_outcome("odi_pct", by=number("v / 100")), "fractions instead of percent"),
    "contacts in hours": ({("session", "duration_min"): number("v / 60")}, ""),
}
"""Damage, and the words of the remedy that name it."""

FLIPS: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "ODI": (of_outcome("odi_pct", by=number("100 - v")), ("odi_pct",)),
    "ODI everywhere": ({(feed, "odi_pct"): number("100 - v") for feed in ("intake", "outcome")}, ("odi_pct",)),
    "NPRS": (of_outcome(*NPRS, by=whole("10 - v")), NPRS),
    "NPRS everywhere": ({(feed, name): whole("10 - v") for feed in ("intake", "outcome") for name in NPRS}, NPRS),
    "PGIC": (of_outcome("pgic", by=whole("8 - v")), ("pgic",)),
    "GROC": (of_outcome("groc", by=whole("-v")), ("groc",)),
}
"""Damage, and the fields that are reversed by it."""

POISON: dict[str, Damage] = {
    "3 points better": of_outcome(*NPRS, by=whole("greatest(0, v - 3)")),
    "3 points worse": of_outcome(*NPRS, by=whole("least(10, v + 3)")),
}
