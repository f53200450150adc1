"""What a page's template is given: the report's numbers as words, table rows and figures. No number is made here."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pipelines.reporting.branding import labels_of
from pipelines.reporting.checks_made import ChecksMade
from pipelines.reporting.comparison_figures import spark
from pipelines.reporting.comparison_views import (
    carried_rows,
    checks_view,
    clinic_funnel,
    equity_view,
    network_funnel,
    safety_view,
    signal_view,
)
from pipelines.reporting.course_views import (
    arms_view,
    course_row,
    course_view,
    flow_figures,
    imaging_view,
    slice_figures,
    slice_table,
)
from pipelines.reporting.courses import ArmPoint
from pipelines.reporting.effect_views import decision_view, index_view
from pipelines.reporting.effects import ArmMean, Effect, Heterogeneity, RuleValue
from pipelines.reporting.figures import (
    responder_plot,
)
from pipelines.reporting.findings import cannot_be_said
from pipelines.reporting.gain_views import gain_view
from pipelines.reporting.indicator_views import cell, history_table, indicator_table, measure_rows, tiles
from pipelines.reporting.indicators import DEFINITIONS, HEADLINE, SMALLEST_RESPONDER_DENOMINATOR
from pipelines.reporting.model import (
    Arrival,
    ClinicLine,
    ClinicReport,
    FlowStep,
    NetworkReport,
    Refusal,
    Reports,
    Responders,
)
from pipelines.reporting.number_forms import written_in
from pipelines.reporting.page_script import SCRIPT, SCRIPT_SOURCE
from pipelines.reporting.quality_views import quality_view
from pipelines.reporting.section_views import section_views
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.steps import FEED_NAMES
from pipelines.reporting.trial_views import trial_views
from pipelines.reporting.words import (
    count_words,
    date_words,
    improved_sentence,
    interval_words,
    missing_sentence,
    share_words,
)

MOST_LINES = 16
"""Clinics that the network's page lists one by one; more stand on the index page."""
_MOST_COURSES = 16
_FREQUENT_REASONS = 8
_MOST_FURTHER = 10
_STATES = {"quarantined": "not loaded", "held": "held", "incomplete": "not complete yet"}


def clinic_view(report: ClinicReport) -> dict[str, Any]:
    """What the template of a clinic's page needs beside the report."""
    with written_in(report.branding.language):
        rows = [(report.clinic_code, report.responders), ("All clinics", report.network_responders)]
        sparks = {one.code: spark(one) for one in report.indicators}
        return _common(report) | {
            "tiles": tiles(report.indicators, sparks, report.network_indicators),
            "indicator_areas": indicator_table(report.indicators, sparks, report.network_indicators),
            "measures": measure_rows(report.measures, report.network_measures),
            "funnel": clinic_funnel(report),
            "course": course_view(report.courses, report.clinic_code),
            "improved_sentence": improved_sentence(report.responders, report.network_responders),
            "improved_figure": responder_plot("improved", rows),
            "slices": slice_table(report.slices, report.network_slices),
            "slice_figures": slice_figures(report.slices, report.network_slices, report.clinic_code),
        }


def network_view(report: NetworkReport, hrefs: Mapping[str, str]) -> dict[str, Any]:
    """What the template of the network's page needs beside the report."""
    with written_in(report.branding.language):
        shown = report.clinics[:MOST_LINES]
        sparks = {one.code: spark(one) for one in report.indicators}
        return _common(report) | {
            "tiles": tiles(report.indicators, sparks),
            "indicator_areas": indicator_table(report.indicators, sparks),
            "measures": measure_rows(report.measures),
            "funnel": network_funnel(report),
            "signals": signal_view(report.signals, report.chances, hrefs),
            "course": course_view(report.courses, NETWORK),
            "clinic_courses": [course_row(one) for one in report.courses if one.clinic_code != NETWORK][:_MOST_COURSES],
            "improved_sentence": improved_sentence(report.responders),
            "improved_figure": responder_plot("improved", [("All clinics", report.responders)]),
            "slices": slice_table(report.slices),
            "slice_figures": slice_figures(report.slices, (), "All clinics"),
            "indicator_names": [DEFINITIONS[code].name for code in HEADLINE[1:]],
            "lines": [_line(line, hrefs) for line in shown],
            "n_further_lines": len(report.clinics) - len(shown),
            "n_clinics": count_words(len(report.clinics)),
            "index": index_view(report.effects),
            "equity": equity_view(report.equity),
            **trial_views(report.regimes, report.other_analyses),
            "imaging": imaging_view(report),
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


@lru_cache(maxsize=2)
def _of_all_clinics(
    language: str,
    effects: tuple[Effect, ...],
    flow: tuple[FlowStep, ...],
    heterogeneity: tuple[Heterogeneity, ...],
    rule_values: tuple[RuleValue, ...],
    arm_means: tuple[ArmMean, ...],
    arm_courses: tuple[ArmPoint, ...],
    checks_made: ChecksMade,
) -> dict[str, Any]:
    """The sections that are alike on every page of a night, drawn once."""
    with written_in(language):
        return {
            "decision": decision_view(effects, flow, heterogeneity, rule_values, arm_means),
            "gains": gain_view(effects, "decision"),
            "arms": arms_view(arm_courses),
            "flow": flow_figures(flow),
            "checks": checks_view(checks_made),
        }


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
        "arrivals": [_arrival_row(one) for one in report.arrivals],
        "refused_deliveries": [
            (f"{one.clinic_code}/{one.delivery_id}", _STATES[one.state], one.reason)
            for one in report.refused_deliveries
        ],
        "refusals": _refusals(report.refusals),
        "quality": quality_view(report.quality),
        "model_notices": report.model_notices,
        "sections": section_views(report.sections),
        **_of_all_clinics(
            report.branding.language,
            report.effects,
            report.flow,
            report.heterogeneity,
            report.rule_values,
            report.arm_means,
            report.arm_courses,
            report.checks_made,
        ),
        "cannot": cannot_be_said(report),
    }


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
