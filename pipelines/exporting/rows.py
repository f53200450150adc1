"""The rows of each feed, whole: `row_<feed>` with days since day 0, numbers within a session, bands and derived fields.

What is still missing that the contract requires, and what hangs on a row that is left out, is left out and counted.
"""

from collections.abc import Callable, Mapping
from datetime import date

from pipelines.casting import literal, typed
from pipelines.contracts import FEEDS, SCHEMA_VERSION, Field
from pipelines.deliveries.quarantine import LAB_RANGES
from pipelines.exporting.belonging import belong
from pipelines.exporting.merging import merged
from pipelines.exporting.plan import Plan
from pipelines.exporting.records import DAY_FIELDS
from pipelines.exporting.staging import Staging

YOUNGEST_YEARS = 18
_COMPUTED = ("bmi", "episode_duration_days", "session_no", "duration_min")


def make_rows(staging: Staging, plan: Plan, as_of: date) -> None:
    """Make `row_<feed>` of every feed, in the order in which they hang together."""
    belong(staging, "intake")
    belong(staging, "outcome")
    _intake(staging, plan, as_of)
    _session(staging)
    for feed, make in _MAKERS.items():
        if staging.mentioned[feed]:
            make(staging)
        else:
            columns = ", ".join(f"{name} varchar" for name in FEEDS[feed].columns)
            staging.con.execute(f"create table row_{feed} ({columns})")


def finish_rows(staging: Staging, feed: str, select: str, parent: str | None = None) -> None:
    """Make `row_<feed>` of a SELECT with the feed's fields and `first_part`; count and leave out what the contract cannot take.

    Days that are out of range and other fields that are not required are emptied.
    """
    con = staging.con
    fields = FEEDS[feed].fields
    names = ", ".join(
        f"case when {_is_sayable(field)} then {field.name} end as {field.name}" if _is_ours(field) else field.name
        for field in fields
    )
    con.execute(f"create table whole_{feed} as {select}").fetchall()
    faults = [
        f"when {typed(field, field.name)} is null then {literal(_missing(field.name))}"
        for field in fields
        if field.is_required
    ]
    if parent:
        key = FEEDS[feed].parent_key
        faults.insert(
            0, f"when {key} is null or {key} not in (select {key} from row_{parent}) then 'of {parent} rows left out'"
        )
    if feed == "lab":
        faults.append(f"when not ({_in_range()}) then 'a value out of the range of its test and unit'")
    con.execute(f"alter table whole_{feed} add column fault varchar").fetchall()
    con.execute(f"update whole_{feed} set fault = case {' '.join(faults)} end").fetchall()
    for fault, n_rows, first in con.execute(
        f"select fault, count(*), min(first_part) from whole_{feed} where fault is not null group by all order by all"
    ).fetchall():
        place = staging.place(first, feed) if first is not None else ("", 0)
        staging.tally.unmapped(feed, fault, *place, n=n_rows)
    con.execute(f"create table row_{feed} as select {names} from whole_{feed} where fault is null").fetchall()
    staging.drop(f"whole_{feed}", f"part_{feed}", f"said_{feed}")


def _missing(name: str) -> str:
    return f"{name} is not said, or out of the contract's range"


def _is_ours(field: Field) -> bool:
    """Whether the export computed the field, so that it may be out of range; what the source said was looked at before."""
    return not field.is_required and (field.name in DAY_FIELDS[field.feed] or field.name in _COMPUTED)


def _is_sayable(field: Field) -> str:
    return f"{field.name} is not null and ({field.name}[1] = '.' or {typed(field, field.name)} is not null)"


def _in_range() -> str:
    pairs = [
        f"test = {literal(test)} and unit = {literal(unit)} and decimal_number(value, {low}, {high}) is not null"
        for test, units in LAB_RANGES.items()
        for unit, (low, high) in units.items()
    ]
    return f"test not in ({', '.join(map(literal, LAB_RANGES))}) or ({') or ('.join(pairs)})"


def _days(day: str) -> str:
    """SQL of the days from `index_day` to the date in the text `day`, as text."""
    return f"cast(cast({day} as date) - index_day as varchar)"


def _chosen(feed: str, **instead: str) -> str:
    """The feed's fields, some of them by an expression of their own."""
    return ", ".join(f"{instead[name]} as {name}" if name in instead else name for name in FEEDS[feed].columns)


