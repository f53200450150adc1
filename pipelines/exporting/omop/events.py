"""The event tables of a CDM as facts: conditions, procedures, measurements, observations and drugs, by concept."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.exporting.facts import NOT_KNOWN, Fact, Facts
from pipelines.exporting.omop.tables import Tables
from pipelines.exporting.records import Record, Value
from pipelines.exporting.tally import Tally
from pipelines.exporting.targets import SYSTEMS, Target

VOCABULARIES = {
    "LOINC": SYSTEMS["loinc"],
    "SNOMED": SYSTEMS["snomed"],
    "ICD10": SYSTEMS["icd10"],
    "ICD10CM": SYSTEMS["icd10cm"],
    "RxNorm": SYSTEMS["rxnorm"],
    "ATC": SYSTEMS["atc"],
    "CPT4": SYSTEMS["cpt"],
    "UCUM": "http://unitsofmeasure.org",
}
_ROWS_AT_ONCE = 10_000
_EQUALS = ("0", "4172703")  # OMOP's concept of '=', and none


@dataclass(frozen=True)
class Event:
    """One table of events: its columns by what they hold; `value` those of a value, none where the event itself is the fact."""

    table: str
    key: str
    concept: str
    day: str
    until: str = ""
    source: str = ""
    source_concept: str = ""
    value: tuple[str, ...] = ()


EVENTS = (
    Event(
        "condition_occurrence",
        "condition_occurrence_id",
        "condition_concept_id",
        "condition_start_date",
        "condition_end_date",
        "condition_source_value",
        "condition_source_concept_id",
    ),
    Event(
        "procedure_occurrence",
        "procedure_occurrence_id",
        "procedure_concept_id",
        "procedure_date",
        "",
        "procedure_source_value",
        "procedure_source_concept_id",
    ),
    Event(
        "measurement",
        "measurement_id",
        "measurement_concept_id",
        "measurement_date",
        "",
        "measurement_source_value",
        "measurement_source_concept_id",
        (
            "value_as_number",
            "value_as_concept_id",
            "null",
            "unit_concept_id",
            "unit_source_value",
            "operator_concept_id",
        ),
    ),
    Event(
        "observation",
        "observation_id",
        "observation_concept_id",
        "observation_date",
        "",
        "observation_source_value",
        "observation_source_concept_id",
        ("value_as_number", "value_as_concept_id", "value_as_string", "unit_concept_id", "unit_source_value", "null"),
    ),
    Event(
        "drug_exposure",
        "drug_exposure_id",
        "drug_concept_id",
        "drug_exposure_start_date",
        "drug_exposure_end_date",
        "drug_source_value",
        "drug_source_concept_id",
    ),
)


class Codes:
    """What a concept is called in a mapping: its id, `system|code` where the CDM has a `concept` table, `source|value`."""

    def __init__(self, tables: Tables) -> None:
        vocabularies = list(VOCABULARIES)
        marks = ", ".join("?" for _ in vocabularies)
        rows = tables.con.execute(
            f"select concept_id, vocabulary_id, concept_code from cdm_concept where vocabulary_id in ({marks})",
            vocabularies,
        ).fetchall()
        self._known = {concept: (vocabulary, code) for concept, vocabulary, code in rows}

    def of(self, concept: str | None, source_concept: str | None, source: str | None) -> tuple[str, ...]:
        """The names of a fact's code, the most certain first."""
        names = []
        for one in (concept, source_concept):
            if one and one != "0":
                names.append(one)
                if one in self._known:
                    vocabulary, code = self._known[one]
                    names.append(f"{VOCABULARIES[vocabulary]}|{code}")
        if source:
            names.append(f"source|{source}")
        return tuple(names)

    def unit(self, concept: str | None, source: str | None) -> str:
        """The UCUM code of a unit, else its source value."""
        vocabulary, code = self._known.get(concept or "", ("", ""))
        return code if vocabulary == "UCUM" else source or ""


