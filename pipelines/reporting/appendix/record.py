"""Sections on the record: the move since the night before, published figures, code lists, limits, and what it was made from."""

from pipelines.contracts import FEEDS, SCHEMA_VERSION
from pipelines.reporting.appendix.document import Block, Bullets, Section, Text, picture, table
from pipelines.reporting.appendix.numbers import Row, arms, decimal, in_unit, n, outcome_words
from pipelines.reporting.appendix.pictures import Mark, forest
from pipelines.reporting.appendix.released import Released, Rows
from pipelines.reporting.effect_words import MEASURES
from pipelines.reporting.published import RECALLED
from pipelines.reporting.released_rows import in_order
from pipelines.reporting.words import INTEREST_LINE, NOT_ADVICE_LINE

LIMITS = (
    "Treatments were chosen by clinicians and patients. What they saw and nobody recorded can explain any difference here, in "
    "either direction; those who are given manipulation late tend to be those who do worse, which makes it look worse than it is.",
    "Nobody was blinded: patients knew what they were given, and they report the outcomes themselves.",
    "The strategy is read from what happened in 14 days. Who got better or left before a planned manipulation counts as "
    "continuing without, which favours continuing.",
    "Those who did not answer are stood for by those like them who did. If they fared otherwise, every figure is off.",
    "The records were made for care, not for this question: what is not asked in a clinic is missing, and codes differ.",
    "The clinics are those that chose to send records, and most of what is known is what patients said.",
    "Nightly figures are looked at every night. Among many looks some will be large by chance; the analysis of record is done at "
    "fixed times.",
    INTEREST_LINE,
    NOT_ADVICE_LINE,
)


def stability(released: Released) -> Section:
    """How each effect moved since the night before, and why."""
    rows = in_order(released.rows("stability"), "trial", "contrast", "outcome")
    told = [row for row in rows if row["status"] == "estimated"]
    refused: dict[str, int] = {}
    for row in rows:
        if row["status"] == "refused":
            refused[row["reason"]] = refused.get(row["reason"], 0) + 1
    deliveries = next((row["deliveries"] for row in rows if row["deliveries"]), None)
    code = "another code" if any(row["has_other_code"] for row in rows) else "the same code"
    blocks: list[Block] = [
        Text(
            text="An effect may move because records came, because the code changed, or by chance. The part of the newly arrived "
            "episodes is compared with what as many episodes drawn at random would give."
        ),
        Text(
            text=f"Since the night before: {code}; deliveries that came or went: {deliveries or 'none'}.", tone="result"
        ),
        *[
            Text(text=f"{reason} ({count} {'effect' if count == 1 else 'effects'})", tone="note")
            for reason, count in sorted(refused.items())
        ],
    ]
    if told:
        blocks.append(
            table(
                "The move of every effect since the night before",
                ("Contrast and outcome", "Before, tonight", "Move (by chance up to)", "Arrived", "Verdict"),
                [_move(row) for row in told],
                (0.3, 0.17, 0.18, 0.09, 0.26),
            )
        )
    return Section(
        id="stability",
        title="From night to night",
        answers="Did the results move since the night before, and was it the data, the code or chance?",
        blocks=tuple(blocks),
    )


def _move(row: Row) -> tuple[str, ...]:
    outcome = str(row["outcome"])
    factor = MEASURES[outcome].factor if outcome in MEASURES else 1
    before, now, move, limit = (
        value * factor if isinstance(value, float) else None
        for value in (row["estimate_before"], row["estimate"], row["move"], row["chance_limit"])
    )
    moved = (
        "not shown: fewer than 8 came or went"
        if move is None
        else f"{decimal(move, is_signed=True)} ({decimal(limit)})"
    )
    return (
        f"{arms(str(row['contrast'])).capitalize()}: {outcome_words(outcome)}",
        f"{decimal(before, is_signed=True)}, {decimal(now, is_signed=True)}",
        moved,
        n(row, "n_arrived"),
        str(row["verdict"]),
    )


def published(released: Released) -> Section:
    """Published figures beside ours where contrast, outcome and time are the same; the others as context, in words."""
    rows = in_order(released.rows("published_figures"), "figure_no", "trial", "contrast", "outcome")
    beside = [row for row in rows if row["trial"]]
    context = [row for row in rows if not row["trial"]]
    blocks: list[Block] = [
        Text(
            text="Published figures are never proof of ours: the patients, and the moment of the choice, differ. A figure stands "
            "beside an estimate only where contrast, outcome and time are the same; how the patients differ is said with it."
        ),
        *_beside_picture(beside),
        table(
            "Published figures beside our estimates",
            ("Study", "Found", "Ours", "Who was studied, and how that differs from ours"),
            [
                (_study(row), _found(row), _ours(row), f"{row['population']}; {row['compared']}. {row['differs']}")
                for row in beside
            ],
            (0.19, 0.23, 0.2, 0.38),
        ),
        table(
            "Context: another contrast, outcome or time, so beside none of our estimates",
            ("Study", "Found", "Who was studied, and how that differs from ours"),
            [
                (_study(row), _found(row), f"{row['population']}; {row['compared']}. {row['differs']}")
                for row in context
            ],
            (0.22, 0.36, 0.42),
        ),
        Text(text=f"Version of the file of published figures: {rows[0]['version'] if rows else 'none'}.", tone="note"),
    ]
    return Section(
        id="published",
        title="What others have found",
        answers="How do these results sit beside published trials?",
        blocks=tuple(blocks),
    )


