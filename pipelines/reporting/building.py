"""From the released tables of `report.*` to the reports. Nothing else of the warehouse is read."""

from collections.abc import Mapping

import pandas as pd
from pydantic import ValidationError

from pipelines.contracts import FEEDS
from pipelines.errors import NightFailed
from pipelines.reporting.effects import Effect, Heterogeneity, OtherAnalysis, ProtocolItem, RegimeValue, RuleValue
from pipelines.reporting.findings import findings
from pipelines.reporting.indicators import DEFINITIONS, judge
from pipelines.reporting.model import (
    NETWORK,
    Arrival,
    ClinicLine,
    ClinicReport,
    Course,
    CoursePoint,
    FlowStep,
    ImagingRow,
    Indicator,
    NetworkReport,
    Refusal,
    RefusedDelivery,
    Reports,
    Responders,
    Stamp,
)
from pipelines.reporting.quality import data_quality
from pipelines.reporting.released_rows import Rows, grouped, in_order, named, of_clinic, parts, plain_rows, share_of
from pipelines.reporting.shares import Share

TABLES = (
    "arrivals",
    "refused_deliveries",
    "quarantine_reasons",
    "data_quality",
    "indicators",
    "responders",
    "decision_flow",
    "effects",
    "heterogeneity",
    "rule_values",
    "model_notices",
    "regimes",
    "sensitivity",
    "protocols",
    "imaging_prevalence",
    "natural_course",
)
_FEED_ORDER = {feed: number for number, feed in enumerate(FEEDS)}
_COMPARED = ("trial", "contrast", "outcome")


def build_reports(tables: Mapping[str, pd.DataFrame], stamp: Stamp) -> Reports:
    """The report of every clinic and of the network from the released tables, by table name without its schema.

    Raises NightFailed when a table is absent, a clinic is called 'network' or the numbers contradict each other.
    """
    absent = [name for name in TABLES if name not in tables]
    if absent:
        raise NightFailed(f"the report cannot be made: report.{', report.'.join(absent)} were not given")
    rows = {name: plain_rows(tables[name]) for name in TABLES}
    try:
        return _reports(rows, stamp)
    except ValidationError as error:
        said = "; ".join(str(problem["msg"]) for problem in error.errors())
        raise NightFailed(
            f"the report contradicts itself and was not made: {said}. "
            "Look at the report.* tables of this run; the last published report stays."
        ) from error


def _reports(rows: dict[str, Rows], stamp: Stamp) -> Reports:
    codes = sorted({row["clinic_code"] for row in rows["arrivals"]} - {NETWORK})
    if len(of_clinic(rows["arrivals"], NETWORK)) > len(FEEDS):
        raise NightFailed(f"a clinic is called '{NETWORK}', the name of all clinics together; ask it for another code")
    effects = parts(rows["effects"], Effect, *_COMPARED, "group_name", "group_level")
    heterogeneity = parts(rows["heterogeneity"], Heterogeneity, *_COMPARED)
    notices = tuple(str(row["notice"]) for row in in_order(rows["model_notices"], "notice"))
    rule_values = parts(rows["rule_values"], RuleValue, "trial", "outcome")
    indicators = {code: _indicators(rows["indicators"], code) for code in [*codes, NETWORK]}
    responders = {code: _responders(rows["responders"], code) for code in [*codes, NETWORK]}
    flow = _flow(rows["decision_flow"])
    courses = _courses(rows["natural_course"])
    arrivals = {code: _arrivals(of_clinic(rows["arrivals"], code)) for code in [*codes, NETWORK]}
    refused = tuple(RefusedDelivery(**row) for row in rows["refused_deliveries"])
    clinics = tuple(
        ClinicReport(
            stamp=stamp,
            clinic_code=code,
            latest_delivery_id=str(of_clinic(rows["arrivals"], code)[0]["latest_delivery_id"]),
            findings=findings(
                arrivals=arrivals[code],
                refused_deliveries=tuple(one for one in refused if one.clinic_code == code),
                indicators=indicators[code],
                responders=responders[code],
                effects=effects,
                network=responders[NETWORK],
            ),
            arrivals=arrivals[code],
            refused_deliveries=tuple(one for one in refused if one.clinic_code == code),
            refusals=_refusals(of_clinic(rows["quarantine_reasons"], code)),
            quality=data_quality(of_clinic(rows["data_quality"], code)),
            indicators=indicators[code],
            responders=responders[code],
            network_responders=responders[NETWORK],
            effects=effects,
            heterogeneity=heterogeneity,
            rule_values=rule_values,
            model_notices=notices,
            flow=flow,
            courses=tuple(course for course in courses if course.clinic_code == code)
            or tuple(course for course in courses if course.clinic_code == NETWORK),
        )
        for code in codes
    )
    network = NetworkReport(
        stamp=stamp,
        findings=findings(
            arrivals=arrivals[NETWORK],
            refused_deliveries=refused,
            indicators=indicators[NETWORK],
            responders=responders[NETWORK],
            effects=effects,
        ),
        arrivals=arrivals[NETWORK],
        refused_deliveries=refused,
        refusals=_refusals(of_clinic(rows["quarantine_reasons"], NETWORK)),
        quality=data_quality(of_clinic(rows["data_quality"], NETWORK)),
        indicators=indicators[NETWORK],
        responders=responders[NETWORK],
        effects=effects,
        heterogeneity=heterogeneity,
        rule_values=rule_values,
        model_notices=notices,
        courses=courses,
        clinics=tuple(
            ClinicLine(
                clinic_code=code,
                n_episodes=next((one.n_rows for one in arrivals[code] if one.feed == "intake"), 0),
                responders=responders[code],
                indicators=indicators[code],
            )
            for code in codes
        ),
        flow=flow,
        regimes=parts(rows["regimes"], RegimeValue, "outcome", "regime"),
        other_analyses=parts(rows["sensitivity"], OtherAnalysis, "trial", "contrast", "analysis"),
        protocols=parts(rows["protocols"], ProtocolItem, "trial", "item_no"),
        imaging=_imaging(rows["imaging_prevalence"]),
    )
    return Reports(clinics=clinics, network=network)


