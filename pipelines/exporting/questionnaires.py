"""Questionnaires: which time point an answer belongs to, one answer a time point, and those that were due and did not come."""

from datetime import date

from pipelines.casting import literal
from pipelines.contracts import FEEDS, OUTCOME_WINDOW_DAYS
from pipelines.exporting.merging import merged
from pipelines.exporting.plan import Plan
from pipelines.exporting.rows import finish_rows
from pipelines.exporting.staging import Staging

DAYS_BEFORE_DAY_0 = 3
"""An answer of the three days before day 0 lies in the window of day 0, and is written as of day 0."""


def make_outcomes(staging: Staging, plan: Plan, as_of: date) -> None:
    """Make `row_outcome` of `part_outcome`.

    A part without a time point is of the nearest one by its day. Of several answers for one time point the one nearest to the due
    day stays, the earlier of two as near.
    """
    con = staging.con
    weeks = ", ".join(f"({week})" for week in OUTCOME_WINDOW_DAYS)
    con.execute(
        f"""
        create table placed as
        with days as (
            select seq, cast(completed_day as date) - index_day as on_day
            from part_outcome
        ),
        nearest as (
            select days.seq, arg_min(weeks.week, abs(7 * weeks.week - days.on_day) * 1000 + weeks.week) as week
            from days cross join (values {weeks}) as weeks (week)
            where days.on_day is not null
            group by days.seq
        )
        select
            part.* replace (coalesce(part.timepoint_wk, cast(nearest.week as varchar)) as timepoint_wk),
            coalesce(part.completed_day, '') as answered_on
        from part_outcome as part
        left join nearest on part.seq = nearest.seq
        """
    ).fetchall()
    staging.drop("part_outcome")
    _lose_later_than(staging, as_of)
    mentioned = staging.mentioned["outcome"]
    one = merged(
        "outcome", "placed", ("episode_key", "index_day", "timepoint_wk", "answered_on"), mentioned, ("patient_key",)
    )
    con.execute(
        f"""
        create table answer as
        with answers as ({one})
        select
            *,
            cast(completed_day as date) - index_day as on_day,
            coalesce(cast(due_day as date) - index_day, 7 * try_cast(timepoint_wk as integer)) as due_on_day,
            row_number() over (
                partition by episode_key, timepoint_wk
                order by
                    completed_day is null,
                    abs(on_day - due_on_day),
                    on_day,
                    first_part
            ) as rank
        from answers
        """
    ).fetchall()
    found = con.execute("select count(*), min(first_part) from answer where rank > 1").fetchall()[0]
    if found[0]:
        reason = "another answer is nearer to the time point"
        staging.tally.unmapped("outcome", reason, *staging.place(found[1], "outcome"), n=found[0])
    completed = f"if(on_day between -{DAYS_BEFORE_DAY_0} and -1 and timepoint_wk = '0', 0, on_day)"
    chosen = ", ".join(
        {
            "due_day": "cast(due_on_day as varchar) as due_day",
            "completed_day": f"cast({completed} as varchar) as completed_day",
        }.get(name, name)
        for name in FEEDS["outcome"].columns
    )
    finish_rows(
        staging,
        "outcome",
        f"select {chosen}, first_part from answer where rank = 1 {_due(plan, as_of)}",
        "intake",
    )


def _lose_later_than(staging: Staging, as_of: date) -> None:
    is_later = f"completed_day > {literal(as_of.isoformat())}"
    found = staging.con.execute(f"select count(*), min(seq) from placed where {is_later}").fetchall()[0]
    if found[0]:
        reason = "answered after the day of the extract"
        staging.tally.unmapped("outcome", reason, *staging.place(found[1], "outcome"), n=found[0])
        staging.con.execute(f"delete from placed where {is_later}").fetchall()


def _due(plan: Plan, as_of: date) -> str:
    """The rows of the plan's schedule that no answer fills, as the rest of a SELECT; empty without a schedule.

    One that is overdue on the day of the extract has the plan's reason, another is not due yet.
    """
    if not plan.weeks_due:
        return ""
    weeks = ", ".join(f"({week}, {OUTCOME_WINDOW_DAYS[week]})" for week in plan.weeks_due)
    is_overdue = f"7 * weeks.week + weeks.window_days < date {literal(as_of.isoformat())} - episode.index_day"
    said = {
        "episode_key": "episode.episode_key",
        "timepoint_wk": "cast(weeks.week as varchar)",
        "due_day": "cast(7 * weeks.week as varchar)",
        "reason_missing": f"if({is_overdue}, nullif({literal(plan.reason_missing)}, ''), 'not_due')",
    }
    columns = ", ".join(f"{said.get(name, 'null')} as {name}" for name in FEEDS["outcome"].columns)
    return f"""
        union all
        select {columns}, null as first_part
        from (select * from episode semi join row_intake on episode.episode_key = row_intake.episode_key) as episode
        cross join (values {weeks}) as weeks (week, window_days)
        anti join answer on episode.episode_key = answer.episode_key and cast(weeks.week as varchar) = answer.timepoint_wk
    """