def _beside_picture(rows: Rows) -> list[Block]:
    """Points of disability of both, where the published figure was looked up and is in our unit."""
    marks: list[Mark] = []
    for row in rows:
        if row["mark"] != "V" or row["unit"] != "RMDQ points" or row["lower"] is None:
            continue
        ours = None if row["our_estimate"] is None else (row["our_estimate"], row["our_lower"], row["our_upper"])
        marks += [
            Mark(f"Ours: {row['contrast']}".replace("_", " "), _numbers(ours), ours),
            Mark(
                row["study"],
                _numbers((row["estimate"], row["lower"], row["upper"])),
                (row["estimate"], row["lower"], row["upper"]),
                "published",
            ),
        ]
    if not any(mark.points for mark in marks):
        return []
    caption = (
        "Disability (RMDQ points gained) at 12 weeks: ours (diamond) and published figures of other patients (circle)"
    )
    return [
        picture(
            forest("published", caption, marks, columns=("What", "Points (95 % interval)"), sides=("worse", "better"))
        )
    ]


def _numbers(points: tuple[float, float, float] | None) -> str:
    return (
        "refused"
        if points is None
        else f"{decimal(points[0], 1, is_signed=True)} ({decimal(points[1], 1)} to {decimal(points[2], 1)})"
    )


def _study(row: Row) -> str:
    size = f", {row['n_studied']:,.0f} patients" if row["n_studied"] else ""
    return f"{row['study']}, {row['design']}{size}. {row['source']}"


def _found(row: Row) -> str:
    return str(row["finding"]) if row["mark"] == "V" else f"{row['finding']} {RECALLED}"


def _ours(row: Row) -> str:
    outcome = str(row["outcome"])
    name = f"{arms(str(row['contrast'])).capitalize()}, {outcome_words(outcome)}"
    if row["our_status"] != "estimated":
        return f"{name}: refused. {row['our_reason'] or ''}".strip()
    values = [
        in_unit(value, outcome)
        for value in (row["our_estimate"], row["our_lower"], row["our_upper"])
        if isinstance(value, float)
    ]
    return f"{name}: {values[0]} ({values[1]} to {values[2]})"


def code_lists(_: Released) -> Section:
    """Every field that is delivered as a code, with its codes, from the contract."""
    blocks: list[Block] = [
        Text(
            text=f"Contract version {SCHEMA_VERSION}. Every variable of the analysis is made from these fields by SQL that is "
            "part of the programme; the data dictionary says how."
        ),
    ]
    for feed in FEEDS.values():
        fields: dict[tuple[str, ...], list[str]] = {}
        for field in feed.fields:
            if field.codes:
                fields.setdefault(tuple(field.codes), []).append(field.name)
        if fields:
            rows = [(", ".join(names), ", ".join(codes)) for codes, names in fields.items()]
            blocks.append(table(f"Codes of {feed.name}", ("Fields", "Codes"), rows, (0.42, 0.58)))
    return Section(
        id="code_lists",
        title="Code lists",
        answers="Which codes stand behind each variable, and in which version?",
        blocks=tuple(blocks),
    )


def limits(_: Released) -> Section:
    """What may be wrong, and which way it would point."""
    return Section(
        id="limits",
        title="Limits and interests",
        answers="What could make these results wrong, and in which direction?",
        blocks=(Bullets(items=LIMITS),),
    )


def provenance(released: Released) -> Section:
    """What the document was made from, so that it can be made again."""
    stamp = released.stamp
    hashes = {row["trial"]: row["protocol_hash"] for row in released.rows("models")}
    rows = [
        ("Deliveries (hash)", stamp.data_hash),
        ("Code", stamp.code_version),
        *((f"Protocol of {trial} (hash)", value) for trial, value in sorted(hashes.items())),
        ("Licence of the code", "Apache 2.0; the code, its tests and its decisions are one repository"),
        (
            "Records of patients",
            "stay in the clinics' group; only figures that passed disclosure control are in this document",
        ),
    ]
    return Section(
        id="provenance",
        title="What this was made from",
        answers="Could somebody else make this document again?",
        blocks=(
            Text(
                text="The same deliveries, code and protocols give the same document, byte for byte but for its time and run."
            ),
            table("Identity of this night", ("What", "Which"), rows, (0.32, 0.68)),
        ),
    )
