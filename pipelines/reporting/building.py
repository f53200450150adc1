"""From the released tables of `report.*` to the reports. Nothing else of the warehouse is read."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
from pydantic import ValidationError

from pipelines.contracts import FEEDS
from pipelines.errors import NightFailed
from pipelines.reporting.branding import DEFAULT, ReportConfiguration
from pipelines.reporting.carried import Carried, answered_line, change_line, difference_line, effect_line, gain_line
from pipelines.reporting.comparison import clinic_funnel_of, network_funnel_of
from pipelines.reporting.effects import (
    OtherAnalysis,
    ProtocolItem,
    RegimeValue,
)
from pipelines.reporting.findings import findings
from pipelines.reporting.model import (
    ClinicLine,
    ClinicReport,
    NetworkReport,
    Reports,
    Stamp,
)
from pipelines.reporting.number_forms import written_in
from pipelines.reporting.quality import data_quality
from pipelines.reporting.released_night import Night, read_night
from pipelines.reporting.released_parts import (
    equity_of,
    imaging_of,
    indicator_counts,
    measures_of,
    refusals_of,
    safety_of,
    slices_of,
    without_history,
)
from pipelines.reporting.released_rows import of_clinic, parts, plain_rows
from pipelines.reporting.sections import read_sections
from pipelines.reporting.shares import ContradictionError
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.signals import chances, clinic_signals, drawn_together, judged_counts

TABLES = (
    "arrivals",
    "refused_deliveries",
    "quarantine_reasons",
    "data_quality",
    "indicators",
    "indicator_periods",
    "case_mix",
    "funnel",
    "clinic_courses",
    "safety",
    "equity",
    "responders",
    "responder_slices",
    "decision_flow",
    "effects",
    "arm_means",
    "improvement_curves",
    "heterogeneity",
    "rule_values",
    "self_checks",
    "concerns",
    "model_notices",
    "regimes",
    "sensitivity",
    "protocols",
    "imaging_prevalence",
    "natural_course",
)


def build_reports(
    tables: Mapping[str, pd.DataFrame], stamp: Stamp, configuration: ReportConfiguration = DEFAULT
) -> Reports:
    """The report of every clinic and of the network from the released tables, by table name without its schema.

    Those of the sections that analysts added (`pipelines.reporting.sections.TABLES`) may be left out. Raises NightFailed when a
    table is absent, a clinic is called 'network' or the numbers contradict each other.
    """
    absent = [name for name in TABLES if name not in tables]
    if absent:
        raise NightFailed(f"the report cannot be made: report.{', report.'.join(absent)} were not given")
    rows = {name: plain_rows(tables[name]) for name in TABLES}
    if len(of_clinic(rows["arrivals"], NETWORK)) > len(FEEDS):
        raise NightFailed(f"a clinic is called '{NETWORK}', the name of all clinics together; ask it for another code")
    try:
        with written_in(configuration.branding.language):
            night = read_night(rows, stamp, configuration)
            night = replace(night, sections=read_sections(tables, night.codes, NETWORK))
            return Reports(clinics=tuple(_clinic(night, code) for code in night.codes), network=_network(night))
    except (ValidationError, ContradictionError) as error:
        said = (
            "; ".join(str(problem["msg"]) for problem in error.errors())
            if isinstance(error, ValidationError)
            else str(error)
        )
        raise NightFailed(
            f"the report contradicts itself and was not made: {said}. "
            "Look at the report.* tables of this run; the last published report stays."
        ) from error


def _clinic(night: Night, code: str) -> ClinicReport:
    refused = tuple(one for one in night.refused if one.clinic_code == code)
    adjusted = night.adjusted_by_clinic.get(code, ())
    return ClinicReport(
        **night.shared,
        **_own(night, code),
        clinic_code=code,
        latest_delivery_id=str(night.of("arrivals", code)[0]["latest_delivery_id"]),
        findings=findings(
            arrivals=night.arrivals[code],
            refused_deliveries=refused,
            indicators=night.indicators[code],
            responders=night.responders[code],
            effects=night.effects,
            network=night.responders[NETWORK],
            adjusted=adjusted,
            representative_percent=night.configuration.representative_percent,
        ),
        refused_deliveries=refused,
        adjusted=adjusted,
        funnel=clinic_funnel_of(night.placed, night.unnamed, night.limits, code),
        network_responders=night.responders[NETWORK],
        network_slices=slices_of(night.of("responder_slices", NETWORK)),
        network_indicators=without_history(night.indicators[NETWORK]),
        network_measures=measures_of(night.of("clinic_courses", NETWORK)),
        courses=night.courses.get(code) or night.courses.get(NETWORK, ()),
    )


def _network(night: Night) -> NetworkReport:
    signals = [
        one
        for code in night.codes
        for one in clinic_signals(code, night.indicators[code], night.adjusted_by_clinic.get(code, ()))
    ]
    judged = judged_counts({code: night.indicators[code] for code in night.codes}, night.adjusted)
    return NetworkReport(
        **night.shared,
        **_own(night, NETWORK),
        findings=findings(
            arrivals=night.arrivals[NETWORK],
            refused_deliveries=night.refused,
            indicators=night.indicators[NETWORK],
            responders=night.responders[NETWORK],
            effects=night.effects,
            representative_percent=night.configuration.representative_percent,
        ),
        refused_deliveries=night.refused,
        adjusted=night.adjusted,
        funnel=network_funnel_of(night.placed, night.limits),
        courses=tuple(course for _, own in sorted(night.courses.items()) for course in own),
        clinics=tuple(
            ClinicLine(
                clinic_code=code,
                n_episodes=next((one.n_rows for one in night.arrivals[code] if one.feed == "intake"), 0),
                responders=night.responders[code],
                indicators=without_history(night.indicators[code]),
            )
            for code in night.codes
        ),
        signals=drawn_together(signals, judged),
        chances=chances(signals, judged),
        equity=equity_of(night.rows["equity"]),
        regimes=parts(night.rows["regimes"], RegimeValue, "outcome", "regime"),
        other_analyses=parts(night.rows["sensitivity"], OtherAnalysis, "trial", "contrast", "analysis"),
        protocols=parts(night.rows["protocols"], ProtocolItem, "trial", "item_no"),
        imaging=imaging_of(night.rows["imaging_prevalence"]),
    )


def _own(night: Night, code: str) -> dict[str, Any]:
    """The parts that a clinic and the network have alike."""
    return {
        "carried": _carried(night, code),
        "arrivals": night.arrivals[code],
        "refusals": refusals_of(night.of("quarantine_reasons", code)),
        "quality": data_quality(night.of("data_quality", code)),
        "indicators": night.indicators[code],
        "measures": measures_of(night.of("clinic_courses", code)),
        "responders": night.responders[code],
        "slices": slices_of(night.of("responder_slices", code)),
        "safety": safety_of(night.of("safety", code)),
        "sections": night.sections.get(code, ()),
    }


def _carried(night: Night, code: str) -> tuple[Carried, ...]:
    responders = night.responders[code]
    return (
        answered_line(
            responders.n_due,
            responders.answered,
            responders.improved,
            night.configuration.representative_percent,
        ),
        change_line(*indicator_counts(night.indicators[code])),
        difference_line(night.placed, None if code == NETWORK else night.adjusted_by_clinic.get(code, ())),
        effect_line(night.effects),
        gain_line(night.heterogeneity),
    )
