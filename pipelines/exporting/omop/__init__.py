"""OMOP CDM 5.4 as a source: Parquet, CSV or a DuckDB database, read by DuckDB; concepts by the map of the clinic, none is shipped.

A fact's code in the mapping is a concept id, `loinc|...` and the like (when the CDM has its `concept` table), or `source|...` for
a source value. Dates are of the clinic's day already. Visits outside a person's observation periods are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.casting import literal
from pipelines.exporting.facts import Facts
from pipelines.exporting.omop.events import EVENTS, Codes, Contacts, event_records
from pipelines.exporting.omop.tables import Tables, open_tables
from pipelines.exporting.records import Record, Value
from pipelines.exporting.sources import Request
from pipelines.exporting.targets import read_rules

VISITS = ("9202", "581477", "5083")
"""Visits that count as contacts unless the mapping says otherwise: outpatient, office, telehealth (standard concepts)."""

_SEXES = {"8507": "male", "8532": "female", "8521": "other"}
_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class _Clinic:
    """Which visits are this clinic's, by visit concepts and care sites (ids or source values; none means all)."""

    visits: tuple[str, ...]
    care_sites: tuple[str, ...]


def read_omop(request: Request) -> Iterator[Record]:
    """The records of the CDM at the place of the request; raises UsageError for a mapping or place that cannot be used."""
    mapping = request.mapping
    mapping.text("kind")
    facts = Facts(read_rules(mapping), request.tally)
    is_end_believed = mapping.choice("condition_end_dates", ("believe", "ignore"), "believe") == "believe"
    contacts = mapping.section("contacts")
    clinic = _Clinic(VISITS, ())
    if contacts:
        clinic = _Clinic(contacts.texts("visit_concepts", VISITS), contacts.texts("care_sites", ()))
        contacts.done()
    mapping.done()
    with open_tables(request.place, request.tally) as tables:
        codes = Codes(tables)
        yield from _persons(tables, request)
        yield from _visits(tables, request, facts, codes, clinic)
        seen = Contacts(tables)
        for event in EVENTS:
            yield from event_records(tables, event, facts, request.tally, codes, seen, is_end_believed=is_end_believed)
        yield from facts.held_records()


def _persons(tables: Tables, request: Request) -> Iterator[Record]:
    rows = tables.con.execute(
        "select person_id, gender_concept_id, year_of_birth, month_of_birth, day_of_birth from cdm_person order by person_id"
    ).fetchall()
    request.tally.read("person", len(rows))
    for person, gender, *born in rows:
        if person is None:
            request.tally.unmapped("person", "it has no person_id", "person")
            continue
        values: dict[str, Value] = {"patient_key": person, "birth_date": _birth_date(*born)}
        if gender in _SEXES:
            values["sex"] = _SEXES[gender]
        yield Record("intake", values, "person", 0)


def _birth_date(year: str | None, month: str | None, day: str | None) -> str:
    """As much of the birth date as is known: 'YYYY', 'YYYY-MM' or 'YYYY-MM-DD'; '' when no year is."""
    if not year or not year.isdigit():
        return ""
    known = year
    for part in (month, day):
        if not part or not part.isdigit():
            break
        known += f"-{int(part):02d}"
    return known


def _visits(tables: Tables, request: Request, facts: Facts, codes: Codes, clinic: _Clinic) -> Iterator[Record]:
    """The clinic's visits as sessions, with who treated; makes the table `visit` of those that count, for `Contacts`."""
    tables.con.execute(_visit_query(tables, clinic)).fetchall()
    counted = tables.con.execute(
        "select reason, count(*) from visit group by reason order by reason nulls first"
    ).fetchall()
    for reason, n in counted:
        request.tally.read("visit_occurrence", n)
        if reason:
            request.tally.unmapped("visit_occurrence", reason, "visit_occurrence", n=n)
    roles = _roles(tables, facts, codes)
    found = tables.con.execute(
        "select visit_occurrence_id, person_id, day, starts_at, ends_at, provider_id from visit where reason is null "
        "order by visit_occurrence_id"
    )
    while rows := found.fetchmany(_ROWS_AT_ONCE):
        for key, person, day, starts_at, ends_at, provider in rows:
            values: dict[str, Value] = {
                "session_key": key,
                "patient_key": person,
                "session_day": day,
                "attendance": "attended",
                "practitioner_key": provider,
            }
            if starts_at is not None and ends_at is not None:
                values |= {"starts_at": starts_at, "ends_at": ends_at}
            facts.contact(person, day)
            yield Record("session", values | roles.get(provider, {}), "visit_occurrence", 0)


def _visit_query(tables: Tables, clinic: _Clinic) -> str:
    concepts = ", ".join(map(literal, clinic.visits))
    sites = ", ".join(map(literal, clinic.care_sites))
    elsewhere = (
        f"coalesce(care_site_id, '') not in ({sites}) and coalesce(site, '') not in ({sites})" if sites else "false"
    )
    is_watched = "observation_period" in tables.there
    outside = "person_id in (select person_id from period) and not is_observed" if is_watched else "false"
    return f"""
        create temp table visit as
        with period as (
            select person_id, try_cast(observation_period_start_date as date) as first_day,
                try_cast(observation_period_end_date as date) as last_day
            from cdm_observation_period
        ),
        dated as (
            select
                visit.*,
                site.care_site_source_value as site,
                coalesce(try_cast(visit_start_date as date), cast(try_cast(visit_start_datetime as timestamp) as date)) as on_day,
                try_cast(visit_start_datetime as timestamp) as starts_at,
                try_cast(visit_end_datetime as timestamp) as ends_at
            from cdm_visit_occurrence as visit
            left join cdm_care_site as site on visit.care_site_id = site.care_site_id
        ),
        watched as (
            select dated.*, exists (
                select 1 from period
                where period.person_id = dated.person_id and dated.on_day between period.first_day and period.last_day
            ) as is_observed
            from dated
        )
        select
            visit_occurrence_id, person_id, provider_id, strftime(on_day, '%Y-%m-%d') as day,
            if(ends_at > starts_at and cast(starts_at as time) <> time '00:00', starts_at, null) as starts_at,
            if(ends_at > starts_at, ends_at, null) as ends_at,
            case
                when visit_occurrence_id is null or person_id is null then 'it does not say which visit, or whose'
                when on_day is null then 'it has no date that can be read'
                when coalesce(visit_concept_id, '') not in ({concepts}) then 'a visit of a kind that is no contact of the clinic'
                when {elsewhere} then 'a visit at another care site'
                when {outside} then 'outside the observation periods of its person'
            end as reason
        from watched
    """


def _roles(tables: Tables, facts: Facts, codes: Codes) -> dict[str | None, dict[str, Value]]:
    """By provider the profession and qualification that the mapping's `values` give for the specialty."""
    roles: dict[str | None, dict[str, Value]] = {}
    rows = tables.con.execute(
        "select provider_id, specialty_concept_id, specialty_source_value from cdm_provider"
    ).fetchall()
    for provider, concept, source in rows:
        for name in ("practitioner_profession", "practitioner_qualification"):
            known = (facts.rules.coded("session", name, code) for code in codes.of(concept, None, source))
            if said := next(filter(None, known), None):
                roles.setdefault(provider, {})[name] = said
    return roles
