"""The section on what the patients of each arm were like at time zero."""

from pipelines.causal.trials import TRIALS
from pipelines.reporting.appendix.document import Block, Section, Text, table
from pipelines.reporting.appendix.numbers import Row, decimal, n
from pipelines.reporting.appendix.released import Released, Rows
from pipelines.reporting.steps import TRIAL_NAMES


def baseline(released: Released) -> Section:
    """A table a trial: a row a characteristic, a column an arm."""
    rows = released.rows("baseline")
    blocks: list[Block] = [
        Text(
            text="Before any weighting. Of a number the mean, and in brackets the standard deviation; of the rest the share of "
            "those recorded. Nothing is tested here: arms that clinicians chose differ; by how much stands in the next section."
        )
    ]
    for trial in TRIALS:
        own = [row for row in rows if row["trial"] == trial]
        arms = [arm for arm in TRIALS[trial].arms if any(row["arm"] == arm for row in own)]
        sizes = {row["arm"]: n(row) for row in own}
        heads = ("Characteristic", *(f"{arm.replace('_', ' ').capitalize()} (n = {sizes[arm]})" for arm in arms))
        blocks.append(table(f"{TRIAL_NAMES[trial]}: characteristics at time zero", heads, _lines(own, trial, arms)))
    return Section(
        id="baseline",
        title="Who was compared",
        answers="What were the patients of each treatment like when it began?",
        blocks=tuple(blocks),
    )


def _lines(rows: Rows, trial: str, arms: list[str]) -> list[tuple[str, ...]]:
    """In the protocol's order of covariates; levels that are shown of no arm are left out."""
    order = {name: number for number, name in enumerate(TRIALS[trial].covariates)}
    by_place = {(row["covariate"], row["level"], row["arm"]): row for row in rows}
    places = sorted({(row["covariate"], row["level"]) for row in rows}, key=lambda place: (order[place[0]], place[1]))
    lines = [(_named(*place), *(_cell(by_place.get((*place, arm))) for arm in arms)) for place in places]
    return [line for line in lines if set(line[1:]) != {_NOT_SHOWN}]


_NOT_SHOWN = "not shown"


def _named(covariate: str, level: str) -> str:
    name = covariate.replace("_", " ")
    return name if level in ("", "yes") else f"{name}: {level.replace('_', ' ')}"


def _cell(row: Row | None) -> str:
    if row is None:
        return "not recorded"
    if row["level"] != "":
        return str(row["n_with_percent_words"] or ("none" if row["n_with"] == 0 else _NOT_SHOWN))
    if row["mean"] is None:
        return _NOT_SHOWN
    return f"{decimal(row['mean'], 1)} ({decimal(row['standard_deviation'], 1)})"
