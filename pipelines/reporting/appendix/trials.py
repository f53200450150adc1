"""Sections on the target trials: what was found, the protocols, who is compared, every effect, other analyses, differences."""

from pipelines.causal.fixed_groups import FIXED_GROUPS
from pipelines.reporting.appendix.document import Block, Bullets, Heading, Section, Text, picture, table
from pipelines.reporting.appendix.numbers import arms, decimal, in_unit, interval, n, outcome_words, told
from pipelines.reporting.appendix.pictures import Mark, forest
from pipelines.reporting.appendix.released import Released, Rows
from pipelines.reporting.effect_words import MEASURES, effect_sentence
from pipelines.reporting.effects import Effect
from pipelines.reporting.figures import flow_plot
from pipelines.reporting.model import FlowStep
from pipelines.reporting.released_rows import in_order, named
from pipelines.reporting.steps import TRIAL_NAMES
from pipelines.reporting.trial_views import regime_words

_FAMILIES = (
    ("in 100", "Extra patients in 100", ("r30d_12wk", "r50d_12wk", "not_deteriorated_12wk", "r30d_26wk")),
    ("RMDQ", "RMDQ points", ("rmdq24_12wk", "rmdq24_26wk")),
    ("ODI", "ODI points", ("odi_pct_12wk", "odi_pct_26wk")),
    ("NPRS", "points of pain (0 to 10)", ("pain_12wk",)),
)
_MEASURED = ("share_improved", "mean_days_improved")


def summary(released: Released) -> Section:
    """The primary result of every contrast in one sentence each."""
    effects = [row for row in _average(released) if row["outcome"] == "r30d_12wk"]
    said = [
        f"{arms(row['contrast']).capitalize()}. {effect_sentence(Effect(**named(row, Effect)))}" for row in effects
    ]
    blocks: list[Block] = [
        Text(text=said[0] if said else "Not enough patients to say: no comparison was worked out.", tone="result"),
        *([Bullets(items=tuple(said[1:]))] if said[1:] else []),
        Text(
            text="These are estimates from records of care, not from a trial: clinicians chose the treatments. The figures "
            "of a night are monitoring; the analysis of record is done at fixed times. The sections below hold what is needed "
            "to judge them: first the question, then who was compared, then the estimates, then every reason for doubt."
        ),
    ]
    return Section(id="summary", title="What was found", answers="What do these records say tonight?", blocks=tuple(blocks))


def protocols(released: Released) -> Section:
    """The TARGET table of every trial."""
    blocks: list[Block] = []
    rows = released.rows("protocols")
    for trial in dict.fromkeys(row["trial"] for row in rows):
        own = in_order([row for row in rows if row["trial"] == trial], "item_no")
        blocks.append(
            table(
                TRIAL_NAMES.get(trial, trial),
                ("Item", "Target trial", "Emulation with these records"),
                [(row["item"].capitalize(), row["target_trial"], row["emulation"]) for row in own],
                (0.16, 0.4, 0.44),
            )
        )
    return Section(
        id="protocols",
        title="The question, as a target trial",
        answers="Which trial would have answered this, and how do the records stand in for it?",
        blocks=tuple(blocks),
    )


def flow(released: Released) -> Section:
    """Who is compared, and where the others left."""
    blocks: list[Block] = []
    rows = released.rows("decision_flow")
    for trial in dict.fromkeys(row["trial"] for row in in_order(rows, "trial", "step_no")):
        steps = [FlowStep(**named(row, FlowStep)) for row in in_order(rows, "step_no") if row["trial"] == trial]
        blocks.append(picture(flow_plot(f"flow-{trial}", TRIAL_NAMES.get(trial, trial), steps)))
    return Section(
        id="flow", title="Who is compared", answers="Who was left out at each step, and who remained?", blocks=tuple(blocks)
    )


def effects(released: Released) -> Section:
    """Every contrast and outcome, with a picture a family of outcomes, arm means and the size behind each."""
    rows = _average(released)
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


def _average(released: Released) -> Rows:
    order = list(MEASURES)
    rows = [row for row in released.rows("effects") if row["group_name"] == "all" and row["outcome"] in MEASURES]
    return sorted(rows, key=lambda row: (row["trial"], row["contrast"], order.index(row["outcome"])))


def _family(rows: Rows, trial: str, unit: str, words: str, outcomes: tuple[str, ...]) -> Block | None:
    chosen = [row for row in rows if row["trial"] == trial and row["outcome"] in outcomes]
    if not any(row["status"] == "estimated" for row in chosen):
        return None
    factor, margin = MEASURES[outcomes[0]].factor, MEASURES[outcomes[0]].margin
    marks = [_effect_mark(row, factor, is_decision=trial == "decision") for row in chosen]
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


def _effect_mark(row: dict[str, object], factor: float, *, is_decision: bool) -> Mark:
    outcome = str(row["outcome"])
    name = outcome_words(outcome) if is_decision else f"{row['contrast']}, {outcome}".replace("_", " ")
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


def other_analyses(released: Released) -> Section:
    """The decision worked out in other ways, the rules from day 0, and contrasts of dose."""
    rows = released.rows("sensitivity")
    main = [row for row in _average(released) if row["trial"] == "decision" and row["outcome"] == "r30d_12wk"]
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
                (f"{regime_words(row['regime'])} ({row['outcome'].replace('_', ' ')})", _regime(row), n(row), n(row, "n_followers"))
                for row in in_order(released.rows("regimes"), "quantity", "outcome", "regime")
            ],
            (0.44, 0.32, 0.12, 0.12),
        ),
        Heading(text="Technique and number of sessions"),
        table(
            "Contrasts of dose among those manipulated in the first 14 days",
            ("Contrast and outcome", "Difference (95 % interval)", "Episodes"),
            [
                (f"{arms(row['contrast']).capitalize()}: {outcome_words(row['outcome'])}", told(row, row["outcome"]), n(row))
                for row in in_order(released.rows("dose_effects"), "contrast", "outcome")
                if row["outcome"] in MEASURES
            ],
        ),
    ]
    return Section(
        id="other_analyses",
        title="The same worked out in other ways",
        answers="Does the answer hold when it is worked out differently?",
        blocks=tuple(blocks),
    )


def _named_mark(name: str, row: dict[str, object], kind: str = "ours") -> Mark:
    mark = _effect_mark(row, 100, is_decision=True)
    return Mark(name, mark.number, mark.points, kind)


def _regime(row: dict[str, object]) -> str:
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
                    f"{decimal(row['slope'])} ({interval(row, lower='slope_lower', upper='slope_upper')})",
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
        table(
            "Groups fixed in advance; each is drawn toward the effect in all, and the intervals hold for all together",
            ("Group", "Contrast", "Difference (95 % interval)", "Why it was named, and by whom"),
            [
                (
                    words[row["group_name"]].words.capitalize(),
                    arms(row["contrast"]),
                    told(row, row["outcome"]),
                    f"{words[row['group_name']].reason.capitalize()} ({words[row['group_name']].source})",
                )
                for row in in_order(groups, "trial", "contrast", "group_name")
                if row["outcome"] == "r30d_12wk"
            ],
            (0.2, 0.24, 0.24, 0.32),
        ),
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


def _gain(row: dict[str, object]) -> str:
    values = [in_unit(value, "r30d_12wk") for value in (row["gain"], row["gain_lower"], row["gain_upper"]) if isinstance(value, float)]
    return f"{values[0]} ({values[1]} to {values[2]})"
