"""What a page's template is given: the report's numbers as words, table rows and figures. No number is made here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines.reporting.effect_views import decision_view, index_view
from pipelines.reporting.figures import (
    Figure,
    course_plot,
    flow_plot,
    prevalence_plot,
    responder_plot,
)
from pipelines.reporting.findings import cannot_be_said
from pipelines.reporting.indicators import DEFINITIONS, SMALLEST_RESPONDER_DENOMINATOR
from pipelines.reporting.model import (
    NETWORK,
    Arrival,
    ClinicReport,
    Course,
    Indicator,
    NetworkReport,
    Refusal,
    Report,
    Reports,
    Responders,
)
from pipelines.reporting.quality_views import quality_view
from pipelines.reporting.steps import FEED_NAMES, TRIAL_NAMES
from pipelines.reporting.svg import AXIS, BAND, NAVY, SKY, Drawing, Scale
from pipelines.reporting.trial_views import trial_views
from pipelines.reporting.words import (
    VERDICT_WORDS,
    count_words,
    course_sentence,
    improved_sentence,
    interval_words,
    share_words,
    weeks_words,
)

_TONES = {"met": "met", "met or nearly": "met", "missed": "missed", "missed, may be chance": "missed"}
_FREQUENT_REASONS = 8
_STATES = {"quarantined": "not loaded", "held": "held", "incomplete": "not complete yet"}
_LUMBAR_ORDER = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1", "any level")


def clinic_view(report: ClinicReport) -> dict[str, Any]:
    """What the template of a clinic's page needs beside the report."""
    rows = [(report.clinic_code, report.responders), ("All clinics", report.network_responders)]
    return _common(report) | {
        "episodes": count_words(_episodes(report.arrivals)),
        "course": _course(report.courses, report.clinic_code),
        "improved_sentence": improved_sentence(report.responders, report.network_responders),
        "improved_figure": responder_plot("improved", rows),
        "cannot": cannot_be_said(report),
    }


def network_view(report: NetworkReport, hrefs: Mapping[str, str]) -> dict[str, Any]:
    """What the template of the network's page needs beside the report."""
    missed = sum(1 for line in report.clinics for one in line.indicators if one.verdict == "missed")
    judged = sum(1 for line in report.clinics for one in line.indicators if one.verdict in _TONES)
    return _common(report) | {
        "episodes": count_words(_episodes(report.arrivals)),
        "course": _course(report.courses, NETWORK),
        "clinic_courses": [_course_row(one) for one in report.courses if one.clinic_code != NETWORK],
        "improved_sentence": improved_sentence(report.responders),
        "improved_figure": responder_plot("improved", [("All clinics", report.responders)]),
        "indicator_names": [definition.name for definition in DEFINITIONS.values()],
        "lines": [
            {
                "name": line.clinic_code,
                "href": hrefs[line.clinic_code],
                "episodes": count_words(line.n_episodes),
                "improved": "not enough to say" if _too_few(line.responders) else share_words(line.responders.improved),
                "interval": "" if _too_few(line.responders) else interval_words(line.responders.improved),
                "cells": [_cell(one) for one in line.indicators],
            }
            for line in report.clinics
        ],
        "chance_line": (
            f"{missed} of {judged} targets are missed by more than chance. About {round(judged * 0.025, 1):g} would be "
            "missed by chance alone if every clinic stood exactly on its targets."
        ),
        "flow": [
            flow_plot(f"flow-{trial}", TRIAL_NAMES[trial], steps)
            for trial in TRIAL_NAMES
            if (steps := [step for step in report.flow if step.trial == trial])
        ],
        "index": index_view(report.effects),
        **trial_views(report.regimes, report.other_analyses, report.protocols),
        "imaging": _imaging(report),
        "cannot": cannot_be_said(report),
    }


def index_lines(reports: Reports, hrefs: Mapping[str, str]) -> list[dict[str, str]]:
    """One line a clinic for the index page, with the most pressing problem in words."""
    return [
        {
            "name": clinic.clinic_code,
            "href": hrefs[clinic.clinic_code],
            "episodes": count_words(_episodes(clinic.arrivals)),
            "problem": next((one.title for one in clinic.findings if one.is_problem), "nothing beyond the usual"),
        }
        for clinic in reports.clinics
    ]


def _common(report: Report) -> dict[str, Any]:
    return {
        "tiles": [_tile(one) for one in report.indicators],
        "arrivals": [_arrival_row(one) for one in report.arrivals],
        "refused_deliveries": [
            (f"{one.clinic_code}/{one.delivery_id}", _STATES[one.state], one.reason)
            for one in report.refused_deliveries
        ],
        "refusals": _refusals(report.refusals),
        "quality": quality_view(report.quality),
        "model_notices": report.model_notices,
        "decision": decision_view(report.effects, report.flow, report.heterogeneity, report.rule_values),
    }


def _episodes(arrivals: Iterable[Arrival]) -> int | None:
    return next((one.n_rows for one in arrivals if one.feed == "intake"), 0)


