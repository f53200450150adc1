"""Signals by fixed rules, those of many clinics drawn together, and how many chance alone would give."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pipelines.reporting.comparison import SHARED_SHARE, Adjusted, Chance, Signal
from pipelines.reporting.indicators import DEFINITIONS, MEASURE_NAMES
from pipelines.reporting.model import Indicator
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.words import share_words
from pipelines.reporting.xmr import FALSE_ALARM_SHARE

FEWEST_SHARING = 3
MISSED_BY_CHANCE = 0.025
OUTSIDE_95_BY_CHANCE = 0.05
_JUDGED = ("met", "met or nearly", "missed", "missed, may be chance")


def clinic_signals(code: str, indicators: Iterable[Indicator], adjusted: Iterable[Adjusted]) -> list[Signal]:
    """What to look at in one clinic: targets missed by more than chance, real changes for the worse, places outside the funnel."""
    found = []
    for one in indicators:
        name = DEFINITIONS[one.code].name
        if one.verdict == "missed":
            detail = f"{share_words(one.share)}, the target is {one.target_percent} %"
            found.append(Signal(clinic_code=code, kind="target missed", indicator=one.code, name=name, detail=detail))
        if one.change.verdict == "a real change" and one.change.way == "worse":
            detail = f"worse: {one.change.reason}"
            found.append(Signal(clinic_code=code, kind="real change", indicator=one.code, name=name, detail=detail))
    for place in adjusted:
        if place.signal.startswith("outside") or place.has_three_in_a_row:
            limit = "99.8 %" if place.signal == "outside 99.8" else "95 %"
            where = f"{place.direction} than expected, outside the {limit} limits"
            if not place.signal.startswith("outside"):
                where = f"{place.direction} than expected, three quarters in a row"
            advice = "review due: data first" if place.is_signal else "look, may be chance"
            name = MEASURE_NAMES[place.indicator, place.measure][0]
            found.append(
                Signal(
                    clinic_code=code,
                    kind="outside its limits",
                    indicator=place.indicator,
                    name=name,
                    detail=f"{where}; {advice}",
                )
            )
    return found


def drawn_together(signals: Sequence[Signal], judged: Mapping[tuple[str, str], int]) -> tuple[Signal, ...]:
    """The signals, those shared by 40 % or more of the clinics judged as one line of the network, first.

    `judged`: (kind, indicator) -> how many clinics were judged by it. At least three clinics make a signal the network's.
    """
    counts = Counter((one.kind, one.indicator) for one in signals)
    shared = {
        key for key, n in counts.items() if n >= FEWEST_SHARING and n >= SHARED_SHARE * max(1, judged.get(key, 0))
    }
    lines = [
        Signal(
            clinic_code=NETWORK,
            kind=next(one.kind for one in signals if (one.kind, one.indicator) == key),
            indicator=key[1],
            name=next(one.name for one in signals if (one.kind, one.indicator) == key),
            detail=f"{counts[key]} of {judged.get(key, counts[key])} clinics: a matter of the network, not of one clinic",
            n_clinics=counts[key],
            n_judged=judged.get(key, counts[key]),
        )
        for key in sorted(shared)
    ]
    own = sorted(
        (one for one in signals if (one.kind, one.indicator) not in shared),
        key=lambda one: (one.clinic_code, one.kind, one.indicator, one.name),
    )
    return (*lines, *own)


def judged_counts(
    indicators: Mapping[str, Sequence[Indicator]], adjusted: Sequence[Adjusted]
) -> Counter[tuple[str, str]]:
    """How many clinics were judged, by kind of signal and indicator."""
    counts: Counter[tuple[str, str]] = Counter()
    for ones in indicators.values():
        for one in ones:
            counts["target missed", one.code] += one.verdict in _JUDGED
            counts["real change", one.code] += one.change.verdict != "cannot tell"
    for place in adjusted:
        counts["outside its limits", place.indicator] += place.signal != "not judged"
    return counts


def chances(signals: Sequence[Signal], judged: Mapping[tuple[str, str], int]) -> tuple[Chance, ...]:
    """The comparisons of each kind, their signals, and those that chance alone would give, were there nothing to find."""
    words = {
        "target missed": ("clinics and indicators with a target", MISSED_BY_CHANCE),
        "real change": ("clinics and indicators with enough history", FALSE_ALARM_SHARE / 2),
        "outside its limits": ("clinics and adjusted measures", OUTSIDE_95_BY_CHANCE),
    }
    return tuple(
        Chance(
            kind=said,
            n_made=(n_made := sum(n for (of, _), n in judged.items() if of == kind)),
            n_signals=sum(1 for one in signals if one.kind == kind),
            expected_by_chance=round(share * n_made, 1),
        )
        for kind, (said, share) in words.items()
    )
