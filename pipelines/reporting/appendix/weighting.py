"""Sections on what the weights do: balance, overlap, their spread, and what is missing."""

from pipelines.causal.trials import TRIALS
from pipelines.reporting.appendix.document import Block, Section, Text, picture, table
from pipelines.reporting.appendix.numbers import Row, arms, decimal, n, outcome_words
from pipelines.reporting.appendix.pictures import Line, lines, love_plot
from pipelines.reporting.appendix.released import Released, Rows
from pipelines.reporting.released_rows import in_order
from pipelines.reporting.steps import TRIAL_NAMES
from pipelines.reporting.svg import BLUE, OLIVE, ORANGE

_COLOURS = ((BLUE, "none"), (ORANGE, "6 3"), (OLIVE, "2 3"))
_MOST_COVARIATES = 20
_PRIMARY = ("r30d_12wk", "all")


def balance(released: Released) -> Section:
    """Standardised differences before and after weighting, a picture a contrast; then overlap and weights."""
    rows = [row for row in released.rows("balance") if row["outcome"] in _PRIMARY and row["after"] is not None]
    blocks: list[Block] = [
        Text(
            text="Before weighting the groups differ, because clinicians choose. After it they should be alike in everything that "
            "was recorded: no standardised difference over 0.1. What was not recorded may still differ."
        )
    ]
    for trial, contrast in dict.fromkeys(
        (row["trial"], row["contrast"]) for row in in_order(rows, "trial", "contrast")
    ):
        own = [row for row in rows if (row["trial"], row["contrast"]) == (trial, contrast)]
        ordered = sorted(own, key=lambda row: (-abs(row["before"]), row["covariate"]))
        shown = [(row["covariate"].replace("_", " "), abs(row["before"]), abs(row["after"])) for row in ordered]
        worst = max(shown, key=lambda row: row[2])
        limit = TRIALS[trial].maximum_imbalance
        said = "within" if worst[2] <= limit else "over"
        blocks.append(
            Text(
                text=f"{arms(contrast).capitalize()} ({trial}): the largest difference after weighting is {worst[2]:.2f} "
                f"({worst[0]}), {said} {limit:g}.",
                tone="result" if worst[2] <= limit else "warning",
            )
        )
        caption = (
            f"{arms(contrast).capitalize()}: the {_MOST_COVARIATES} largest standardised differences before weighting"
        )
        blocks.append(
            picture(love_plot(f"balance-{trial}-{contrast}".replace(" ", ""), caption, shown[:_MOST_COVARIATES], limit))
        )
    return Section(
        id="balance",
        title="Are the groups alike?",
        answers="Are the patients who are compared alike in everything that was recorded?",
        blocks=tuple(blocks),
    )


def overlap(released: Released) -> Section:
    """How likely each treatment was for those who got it and for the others, and how far the weights stretch."""
    rows = released.rows("overlap")
    blocks: list[Block] = []
    for trial, arm in _propensities(rows):
        own = [
            row for row in in_order(rows, "arm_given", "bin_no") if (row["trial"], row["propensity_of"]) == (trial, arm)
        ]
        drawn = []
        for (colour, dash), given in zip(_COLOURS, dict.fromkeys(row["arm_given"] for row in own), strict=False):
            points = tuple(
                (100 * (row["from_propensity"] + row["to_propensity"]) / 2, row["n_percent"])
                for row in own
                if row["arm_given"] == given and row["n_percent"] is not None
            )
            if points:
                drawn.append(Line(f"given {given.replace('_', ' ')}", points, colour, dash, has_dots=True))
        if drawn:
            caption = f"{TRIAL_NAMES[trial]}: how likely '{arm.replace('_', ' ')}' was, by the treatment given"
            blocks.append(
                picture(lines(f"overlap-{trial}-{arm}", caption, drawn, axes=("probability %", "% of patients")))
            )
    blocks += [
        Text(text="Tenths with fewer than 8 patients are not drawn.", tone="note"),
        table(
            "How far the weights stretch, in multiples of the mean weight",
            (
                "Contrast, outcome and arm",
                "Episodes",
                "Effective size",
                "Half, 90 % and 99 % lie below",
                "Largest",
                "Clipped",
            ),
            [
                (
                    f"{arms(row['contrast']).capitalize()}: {outcome_words(row['outcome'])}, {row['arm'].replace('_', ' ')}",
                    n(row),
                    n(row, "effective_n"),
                    ", ".join(decimal(row[f"quantile_{percent}"], 1) for percent in (50, 90, 99)),
                    decimal(row["largest"], 1),
                    f"{decimal(100 * row['clipped_share'], 1)} %",
                )
                for row in in_order(released.rows("weights"), "trial", "contrast", "outcome", "arm")
                if row["outcome"] in _PRIMARY
            ],
            (0.36, 0.1, 0.11, 0.22, 0.1, 0.11),
        ),
    ]
    return Section(
        id="overlap",
        title="Could each have had either treatment?",
        answers="Is there somebody alike to compare every patient with, and does a few patients' weight decide?",
        blocks=tuple(blocks),
    )