def _intake(staging: Staging, plan: Plan, as_of: date) -> None:
    quarter = "" if plan.index_period == "year" else " || '-Q' || quarter(index_day)"
    born = (
        "case length(birth_date) when 4 then birth_date || '-07-01' when 7 then birth_date || '-15' else birth_date end"
    )
    of_episode = merged("intake", "part_intake", ("episode_key",), staging.mentioned["intake"], ("patient_key",))
    body_mass = "10000 * try_cast(weight_kg as double) / pow(try_cast(height_cm as double), 2)"
    staging.con.execute(
        f"""
        create table aged as
        with said as ({of_episode})
        select
            episode.* exclude (last_contact), said.* exclude (episode_key, patient_key),
            coalesce(
                datesub('year', cast({born} as date), index_day),
                cast(floor(try_cast(said.age_years as double)) as bigint)
            ) as years
        from episode
        left join said on episode.episode_key = said.episode_key
        """
    ).fetchall()
    n_young = staging.con.execute(f"select count(*) from aged where years < {YOUNGEST_YEARS}").fetchall()[0][0]
    if n_young:
        staging.tally.unmapped("intake", "of a patient under 18 at day 0", n=n_young)
    decade = "(years // 10 * 10) || '-' || (years // 10 * 10 + 9)"
    band = f"case when years >= 90 then '90+' when years < 30 then '18-29' else {decade} end"
    chosen = _chosen(
        "intake",
        clinic_code=literal(plan.clinic_code),
        schema_version=literal(SCHEMA_VERSION),
        index_period=f"year(index_day) || ''{quarter}",
        observed_through_day=_days(literal(as_of.isoformat())),
        age_band=f"coalesce(case when years is not null then {band} end, age_band)",
        bmi=f"coalesce(bmi, cast(round({body_mass}, 1) as varchar))",
        episode_duration_days="coalesce(episode_duration_days, cast(index_day - cast(onset_date as date) as varchar))",
    )
    finish_rows(
        staging, "intake", f"select {chosen}, first_part from aged where coalesce(years, 18) >= {YOUNGEST_YEARS}"
    )


def _session(staging: Staging) -> None:
    minutes = "cast(datesub('minute', cast(starts_at as timestamp), cast(ends_at as timestamp)) as varchar)"
    number = (
        "case when attendance = 'attended' then cast(row_number() over (partition by session.episode_key, attendance = 'attended' "
        "order by session_day, starts_at, session_key) as varchar) end"
    )
    chosen = _chosen(
        "session",
        episode_key="session.episode_key",
        session_day=_days("session_day"),
        session_no=f"coalesce(session_no, {number})",
        duration_min=f"coalesce(duration_min, {minutes})",
    )
    finish_rows(
        staging,
        "session",
        f"select {chosen}, first_part from session_row as session "
        "left join episode on session.episode_key = episode.episode_key",
        "intake",
    )


def _children_of_sessions(staging: Staging, feed: str, number: str) -> None:
    """Components and adverse events: of their session, or of the attended one of their patient and day; numbered if need be."""
    staging.con.execute(
        f"""
        create table part_{feed} as
        with attended as (
            select patient_key, session_day, min_by(session_key, coalesce(starts_at, '') || session_key) as session_key
            from session_row
            where attendance = 'attended' and patient_key is not null
            group by all
        ),
        found as (
            select said.* replace (coalesce(said.session_key, attended.session_key) as session_key), said.seq as place
            from said_{feed} as said
            left join attended on said.session_key is null and said.patient_key = attended.patient_key
                and said.happened_on = attended.session_day
        )
        select * replace (
            coalesce({number}, cast(row_number() over (partition by session_key order by seq) as varchar)) as {number}
        )
        from found
        """
    ).fetchall()
    one = merged(feed, f"part_{feed}", ("session_key", number), staging.mentioned[feed])
    finish_rows(staging, feed, one, "session")


def _of_a_day(staging: Staging, feed: str, day: str, *keys: str) -> None:
    belong(staging, feed)
    of_day = merged(
        feed, f"part_{feed}", ("episode_key", "index_day", day, *keys), staging.mentioned[feed], ("patient_key",)
    )
    chosen = _chosen(feed, **{day: _days(day)})
    finish_rows(staging, feed, f"select {chosen}, first_part from ({of_day})", "intake")


def _imaging(staging: Staging) -> None:
    belong(staging, "imaging")
    keys = ("imaging_key", "episode_key", "index_day")
    of_study = merged("imaging", "part_imaging", keys, staging.mentioned["imaging"], ("patient_key",))
    chosen = _chosen("imaging", study_day=_days("study_day"))
    finish_rows(staging, "imaging", f"select {chosen}, first_part from ({of_study})", "intake")


def _imaging_level(staging: Staging) -> None:
    staging.con.execute(
        "create table part_imaging_level as select * replace (coalesce(reader_no, '1') as reader_no), seq as place "
        "from said_imaging_level"
    ).fetchall()
    level_keys = ("imaging_key", "level", "side", "reader_no")
    one = merged("imaging_level", "part_imaging_level", level_keys, staging.mentioned["imaging_level"])
    finish_rows(staging, "imaging_level", one, "imaging")


_MAKERS: Mapping[str, Callable[[Staging], None]] = {
    "session_component": lambda staging: _children_of_sessions(staging, "session_component", "component_no"),
    "adverse_event": lambda staging: _children_of_sessions(staging, "adverse_event", "event_no"),
    "exam": lambda staging: _of_a_day(staging, "exam", "exam_day"),
    "lab": lambda staging: _of_a_day(staging, "lab", "day", "test"),
    "imaging": _imaging,
    "imaging_level": _imaging_level,
}
"""How the rows of a feed are made that a source may be silent about."""
