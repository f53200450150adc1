"""Sections on what could turn a result: hidden factors, missing answers, single clinics, other choices."""

from itertools import pairwise

from pipelines.reporting.appendix.document import Block, Section, Text, picture, table
from pipelines.reporting.appendix.numbers import Row, arms, decimal, in_unit, outcome_words
from pipelines.reporting.appendix.pictures import Line, Mark, forest, lines
from pipelines.reporting.appendix.released import Released, Rows
from pipelines.reporting.effect_words import MEASURES
from pipelines.reporting.released_rows import in_order
from pipelines.reporting.svg import BLUE, ORANGE

_PRIMARY = "r30d_12wk"
_ABOUT = {True: " approximately", False: ""}
"""Points of a scale become a ratio of risks by an approximation."""


def concerns(released: Released) -> Section:
    """What the diagnostics found wrong, first those that withhold a number."""
    rows = sorted(
        released.rows("concerns"),
        key=lambda row: (row["severity"] != "withhold", row["trial"], row["contrast"], row["outcome"], row["concern"]),
    )
    said: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        said.setdefault((row["severity"], row["contrast"], row["words"]), []).append(outcome_words(row["outcome"]))
    lines_said = [
        (
            arms(contrast).capitalize(),
            ", ".join(outcomes),
            words,
            "the number is withheld" if severity == "withhold" else "told with the number",
        )
        for (severity, contrast, words), outcomes in said.items()
    ]
    first: Block = (
        Text(text="No diagnostic is outside its limit.", tone="result")
        if not rows
        else Text(text="These limits were broken. They are said in words wherever the number stands.", tone="warning")
    )
    blocks: list[Block] = [first]
    if lines_said:
        blocks.append(
            table(
                "What was found wrong", ("Contrast", "Outcomes", "In words", "So"), lines_said, (0.22, 0.25, 0.37, 0.16)
            )
        )
    return Section(
        id="concerns",
        title="Reasons for doubt",
        answers="What did the checks of the estimates find wrong?",
        blocks=tuple(blocks),
    )


def confounding(released: Released) -> Section:
    """How strong a hidden factor would have to be, beside the strongest that were measured."""
    rows = in_order(released.rows("confounding"), "trial", "contrast", "outcome")
    benchmarks = released.rows("confounding_benchmarks")
    contours = released.rows("confounding_contours")
    blocks: list[Block] = [
        Text(
            text="Nobody recorded everything that a clinician saw. The table says how strong one hidden factor would have "
            "to be to explain a result away, and what would be left of it with a factor as strong as the strongest measured "
            "group of factors."
        ),
        table(
            "Strength of a hidden factor that would explain the estimate, or its interval, away",
            (
                "Contrast and outcome",
                "E-value (interval)",
                "Robustness % (interval)",
                "Strongest measured",
                "Left of the estimate",
            ),
            [
                (
                    f"{arms(row['contrast']).capitalize()}: {outcome_words(row['outcome'])}",
                    f"{decimal(row['e_value'])} ({decimal(row['e_value_limit'])}){_ABOUT[bool(row['is_ratio_approximate'])]}",
                    f"{decimal(100 * row['robustness_value'], 1)} ({decimal(100 * row['robustness_value_limit'], 1)})",
                    (row["strongest_group"] or "–").replace("_", " "),
                    in_unit(row["estimate_1x"], row["outcome"]),
                )
                for row in rows
                if row["outcome"] in MEASURES
            ],
            (0.34, 0.17, 0.17, 0.16, 0.16),
        ),
    ]
    primary = [row for row in rows if row["outcome"] == _PRIMARY]
    for row in primary:
        blocks += _contours(row, _of(contours, row), _of(benchmarks, row))
    return Section(
        id="confounding",
        title="Factors that nobody recorded",
        answers="How strong would something hidden have to be to explain the result?",
        blocks=tuple(blocks),
    )


def _of(rows: Rows, one: Row) -> Rows:
    return [row for row in rows if all(row[name] == one[name] for name in ("trial", "outcome", "contrast"))]