def _propensities(rows: Rows) -> list[tuple[str, str]]:
    """Trial and arm of each picture; of two arms one says all, for the other's probability is what is left."""
    arms_of: dict[str, list[str]] = {}
    for trial, arm in dict.fromkeys(
        (row["trial"], row["propensity_of"]) for row in in_order(rows, "trial", "propensity_of")
    ):
        arms_of.setdefault(trial, []).append(arm)
    return [(trial, arm) for trial, found in arms_of.items() for arm in (found[:1] if len(found) == 2 else found)]


def missing_data(released: Released) -> Section:
    """Outcomes and covariates that are missing, by arm and reason."""
    rows = released.rows("missing_data")
    outcomes = [row for row in in_order(rows, "trial", "variable", "arm", "reason") if row["role"] == "outcome"]
    covariates = [row for row in rows if row["role"] == "covariate" and row["reason"] == "any"]
    return Section(
        id="missing_data",
        title="What is missing",
        answers="How much was not recorded or not answered, and does it differ between the groups?",
        blocks=(
            table(
                "Outcomes that are missing, by arm, and why",
                ("Outcome and arm", "Missing", "Of", "Reasons"),
                _outcomes(outcomes),
                (0.4, 0.1, 0.1, 0.4),
            ),
            table(
                "Covariates that are missing, by arm; imputed with an indicator",
                ("Covariate", *(f"{trial}: {arm.replace('_', ' ')}" for trial, arm in _arms(covariates))),
                _by_arm(covariates),
            ),
        ),
    )


def _outcomes(rows: Rows) -> list[tuple[str, ...]]:
    """A row an outcome and arm: the share missing for any reason, and the reasons with theirs."""
    by_arm: dict[tuple[str, str, str], Rows] = {}
    for row in rows:
        by_arm.setdefault((row["trial"], row["variable"], row["arm"]), []).append(row)
    said: list[tuple[str, ...]] = []
    for (trial, variable, arm), own in by_arm.items():
        whole = [row for row in own if row["reason"] == "any"]
        told = [row for row in own if row["reason"] != "any" and row["n_missing"] != 0]
        reasons = "; ".join(f"{row['reason'].replace('_', ' ')} {_missing(row)}" for row in told)
        name = f"{trial}: {outcome_words(variable)}, {arm.replace('_', ' ')}"
        said += [(name, _missing(row), n(row), reasons or "not recorded") for row in whole]
    return said


def _missing(row: Row) -> str:
    return str(row["n_missing_percent_words"] or "not shown")


def _arms(rows: Rows) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row["trial"], row["arm"]) for row in in_order(rows, "trial", "arm")))


def _by_arm(rows: Rows) -> list[tuple[str, ...]]:
    shares = {
        (row["variable"], row["trial"], row["arm"]): row["n_missing_percent_words"] or "not shown" for row in rows
    }
    none = {(row["variable"], row["trial"], row["arm"]) for row in rows if row["n_missing"] == 0}
    names = sorted({row["variable"] for row in rows})
    columns = _arms(rows)
    return [
        (
            name.replace("_", " "),
            *("none" if (name, *one) in none else shares.get((name, *one), "–") for one in columns),
        )
        for name in names
        if not all((name, *one) in none for one in columns if (name, *one) in shares)
    ]
