"""Parts of the reports from rows of released tables, one function a part."""

from collections.abc import Mapping, Sequence

from pipelines.contracts import FEEDS
from pipelines.reporting.comparison import Adjusted, FunnelLimit, Measure
from pipelines.reporting.courses import Course, CoursePoint
from pipelines.reporting.indicators import DEFINITIONS, MEASURE_NAMES, judge
from pipelines.reporting.model import (
    Arrival,
    ComplaintSlice,
    EquityRow,
    FlowStep,
    ImagingRow,
    Indicator,
    Judged,
    Refusal,
    Responders,
    SafetyItem,
)
from pipelines.reporting.released_rows import Rows, grouped, named, parts, share_of
from pipelines.reporting.shares import Share
from pipelines.reporting.xmr import PeriodShare, judged_change

_FEED_ORDER = {feed: number for number, feed in enumerate(FEEDS)}
_MEASURE_ORDER = {key: number for number, key in enumerate(MEASURE_NAMES)}


def arrivals_of(rows: Rows) -> tuple[Arrival, ...]:
    """What arrived, feeds in the contract's order."""
    return tuple(
        Arrival(
            feed=row["feed"],
            n_rows=row["n_rows_in_force"],
            n_rows_refused=row["n_rows_quarantined"],
            n_values_set_aside=row["n_values_set_aside"],
        )
        for row in sorted(rows, key=lambda row: _FEED_ORDER.get(row["feed"], len(_FEED_ORDER)))
    )


def refusals_of(rows: Rows) -> tuple[Refusal, ...]:
    """Why rows and values were refused, the most frequent first."""
    made = [Refusal(**named(row, Refusal)) for row in rows]
    return tuple(sorted(made, key=lambda one: (-(one.n_refused or 0), one.feed, one.field, one.scope, one.rule)))


def indicators_of(rows: Rows, periods: Rows, targets: Mapping[str, int | None]) -> tuple[Indicator, ...]:
    """Every indicator that is a share, in the order of its definitions; one without a row was not recorded."""
    by_code = {row["indicator"]: row for row in rows}
    histories = grouped(periods, lambda row: (row["indicator"],))
    made = []
    for code, definition in DEFINITIONS.items():
        share = share_of(by_code[code], "numerator", "denominator") if code in by_code else Share(whole=0)
        target = targets.get(code)
        history = tuple(
            PeriodShare(period=str(row["index_period"]), share=share_of(row, "numerator", "denominator"))
            for row in sorted(histories.get((code,), []), key=lambda row: str(row["index_period"]))
        )
        made.append(
            Indicator(
                code=code,
                share=share,
                target_percent=target,
                verdict=judge(share, target, definition.direction, definition.smallest_denominator),
                history=history,
                change=judged_change(history, definition.direction),
            )
        )
    return tuple(made)


def responders_of(rows: Rows) -> Responders:
    """Who was due, answered and improved, with the bounds had nobody or everybody improved who did not answer."""
    if not rows:
        return Responders(n_due=0, answered=Share(whole=0), improved=Share(whole=0))
    row = rows[0]
    due, answered, improved = row["n_due"], row["n_answered"], row["n_responders"]
    has_bounds = bool(due) and answered is not None and improved is not None
    return Responders(
        n_due=due,
        answered=share_of(row, "n_answered", "n_due"),
        improved=share_of(row, "n_responders", "n_answered"),
        if_none_improved_percent=round(100 * improved / due) if has_bounds else None,
        if_all_improved_percent=round(100 * (improved + due - answered) / due) if has_bounds else None,
    )


def courses_of(rows: Rows) -> tuple[Course, ...]:
    """The natural courses, by source and clinic."""
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


def slices_of(rows: Rows) -> tuple[ComplaintSlice, ...]:
    """Who improved by complaint, in alphabetical order."""
    ordered = sorted(rows, key=lambda row: str(row["complaint"]))
    return tuple(ComplaintSlice(complaint=row["complaint"], responders=responders_of([row])) for row in ordered)


def flow_of(rows: Rows) -> tuple[FlowStep, ...]:
    """The steps of every trial's flow."""
    steps = [FlowStep(**named(row, FlowStep)) for row in rows]
    return tuple(sorted(steps, key=lambda step: (step.trial, step.step_no)))


def imaging_of(rows: Rows) -> tuple[ImagingRow, ...]:
    """What imaging shows, by finding and level."""
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


def adjusted_of(rows: Rows) -> tuple[Adjusted, ...]:
    """Clinics after adjustment, measures in the order of a page, clinics in alphabetical order."""
    made = [Adjusted(**named(row, Adjusted)) for row in rows]
    return tuple(sorted(made, key=lambda one: (_measure_rank(one.indicator, one.measure), one.clinic_code)))


def measures_of(rows: Rows) -> tuple[Measure, ...]:
    """The medians and shares over time of one clinic or the network."""
    made = [Measure(**named(row, Measure)) for row in rows]
    return tuple(sorted(made, key=lambda one: _measure_rank(one.indicator, one.measure)))


def _measure_rank(indicator: str, measure: str) -> int:
    return _MEASURE_ORDER.get((indicator, measure), len(_MEASURE_ORDER))


def limits_of(rows: Rows) -> tuple[FunnelLimit, ...]:
    """The limits of the funnel of the share improved, by size."""
    found = parts([row for row in rows if row["measure"] == "responders"], FunnelLimit, "effective_no")
    return tuple(found)


def safety_of(rows: Rows) -> tuple[SafetyItem, ...]:
    """The safety list of one clinic or the network: serious first, then the most frequent."""
    made = [SafetyItem(**named(row, SafetyItem)) for row in rows]
    order = ("serious event", "event", "step-up reason")
    return tuple(sorted(made, key=lambda one: (order.index(one.list), -(one.n or 0), one.item)))


def equity_of(rows: Rows) -> tuple[EquityRow, ...]:
    """The strata of the three indicators of equity, by dimension."""
    made = [
        EquityRow(
            indicator=row["indicator"],
            dimension=row["dimension"],
            level=row["level"],
            share=share_of(row, "numerator", "denominator"),
        )
        for row in rows
    ]
    return tuple(sorted(made, key=lambda one: (one.dimension, one.level, one.indicator)))


def without_history(indicators: Sequence[Indicator]) -> tuple[Judged, ...]:
    """The indicators as a table of many clinics holds them."""
    return tuple(Judged(**named(dict(one), Judged)) for one in indicators)


def indicator_counts(indicators: Sequence[Indicator]) -> tuple[int, int]:
    """How many indicators have a verdict on their change, and how many were recorded at all."""
    judged = sum(1 for one in indicators if one.change.verdict != "cannot tell")
    return judged, sum(1 for one in indicators if one.verdict != "not recorded")
