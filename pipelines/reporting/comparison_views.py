"""What the sections on clinics compared, signals, safety, equity and the self-checks are given."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.reporting.checks_made import ChecksMade
from pipelines.reporting.comparison import Adjusted, Chance, Signal
from pipelines.reporting.comparison_figures import funnel_plot
from pipelines.reporting.effect_words import MEASURES, contrast_words
from pipelines.reporting.indicators import DEFINITIONS, MEASURE_NAMES
from pipelines.reporting.model import ClinicReport, EquityRow, NetworkReport, SafetyItem
from pipelines.reporting.number_forms import number_words
from pipelines.reporting.place_words import (
    funnel_verdict,
    interval_words_of,
    network_verdict,
    value_words,
    verdict_words,
)
from pipelines.reporting.shares import Share
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.steps import TRIAL_NAMES
from pipelines.reporting.words import count_words, interval_words, share_words

MOST_SIGNALS = 20
MOST_WITHHELD = 6
ADJUSTED_COLUMNS = (
    "Measure",
    "Here, adjusted",
    "Drawn to all clinics",
    "All clinics",
    "Expected",
    "Patients known",
    "What it means",
)
_CARRYING = {
    "can be said": ("✓", "met"),
    "with care": ("≈", "unsure"),
    "cannot be said": ("–", "unsure"),
    "withheld": ("✗", "missed"),
}
_ITEM_NAMES = {
    "leg_pain_increase": "More leg pain",
    "new_numbness": "New numbness",
    "new_weakness": "New weakness",
    "cauda_equina": "Cauda equina syndrome",
    "no_improvement": "No improvement",
    "patient_request": "The patient asked",
    "practitioner_choice": "The practitioner chose",
    "not_recorded": "Reason not recorded",
}


def carried_rows(report: ClinicReport | NetworkReport) -> list[dict[str, str]]:
    """What the data can carry tonight: question, verdict with symbol and tone, reason."""
    return [
        {
            "question": one.question,
            "words": one.carrying.capitalize(),
            "symbol": _CARRYING[one.carrying][0],
            "tone": _CARRYING[one.carrying][1],
            "reason": one.reason,
        }
        for one in report.carried
    ]


def clinic_funnel(report: ClinicReport) -> dict[str, Any]:
    """The funnel of a clinic's page with its verdict, and every adjusted measure as a table."""
    own = next((one for one in report.adjusted if one.measure == "responders"), None)
    return {
        "figure": funnel_plot("funnel", report.funnel, report.clinic_code) if report.funnel.limits else None,
        "verdict": funnel_verdict(report.funnel, own),
        "is_warning": own is not None and own.is_signal,
        "columns": ADJUSTED_COLUMNS,
        "rows": [_adjusted_row(one) for one in report.adjusted if one.status == "estimated"],
        "refused": _refused_words(report.adjusted),
    }


def network_funnel(report: NetworkReport) -> dict[str, Any]:
    """The funnel of the network's page; only clinics outside the limits are named."""
    return {
        "figure": funnel_plot("funnel", report.funnel, None) if report.funnel.limits else None,
        "verdict": network_verdict(report.funnel, report.adjusted),
        "is_warning": any(one.is_signal for one in report.adjusted if one.measure == "responders"),
    }


def _adjusted_row(one: Adjusted) -> tuple[str, ...]:
    name, unit = MEASURE_NAMES[one.indicator, one.measure]
    symbol, words = verdict_words(one)
    interval = interval_words_of(one, one.lower, one.upper)
    return (
        f"{one.indicator} {name}" + (f", {unit}" if one.indicator == "QI-13" else ""),
        f"{value_words(one, one.adjusted)} ({interval})",
        value_words(one, one.shrunk),
        value_words(one, one.network),
        f"{number_words(one.expected or 0, 1)} gained" if one.indicator == "QI-13" else value_words(one, one.expected),
        count_words(one.n),
        f"{symbol} {words}",
    )


def _refused_words(adjusted: Sequence[Adjusted]) -> str:
    refused = [MEASURE_NAMES[one.indicator, one.measure][0] for one in adjusted if one.status == "refused"]
    if not refused:
        return ""
    reason = next(one.reason or "" for one in adjusted if one.status == "refused")
    return f"Not enough to say of: {', '.join(refused)}. {reason}"


