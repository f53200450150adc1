"""Sessions put together, and the episodes of care that they make: `session_row`, `episode` and `session_of_episode`."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import duckdb

from pipelines.exporting.episodes import LONGEST_GAP_DAYS, Event, Part, split
from pipelines.exporting.keys import Pseudonyms
from pipelines.exporting.merging import merged
from pipelines.exporting.staging import Staging

_FETCHED_ROWS = 10_000
_KEYED = ("intake", "exam", "lab", "imaging", "session", "outcome")


def put_sessions_together(staging: Staging) -> None:
    """Make `session_row` of `said_session`: a row a session_key. A part without a key is of its patient's session of that day."""
    con = staging.con
    con.execute(
        """
        create table session_part as
        select * replace (coalesce(session_day, starts_at[1:10]) as session_day) from said_session
        """
    ).fetchall()
    con.execute(
        """
        create table session_of_day as
        select patient_key, session_day, min(session_key) as key_of_day
        from session_part
        where session_key is not null and patient_key is not null and session_day is not null
        group by all
        """
    ).fetchall()
    unkeyed = con.execute(
        """
        select distinct part.patient_key, part.session_day
        from session_part as part
        anti join session_of_day as known on part.patient_key = known.patient_key and part.session_day = known.session_day
        where part.session_key is null and part.patient_key is not null and part.session_day is not null
        order by all
        """
    ).fetchall()
    made = [(patient, day, staging.pseudonyms.of("session", f"{patient} {day}")) for patient, day in unkeyed]
    staging.load_rows("session_made", ("patient_key", "session_day", "key_of_day"), made)
    con.execute("insert into session_of_day select * from session_made").fetchall()
    con.execute(
        """
        create table session_keyed as
        select part.* replace (coalesce(part.session_key, known.key_of_day) as session_key), part.seq as place
        from session_part as part
        left join session_of_day as known
            on part.session_key is null and part.patient_key = known.patient_key and part.session_day = known.session_day
        """
    ).fetchall()
    _lose(staging, "session_keyed", "session_key is null", "without a key, and without a patient and day")
    mentioned = staging.mentioned["session"] | {"session_day"}
    one = merged("session", "session_keyed", ("session_key",), mentioned, ("episode_key",))
    con.execute(f"create table session_row as {one}").fetchall()
    con.execute(
        "create table session_of_several as select session_key from session_keyed where patient_key is not null "
        "group by session_key having count(distinct patient_key) > 1"
    ).fetchall()
    is_shared = "session_key in (select session_key from session_of_several)"
    staging.drop("session_part", "session_keyed", "said_session")
    _lose(staging, "session_row", is_shared, "one key for sessions of several patients", seq="first_part")
    _lose(staging, "session_row", "session_day is null", "without a day", seq="first_part")


def _lose(staging: Staging, table: str, condition: str, reason: str, seq: str = "seq") -> None:
    """Take the sessions out that meet the condition, and count them."""
    found = staging.con.execute(
        f"select count(*), min({seq}) from {table} where coalesce({condition}, false)"
    ).fetchall()[0]
    if found[0]:
        staging.tally.unmapped("session", reason, *staging.place(found[1], "session"), n=found[0])
        staging.con.execute(f"delete from {table} where coalesce({condition}, false)").fetchall()


def latest_day(staging: Staging) -> date | None:
    """The last day on which a patient came or answered: by default the day of the extract."""
    found = staging.con.execute(
        """
        select max(cast(day as date)) from (
            select session_day as day from session_row where attendance = 'attended'
            union all
            select completed_day from said_outcome
        )
        """
    ).fetchall()[0][0]
    return found if isinstance(found, date) else None


