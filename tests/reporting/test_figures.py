import re
from xml.etree import ElementTree

import pandas as pd
import pytest

from pipelines.reporting.building import build_reports
from pipelines.reporting.effect_figures import effect_plot, effect_rows
from pipelines.reporting.effect_words import MEASURES
from pipelines.reporting.figures import Figure, course_plot, flow_plot, prevalence_plot, responder_plot
from pipelines.reporting.model import Reports
from pipelines.reporting.published import beside
from pipelines.reporting.quality_views import quality_plot
from pipelines.reporting.shares import Share
from pipelines.reporting.svg import Drawing, Scale

from .released import STAMP, exact_tables, released


@pytest.fixture(scope="module")
def reports() -> Reports:
    return build_reports(released(exact_tables()), STAMP)


def labels(svg: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter() if text.tag.endswith("text")]


def pictures(figure: Figure) -> list[str]:
    return [svg for svg in (figure.wide, figure.narrow) if svg]


def every_figure(reports: Reports) -> list[Figure]:
    network = reports.network
    steps = [step for step in network.flow if step.trial == "decision"]
    bulge = [row for row in network.imaging if row.finding == "disc bulge or more"]
    effects = [one for one in network.effects if one.trial == "decision" and one.outcome.startswith("r30d")]
    return [
        responder_plot("a", [("C001", reports.clinics[0].responders), ("All clinics", network.responders)]),
        flow_plot("b", "Who is compared", steps),
        course_plot("c", network.courses[0]),
        prevalence_plot("d", "disc bulge or more", bulge),
        effect_plot("e", "Effects", effect_rows(effects), 10, ("worse", "better")),
        quality_plot("f", network.quality.areas),
    ]


def test_every_number_drawn_stands_in_the_table_of_numbers(reports: Reports) -> None:
    for figure in every_figure(reports):
        table = " ".join(" ".join(row) for row in figure.rows).replace(",", "")
        in_table = set(re.findall(r"\d+", table)) | {"0", "20", "25", "40", "50", "60", "75", "80", "100", "10"}
        for svg in pictures(figure):
            drawn = set(re.findall(r"\d+", " ".join(labels(svg)).replace(",", "")))
            assert drawn <= in_table, (figure.caption, drawn - in_table)


def test_every_figure_is_named_and_described_and_its_ids_are_its_own(reports: Reports) -> None:
    ids: list[str] = []
    for figure in every_figure(reports):
        for svg in pictures(figure):
            root = ElementTree.fromstring(svg)
            assert root.get("role") == "img"
            named = root.get("aria-labelledby", "").split()
            inside = {element.get("id"): element.text for element in root.iter() if element.get("id")}
            assert all(inside[name] for name in named)
            ids += [name for name in inside if name]
    assert len(ids) == len(set(ids))


def test_the_curve_labels_every_mark(reports: Reports) -> None:
    course = reports.network.courses[0]
    figure = course_plot("c", course)
    for svg in pictures(figure):
        drawn = labels(svg)
        assert all(f"{one.improved_percent}" in drawn and f"{one.stepped_up_percent}" in drawn for one in course.points)


def test_the_table_of_the_curve_is_the_model(reports: Reports) -> None:
    course = reports.network.courses[0]
    assert [row[1] for row in course_plot("c", course).rows] == [f"{one.improved_percent} %" for one in course.points]


def test_a_published_figure_is_marked_by_shape_and_words(reports: Reports) -> None:
    effects = [one for one in reports.network.effects if one.outcome == "rmdq24_12wk"]
    rows = effect_rows(effects, beside("decision", "add_manipulation - continue_without", "rmdq24_12wk"))
    figure = effect_plot("e", "Points", rows, MEASURES["rmdq24_12wk"].margin, ("worse", "better"))
    assert figure.rows[-1] == (
        "UK BEAM 2004, trial, 1,334 patients",
        "+1.6 (+0.8 to +2.3)",
        "other patients: see below",
    )
    assert "<circle" in figure.wide


def test_a_refused_effect_has_words_and_no_mark(reports: Reports) -> None:
    refused = [one for one in reports.network.effects if one.status == "refused"]
    figure = effect_plot("e", "Effects", effect_rows(refused), 10, ("worse", "better"))
    assert "Not enough to say: refused" in labels(figure.wide)
    assert "<polygon" not in figure.wide


def test_a_share_that_may_not_be_shown_has_words_and_no_mark(reports: Reports) -> None:
    hidden = reports.clinics[2].responders
    assert hidden.improved == Share(whole=None)
    figure = responder_plot("a", [("C003", hidden)])
    assert "C003: not enough patients to say" in labels(figure.wide)
    assert figure.rows[0][2:] == ("not shown", "")


def test_a_name_with_markup_is_text_in_a_figure() -> None:
    drawing = Drawing(100, 100)
    drawing.text(0, 0, "<script>alert(1)</script>")
    svg = drawing.markup("k", 'a "title" & <b>', "described")
    assert "<script>" not in svg
    assert labels(svg) == ["<script>alert(1)</script>"]


def test_a_scale_keeps_values_inside_the_axis() -> None:
    scale = Scale(0, 100, 10, 110)
    assert [scale.at(value) for value in (-5, 0, 50, 100, 900)] == [10, 10, 60, 110, 110]


def test_a_flow_of_nobody_can_be_drawn() -> None:
    tables = exact_tables()
    empty = tables["decision_flow"].assign(n_left_out=0, n_remaining=0)
    network = build_reports(released(tables | {"decision_flow": pd.DataFrame(empty)}), STAMP).network
    assert flow_plot("b", "Who is compared", network.flow).rows[0] == ("All episodes", "0", "0")
