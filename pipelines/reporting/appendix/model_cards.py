"""A model card for each model of the night (Mitchell and others 2019): Markdown, JSON and a section of the appendix."""

from pipelines.causal.protocol import TargetTrial
from pipelines.causal.trials import BASELINE_COVARIATES, TRIALS
from pipelines.prognosis.protocol import CONSERVATIVE_CARE
from pipelines.reporting.appendix.document import Block, Bullets, Heading, Section, Text
from pipelines.reporting.appendix.numbers import decimal, interval, n
from pipelines.reporting.appendix.people import MEASURE_WORDS
from pipelines.reporting.appendix.prognosis import PREDICTOR_WORDS
from pipelines.reporting.appendix.released import Released
from pipelines.reporting.model import Stamp
from pipelines.reporting.released_rows import in_order, of_clinic
from pipelines.reporting.shares import Frozen
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.standards import TO_BE_COMPLETED
from pipelines.reporting.words import INTEREST_LINE

_MISSING_INPUT = (
    "Missing covariates are imputed with an indicator, fitted on the other folds. A model is never told that what is missing is "
    "normal. With pain or disability missing at the start an episode is not estimated at all."
)
_DRIFT = "Everything is fitted anew each night; there is no updating of an older model. Tonight's notices: {notices}."


class CardPart(Frozen):
    """One heading of a card and its lines."""

    heading: str
    lines: tuple[str, ...]


class ModelCard(Frozen):
    """What one model is for, how good it is and for whom."""

    schema_version: str = "1.0.0"
    stamp: Stamp
    id: str
    title: str
    parts: tuple[CardPart, ...]


def model_cards(released: Released) -> tuple[ModelCard, ...]:
    """The card of each trial's models and of the prognosis."""
    return (*(_trial_card(released, trial) for trial in TRIALS.values()), _prognosis_card(released))


def card_markdown(card: ModelCard) -> str:
    """A card as Markdown; a bar or an angle bracket in a value stays text."""
    stamp = card.stamp
    lines = [
        f"# {card.title}",
        "",
        f"Made {stamp.made_at:%Y-%m-%d}, code {stamp.code_version}, data {stamp.data_hash}.",
    ]
    if stamp.is_simulated:
        lines += ["", "**Simulated data: nothing here says anything about real care.**"]
    for part in card.parts:
        lines += ["", f"## {part.heading}", "", *(f"- {_plain(line)}" for line in part.lines)]
    return "\n".join(lines) + "\n"


def _plain(line: str) -> str:
    return line.replace("\n", " ").replace("<", "\\<").replace("|", "\\|")


def model_card(released: Released) -> Section:
    """Every card as a section of the appendix."""
    blocks: list[Block] = [
        Text(
            text="The same cards lie beside this document as Markdown and JSON. A person signs a model off, not this programme."
        )
    ]
    for card in model_cards(released):
        blocks.append(Heading(text=card.title))
        blocks.append(Bullets(items=tuple(f"{part.heading}: {' '.join(part.lines)}" for part in card.parts)))
    return Section(
        id="model_card",
        title="Model cards",
        answers="What is each model for, and what is it not for?",
        blocks=tuple(blocks),
    )


def _trial_card(released: Released, trial: TargetTrial) -> ModelCard:
    outcome = trial.outcomes[0].name
    figures = [row for row in released.rows("models") if row["trial"] == trial.id and row["outcome"] == outcome]
    effects = [row for row in released.rows("effects") if row["trial"] == trial.id and row["outcome"] == outcome]
    said = [
        f"{row['contrast'].replace('_', ' ')}: "
        + (
            f"{decimal(row['estimate'], is_signed=True)} ({interval(row, is_signed=True)})."
            if row["status"] == "estimated"
            else f"refused. {row['reason']}"
        )
        for row in effects
        if row["group_name"] == "all"
    ]
    quality = [
        f"{row['model']}, {row['figure']}: {decimal(row['value'], 3)}."
        for row in figures
        if "weight" not in row["figure"]
    ]
    parts = (
        CardPart(
            heading="Model",
            lines=(
                f"Outcome, propensity and response models behind the {trial.id} trial: {' and '.join(trial.learners)}, stacked, "
                f"{trial.folds} folds by patient, seed {trial.seed}, practitioners as indicators.",
                f"Protocol {trial.protocol_hash()}. Licence of the code: Apache 2.0.",
            ),
        ),
        CardPart(
            heading="For",
            lines=(trial.question, "Average effects in groups, for clinic managers, clinicians and analysts."),
        ),
        CardPart(
            heading="Not for",
            lines=(
                "Telling what one patient needs, replacing red flags or a clinician's judgement, ranking anybody.",
                "Before-and-after comparisons.",
            ),
        ),
        CardPart(heading="Data", lines=_data(released)),
        CardPart(
            heading="Inputs",
            lines=(
                f"{len(trial.covariates)} covariates known by time zero, chosen by clinicians before any outcome was looked at. "
                "No resampling for rare outcomes.",
                _MISSING_INPUT,
            ),
        ),
        CardPart(heading="Quality, out of fold", lines=tuple(quality) or ("Refused: no model was fitted.",)),
        CardPart(heading="Result (risk difference)", lines=tuple(said) or ("No contrast was estimated.",)),
        CardPart(heading="By group", lines=_by_group(released, "effect", trial.id)),
        CardPart(heading="Ethics and caveats", lines=(INTEREST_LINE, "What nobody recorded may explain a difference.")),
        CardPart(heading="Drift", lines=(_DRIFT.format(notices=_notices(released, trial.id)),)),
        CardPart(heading="Signed off", lines=(f"{TO_BE_COMPLETED}.",)),
    )
    return ModelCard(
        stamp=released.stamp, id=trial.id, title=f"Model card: effects of the {trial.id} trial", parts=parts
    )


