"""Sections on the same question worked out otherwise, and on whether patients differ in what they gain."""

from pipelines.causal.fixed_groups import FIXED_GROUPS
from pipelines.reporting.appendix.document import Block, Heading, Section, Text, picture, table
from pipelines.reporting.appendix.effects import average, effect_mark
from pipelines.reporting.appendix.numbers import Row, arms, decimal, in_unit, interval, n, outcome_words, told
from pipelines.reporting.appendix.pictures import Mark, forest
from pipelines.reporting.appendix.released import Released, Rows
from pipelines.reporting.effect_words import MEASURES
from pipelines.reporting.released_rows import in_order
from pipelines.reporting.trial_views import regime_words


def other_analyses(released: Released) -> Section:
    """The decision worked out in other ways, the rules from day 0, and contrasts of dose."""
    rows = released.rows("sensitivity")
    main = [row for row in average(released) if row["trial"] == "decision" and row["outcome"] == "r30d_12wk"]
    marks = [_named_mark("Main analysis", row) for row in main]
    marks += [_named_mark(row["analysis"].capitalize(), row, "other") for row in rows]
    blocks: list[Block] = [Heading(text="The main question in other ways")]
    if any(mark.points for mark in marks):
        margin = MEASURES["r30d_12wk"].margin
        caption = "Adding manipulation: extra patients in 100 with 30 % less disability at 12 weeks, by analysis"
        blocks.append(
            picture(forest("other-analyses", caption, marks, columns=("Analysis", "In 100"), band=(-margin, margin)))
        )
    blocks.append(
        table(
            "Analyses beside the main one",
            ("Analysis", "Difference (95 % interval)", "Episodes"),
            [(row["analysis"].capitalize(), told(row, row["outcome"]), n(row)) for row in rows],
        )
    )
    blocks += [
        Heading(text="Rules from the first visit on"),
        table(
            "Patients with 30 % less disability, had everybody been treated by one rule, and differences of rules",
            ("Rule", "Result (95 % interval)", "Episodes", "Followers"),
            [
                (
                    f"{regime_words(row['regime'])} ({row['outcome'].replace('_', ' ')})",
                    _regime(row),
                    n(row),
                    n(row, "n_followers"),
                )
                for row in in_order(released.rows("regimes"), "quantity", "outcome", "regime")
            ],
            (0.44, 0.32, 0.12, 0.12),
        ),
        Heading(text="Technique and number of sessions"),
        table(
            "Contrasts of dose among those manipulated in the first 14 days",
            ("Contrast and outcome", "Difference (95 % interval)", "Episodes"),
            _refusals_together(in_order(released.rows("dose_effects"), "contrast", "outcome")),
        ),
    ]
    return Section(
        id="other_analyses",
        title="The same worked out in other ways",
        answers="Does the answer hold when it is worked out differently?",
        blocks=tuple(blocks),
    )


def _refusals_together(rows: Rows) -> list[tuple[str, ...]]:
    """A row an estimate; outcomes of one contrast that were refused for one reason stand in one row."""
    said: dict[tuple[str, str], list[str]] = {}
    sizes: dict[tuple[str, str], str] = {}
    for row in rows:
        if row["outcome"] in MEASURES:
            key = (arms(row["contrast"]).capitalize(), told(row, row["outcome"]))
            said.setdefault(key, []).append(outcome_words(row["outcome"]))
            sizes.setdefault(key, n(row))
    return [
        (f"{contrast}: {', '.join(names)}", number, sizes[contrast, number])
        for (contrast, number), names in said.items()
    ]


def _named_mark(name: str, row: Row, kind: str = "ours") -> Mark:
    mark = effect_mark(row, 100, is_decision=True)
    return Mark(name, mark.number, mark.points, kind)


def _regime(row: Row) -> str:
    if row["status"] == "refused":
        return f"Refused. {row['reason']}"
    is_difference = row["quantity"] == "difference"
    numbers = [
        decimal(100 * value, 1, is_signed=is_difference)
        for value in (row["estimate"], row["lower"], row["upper"])
        if isinstance(value, float)
    ]
    return f"{numbers[0]} in 100 ({numbers[1]} to {numbers[2]})"


def heterogeneity(released: Released) -> Section:
    """Whether patients differ in what they gain, the groups fixed in advance, and what a rule is worth."""
    tests = in_order(released.rows("heterogeneity"), "trial", "contrast")
    rules = in_order(released.rows("rule_values"), "trial", "outcome")
    words = {group.name: group for group in FIXED_GROUPS}
    groups = [row for row in released.rows("effects") if row["group_name"] in words]
    blocks: list[Block] = [
        table(
            "Tests of differences between patients, on out-of-fold gains",
            ("Contrast", "Slope (95 % interval)", "Verdict"),
            [
                (
                    arms(row["contrast"]).capitalize(),
                    _slope(row),
                    row["verdict"],
                )
                for row in tests
            ],
            (0.3, 0.22, 0.48),
        ),
        table(
            "What a rule of at most two questions is worth against the best single treatment, out of fold",
            ("Trial and outcome", "Gain in 100 (95 % interval)", "Verdict"),
            [
                (
                    f"{row['trial']}: {outcome_words(row['outcome'])}",
                    "refused" if row["gain"] is None else _gain(row),
                    " ".join(filter(None, (row["reason"], row["words"] if row["is_shown"] else None))),
                )
                for row in rules
            ],
            (0.3, 0.22, 0.48),
        ),
        _groups([row for row in groups if row["outcome"] == "r30d_12wk"]),
        Text(
            text="The credibility of a difference between groups is low unless its direction was foretold, earlier evidence "
            "supports it, few were tested and a test of interaction makes chance unlikely (ICEMAN).",
            tone="note",
        ),
    ]
    return Section(
        id="heterogeneity",
        title="Do patients differ in what they gain?",
        answers="May one say that some patients gain more than others?",
        blocks=tuple(blocks),
    )


def _slope(row: Row) -> str:
    between = interval(row, lower="slope_lower", upper="slope_upper")
    return f"{decimal(row['slope'])} ({between})" if between else "could not be tested"


def _groups(rows: Rows) -> Block:
    """A row a group fixed in advance, a column a contrast."""
    contrasts = list(dict.fromkeys((row["trial"], row["contrast"]) for row in in_order(rows, "trial", "contrast")))
    said = []
    for group in FIXED_GROUPS:
        own = {(row["trial"], row["contrast"]): row for row in rows if row["group_name"] == group.name}
        cells = (told(own[one], "r30d_12wk") if one in own else "–" for one in contrasts)
        said.append((f"{group.words.capitalize()}. {group.reason.capitalize()} ({group.source})", *cells))
    return table(
        "Groups fixed in advance: difference of patients with 30 % less disability at 12 weeks. Each is drawn toward the effect "
        "in all, and the intervals hold for all groups together",
        ("Group, why it was named, and by whom", *(arms(contrast).capitalize() for _, contrast in contrasts)),
        said if contrasts else [],
        (0.32, *(0.68 / max(1, len(contrasts)) for _ in contrasts)),
    )


def _gain(row: Row) -> str:
    values = [
        in_unit(value, "r30d_12wk")
        for value in (row["gain"], row["gain_lower"], row["gain_upper"])
        if isinstance(value, float)
    ]
    return f"{values[0]} ({values[1]} to {values[2]})"
