"""The section on the prognosis under conservative care: performance, calibration, decision curve and points table."""

from pipelines.prognosis.protocol import CONSERVATIVE_CARE
from pipelines.reporting.appendix.document import Block, Section, Text, picture, table
from pipelines.reporting.appendix.numbers import Row, decimal, interval, n
from pipelines.reporting.appendix.pictures import Line, lines
from pipelines.reporting.appendix.released import Released, Rows
from pipelines.reporting.released_rows import in_order
from pipelines.reporting.svg import BLUE, MUTED, NAVY, OLIVE, ORANGE

PREDICTOR_WORDS = {
    "model": "Model",
    "points": "Points table",
    "start_back": "STarT Back",
    "start_total": "STarT Back total",
    "start_risk": "STarT Back risk group",
    "flynn": "Rule of Flynn and Childs",
}
_FIGURE_WORDS = {
    "auc": "AUC (0.5: chance)",
    "observed_to_expected": "Observed to expected (1: right)",
    "calibration_slope": "Calibration slope (1: right)",
    "brier": "Brier score (less is better)",
}
_VALIDATION_WORDS = {
    "out_of_fold": "out of fold",
    "over_clinics": "over clinics",
}
_LEAST_BENEFIT = -10.0
_STRATEGIES = (
    ("model", BLUE, "none"),
    ("everybody", MUTED, "4 3"),
    ("nobody", OLIVE, "2 3"),
    ("flynn_positive", ORANGE, "6 2"),
    ("start_high", NAVY, "1 3"),
)


def prognosis(released: Released) -> Section:
    """How likely improvement is with rest or exercise alone, and how far that can be trusted."""
    rows = released.rows("prognosis_performance")
    blocks: list[Block] = [
        Text(
            text="'Unlikely to improve with rest or exercise alone' is a prognosis, never an indication for manipulation: what "
            "adding manipulation changes is the question of the target trials.",
            tone="result",
        )
    ]
    refused = sorted(
        {row["reason"] for row in rows if row["status"] == "refused" and row["validation"] != "clinic_left_out"}
    )
    blocks += [Text(text=f"Refused. {reason}", tone="warning") for reason in refused if reason]
    told = [row for row in rows if row["status"] == "estimated"]
    blocks.append(
        table(
            "Performance of each predictor, with the 95 % interval; in brackets what a further clinic may show",
            ("Predictor and validation", *_FIGURE_WORDS.values()),
            _performance(told),
            (0.28, 0.18, 0.18, 0.18, 0.18),
        )
    )
    blocks += _calibration(released.rows("prognosis_calibration"))
    blocks += _curve(released.rows("decision_curve"))
    blocks.append(
        table(
            "The points table: points of each item; a band that is not listed has 0",
            ("Item", "Band", "Points", "Known responses"),
            [
                (
                    row["item"].replace("_", " "),
                    row["band"],
                    f"{row['points']:+.0f}".replace("-", "−") if row["points"] else "0",
                    n(row),
                )
                for row in in_order(released.rows("prognosis_points"), "item", "band")
            ],
        )
    )
    blocks.append(
        table(
            "What a total stands for: percent with 30 % less disability at 12 weeks under conservative care",
            ("Total", "Improves", "Band"),
            [
                (str(row["total"]).replace("-", "−"), f"{row['improves_percent']} %", row["band"])
                for row in sorted(released.rows("prognosis_risks"), key=lambda row: row["total"])
            ],
        )
    )
    return Section(
        id="prognosis",
        title="Prognosis with rest or exercise",
        answers=CONSERVATIVE_CARE.question,
        blocks=tuple(blocks),
    )


def _performance(rows: Rows) -> list[tuple[str, ...]]:
    """A row a predictor and validation, the figures as columns; figures of single clinics are left to the pooled ones."""
    predictors = sorted({row["predictor"] for row in rows}, key=lambda name: (_place(name), name))
    said = []
    for predictor in predictors:
        for validation in ("out_of_fold", "over_clinics"):
            own = {
                row["figure"]: row for row in rows if (row["predictor"], row["validation"]) == (predictor, validation)
            }
            if own:
                name = PREDICTOR_WORDS.get(predictor, predictor.replace("_", " "))
                cells = (_figure(own[figure]) if figure in own else "–" for figure in _FIGURE_WORDS)
                said.append((f"{name}, {_VALIDATION_WORDS[validation]}", *cells))
    return said


def _place(predictor: str) -> int:
    order = list(PREDICTOR_WORDS)
    return order.index(predictor) if predictor in order else len(order)


def _figure(row: Row) -> str:
    further = interval(row, lower="next_lower", upper="next_upper")
    return f"{decimal(row['estimate'])}, {interval(row)}{f' [{further}]' if further else ''}"


def _calibration(rows: Rows) -> list[Block]:
    own = [row for row in in_order(rows, "group_no") if row["predictor"] == "model"]
    shown = [row for row in own if row["observed_percent"] is not None]
    if len(shown) < 2:
        return [Text(text="Calibration: too few in the groups to show.", tone="note")]
    line = Line(
        "observed in groups of rising prediction",
        tuple((row["predicted_percent"], row["observed_percent"]) for row in shown),
        has_dots=True,
    )
    bounds = [
        Line(words, tuple((row["predicted_percent"], row[name]) for row in shown), MUTED, "2 3")
        for words, name in (("lower end of the 95 % interval", "lower_percent"), ("upper end", "upper_percent"))
    ]
    low, high = shown[0]["predicted_percent"], shown[-1]["predicted_percent"]
    ideal = Line("a prediction that is right", ((low, low), (high, high)), OLIVE, "6 3")
    caption = "Predicted and observed percent with 30 % less disability at 12 weeks under conservative care"
    return [picture(lines("calibration", caption, [line, *bounds, ideal], axes=("predicted %", "observed %")))]


def _curve(rows: Rows) -> list[Block]:
    told = [row for row in rows if row["net_benefit_per_100"] is not None]
    drawn = []
    for strategy, colour, dash in _STRATEGIES:
        points = tuple(
            (row["threshold_percent"], row["net_benefit_per_100"])
            for row in sorted(told, key=lambda row: row["threshold_percent"])
            if row["strategy"] == strategy and row["net_benefit_per_100"] >= _LEAST_BENEFIT
        )
        if points:
            drawn.append(Line(strategy.replace("_", " "), points, colour, dash))
    if not drawn:
        return [Text(text="Decision curve: refused.", tone="note")]
    caption = "Net benefit of acting on those not expected to improve, per 100 patients, by the probability from which one acts"
    return [
        picture(
            lines(
                "decision-curve",
                caption,
                drawn,
                axes=("threshold %", "net benefit in 100"),
                y_range=_benefit_range(drawn),
            )
        )
    ]


def _benefit_range(drawn: list[Line]) -> tuple[float, float]:
    """Acting on everybody falls far below 0 at high thresholds; what matters lies above."""
    return _LEAST_BENEFIT, max(5.0, *(value for line in drawn for _, value in line.points)) * 1.05
