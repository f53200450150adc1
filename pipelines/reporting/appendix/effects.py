"""The section on every estimate: pictures by family of outcomes, the numbers, arm means, sustained improvement."""

from pipelines.reporting.appendix.document import Block, Section, picture, table
from pipelines.reporting.appendix.numbers import Row, arms, decimal, interval, n, outcome_words, told
from pipelines.reporting.appendix.pictures import Mark, forest
from pipelines.reporting.appendix.released import Released, Rows
from pipelines.reporting.effect_words import MEASURES
from pipelines.reporting.released_rows import in_order
from pipelines.reporting.steps import TRIAL_NAMES

_FAMILIES = (
    ("in 100", "Extra patients in 100", ("r30d_12wk", "r50d_12wk", "not_deteriorated_12wk", "r30d_26wk")),
    ("RMDQ", "RMDQ points", ("rmdq24_12wk", "rmdq24_26wk")),
    ("ODI", "ODI points", ("odi_pct_12wk", "odi_pct_26wk")),
    ("NPRS", "points of pain (0 to 10)", ("pain_12wk",)),
)
_SHORT = {
    "r30d_12wk": ", 30 %",
    "r50d_12wk": ", 50 %",
    "not_deteriorated_12wk": ", not worse",
    "rmdq24_12wk": "",
    "odi_pct_12wk": "",
    "pain_12wk": "",
}
"""What a row of the index trial's pictures adds to its contrast."""
_MEASURED = ("share_improved", "mean_days_improved")


def effects(released: Released) -> Section:
    """Every contrast and outcome, with a picture a family of outcomes, arm means and the size behind each."""
    rows = average(released)
    blocks: list[Block] = []
    for unit, words, outcomes in _FAMILIES:
        blocks += [block for trial in ("decision", "index") if (block := _family(rows, trial, unit, words, outcomes))]
    blocks.append(
        table(
            "Every estimate in all patients of a trial; positive is better for the treatment named first",
            ("Contrast and outcome", "Difference (95 % interval)", "Episodes", "Arms", "Effective size"),
            [
                (
                    f"{arms(row['contrast']).capitalize()}: {outcome_words(row['outcome'])}",
                    told(row, row["outcome"]),
                    n(row),
                    f"{n(row, 'n_treated')} / {n(row, 'n_comparator')}",
                    n(row, "effective_n"),
                )
                for row in rows
            ],
            (0.36, 0.32, 0.1, 0.13, 0.09),
        )
    )
    blocks.append(
        table(
            "Mean outcome had everybody been given the arm",
            ("Outcome and arm", "Mean (95 % interval)", "Episodes in the arm"),
            [
                (
                    f"{outcome_words(row['outcome'])}: {row['arm'].replace('_', ' ')}",
                    f"{decimal(row['mean'])} ({interval(row)})",
                    n(row, "n_arm"),
                )
                for row in in_order(released.rows("arm_means"), "trial", "outcome", "arm")
            ],
        )
    )
    blocks.append(_improvement(released))
    return Section(
        id="effects",
        title="Every estimate",
        answers="How large is each difference, how sure, and on how many patients?",
        blocks=tuple(blocks),
    )


def average(released: Released) -> Rows:
    """Effects in all patients of a trial, of outcomes that a report can say, primary outcome first."""
    order = list(MEASURES)
    rows = [row for row in released.rows("effects") if row["group_name"] == "all" and row["outcome"] in MEASURES]
    return sorted(rows, key=lambda row: (row["trial"], row["contrast"], order.index(row["outcome"])))


def _family(rows: Rows, trial: str, unit: str, words: str, outcomes: tuple[str, ...]) -> Block | None:
    chosen = [row for row in rows if row["trial"] == trial and row["outcome"] in outcomes]
    if not any(row["status"] == "estimated" for row in chosen):
        return None
    factor, margin = MEASURES[outcomes[0]].factor, MEASURES[outcomes[0]].margin
    marks = [effect_mark(row, factor, is_decision=trial == "decision") for row in chosen]
    caption = f"{TRIAL_NAMES[trial]}: {words}, with the 95 % interval; grey: too small to matter"
    return picture(
        forest(
            f"effects-{trial}-{unit.replace(' ', '-')}",
            caption,
            marks,
            columns=("What", words),
            band=(-margin, margin),
            sides=("worse", "better for the first named"),
        )
    )


def effect_mark(row: Row, factor: float, *, is_decision: bool) -> Mark:
    """An effect as a mark of a picture, in the unit of its outcome."""
    outcome = str(row["outcome"])
    pair = arms(str(row["contrast"])).capitalize().replace("compared with", "against")
    name = outcome_words(outcome) if is_decision else f"{pair}{_SHORT[outcome]}"
    values = tuple(row[key] for key in ("estimate", "lower", "upper"))
    if row["status"] == "refused" or not all(isinstance(value, float) for value in values):
        return Mark(name, "refused", None)
    estimate, lower, upper = (float(value) * factor for value in values if isinstance(value, float))
    number = f"{decimal(estimate, 1, is_signed=True)} ({decimal(lower, 1)} to {decimal(upper, 1)})"
    return Mark(name, number, (estimate, lower, upper))


def _improvement(released: Released) -> Block:
    rows = in_order(released.rows("improvement_effects"), "trial", "contrast", "measure", "day")
    said = []
    for row in rows:
        is_share = row["measure"] == _MEASURED[0]
        factor, unit = (100.0, "in 100") if is_share else (1.0, "days")
        if row["status"] == "refused":
            number = f"Refused. {row['reason']}"
        else:
            values = [decimal(row[key] * factor, 1, is_signed=True) for key in ("estimate", "lower", "upper")]
            number = f"{values[0]} {unit} ({values[1]} to {values[2]})"
        what = "share with sustained improvement" if is_share else "mean days improved"
        said.append((f"{arms(row['contrast']).capitalize()}: {what} by day {row['day']}", number, n(row)))
    return table(
        "Sustained improvement from time zero; injection or surgery competes",
        ("Contrast and reading", "Difference (95 % interval)", "Episodes"),
        said,
    )
