"""What a page's template is given: the report's numbers as words, table rows and figures. No number is made here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines.reporting.branding import labels_of
from pipelines.reporting.comparison_figures import ARM_NAMES, arm_plot
from pipelines.reporting.comparison_views import (
    carried_rows,
    checks_view,
    clinic_funnel,
    equity_view,
    network_funnel,
    safety_view,
    signal_view,
)
from pipelines.reporting.effect_views import decision_view, index_view
from pipelines.reporting.figures import (
    Figure,
    course_plot,
    flow_plot,
    prevalence_plot,
    responder_plot,
)
from pipelines.reporting.findings import cannot_be_said
from pipelines.reporting.gain_views import gain_view
from pipelines.reporting.indicator_views import cell, history_table, indicator_table, measure_rows, tiles
from pipelines.reporting.indicators import DEFINITIONS, HEADLINE, SMALLEST_RESPONDER_DENOMINATOR
from pipelines.reporting.model import (
    NETWORK,
    ArmPoint,
    Arrival,
    ClinicLine,
    ClinicReport,
    Course,
    FlowStep,
    NetworkReport,
    Refusal,
    Reports,
    Responders,
)
from pipelines.reporting.number_forms import written_in
from pipelines.reporting.page_script import SCRIPT, SCRIPT_SOURCE
from pipelines.reporting.quality_views import quality_view
from pipelines.reporting.steps import FEED_NAMES, TRIAL_NAMES
from pipelines.reporting.trial_views import trial_views
from pipelines.reporting.words import (
    count_words,
    course_sentence,
    date_words,
    improved_sentence,
    interval_words,
    missing_sentence,
    share_words,
    weeks_words,
)

MOST_LINES = 24
"""Clinics that the network's page lists one by one; more stand on the index page."""
_MOST_COURSES = 20
_FREQUENT_REASONS = 8
_MOST_FURTHER = 10
_STATES = {"quarantined": "not loaded", "held": "held", "incomplete": "not complete yet"}
_LUMBAR_ORDER = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1", "any level")


def clinic_view(report: ClinicReport) -> dict[str, Any]:
    """What the template of a clinic's page needs beside the report."""
    with written_in(report.branding.language):
        rows = [(report.clinic_code, report.responders), ("All clinics", report.network_responders)]
        return _common(report) | {
            "tiles": tiles(report.indicators, report.network_indicators),
            "indicator_areas": indicator_table(report.indicators, report.network_indicators),
            "measures": measure_rows(report.measures, report.network_measures),
            "funnel": clinic_funnel(report),
            "course": _course(report.courses, report.clinic_code),
            "improved_sentence": improved_sentence(report.responders, report.network_responders),
            "improved_figure": responder_plot("improved", rows),
        }


