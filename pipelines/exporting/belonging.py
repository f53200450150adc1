"""Which episode a record belongs to, when it says only whose it is and of what day; days become days since day 0."""

from dataclasses import dataclass

from pipelines.exporting.records import fields_of
from pipelines.exporting.staging import Staging


@dataclass(frozen=True)
class Nearness:
    """How a feed's records find their episode.

    `day` holds the record's day. It goes to the next episode when it lies at most `lead_days` before its day 0 and the last one's
    contacts are over; else to the last one that began; else, at most `widest_days` before, to the first.
    """

    day: str
    lead_days: int
    widest_days: int


NEARNESS = {
    "intake": Nearness("happened_on", 14, 14),
    "exam": Nearness("exam_day", 14, 14),
    "lab": Nearness("day", 14, 365),
    "imaging": Nearness("study_day", 14, 1825),
    "outcome": Nearness("completed_day", 3, 3),
}
"""Days as the contract allows them before day 0: 14 for an examination, 365 for a blood test, 1825 for a study; 3 is the window of
the questionnaire of day 0. A form of intake may be as old as an examination."""

LATEST_INTAKE_DAY = 14
"""What is said of a patient later than this is no baseline: it may be a result of the treatment."""


def belong(staging: Staging, feed: str) -> None:
    """Make `part_<feed>` of `said_<feed>`: the rows with an episode, with `episode_key`, `index_day` and `place` (their order).

    Counts those without.
    """
    near = NEARNESS[feed]
    others = ", ".join(f"said.{name}" for name in fields_of(feed) if name not in ("episode_key", "patient_key"))
    staging.con.execute(
        f"""
        create table part_{feed} as
        with said as (select * from said_{feed}),
        keyed as (
            select said.seq, episode.episode_key
            from said inner join episode on said.episode_key = episode.episode_key
        ),
        dated as (
            select seq, patient_key, cast({near.day} as date) as on_day
            from said
            where episode_key is null and patient_key is not null and {near.day} is not null
        ),
        episodes as (select * from episode order by patient_key, index_day, episode_key),
        last_begun as (
            select dated.*, episodes.episode_key as last_key, episodes.last_contact
            from dated asof left join episodes
                on dated.patient_key = episodes.patient_key and dated.on_day >= episodes.index_day
        ),
        both_sides as (
            select last_begun.*, episodes.episode_key as next_key, episodes.index_day - last_begun.on_day as days_ahead
            from last_begun asof left join episodes
                on last_begun.patient_key = episodes.patient_key and last_begun.on_day < episodes.index_day
        ),
        found as (
            select
                seq,
                case
                    when days_ahead <= {near.lead_days} and (last_key is null or on_day > last_contact) then next_key
                    when last_key is not null then last_key
                    when days_ahead <= {near.widest_days} then next_key
                end as episode_key
            from both_sides
            union all
            select seq, episode_key from keyed
            {_of_the_patient(feed)}
        )
        select said.seq, {others}, episode.patient_key, episode.episode_key, episode.index_day,
            row_number() over (order by {_order(feed)}, said.seq) as place
        from said
        inner join found on said.seq = found.seq
        inner join episode on found.episode_key = episode.episode_key
        """
    ).fetchall()
    if feed == "intake":
        staging.con.execute(
            f"delete from part_intake where cast(happened_on as date) - index_day > {LATEST_INTAKE_DAY}"
        ).fetchall()
    _count_lost(staging, feed)
    staging.drop(f"said_{feed}")


def _of_the_patient(feed: str) -> str:
    """What is said of a patient without a day counts for every episode; what lasts since a day, for those from that day on."""
    if feed != "intake":
        return ""
    return """
            union all
            select said.seq, episode.episode_key
            from said inner join episode on said.patient_key = episode.patient_key
            where said.episode_key is null and said.happened_on is null
                and (said.lasting_since is null or cast(said.lasting_since as date) <= episode.index_day)
    """


def _order(feed: str) -> str:
    return "coalesce(said.happened_on, '9999-12-31')" if feed == "intake" else "true"


def _count_lost(staging: Staging, feed: str) -> None:
    near = NEARNESS[feed]
    rows = staging.con.execute(
        f"""
        select
            case
                when episode_key in (select episode_key from episode) then 'said more than 14 days after day 0'
                when episode_key is not null then 'of an episode without an attended session'
                when patient_key is null then 'without a patient and an episode'
                when patient_key not in (select patient_key from episode where patient_key is not null)
                    then 'of a patient without an attended session'
                when {near.day} is null {"and lasting_since is null" if feed == "intake" else ""} then 'without a day'
                else 'of a day near no episode'
            end as reason,
            count(*),
            min(seq)
        from said_{feed} as said
        anti join part_{feed} as part on said.seq = part.seq
        group by all
        order by all
        """
    ).fetchall()
    for reason, n_rows, first in rows:
        staging.tally.unmapped(feed, reason, *staging.place(first, feed), n=n_rows)