def build_episodes(staging: Staging, as_of: date) -> None:
    """Make `episode` (episode_key, patient_key, index_day, last_contact), and give every row of `session_row` its episode.

    What the source calls an episode is one; sessions without are of such an episode when they lie in it, or else build their own.
    """
    con = staging.con
    _lose(staging, "session_row", f"session_day > '{as_of}'", "booked for after the day of the extract", "first_part")
    owners = " union all ".join(
        f"select episode_key, patient_key from {'session_row' if feed == 'session' else 'said_' + feed}"
        for feed in _KEYED
    )
    con.execute(
        f"""
        create table owner as
        select episode_key, min(patient_key) as patient_key, count(distinct patient_key) as n_patients
        from ({owners})
        where episode_key is not null and patient_key is not null
        group by episode_key
        """
    ).fetchall()
    con.execute(
        """
        create table episode as
        select
            said.episode_key,
            owner.patient_key,
            min(cast(said.session_day as date)) as index_day,
            max(cast(said.session_day as date)) as last_contact
        from session_row as said
        inner join owner on said.episode_key = owner.episode_key and owner.n_patients = 1
        where said.attendance = 'attended'
        group by all
        """
    ).fetchall()
    _attach(staging, attended="session.attendance = 'attended'")
    _build(staging)
    _attach(staging, attended="true")
    _lose(
        staging,
        "session_row",
        "episode_key is null",
        "of no episode: without a patient, or booked long after the last contact",
        "first_part",
    )


def _attach(staging: Staging, attended: str) -> None:
    """Give sessions without an episode the one of their patient in which, or up to 90 days after which, they lie."""
    staging.con.execute(
        f"""
        update session_row
        set episode_key = found.episode_key
        from (
            select session.session_key, episode.episode_key
            from session_row as session
            asof inner join (select * from episode order by index_day, episode_key) as episode
                on session.patient_key = episode.patient_key and cast(session.session_day as date) >= episode.index_day
            where session.episode_key is null and {attended}
                and cast(session.session_day as date) - episode.last_contact <= {LONGEST_GAP_DAYS}
        ) as found
        where session_row.session_key = found.session_key
        """
    ).fetchall()


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_FETCHED_ROWS):
        yield from rows


def _keyed(pseudonyms: Pseudonyms, parts: Iterable[Part]) -> Iterator[tuple[str, str]]:
    """Each attended contact with its episode's key: the pseudonym of the patient and the episode's first contact."""
    episode, key = ("", -1), ""
    for part in parts:
        if episode != (part.patient_key, part.episode_no):
            episode = (part.patient_key, part.episode_no)
            key = pseudonyms.of("episode", f"{part.patient_key} {part.on_day}")
        yield part.session_key, key


def _build(staging: Staging) -> None:
    con = staging.con
    events = con.cursor()
    events.execute(
        """
        with keyless as (
            select patient_key, cast(session_day as date) as on_day, session_key, starts_at
            from session_row
            where episode_key is null and patient_key is not null and attendance = 'attended'
        ),
        complaints as (
            select intake.patient_key, cast(intake.happened_on as date) as on_day, intake.complaint_region, intake.complaint_side
            from said_intake as intake
            semi join keyless on intake.patient_key = keyless.patient_key
            where intake.episode_key is null and intake.happened_on is not null
                and (intake.complaint_region is not null or intake.complaint_side is not null)
        )
        select patient_key, on_day, session_key, null as regions, null as side, 1 as kind, starts_at from keyless
        union all
        select patient_key, on_day, null, complaint_region, complaint_side, 0, null from complaints
        order by patient_key, on_day, kind, starts_at, session_key, regions, side
        """
    )
    keyed = _keyed(staging.pseudonyms, split(Event(*row[:5]) for row in _rows(events)))
    staging.load_rows("session_of_episode", ("session_key", "episode_key"), keyed)
    events.close()
    con.execute(
        """
        update session_row set episode_key = built.episode_key
        from session_of_episode as built where session_row.session_key = built.session_key
        """
    ).fetchall()
    con.execute(
        """
        insert into episode
        select session.episode_key, session.patient_key, min(cast(session_day as date)), max(cast(session_day as date))
        from session_row as session
        semi join session_of_episode as built on session.session_key = built.session_key
        group by all
        """
    ).fetchall()
