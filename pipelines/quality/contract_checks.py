"""Checks made from the delivery contract, field by field.

Named `<feed>.<field>.<what>`: `value` (what was delivered keeps the contract), `required` (a field without which the row
cannot be used), `present` (a field of the minimum record was asked and recorded), `key` and `own` (one row a key, one clinic a
key), `row` (a rule of the contract on more than the field), and a word of pipelines/quality/plausible.py (a value that should
be rare).
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from pipelines.casting import requirement
from pipelines.contracts import FEEDS, Feed, Field
from pipelines.quality.kahn import Check
from pipelines.quality.plausible import Rarity, rarities

VALUE_PERCENT = 1.0
"""OHDSI's DataQualityDashboard allows 1 % to break a field's plausible values; here the contract is that limit."""

PRESENT_PERCENT = 10.0
"""A field of the minimum record may be missing in a tenth (DataQualityDashboard: person completeness 90 to 95 %)."""

PRESENT_PERCENT_OF = {
    ("intake", "age_band"): 5.0,
    ("intake", "sex"): 5.0,
    ("intake", "nprs_back_avg"): 5.0,
    ("intake", "nprs_leg_avg"): 5.0,
    ("intake", "pain_below_knee"): 5.0,
    ("intake", "episode_duration_days"): 5.0,
    ("session", "nprs_post"): 25.0,
}
"""What every analysis rests on must be fuller (reliability.md, K1); pain after a session is asked within 10 minutes or lost."""

APPLIES = {
    ("session", "practitioner_qualification"): "attendance = 'attended'",
    ("session", "nprs_pre"): "attendance = 'attended'",
    ("session", "nprs_post"): "attendance = 'attended'",
    ("session", "step_up_decision"): "attendance = 'attended'",
    ("session", "ae_since_last"): "attendance = 'attended'",
    ("outcome", "nprs_back_avg"): "completed_day is not null",
    ("outcome", "nprs_leg_avg"): "completed_day is not null",
    ("outcome", "groc"): "completed_day is not null and timepoint_wk <> '0'",
}
"""Rows of clean.<feed> in which a field of the minimum record is asked at all; elsewhere it is always."""

PRESENT_BY_RULE = {
    ("intake", "odi_pct"): "episode_without_disability_score",
    ("intake", "rmdq24"): "episode_without_disability_score",
    ("intake", "rf_any"): "red_flags_not_asked",
    ("intake", "neuro_deficit"): "examination_not_recorded",
    ("intake", "lumbar_exam_done"): "examination_not_recorded",
    ("session", "practitioner_key"): "attended_session_without_practitioner",
    ("session_component", "exercise_type"): "exercise_without_type",
    ("session_component", "manip_type"): "manipulation_without_type",
    ("outcome", "completed_day"): "due_questionnaire_not_answered",
    ("outcome", "odi_pct"): "answer_without_disability_score",
    ("outcome", "rmdq24"): "answer_without_disability_score",
}
"""Fields of the minimum record whose completeness depends on another field or feed: a rule of sql/checks says it."""

ROW_RULES = {
    ("intake", "clinic_code"): "equals the manifest's clinic_code",
    ("intake", "schema_version"): "has a known major number",
    ("lab", "value"): "is in the range of its test and unit",
}
"""What pipelines/deliveries/quarantine.py asks of a row beyond its fields, in its words."""

ONE_ROW_A_KEY = "one row a key: rows contradict each other"
ONE_CLINIC_A_KEY = "a key is used by one clinic only"

Kind = Literal["value", "required", "current", "lines"]


@dataclass(frozen=True)
class ContractCheck:
    """A check with how it is counted.

    value: quarantine lines of `rule` that are not merely missing, of the values delivered. required: rows delivered without the
    field. lines: quarantine lines of `rule`, of the rows delivered. current: rows of clean.<feed> by the SQL conditions
    `broken` and `checked`.
    """

    check: Check
    feed: str
    field: str
    kind: Kind
    rule: str = ""
    broken: str = ""
    checked: str = "true"


@cache
def contract_checks() -> tuple[ContractCheck, ...]:
    """Every check that the contract gives, by feed in contract order."""
    rare = rarities()
    return tuple(
        found
        for feed in FEEDS.values()
        for found in (
            *_of_keys(feed),
            *(check for field in feed.fields for check in _of_field(feed, field)),
            *(_of_rarity(one) for one in rare if one.feed == feed.name),
        )
    )


def _of_keys(feed: Feed) -> list[ContractCheck]:
    key = ", ".join(feed.key)
    found = [
        _made(feed, key, "key", "lines", "conformance relational", rule=ONE_ROW_A_KEY,
              description=f"Rows of {feed.name} contradict each other under one key",
              remedy="Send one row for each key; the rows that contradict each other are all left out until then")
    ]  # fmt: skip
    if len(feed.key) == 1:
        found.append(
            _made(feed, key, "own", "lines", "conformance relational", rule=ONE_CLINIC_A_KEY,
                  description=f"A key of {feed.name} is used by two clinics",
                  remedy="Make keys with a secret of the clinic's own, and send the rows again")
        )  # fmt: skip
    return found


def _of_field(feed: Feed, field: Field) -> list[ContractCheck]:
    asked = requirement(field)
    where = f"{feed.name}.{field.name}"
    found = [
        _made(feed, field.name, "value", "value", "conformance value", rule=asked,
              description=f"{where} is not {asked}",
              remedy=f"Send {asked} for {field.name}: look at the export's mapping, and send the rows again")
    ]  # fmt: skip
    if field.is_required:
        found.append(
            _made(feed, field.name, "required", "required", "completeness -", rule=asked,
                  description=f"{where} is missing, and the row cannot be used without it",
                  remedy=f"Fill {field.name} in every row, and send the rows again")
        )  # fmt: skip
    if rule := ROW_RULES.get((feed.name, field.name)):
        found.append(
            _made(feed, field.name, "row", "lines", "conformance value", rule=rule,
                  description=f"{where}: not every value {rule}", remedy="Correct it at the clinic and send the rows again")
        )  # fmt: skip
    is_asked_for = field.is_minimum and field.has_reason and (feed.name, field.name) not in PRESENT_BY_RULE
    if is_asked_for:
        applies = APPLIES.get((feed.name, field.name), "true")
        found.append(
            _made(feed, field.name, "present", "current", "completeness -",
                  broken=f"{field.name}_reason = 'a'",
                  checked=f"({applies}) and coalesce({field.name}_reason, 'a') in ('a', 'x')",
                  allowed=PRESENT_PERCENT_OF.get((feed.name, field.name), PRESENT_PERCENT),
                  description=f"{where} was not asked or not recorded",
                  remedy=f"Ask for and record {field.name}; when there is a reason that it is missing, send its token")
        )  # fmt: skip
    return found


def _of_rarity(one: Rarity) -> ContractCheck:
    feed = FEEDS[one.feed]
    return _made(
        feed, one.field, one.what, "current", "plausibility temporal" if one.is_temporal else "plausibility atemporal",
        broken=one.condition, checked=f"{one.field} is not null" + (f" and {one.checked}" if one.checked else ""),
        allowed=one.allowed_percent, description=f"More rows of {feed.name} than is plausible {one.said}",
        remedy=f"Look how {one.field} is coded and defaulted in the export; if it is so, tell the analyst", is_expected=True,
    )  # fmt: skip


def _made(
    feed: Feed,
    field: str,
    what: str,
    kind: Kind,
    category: str,
    *,
    description: str,
    remedy: str,
    rule: str = "",
    broken: str = "",
    checked: str = "true",
    allowed: float = VALUE_PERCENT,
    is_expected: bool = False,
) -> ContractCheck:
    group, _, part = category.partition(" ")
    check = Check(
        name=f"{feed.name}.{field.replace(', ', '+')}.{what}",
        category=group,  # type: ignore[arg-type]
        subcategory=part,
        context="validation" if is_expected else "verification",
        severity="note" if is_expected else "warn",
        owner="clinic",
        table=f"{'clean' if kind == 'current' else 'raw'}.{feed.name}",
        field=field,
        allowed_percent=allowed,
        description=description,
        remedy=remedy,
    )
    return ContractCheck(check, feed.name, field, kind, rule, broken, checked)
