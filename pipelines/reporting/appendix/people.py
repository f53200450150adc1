"""Sections on the records and the people: where they come from, how good they are, who is in the results and who is missing."""

from pipelines.reporting.appendix.document import Block, Bullets, Section, Text, picture, table
from pipelines.reporting.appendix.numbers import Row, arms, decimal, interval, n
from pipelines.reporting.appendix.pictures import Mark, forest
from pipelines.reporting.appendix.released import Released, Rows
from pipelines.reporting.released_rows import in_order, of_clinic
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.steps import FEED_NAMES

MEASURE_WORDS = {
    "answered": "Answered the 12-week questionnaire, of those due",
    "completed_care": "Completed care, of those whose care has ended (the others stopped coming)",
    "in_index_results": "In the results of the first 14 days, of those seen and due",
    "in_decision_results": "In the results of the main question, of those eligible for it",
    "prognosis_brier": "Error of the prognosis (mean squared error, Brier score; less is better)",
    "prognosis_observed_minus_predicted": "Prognosis: share improved minus share predicted (0: right; below: promised too much)",
}
_GROUP_WORDS = {
    "all": "everybody",
    "sex": "sex",
    "age_band": "age",
    "deprivation": "deprivation",
    "ethnicity": "ethnicity",
    "payer": "payer",
}
_MOST_CHECKS = 15


def data(released: Released) -> Section:
    """Feeds in force by clinic, and the checks that were not met."""
    arrivals = in_order(released.rows("arrivals"), "clinic_code", "feed")
    clinics = sorted({row["clinic_code"] for row in arrivals} - {NETWORK})
    quality = of_clinic(released.rows("data_quality"), NETWORK)
    not_met = [row for row in quality if row["status"] == "not_met"]
    notes = released.stamp.source_notes
    blocks: list[Block] = [
        Text(
            text="Deliveries come from the clinics' own records of care, pseudonymised there; nothing is linked with other "
            "registers. They hold days since the first visit, never a date. Each delivery is checked against a contract; a row or "
            "value that breaks it is set aside with the reason, and later healed by a better delivery."
        ),
        *([Bullets(items=tuple(notes))] if notes else []),
        table(
            "Rows in force by feed, all clinics together",
            ("Feed", "In force", "Rows refused", "Values set aside"),
            [
                (
                    str(FEED_NAMES.get(row["feed"], row["feed"])),
                    n(row, "n_rows_in_force"),
                    n(row, "n_rows_quarantined"),
                    n(row, "n_values_set_aside"),
                )
                for row in of_clinic(arrivals, NETWORK)
            ],
        ),
        table(
            "Episodes of care by clinic, in alphabetical order",
            ("Clinic", "Episodes", "Latest delivery"),
            [
                (row["clinic_code"], n(row, "n_rows_in_force"), row["latest_delivery_id"])
                for row in arrivals
                if row["feed"] == "intake" and row["clinic_code"] in clinics
            ],
        ),
        Text(text=f"{len(quality):,} checks were made on these records; {len(not_met):,} were not met.", tone="result"),
        table(
            "Checks not met, those with the largest share of rows first",
            ("Check", "Rows that break it", "Allowed", "What is done about it"),
            [
                (
                    str(row["description"]),
                    str(row["n_broken_percent_words"] or n(row, "n_broken")),
                    f"{row['allowed_percent']:g} %",
                    str(row["remedy"]),
                )
                for row in sorted(not_met, key=lambda row: (-(row["n_broken_percent"] or 0), row["check_name"]))[
                    :_MOST_CHECKS
                ]
            ],
            (0.38, 0.14, 0.1, 0.38),
        ),
    ]
    return Section(
        id="data",
        title="The records",
        answers="Where do the numbers come from, and can they be trusted?",
        blocks=tuple(blocks),
    )


def fairness(released: Released) -> Section:
    """Every measure by sex, age, deprivation, ethnicity and payer; groups too small to tell are named."""
    rows = released.rows("fairness")
    blocks: list[Block] = [
        Text(
            text="Intervals of one picture hold for all its groups together, so that one group in thirty does not stand out by "
            "chance alone. Not recorded is a group of its own. A group that is too small is named below the picture: it is "
            "missing from what this report can say."
        )
    ]
    for measure, words in MEASURE_WORDS.items():
        blocks += _measure(measure, words, [row for row in rows if row["measure"] == measure])
    effects = [row for row in rows if row["measure"] == "effect"]
    for contrast in dict.fromkeys(row["contrast"] for row in in_order(effects, "contrast")):
        trial, _, pair = contrast.partition(": ")
        words = f"Extra patients in 100 with 30 % less disability at 12 weeks, {arms(pair)} ({trial})"
        blocks += _measure(
            contrast.replace(" ", "-").replace(":", ""), words, [row for row in effects if row["contrast"] == contrast]
        )
    return Section(
        id="fairness",
        title="For whom this holds, and who is missing",
        answers="Did some groups answer less, fare worse under the prognosis, or gain otherwise?",
        blocks=tuple(blocks),
    )


def _measure(key: str, words: str, rows: Rows) -> list[Block]:
    ordered = sorted(rows, key=lambda row: (list(_GROUP_WORDS).index(row["group_name"]), row["level"]))
    told = [row for row in ordered if row["status"] == "estimated" and _points(row)]
    small = [_level(row) for row in ordered if row["status"] == "refused"]
    blocks: list[Block] = []
    if told:
        everybody = next((_points(row) for row in told if row["group_name"] == "all"), None)
        marks = [
            Mark(_level(row), _number(row), _points(row), "ours" if row["group_name"] == "all" else "other")
            for row in told
        ]
        blocks.append(
            picture(
                forest(
                    f"fair-{key}",
                    words,
                    marks,
                    columns=("Group", "Estimate (interval)"),
                    middle=everybody[0] if everybody else None,
                )
            )
        )
    if small:
        which = "Too few to say" if told else f"{words}. Too few to say"
        blocks.append(Text(text=f"{which}: {'; '.join(small)}.", tone="note"))
    return blocks


def _points(row: Row) -> tuple[float, float, float] | None:
    names = ("n_with_percent", "n_with_percent_lower", "n_with_percent_upper")
    scale = 1.0
    if row["n_with_percent"] is None:
        names, scale = ("estimate", "lower", "upper"), 100.0 if row["measure"] == "effect" else 1.0
    values = [row[name] for name in names]
    if not all(isinstance(value, int | float) for value in values):
        return None
    estimate, lower, upper = (scale * float(value) for value in values if isinstance(value, int | float))
    return estimate, lower, upper


def _number(row: Row) -> str:
    if row["n_with_percent"] is not None:
        return f"{row['n_with_percent']} % ({row['n_with_percent_lower']} to {row['n_with_percent_upper']})"
    factor, digits = (100, 0) if row["measure"] == "effect" else (1, 2)
    scaled = {name: None if row[name] is None else row[name] * factor for name in ("estimate", "lower", "upper")}
    return f"{decimal(scaled['estimate'], digits)} ({interval(scaled, digits)})"


def _level(row: Row) -> str:
    if row["group_name"] == "all":
        return "Everybody"
    return f"{_GROUP_WORDS[str(row['group_name'])]}: {str(row['level']).replace('_', ' ')}"
