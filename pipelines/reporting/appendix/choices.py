"""The section on other choices that could have been made: the specification curve."""

from pipelines.reporting.appendix.document import Block, Bullets, Heading, Section, Text, picture
from pipelines.reporting.appendix.numbers import Row, arms, decimal, outcome_words
from pipelines.reporting.appendix.pictures import Mark, forest
from pipelines.reporting.appendix.released import Released
from pipelines.reporting.effect_words import MEASURES
from pipelines.reporting.released_rows import in_order

_PRIMARY = "r30d_12wk"


def specifications(released: Released) -> Section:
    """The main contrast under every other choice that could have been made; the unadjusted one is never a result."""
    rows = released.rows("specifications")
    blocks: list[Block] = [
        Text(
            text="Every choice below could have been made instead. 'Not adjusted' compares the groups as they are: it is shown "
            "to be seen as wrong, never as a result."
        )
    ]
    for trial, contrast in dict.fromkeys(
        (row["trial"], row["contrast"]) for row in in_order(rows, "trial", "contrast")
    ):
        own = [
            row
            for row in rows
            if (row["trial"], row["contrast"]) == (trial, contrast) and row["unit"] == "risk difference"
        ]
        ordered = sorted(own, key=lambda row: (not row["is_main"], row["is_naive"], row["specification"]))
        marks = [_specification(row) for row in ordered]
        if any(mark.points for mark in marks):
            margin = MEASURES[_PRIMARY].margin
            caption = (
                f"{arms(contrast).capitalize()}: extra patients in 100 under each choice; grey: too small to matter"
            )
            key = f"choices-{trial}-{contrast}".replace(" ", "")
            blocks.append(picture(forest(key, caption, marks, columns=("Choice", "In 100"), band=(-margin, margin))))
        refused = [f"{_choice(row['specification'])}: {row['reason']}" for row in ordered if row["status"] == "refused"]
        if refused:
            blocks += [Heading(text=f"Refused: {arms(contrast)}"), Bullets(items=tuple(refused))]
    return Section(
        id="specifications",
        title="Other choices that could have been made",
        answers="Would another outcome, window, adjustment or analysis have said otherwise?",
        blocks=tuple(blocks),
    )


def _choice(specification: str) -> str:
    kind, _, outcome = specification.partition(": ")
    if kind == "outcome":
        return outcome_words(outcome)
    return specification.replace("_", " ").capitalize()


def _specification(row: Row) -> Mark:
    name = _choice(str(row["specification"])) + (" (never a result)" if row["is_naive"] else "")
    if row["status"] == "refused" or row["estimate"] is None:
        return Mark(name, "refused", None)
    values = tuple(100 * row[key] for key in ("estimate", "lower", "upper"))
    number = f"{decimal(values[0], 1, is_signed=True)} ({decimal(values[1], 1)} to {decimal(values[2], 1)})"
    return Mark(
        name,
        number,
        (values[0], values[1], values[2]),
        "ours" if row["is_main"] else "published" if row["is_naive"] else "other",
    )