def _arrivals(rows: Rows) -> tuple[Arrival, ...]:
    return tuple(
        Arrival(
            feed=row["feed"],
            n_rows=row["n_rows_in_force"],
            n_rows_refused=row["n_rows_quarantined"],
            n_values_set_aside=row["n_values_set_aside"],
        )
        for row in sorted(rows, key=lambda row: _FEED_ORDER.get(row["feed"], len(_FEED_ORDER)))
    )


def _refusals(rows: Rows) -> tuple[Refusal, ...]:
    made = [Refusal(**named(row, Refusal)) for row in rows]
    return tuple(sorted(made, key=lambda one: (-(one.n_refused or 0), one.feed, one.field, one.scope, one.rule)))


def _indicators(rows: Rows, clinic_code: str) -> tuple[Indicator, ...]:
    by_code = {row["indicator"]: row for row in of_clinic(rows, clinic_code)}
    made = []
    for code, definition in DEFINITIONS.items():
        share = share_of(by_code[code], "numerator", "denominator") if code in by_code else Share(whole=0)
        verdict = judge(share, definition.target_percent)
        made.append(Indicator(code=code, share=share, target_percent=definition.target_percent, verdict=verdict))
    return tuple(made)


def _responders(rows: Rows, clinic_code: str) -> Responders:
    found = of_clinic(rows, clinic_code)
    if not found:
        return Responders(n_due=0, answered=Share(whole=0), improved=Share(whole=0))
    row = found[0]
    return Responders(
        n_due=row["n_due"],
        answered=share_of(row, "n_answered", "n_due"),
        improved=share_of(row, "n_responders", "n_answered"),
    )


def _courses(rows: Rows) -> tuple[Course, ...]:
    groups = grouped(rows, lambda row: (row["source"], row["clinic_code"]))
    return tuple(
        Course(
            source=source,
            clinic_code=code,
            median_day=group[0]["median_day"],
            points=tuple(CoursePoint(**named(one, CoursePoint)) for one in sorted(group, key=lambda row: row["day"])),
        )
        for (source, code), group in sorted(groups.items())
    )


def _flow(rows: Rows) -> tuple[FlowStep, ...]:
    steps = [FlowStep(**named(row, FlowStep)) for row in rows]
    return tuple(sorted(steps, key=lambda step: (step.trial, step.step_no)))


def _imaging(rows: Rows) -> tuple[ImagingRow, ...]:
    made = [
        ImagingRow(
            level=row["level"],
            finding=row["finding"],
            share=share_of(row, "n_with_finding", "n_assessed"),
            age_typical_percent=row["age_typical_percent"],
        )
        for row in rows
    ]
    return tuple(sorted(made, key=lambda one: (one.finding, one.level)))
