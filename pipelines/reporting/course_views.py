"""What the sections on courses, flows and imaging are given."""

from collections.abc import Sequence
from typing import Any

from pipelines.reporting.comparison_figures import ARM_NAMES, arm_plot
from pipelines.reporting.courses import ArmPoint, Course
from pipelines.reporting.figures import Figure, course_plot, flow_plot, prevalence_plot, responder_plot
from pipelines.reporting.model import ComplaintSlice, FlowStep, NetworkReport, Responders
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.steps import TRIAL_NAMES
from pipelines.reporting.words import count_words, course_sentence, interval_words, share_words, weeks_words

_MOST_FIGURES = 6
_LUMBAR_ORDER = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1", "any level")


def flow_figures(steps: Sequence[FlowStep]) -> list[Figure]:
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


def arms_view(points: Sequence[ArmPoint]) -> dict[str, Any]:
    """The courses by arm of the first 14 days, and which treatments are not drawn."""
    own = [one for one in points if one.trial == "index"]
    absent = [
        ARM_NAMES[arm] for arm in ("rest_or_advice", "exercise", "manipulation") if arm not in {one.arm for one in own}
    ]
    return {"figure": arm_plot("arms", own), "absent": ", ".join(absent).lower()}


def _where(course: Course) -> str:
    return "all clinics together" if course.clinic_code == NETWORK else f"clinic {course.clinic_code}"


def course_view(courses: Sequence[Course], clinic_code: str) -> dict[str, Any] | None:
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


def course_row(course: Course) -> tuple[str, ...]:
    """A clinic's natural course in a row: improved by 4 and 12 weeks, half improved by, stepped up first."""
    by_day = {point.day: f"{point.improved_percent} %" for point in course.points}
    half = "not reached" if course.median_day is None else weeks_words(course.median_day)
    last = f"{course.points[-1].stepped_up_percent} %" if course.points else "not shown"
    return f"{course.clinic_code} ({course.source})", *(by_day.get(day, "not shown") for day in (28, 84)), half, last


def imaging_view(report: NetworkReport) -> dict[str, Any]:
    """A figure of each finding with a share of people without pain beside it (of the first six where none has one); the others as
    one table by level."""
    with_typical = {row.finding for row in report.imaging if row.age_typical_percent is not None}
    shown = [row for row in report.imaging if row.share.words is not None]
    drawn = with_typical or set(sorted({row.finding for row in shown})[:_MOST_FIGURES])
    figures: list[Figure] = []
    for finding in sorted(drawn):
        rows = sorted((row for row in shown if row.finding == finding), key=lambda row: _LUMBAR_ORDER.index(row.level))
        if rows:
            figures.append(prevalence_plot(f"imaging-{finding.replace(' ', '-')}", finding, rows))
    others = sorted({row.finding for row in shown} - drawn)
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


def slice_figures(own: Sequence[ComplaintSlice], others: Sequence[ComplaintSlice], name: str) -> list[dict[str, Any]]:
    """A picture of who improved for each complaint that may be told: this clinic beside all, or all clinics alone."""
    everywhere = {one.complaint: one.responders for one in others}
    made = []
    for one in sorted(own, key=lambda one: one.complaint):
        if one.responders.improved.percent is None:
            continue
        rows = [(name, one.responders)]
        if one.complaint in everywhere:
            rows.append(("All clinics", everywhere[one.complaint]))
        key = f"slice-{one.complaint.replace(' ', '-')}"
        made.append({"title": one.complaint.capitalize(), "figure": responder_plot(key, rows, one.complaint)})
    return made


def slice_table(own: Sequence[ComplaintSlice], others: Sequence[ComplaintSlice] = ()) -> dict[str, Any]:
    """Who improved by what they came with; with `others`, of all clinics beside."""
    here = {one.complaint: one.responders for one in own}
    everywhere = {one.complaint: one.responders for one in others}
    rows = []
    for complaint in sorted(here.keys() | everywhere.keys()):
        cells = [
            _improved_words(here.get(complaint)),
            *([_improved_words(everywhere.get(complaint))] if others else []),
        ]
        due = here[complaint].n_due if complaint in here else None
        rows.append((complaint.capitalize(), *cells, count_words(due) if complaint in here else "not shown"))
    columns = ("Came with", "Here", "All clinics", "Due here") if others else ("Came with", "Improved", "Due")
    return {"columns": columns, "rows": rows}


def _improved_words(responders: Responders | None) -> str:
    if responders is None:
        return "fewer than 20 answered"
    interval = interval_words(responders.improved)
    return f"{share_words(responders.improved)} ({interval})" if interval else share_words(responders.improved)