def network_view(report: NetworkReport, hrefs: Mapping[str, str]) -> dict[str, Any]:
    """What the template of the network's page needs beside the report."""
    with written_in(report.branding.language):
        shown = report.clinics[:MOST_LINES]
        return _common(report) | {
            "tiles": tiles(report.indicators),
            "indicator_areas": indicator_table(report.indicators),
            "measures": measure_rows(report.measures),
            "funnel": network_funnel(report),
            "signals": signal_view(report.signals, report.chances, hrefs),
            "course": _course(report.courses, NETWORK),
            "clinic_courses": [_course_row(one) for one in report.courses if one.clinic_code != NETWORK][
                :_MOST_COURSES
            ],
            "improved_sentence": improved_sentence(report.responders),
            "improved_figure": responder_plot("improved", [("All clinics", report.responders)]),
            "indicator_names": [DEFINITIONS[code].name for code in HEADLINE[1:]],
            "lines": [_line(line, hrefs) for line in shown],
            "n_further_lines": len(report.clinics) - len(shown),
            "n_clinics": count_words(len(report.clinics)),
            "index": index_view(report.effects),
            "equity": equity_view(report.equity),
            **trial_views(report.regimes, report.other_analyses),
            "imaging": _imaging(report),
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


def _common(report: ClinicReport | NetworkReport) -> dict[str, Any]:
    return {
        "label": labels_of(report.branding),
        "script": SCRIPT,
        "script_source": SCRIPT_SOURCE,
        "made_on": date_words(report.stamp.made_at),
        "episodes": count_words(_episodes(report.arrivals)),
        "carried": carried_rows(report),
        "history": history_table(report.indicators),
        "missing_sentence": missing_sentence(report.responders),
        "safety": safety_view(report.safety),
        "checks": checks_view(report.checks_made),
        "arms": _arms(report.arm_courses),
        "arrivals": [_arrival_row(one) for one in report.arrivals],
        "refused_deliveries": [
            (f"{one.clinic_code}/{one.delivery_id}", _STATES[one.state], one.reason)
            for one in report.refused_deliveries
        ],
        "refusals": _refusals(report.refusals),
        "quality": quality_view(report.quality),
        "model_notices": report.model_notices,
        "decision": decision_view(
            report.effects, report.flow, report.heterogeneity, report.rule_values, report.arm_means
        ),
        "gains": gain_view(report.effects, "decision"),
        "flow": _flows(report.flow),
        "cannot": cannot_be_said(report),
    }


def _flows(steps: Sequence[FlowStep]) -> list[Figure]:
    """A figure a flow; trials that leave out the same episodes share one."""
    flows: dict[tuple[tuple[object, ...], ...], list[str]] = {}
    for trial in TRIAL_NAMES:
        own = tuple(
            (one.step, one.n_left_out, one.n_remaining)
            for one in steps
            if one.trial == trial and (one.step_no == 0 or one.n_left_out != 0)
        )
        if own:
            flows.setdefault(own, []).append(trial)
    return [
        flow_plot(
            f"flow-{trials[0]}",
            "; also ".join(TRIAL_NAMES[trial] for trial in trials),
            [one for one in steps if one.trial == trials[0]],
        )
        for trials in flows.values()
    ]


def _arms(points: Sequence[ArmPoint]) -> dict[str, Any]:
    """The courses by arm of the first 14 days, and which treatments are not drawn."""
    own = [one for one in points if one.trial == "index"]
    absent = [
        ARM_NAMES[arm] for arm in ("rest_or_advice", "exercise", "manipulation") if arm not in {one.arm for one in own}
    ]
    return {"figure": arm_plot("arms", own), "absent": ", ".join(absent).lower()}


def _line(line: ClinicLine, hrefs: Mapping[str, str]) -> dict[str, Any]:
    by_code = {one.code: one for one in line.indicators}
    return {
        "name": line.clinic_code,
        "href": hrefs[line.clinic_code],
        "episodes": count_words(line.n_episodes),
        "improved": "not enough to say" if _too_few(line.responders) else share_words(line.responders.improved),
        "interval": "" if _too_few(line.responders) else interval_words(line.responders.improved),
        "cells": [cell(by_code[code]) for code in HEADLINE[1:]],
    }


def _episodes(arrivals: Iterable[Arrival]) -> int | None:
    return next((one.n_rows for one in arrivals if one.feed == "intake"), 0)


def _arrival_row(one: Arrival) -> tuple[str, ...]:
    counts = (one.n_rows, one.n_rows_refused, one.n_values_set_aside)
    return (FEED_NAMES.get(one.feed, one.feed), *(count_words(count) for count in counts))


def _refusals(refusals: Sequence[Refusal]) -> dict[str, Any]:
    """The most frequent reasons that may be counted, and all the others."""
    frequent = [one for one in refusals if one.n_refused][:_FREQUENT_REASONS]
    further = [one for one in refusals if one not in frequent]
    return {
        "frequent": [_refusal_row(one) for one in frequent],
        "further": [_refusal_row(one) for one in further[:_MOST_FURTHER]],
        "n_further": len(further),
    }


def _refusal_row(one: Refusal) -> tuple[str, ...]:
    what = "whole row" if one.scope == "row" else "this value"
    feed = FEED_NAMES.get(one.feed, one.feed)
    return f"{feed}: {one.field}" if one.field else feed, what, one.rule, count_words(one.n_refused)


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


def _imaging(report: NetworkReport) -> dict[str, Any]:
    """A figure of each finding that has a share of people without pain beside it; the other findings as one table by level."""
    with_typical = {row.finding for row in report.imaging if row.age_typical_percent is not None}
    shown = [row for row in report.imaging if row.share.words is not None]
    figures: list[Figure] = []
    for finding in sorted(with_typical):
        rows = sorted((row for row in shown if row.finding == finding), key=lambda row: _LUMBAR_ORDER.index(row.level))
        if rows:
            figures.append(prevalence_plot(f"imaging-{finding.replace(' ', '-')}", finding, rows))
    others = sorted({row.finding for row in shown} - with_typical)
    shares = {(row.finding, row.level): row.share for row in shown}
    levels = [level for level in _LUMBAR_ORDER if any((finding, level) in shares for finding in others)]
    table = [
        (
            finding[:1].upper() + finding[1:],
            *(share_words(shares[finding, level]) if (finding, level) in shares else "not shown" for level in levels),
        )
        for finding in others
    ]
    numbers = [(figure.caption, *row) for figure in figures for row in figure.rows]
    return {
        "figures": figures,
        "number_columns": ("Finding", "Level", "Assessed", "With finding", "Same ages without pain"),
        "numbers": numbers,
        "columns": ("Finding", *levels),
        "rows": table,
    }
