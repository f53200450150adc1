"""What the reports of one night are made from: released rows as parts, by clinic and for all."""

from dataclasses import dataclass
from typing import Any

from pipelines.reporting.branding import ReportConfiguration
from pipelines.reporting.checks_made import checks_made
from pipelines.reporting.comparison import Adjusted, FunnelLimit
from pipelines.reporting.courses import ArmPoint, Course
from pipelines.reporting.effects import ArmMean, Effect, Heterogeneity, RuleValue, arms_must_agree
from pipelines.reporting.model import NETWORK, Arrival, Indicator, RefusedDelivery, Responders, Stamp
from pipelines.reporting.released_parts import (
    adjusted_of,
    arrivals_of,
    courses_of,
    flow_of,
    indicators_of,
    limits_of,
    responders_of,
)
from pipelines.reporting.released_rows import Rows, in_order, of_clinic, parts

_COMPARED = ("trial", "contrast", "outcome")


@dataclass(frozen=True)
class Night:
    """What the reports of one night are made from: each clinic's parts by code, and what all reports share."""

    rows: dict[str, Rows]
    configuration: ReportConfiguration
    codes: list[str]
    indicators: dict[str, tuple[Indicator, ...]]
    responders: dict[str, Responders]
    arrivals: dict[str, tuple[Arrival, ...]]
    adjusted: tuple[Adjusted, ...]
    limits: tuple[FunnelLimit, ...]
    refused: tuple[RefusedDelivery, ...]
    courses: tuple[Course, ...]
    effects: tuple[Effect, ...]
    heterogeneity: tuple[Heterogeneity, ...]
    shared: dict[str, Any]


def read_night(rows: dict[str, Rows], stamp: Stamp, configuration: ReportConfiguration) -> Night:
    """Read the released rows of a night. Raises ContradictionError where arms and their effect do not agree."""
    effects = parts(rows["effects"], Effect, *_COMPARED, "group_name", "group_level")
    arms = parts(rows["arm_means"], ArmMean, "trial", "outcome", "arm")
    arms_must_agree(effects, arms)
    heterogeneity = parts(rows["heterogeneity"], Heterogeneity, *_COMPARED)
    codes = sorted({row["clinic_code"] for row in rows["arrivals"]} - {NETWORK})
    everybody = [*codes, NETWORK]
    return Night(
        rows=rows,
        configuration=configuration,
        codes=codes,
        indicators={
            code: indicators_of(rows["indicators"], rows["indicator_periods"], code, configuration.targets)
            for code in everybody
        },
        responders={code: responders_of(rows["responders"], code) for code in everybody},
        arrivals={code: arrivals_of(of_clinic(rows["arrivals"], code)) for code in everybody},
        adjusted=adjusted_of(rows["case_mix"]),
        limits=limits_of(rows["funnel"]),
        refused=tuple(RefusedDelivery(**row) for row in rows["refused_deliveries"]),
        courses=courses_of(rows["natural_course"]),
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
