"""Indicators as tiles and as one table, with target, history and the verdict on their change."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines.reporting.comparison import Measure
from pipelines.reporting.indicators import DEFINITIONS, HEADLINE, MEASURE_NAMES
from pipelines.reporting.model import Indicator, Judged
from pipelines.reporting.number_forms import number_words
from pipelines.reporting.shares import Verdict
from pipelines.reporting.words import VERDICT_WORDS, count_words, interval_words, share_words
from pipelines.reporting.xmr import FEWEST_PERIODS, Change

TONES = {"met": "met", "met or nearly": "met", "missed": "missed", "missed, may be chance": "missed"}
_SHORT_VERDICTS: dict[Verdict, str] = {
    "met": "met",
    "met or nearly": "met or nearly",
    "missed": "missed",
    "missed, may be chance": "may be chance",
    "cannot tell": "too few",
    "no target": "",
    "not recorded": "",
}
_CHANGE_TONES = {"better": "met", "worse": "missed"}


def change_words(change: Change) -> tuple[str, str, str]:
    """Symbol, words and tone of a verdict on change."""
    if change.verdict == "cannot tell":
        return "?", f"Change cannot be told yet: {change.n_periods} of {FEWEST_PERIODS} quarters", "unsure"
    if change.verdict == "usual variation":
        return "≈", f"Usual variation, {change.n_periods} quarters", "unsure"
    words = {"better": "for the better", "worse": "for the worse", "up": "upward", "down": "downward", "": ""}
    symbol = "▲" if change.way in ("better", "up") else "▼"
    return symbol, f"A real change {words[change.way]}: {change.reason}", _CHANGE_TONES.get(change.way, "unsure")


def capital(words: str) -> str:
    """The words with a capital letter first."""
    return words[:1].upper() + words[1:]


def target_words(one: Indicator) -> str:
    """A target with its direction: '≥ 90 %', '≤ 7 %', or nothing."""
    if one.target_percent is None:
        return ""
    if one.target_percent == 100:
        return "100 %"
    return f"{'≤' if DEFINITIONS[one.code].direction == 'down' else '≥'} {one.target_percent} %"


def cell(one: Judged) -> dict[str, str]:
    """An indicator in a table of clinics: value, symbol and verdict."""
    symbol, verdict = VERDICT_WORDS[one.verdict]
    return {
        "value": value_words(one),
        "symbol": symbol,
        "verdict": verdict,
        "tone": TONES.get(one.verdict, "unsure"),
    }


def value_words(one: Judged) -> str:
    """The share as it is printed, or that it was not recorded."""
    return "not recorded" if one.share.whole == 0 else share_words(one.share)


def tiles(
    indicators: Sequence[Indicator], sparks: Mapping[str, Markup], others: Sequence[Judged] = ()
) -> list[dict[str, Any]]:
    """The tiles of the headline indicators; with `others`, the same of all clinics beside."""
    by_code = {one.code: one for one in indicators}
    network = {one.code: one for one in others}
    return [_tile(by_code[code], network.get(code), sparks) for code in HEADLINE]


def _tile(one: Indicator, other: Judged | None, sparks: Mapping[str, Markup]) -> dict[str, Any]:
    definition = DEFINITIONS[one.code]
    symbol, words, tone = change_words(one.change)
    return cell(one) | {
        "code": one.code,
        "name": definition.name,
        "meaning": definition.meaning,
        "interval": interval_words(one.share),
        "target": target_words(one),
        "whole": (
            "Nothing was recorded to judge by"
            if one.share.whole == 0
            else capital(f"{count_words(one.share.whole)} {definition.unit}")
        ),
        "other": "" if other is None or other.share.whole == 0 else f"all clinics {share_words(other.share)}",
        "spark": sparks[one.code],
        "change": {"symbol": symbol, "words": words, "tone": tone},
    }


def indicator_table(
    indicators: Sequence[Indicator], sparks: Mapping[str, Markup], others: Sequence[Judged] = ()
) -> list[dict[str, Any]]:
    """Every indicator by area: (area, rows); with `others`, the share of all clinics beside."""
    network = {one.code: one for one in others}
    areas: dict[str, list[dict[str, Any]]] = {}
    for one in indicators:
        definition = DEFINITIONS[one.code]
        symbol, words, tone = change_words(one.change)
        areas.setdefault(definition.area, []).append(
            cell(one)
            | {
                "code": one.code,
                "name": definition.name,
                "meaning": definition.meaning,
                "benchmark": definition.benchmark,
                "short": _SHORT_VERDICTS[one.verdict],
                "interval": interval_words(one.share),
                "whole": count_words(one.share.whole),
                "target": target_words(one) or "none set",
                "other": share_words(network[one.code].share) if one.code in network else "",
                "spark": sparks[one.code],
                "change": {"symbol": symbol, "words": words, "tone": tone},
            }
        )
    return [{"area": area, "rows": rows} for area, rows in areas.items()]


def history_table(indicators: Sequence[Indicator]) -> dict[str, Any]:
    """The numbers behind the small lines: a row an indicator, a column a period; empty without a history."""
    periods = sorted({period.period for one in indicators for period in one.history})
    rows = []
    for one in indicators:
        by_period = {period.period: period.share for period in one.history}
        if any(share.percent is not None for share in by_period.values()):
            cells = tuple(share_words(by_period[period]) if period in by_period else "" for period in periods)
            rows.append((f"{one.code} {DEFINITIONS[one.code].name}", *cells))
    return {"columns": ("Indicator", *periods), "rows": rows}


def measure_rows(measures: Sequence[Measure], others: Sequence[Measure] = ()) -> list[tuple[str, ...]]:
    """A row a median or share over time: name, value with interval, of all clinics, how many."""
    network = {(one.indicator, one.measure): one for one in others}
    rows = []
    for one in measures:
        other = network.get((one.indicator, one.measure))
        row = (f"{one.indicator} {MEASURE_NAMES[one.indicator, one.measure][0]}", _measured(one))
        rows.append((*row, *(() if not others else (_measured(other) if other else "",)), count_words(one.n)))
    return rows


def _measured(one: Measure) -> str:
    if one.estimate is None:
        return one.reason or "not enough to say"
    unit = MEASURE_NAMES[one.indicator, one.measure][1]
    value = f"{number_words(one.estimate)} {unit}"
    if one.lower is None:
        return value
    upper = "beyond what was seen" if one.upper is None else number_words(one.upper)
    return f"{value} ({number_words(one.lower)} to {upper})"