def signal_view(signals: Sequence[Signal], chances: Sequence[Chance], hrefs: Mapping[str, str]) -> dict[str, Any]:
    """Signals with their clinic, the network's own first, and the lines on chance."""
    shown = signals[:MOST_SIGNALS]
    return {
        "rows": [
            {
                "who": "All clinics" if one.clinic_code == NETWORK else one.clinic_code,
                "href": hrefs.get(one.clinic_code, ""),
                "is_network": one.clinic_code == NETWORK,
                "kind": one.kind,
                "name": one.name,
                "detail": one.detail,
            }
            for one in shown
        ],
        "further": len(signals) - len(shown),
        "chances": [
            f"{count_words(one.n_made)} {one.kind}: {count_words(one.n_signals)} "
            f"{'signal' if one.n_signals == 1 else 'signals'}, about {number_words(one.expected_by_chance, 1)} by chance alone"
            for one in chances
            if one.n_made
        ],
    }


def safety_view(items: Sequence[SafetyItem]) -> dict[str, list[tuple[str, str]]]:
    """The safety list in three parts: (kind, count)."""
    lists: dict[str, list[tuple[str, str]]] = {"serious": [], "events": [], "step_ups": []}
    places = {"serious event": "serious", "event": "events", "step-up reason": "step_ups"}
    for one in items:
        name = _ITEM_NAMES.get(one.item, one.item.replace("_", " ").capitalize())
        lists[places[one.list]].append((name, count_words(one.n)))
    return lists


def equity_view(rows: Sequence[EquityRow]) -> dict[str, Any]:
    """One table: a part a dimension, a row a stratum, a column an indicator."""
    codes = sorted({one.indicator for one in rows})
    parts = []
    for dimension in dict.fromkeys(one.dimension for one in rows):
        own = [one for one in rows if one.dimension == dimension]
        lines = []
        for level in dict.fromkeys(one.level for one in own):
            shares: dict[str, Share] = {one.indicator: one.share for one in own if one.level == level}
            lines.append((level.replace("_", " ").capitalize(), *(_equity_cell(shares, code) for code in codes)))
        parts.append({"name": f"By {dimension}", "rows": lines})
    return {"columns": ("Stratum", *(DEFINITIONS[code].name for code in codes)), "parts": parts}


def _equity_cell(shares: Mapping[str, Share], code: str) -> str:
    if code not in shares:
        return "fewer than 20"
    share = shares[code]
    interval = interval_words(share)
    return f"{share_words(share)} ({interval})" if interval else share_words(share)


def checks_view(made: ChecksMade) -> dict[str, Any]:
    """What the panel of self-checks shows: one sentence, the checks, the doubts, and what is withheld because of them."""
    return {
        "sentence": _checks_sentence(made),
        "is_warning": made.verdict != "all passed" or bool(made.withheld),
        "checks": [
            (one.name, count_words(one.n_passed), _count(one.n_failed), _count(one.n_not_done)) for one in made.checks
        ],
        "concerns": [(one.name, _count(one.n_told), _count(one.n_withheld)) for one in made.concerns],
        "withheld": [_withheld_words(one.trial, one.outcome, one.contrast, one.reason) for one in made.withheld][
            :MOST_WITHHELD
        ],
        "further": max(0, len(made.withheld) - MOST_WITHHELD),
    }


def _count(count: int) -> str:
    return "none" if count == 0 else number_words(count)


def _checks_sentence(made: ChecksMade) -> str:
    n_checks = sum(one.n_passed + one.n_failed + one.n_not_done for one in made.checks)
    n_failed = sum(one.n_failed for one in made.checks)
    withheld = len(made.withheld)
    if made.verdict == "none made":
        return "No self-check was made, so no difference between treatments may be taken as shown."
    compared = f"{number_words(made.n_effects)} {'comparison' if made.n_effects == 1 else 'comparisons'}"
    first = (
        f"All {number_words(n_checks)} self-checks of {compared} were passed."
        if made.verdict == "all passed" and not any(one.n_not_done for one in made.checks)
        else f"Of {number_words(n_checks)} self-checks of {compared}, {_count(n_failed)} failed."
    )
    if not withheld:
        return f"{first} Nothing is withheld."
    be = "comparison is" if withheld == 1 else "comparisons are"
    why = "a check failed or a doubt is too strong" if n_failed else "a doubt is too strong"
    return f"{first} {number_words(withheld)} {be} withheld because {why}."


def _withheld_words(trial: str, outcome: str, contrast: str, reason: str) -> str:
    measure = MEASURES[outcome].name if outcome in MEASURES else outcome
    when = TRIAL_NAMES.get(trial, trial)
    said = reason.removeprefix("withheld: ")
    return f"{contrast_words(contrast)} ({when.lower()}), {measure.lower()}: {said}"
