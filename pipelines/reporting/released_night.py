"""What the reports of one night are made from: released rows as parts, by clinic and for all."""

from dataclasses import dataclass, field
from typing import Any

from pipelines.reporting.branding import ReportConfiguration
from pipelines.reporting.checks_made import checks_made
from pipelines.reporting.comparison import Adjusted, FunnelLimit, FunnelPoint, placed, unnamed_points
from pipelines.reporting.courses import ArmPoint, Course
from pipelines.reporting.effects import ArmMean, Effect, Heterogeneity, RuleValue, arms_must_agree
from pipelines.reporting.model import Arrival, Indicator, RefusedDelivery, Responders, Stamp
from pipelines.reporting.released_parts import (
    adjusted_of,
    arrivals_of,
    courses_of,
    flow_of,
    indicators_of,
    limits_of,
    responders_of,
)
from pipelines.reporting.released_rows import Rows, in_order, parts
from pipelines.reporting.sections import Section
from pipelines.reporting.shelf_names import NETWORK

_COMPARED = ("trial", "contrast", "outcome")
_BY_CLINIC = (
    "arrivals",
    "quarantine_reasons",
    "data_quality",
    "indicators",
    "indicator_periods",
    "clinic_courses",
    "safety",
    "responders",
    "responder_slices",
)


@dataclass(frozen=True)
class Night:
    """What the reports of one night are made from: each clinic's parts by code, and what all reports share."""

    rows: dict[str, Rows]
    by_clinic: dict[str, dict[str, Rows]]
    configuration: ReportConfiguration
    codes: list[str]
    indicators: dict[str, tuple[Indicator, ...]]
    responders: dict[str, Responders]
    arrivals: dict[str, tuple[Arrival, ...]]
    adjusted: tuple[Adjusted, ...]
    adjusted_by_clinic: dict[str, tuple[Adjusted, ...]]
    placed: tuple[Adjusted, ...]
    unnamed: tuple[FunnelPoint, ...]
    limits: tuple[FunnelLimit, ...]
    refused: tuple[RefusedDelivery, ...]
    courses: dict[str, tuple[Course, ...]]
    effects: tuple[Effect, ...]
    heterogeneity: tuple[Heterogeneity, ...]
    shared: dict[str, Any]
    sections: dict[str, tuple[Section, ...]] = field(default_factory=dict)

    def of(self, table: str, code: str) -> Rows:
        """The rows of one clinic, or the network, in a table."""
        return self.by_clinic[table].get(code, [])


def read_night(rows: dict[str, Rows], stamp: Stamp, configuration: ReportConfiguration) -> Night:
    """Read the released rows of a night. Raises ContradictionError where arms and their effect do not agree."""
    effects = parts(rows["effects"], Effect, *_COMPARED, "group_name", "group_level")
    arms = parts(rows["arm_means"], ArmMean, "trial", "outcome", "arm")
    arms_must_agree(effects, arms)
    heterogeneity = parts(rows["heterogeneity"], Heterogeneity, *_COMPARED)
    by_clinic = {name: _split(rows[name]) for name in _BY_CLINIC}
    codes = sorted(set(by_clinic["arrivals"]) - {NETWORK})
    everybody = [*codes, NETWORK]
    adjusted = adjusted_of(rows["case_mix"])
    in_funnel = placed(adjusted)
    courses: dict[str, tuple[Course, ...]] = {}
    for course in courses_of(rows["natural_course"]):
        courses[course.clinic_code] = (*courses.get(course.clinic_code, ()), course)

    def own(table: str, code: str) -> Rows:
        return by_clinic[table].get(code, [])

    return Night(
        rows=rows,
        by_clinic=by_clinic,
        configuration=configuration,
        codes=codes,
        indicators={
            code: indicators_of(own("indicators", code), own("indicator_periods", code), configuration.targets)
            for code in everybody
        },
        responders={code: responders_of(own("responders", code)) for code in everybody},
        arrivals={code: arrivals_of(own("arrivals", code)) for code in everybody},
        adjusted=adjusted,
        adjusted_by_clinic=_adjusted_by_clinic(adjusted),
        placed=in_funnel,
        unnamed=unnamed_points(in_funnel),
        limits=limits_of(rows["funnel"]),
        refused=tuple(RefusedDelivery(**row) for row in rows["refused_deliveries"]),
        courses=courses,
        effects=effects,
        heterogeneity=heterogeneity,
        shared={
            "stamp": stamp,
            "branding": configuration.branding,
            "checks_made": checks_made(rows["self_checks"], rows["concerns"], rows["effects"]),
            "arm_means": arms,
            "arm_courses": parts(rows["improvement_curves"], ArmPoint, "trial", "arm", "day"),
            "effects": effects,
            "heterogeneity": heterogeneity,
            "rule_values": parts(rows["rule_values"], RuleValue, "trial", "outcome"),
            "model_notices": tuple(str(row["notice"]) for row in in_order(rows["model_notices"], "notice")),
            "flow": flow_of(rows["decision_flow"]),
        },
    )


def _split(rows: Rows) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for row in rows:
        found.setdefault(row["clinic_code"], []).append(row)
    return found


def _adjusted_by_clinic(adjusted: tuple[Adjusted, ...]) -> dict[str, tuple[Adjusted, ...]]:
    found: dict[str, list[Adjusted]] = {}
    for one in adjusted:
        found.setdefault(one.clinic_code, []).append(one)
    return {code: tuple(own) for code, own in found.items()}