def _arrival_row(one: Arrival) -> tuple[str, ...]:
    counts = (one.n_rows, one.n_rows_refused, one.n_values_set_aside)
    return (FEED_NAMES.get(one.feed, one.feed), *(count_words(count) for count in counts))


def _refusals(refusals: Sequence[Refusal]) -> dict[str, list[tuple[str, ...]]]:
    """The most frequent reasons that may be counted, and all the others."""
    frequent = [one for one in refusals if one.n_refused][:_FREQUENT_REASONS]
    further = [one for one in refusals if one not in frequent]
    return {"frequent": [_refusal_row(one) for one in frequent], "further": [_refusal_row(one) for one in further]}


def _refusal_row(one: Refusal) -> tuple[str, ...]:
    what = "whole row" if one.scope == "row" else "this value"
    feed = FEED_NAMES.get(one.feed, one.feed)
    return f"{feed}: {one.field}" if one.field else feed, what, one.rule, count_words(one.n_refused)


def _cell(one: Indicator) -> dict[str, str]:
    symbol, verdict = VERDICT_WORDS[one.verdict]
    return {
        "value": share_words(one.share),
        "symbol": symbol,
        "verdict": verdict,
        "tone": _TONES.get(one.verdict, "unsure"),
    }


def _tile(one: Indicator) -> dict[str, Any]:
    definition = DEFINITIONS[one.code]
    return _cell(one) | {
        "code": one.code,
        "name": definition.name,
        "meaning": definition.meaning,
        "value": "not recorded" if one.share.whole == 0 else share_words(one.share),
        "interval": interval_words(one.share),
        "target": ""
        if one.target_percent is None
        else "100 %"
        if one.target_percent == 100
        else f"≥ {one.target_percent} %",
        "whole": (
            "Nothing was recorded to judge by"
            if one.share.whole == 0
            else f"{count_words(one.share.whole)} {definition.unit}"
        ),
        "bar": _bar(one),
    }


def _bar(one: Indicator) -> Markup:
    drawing = Drawing(200, 20)
    x = Scale(0, 100, 4, 196)
    drawing.rect(4, 7, 192, 6, BAND, radius=3)
    bounds = one.share.bounds
    if one.share.percent is not None:
        drawing.rect(
            x.at(one.share.lower or 0), 6, x.at(one.share.upper or 0) - x.at(one.share.lower or 0), 8, SKY, radius=4
        )
        drawing.diamond(x.at(one.share.percent), 10, 6, NAVY)
    elif bounds is not None:
        drawing.rect(x.at(bounds[0]), 6, x.at(bounds[1]) - x.at(bounds[0]), 8, NAVY, radius=4)
    if one.target_percent is not None:
        drawing.line(x.at(one.target_percent), 1, x.at(one.target_percent), 19, AXIS, width=2.5)
    name = DEFINITIONS[one.code].name
    return drawing.markup(f"bar-{one.code}", name, f"{share_words(one.share)}, {VERDICT_WORDS[one.verdict][1]}")


def _too_few(responders: Responders) -> bool:
    return responders.improved.percent is None or (responders.improved.whole or 0) < SMALLEST_RESPONDER_DENOMINATOR


def _where(course: Course) -> str:
    return "all clinics together" if course.clinic_code == NETWORK else f"clinic {course.clinic_code}"


def _course(courses: Sequence[Course], clinic_code: str) -> dict[str, Any] | None:
    """The clinic's own course when there is one, else the network's; None when there is neither."""
    for wanted in (clinic_code, NETWORK):
        for course in courses:
            if course.clinic_code == wanted and course.points:
                return {
                    "heading": f"{course.source[:1].upper()}{course.source[1:]}, {_where(course)}.",
                    "sentence": course_sentence(course),
                    "figure": course_plot("course", course),
                }
    return None


def _course_row(course: Course) -> tuple[str, ...]:
    by_day = {point.day: f"{point.improved_percent} %" for point in course.points}
    half = "not reached" if course.median_day is None else weeks_words(course.median_day)
    last = f"{course.points[-1].stepped_up_percent} %" if course.points else "not shown"
    return f"{course.clinic_code} ({course.source})", *(by_day.get(day, "not shown") for day in (28, 84)), half, last


def _imaging(report: NetworkReport) -> list[Figure]:
    """One figure a finding, those with a share of people without pain beside them first."""
    figures = []
    with_typical = {row.finding for row in report.imaging if row.age_typical_percent is not None}
    for finding in sorted({row.finding for row in report.imaging}, key=lambda name: (name not in with_typical, name)):
        rows = [row for row in report.imaging if row.finding == finding and row.share.words is not None]
        rows.sort(key=lambda row: _LUMBAR_ORDER.index(row.level))
        if rows:
            key = f"imaging-{finding.replace(' ', '-')}"
            figures.append(prevalence_plot(key, finding, rows))
    return figures