def _prognosis_card(released: Released) -> ModelCard:
    protocol = CONSERVATIVE_CARE
    rows = [row for row in released.rows("prognosis_performance") if row["validation"] == "out_of_fold"]
    quality = [
        f"{PREDICTOR_WORDS.get(row['predictor'], row['predictor'])}, {row['figure'].replace('_', ' ')}: "
        + (
            f"{decimal(row['estimate'])} ({interval(row)})."
            if row["status"] == "estimated"
            else f"refused. {row['reason']}"
        )
        for row in in_order(rows, "predictor", "figure")
    ]
    parts = (
        CardPart(
            heading="Model",
            lines=(
                f"Development with internal-external validation of a prediction model: {' and '.join(protocol.learners)}, "
                f"stacked and recalibrated, {protocol.folds} folds by patient, seed {protocol.seed}.",
                f"Protocol {protocol.protocol_hash()}. Licence of the code: Apache 2.0.",
            ),
        ),
        CardPart(
            heading="For",
            lines=(
                protocol.question,
                "Clinicians and patients at the first visit, to know what to expect of conservative care.",
                f"'Unlikely' under {protocol.unlikely_below:g}, 'likely' from {protocol.likely_from:g}.",
            ),
        ),
        CardPart(
            heading="Not for",
            lines=(
                "Choosing a treatment: a prognosis is never an indication for manipulation.",
                "People who were not asked or not examined as the contract says; other countries or clinics before it is tried.",
            ),
        ),
        CardPart(
            heading="Treatment received",
            lines=(
                f"The outcome counts under conservative care: {protocol.care}.",
                "Who was manipulated or did not answer is represented by those like them who were not and did.",
            ),
        ),
        CardPart(heading="Data", lines=_data(released)),
        CardPart(
            heading="Inputs",
            lines=(
                f"{len(BASELINE_COVARIATES)} covariates known on day 0, as a practitioner sees them; numbers enter as numbers. No "
                "resampling for rare outcomes.",
                _MISSING_INPUT,
            ),
        ),
        CardPart(heading="Quality, out of fold", lines=tuple(quality) or ("Refused.",)),
        CardPart(
            heading="By group",
            lines=(*_by_group(released, "prognosis_brier"), *_by_group(released, "prognosis_observed_minus_predicted")),
        ),
        CardPart(
            heading="Ethics and caveats",
            lines=(
                INTEREST_LINE,
                f"An AUC over {protocol.largest_auc:g} withholds the prognosis: the future would have leaked in.",
                "Its users must know that a band is a share of people like this one, not this one's fate.",
            ),
        ),
        CardPart(heading="Drift", lines=(_DRIFT.format(notices=_notices(released, protocol.id)),)),
        CardPart(heading="Signed off", lines=(f"{TO_BE_COMPLETED}.",)),
    )
    title = "Model card: prognosis under conservative care"
    return ModelCard(stamp=released.stamp, id="prognosis", title=title, parts=parts)


def _data(released: Released) -> tuple[str, ...]:
    episodes = [row for row in of_clinic(released.rows("arrivals"), NETWORK) if row["feed"] == "intake"]
    size = n(episodes[0], "n_rows_in_force") if episodes else "0"
    return (
        f"{size} episodes of care in force, fitted and evaluated on the same episodes, each predicted by "
        "models that did not see it.",
        f"Deliveries {released.stamp.data_hash}. Days since the first visit only; the calendar window: "
        f"{TO_BE_COMPLETED.lower()}.",
    )


def _by_group(released: Released, measure: str, trial: str = "") -> tuple[str, ...]:
    rows = [row for row in released.rows("fairness") if row["measure"] == measure and row["contrast"].startswith(trial)]
    told = [row for row in rows if row["status"] == "estimated" and row["group_name"] != "all"]
    name = MEASURE_WORDS.get(measure, "Effects").split(" (", maxsplit=1)[0]
    return (
        f"{name}: told apart for {len(told)} groups by sex, age, deprivation, ethnicity and payer, refused for "
        f"{len(rows) - len(told)} that are too small (section 'For whom this holds').",
    )


def _notices(released: Released, trial: str) -> str:
    found = [row["notice"] for row in released.rows("model_notices") if row["trial"] == trial]
    return " ".join(found) or "none"
