"""The section on what the night tried on itself: its verdicts, known effects and negative controls."""

from pipelines.reporting.appendix.document import Block, Heading, Section, Text, picture, table
from pipelines.reporting.appendix.numbers import Row, arms, decimal, in_unit, outcome_words
from pipelines.reporting.appendix.pictures import Mark, forest
from pipelines.reporting.appendix.released import Released, Rows
from pipelines.reporting.effect_words import MEASURES
from pipelines.reporting.released_rows import in_order

_STATUS = {"passed": "✓ passed", "failed": "✗ failed", "not_done": "– not done"}


def self_checks(released: Released) -> Section:
    """Every self-check of the night, first its verdict."""
    verdicts = in_order(released.rows("self_checks"), "trial", "contrast", "outcome", "check_name")
    failed = [row for row in verdicts if row["status"] == "failed"]
    words = (
        f"{len(failed)} of {len(verdicts)} self-checks failed; a number whose self-check failed is withheld."
        if failed
        else f"All {len(verdicts)} self-checks that were done passed."
        if verdicts and all(row["status"] == "passed" for row in verdicts)
        else f"No self-check failed; {sum(row['status'] == 'not_done' for row in verdicts)} of {len(verdicts)} could not be done."
    )
    blocks: list[Block] = [
        Text(
            text="Each night the whole estimate is tried on data of which the answer is known: outcomes simulated on the clinics' "
            "own covariates, treatments and gaps; facts that no treatment can have caused; treatments dealt out anew."
        ),
        Text(text=words, tone="warning" if failed else "result"),
        table(
            "What each check says, and of which effects",
            ("Check", "Result", "In words", "Effects"),
            _told_together(verdicts),
            (0.15, 0.15, 0.35, 0.35),
        ),
        *_plasmode(released.rows("known_effects")),
        *_controls(released.rows("negative_controls"), released.rows("calibrated_effects")),
    ]
    return Section(
        id="self_checks",
        title="The night's checks of itself",
        answers="Does the method find what is there, and nothing where nothing is, on records like these?",
        blocks=tuple(blocks),
    )


def _told_together(verdicts: Rows) -> list[tuple[str, ...]]:
    """A row a check, result and words, with the contrasts and how many outcomes of each they speak of."""
    said: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in verdicts:
        held = " (withheld)" if row["is_withheld"] else ""
        status = f"{_STATUS.get(row['status'], row['status'])}{held}"
        effects = said.setdefault((row["check_name"].replace("_", " "), status, row["words"] or ""), {})
        contrast = "all rules from day 0" if row["contrast"] == "all" else arms(row["contrast"])
        effects[contrast] = effects.get(contrast, 0) + 1
    return [
        (
            *key,
            "; ".join(
                f"{contrast} ({count} {'outcome' if count == 1 else 'outcomes'})" for contrast, count in effects.items()
            ),
        )
        for key, effects in sorted(said.items())
    ]


def _plasmode(rows: Rows) -> list[Block]:
    return [
        Heading(text="Known effects, simulated on the night's own records"),
        table(
            "Bias, coverage and false findings where the truth is known",
            ("World and contrast", "True, bias (limit)", "Held the truth", "False findings", "Could find"),
            [
                (
                    f"{row['world'].replace('_', ' ')}: {arms(row['contrast'])}, {outcome_words(row['outcome'])} "
                    f"({row['replications']} times)",
                    f"{_effect(row, 'true_effect')}, {decimal(_scaled(row, 'bias'), 1, is_signed=True)} "
                    f"({decimal(_scaled(row, 'largest_bias'), 1)})",
                    f"{_share(row['covered_share'])} (at least {_share(row['least_covered_share'])})",
                    f"differences {_share(row['differences_share'])} (at most {_share(row['largest_differences_share'])}), "
                    f"rules {_share(row['rules_share'])} (at most {_share(row['largest_rules_share'])})",
                    "–" if row["smallest_detectable"] is None else _effect(row, "smallest_detectable"),
                )
                for row in in_order(rows, "trial", "contrast", "world")
            ],
            (0.3, 0.22, 0.18, 0.18, 0.12),
        ),
    ]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{decimal(100 * value, 0)} %"


def _effect(row: Row, name: str) -> str:
    return in_unit(row[name], row["outcome"]) if row["outcome"] in MEASURES else decimal(row[name])


def _scaled(row: Row, name: str) -> float | None:
    factor = MEASURES[row["outcome"]].factor if row["outcome"] in MEASURES else 1
    return None if row[name] is None else factor * row[name]


def _controls(controls: Rows, calibrated: Rows) -> list[Block]:
    rows = in_order(controls, "trial", "contrast", "control")
    blocks: list[Block] = [Heading(text="Facts that no treatment can have caused")]
    marks = [
        Mark(
            f"{row['words']}: {arms(row['contrast'])}",
            _number(row),
            (row["estimate"], row["lower"], row["upper"]),
            "published" if row["is_alarm"] else "other",
        )
        for row in rows
        if row["status"] == "estimated" and row["lower"] is not None
    ]
    if marks:
        caption = "Negative controls in standard deviations: the truth is 0; orange: further off than chance allows"
        blocks.append(picture(forest("controls", caption, marks, columns=("Control", "Difference (95 % interval)"))))
    refused = sorted({f"{row['words']}: {row['reason']}" for row in rows if row["status"] == "refused"})
    blocks += [Text(text=f"Refused. {reason}", tone="note") for reason in refused]
    blocks.append(
        table(
            "Effects calibrated by what the negative controls were off by",
            ("Contrast and outcome", "Calibrated (95 % interval)"),
            [
                (
                    f"{arms(row['contrast']).capitalize()}: {outcome_words(row['outcome'])}",
                    f"Refused. {row['reason']}" if row["status"] == "refused" else _calibrated(row),
                )
                for row in in_order(calibrated, "trial", "contrast", "outcome")
            ],
        )
    )
    return blocks


def _number(row: Row) -> str:
    return f"{decimal(row['estimate'], is_signed=True)} ({decimal(row['lower'])} to {decimal(row['upper'])})"


def _calibrated(row: Row) -> str:
    values = [_effect(row, name) for name in ("estimate", "lower", "upper")]
    return f"{values[0]} ({values[1]} to {values[2]})"