class Contacts:
    """Which visits count (the table `visit`), so that an event at another's is not taken for one of the clinic's."""

    def __init__(self, tables: Tables) -> None:
        rows = tables.con.execute("select visit_occurrence_id from visit where reason is null").fetchall()
        self._keys = frozenset(row[0] for row in rows)

    def session(self, visit: str | None) -> str:
        """The visit's key when it counts, else ''."""
        return visit if visit in self._keys and visit is not None else ""


def event_records(
    tables: Tables, event: Event, facts: Facts, tally: Tally, codes: Codes, contacts: Contacts, *, is_end_believed: bool
) -> Iterator[Record]:
    """The records of one table of events; what no rule names is counted, and never read row by row."""
    targets = _resolve(tables, event, facts, tally, codes)
    if not targets:
        return
    until = f"strftime(try_cast({event.until} as date), '%Y-%m-%d')" if event.until and is_end_believed else "''"
    value = ", ".join(event.value) or "null, null, null, null, null, null"
    found = tables.con.execute(
        f"""
        select number, event.person_id, strftime(try_cast({event.day} as date), '%Y-%m-%d'), {until}, event.visit_occurrence_id,
            event.{event.key}, {value}
        from cdm_{event.table} as event
        inner join resolved
            on event.{event.concept} is not distinct from resolved.concept
            and event.{event.source} is not distinct from resolved.source
            and event.{event.source_concept} is not distinct from resolved.source_concept
        order by try_cast(event.{event.key} as bigint), event.{event.key}
        """
    )
    while rows := found.fetchmany(_ROWS_AT_ONCE):
        for number, person, day, until_day, visit, key, *valued in rows:
            if person is None:
                tally.unmapped(event.table, "it does not say whose it is", event.table)
                continue
            fact = Fact(
                event.table,
                person,
                day or "",
                True,
                event.table,
                0,
                until=until_day or "",
                session=contacts.session(visit),
                key=key or "",
            )
            yield from facts.records(_valued(fact, valued, codes) if event.value else fact, targets[number])


def _resolve(tables: Tables, event: Event, facts: Facts, tally: Tally, codes: Codes) -> dict[int, tuple[Target, ...]]:
    """Make the table `resolved`: the concepts of the event table that a rule names, numbered; returns their targets."""
    names_of_one = f"{event.concept}, {event.source}, {event.source_concept}"
    rows = tables.con.execute(
        f"select {names_of_one}, count(*) from cdm_{event.table} group by all order by all"
    ).fetchall()
    targets: dict[int, tuple[Target, ...]] = {}
    resolved = []
    for number, (concept, source, source_concept, n) in enumerate(rows):
        tally.read(event.table, n)
        names = codes.of(concept, source_concept, source)
        found = next(filter(None, (facts.rules.targets.get(name) for name in names)), None)
        if found:
            targets[number] = found
            resolved.append((number, concept, source, source_concept))
        else:
            tally.unmapped(event.table, NOT_KNOWN if names else "it has no code", event.table, n=n)
    tables.con.execute(
        "create or replace temp table resolved (number integer, concept varchar, source varchar, source_concept varchar)"
    )
    if resolved:
        tables.con.executemany("insert into resolved values (?, ?, ?, ?)", resolved)
    return targets


def _valued(fact: Fact, valued: list[Any], codes: Codes) -> Fact:
    """The fact with the value of a measurement or observation: a number with its unit, a coded one, or a text that is a code."""
    number, concept, text, unit_concept, unit, operator = valued
    if number is not None and (operator is None or operator in _EQUALS):
        value = _number(number)
        return fact._replace(value=value, unit=codes.unit(unit_concept, unit) if value is not None else "")
    if concept and concept != "0":
        return fact._replace(value=None, codes=codes.of(concept, None, None))
    if text:
        return fact._replace(value=None, codes=(f"source|{text}", text))
    return fact._replace(value=None)


def _number(text: str) -> Value:
    try:
        return float(text)
    except ValueError:
        return None