def _contours(row: Row, grid: Rows, benchmarks: Rows) -> list[Block]:
    """Lines on which the estimate, and the nearer end of its interval, would be 0; measured groups of factors as dots."""
    drawn = []
    for name, words, colour, dash in (
        ("estimate", "a factor on this line leaves no effect", BLUE, "none"),
        ("nearer_limit", "on this line the interval reaches no effect", ORANGE, "6 3"),
    ):
        points = _where_zero(grid, name)
        if len(points) > 1:
            drawn.append(Line(words, points, colour, dash))
    dots = [
        (one["covariate_group"].replace("_", " "), 100 * one["treatment_r2"], 100 * one["outcome_r2"])
        for one in sorted(
            benchmarks, key=lambda one: (-one["outcome_r2"] - one["treatment_r2"], one["covariate_group"])
        )[:4]
    ]
    if not drawn:
        text = f"{arms(row['contrast']).capitalize()}: no strength on the grid turns the estimate."
        return [Text(text=text, tone="note")]
    caption = (
        f"{arms(row['contrast']).capitalize()}, {outcome_words(row['outcome'])}: how much a hidden factor would have to "
        "explain of treatment and outcome; diamonds: the strongest groups of measured factors, the first by its name"
    )
    key = f"contour-{row['trial']}-{row['contrast']}".replace(" ", "")
    return [picture(lines(key, caption, drawn, axes=("% of treatment", "% of outcome"), dots=dots))]


def _where_zero(grid: Rows, name: str) -> tuple[tuple[float, float], ...]:
    """(treatment, outcome) percentages between which the value changes its sign, by a straight line between grid points."""
    points = []
    for strength in sorted({row["treatment_r2"] for row in grid}):
        own = sorted(
            (row["outcome_r2"], row[name]) for row in grid if row["treatment_r2"] == strength and row[name] is not None
        )
        for (low, first), (high, second) in pairwise(own):
            if first != second and first * second <= 0:
                points.append((100 * strength, 100 * (low + (high - low) * first / (first - second))))
                break
    return tuple(points)


def missing_outcomes(released: Released) -> Section:
    """Worst and best case of the unanswered, and how much worse they must have fared for the verdict to turn."""
    rows = in_order(released.rows("missing_outcomes"), "trial", "contrast", "outcome")
    return Section(
        id="missing_outcomes",
        title="If those who did not answer fared otherwise",
        answers="How much worse must the unanswered have fared for the answer to turn?",
        blocks=(
            table(
                "Worst and best case, and the difference between answered and unanswered at which the verdict turns",
                ("Contrast and outcome", "Unanswered %", "Worst to best case", "Turns at", "Plausible"),
                [
                    (
                        f"{arms(row['contrast']).capitalize()}: {outcome_words(row['outcome'])}",
                        f"{decimal(row['missing_treated_percent'], 0)} / {decimal(row['missing_comparator_percent'], 0)}",
                        f"{in_unit(row['worst_case'], row['outcome'])} to {in_unit(row['best_case'], row['outcome'])}",
                        "never" if row["tipping_delta"] is None else in_unit(row["tipping_delta"], row["outcome"]),
                        "–" if row["plausible_delta"] is None else in_unit(row["plausible_delta"], row["outcome"]),
                    )
                    for row in rows
                    if row["outcome"] in MEASURES
                ],
                (0.38, 0.12, 0.24, 0.13, 0.13),
            ),
        ),
    )


def influence(released: Released) -> Section:
    """The range of the estimate without one clinic, and without one practitioner."""
    rows = [
        row
        for row in in_order(released.rows("influence"), "trial", "contrast", "outcome", "unit")
        if row["outcome"] == _PRIMARY
    ]
    marks = [
        Mark(
            f"One {row['unit']}: {arms(row['contrast'])}".replace("compared with", "against"),
            f"{decimal(100 * row['lowest'], 1, is_signed=True)} to {decimal(100 * row['highest'], 1, is_signed=True)}",
            (100 * row["estimate"], 100 * row["lowest"], 100 * row["highest"]),
            "ours" if row["unit"] == "clinic" else "other",
        )
        for row in rows
        if row["lowest"] is not None
    ]
    blocks: list[Block] = []
    if marks:
        caption = (
            "Extra patients in 100 with 30 % less disability: the estimate, and how far it moves when one is left out"
        )
        blocks.append(picture(forest("influence", caption, marks, columns=("Left out", "Range in 100"))))
    blocks.append(
        table(
            "Does one clinic or practitioner decide?",
            ("Contrast", "Left out", "Largest shift (standard errors)", "Verdict"),
            [
                (
                    arms(row["contrast"]).capitalize(),
                    f"one {row['unit']}",
                    decimal(row["largest_shift_se"]),
                    _turned(row),
                )
                for row in rows
            ],
        )
    )
    return Section(
        id="influence",
        title="Without one clinic, without one practitioner",
        answers="Does the result hang on a single clinic or practitioner?",
        blocks=tuple(blocks),
    )


def _turned(row: Row) -> str:
    if row["is_sign_changed"]:
        return "the sign turns"
    return "the verdict turns" if row["is_verdict_changed"] else "the verdict stays"
