"""The trials' cohorts in the shape of OMOP CDM 5.4 (`cohort`, `cohort_definition`), for the group's own research environment.

Patient level, under pseudonyms: `subject_id` is made from `patient_key`, so that only the clinic, which holds its secret, can
lead it back. No calendar date is known here, and OMOP wants dates: day 0 of every episode is written as the first day of its
index period, so that spans of time are true to the day and dates are not. A period of a cohort with too few people is left out.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet

from pipelines.checksums import write_sums
from pipelines.privacy.profiles import Profile
from pipelines.sharing.published import Night

_SUBJECT_DIGITS = 15
"""Hex digits of the pseudonym that become `subject_id`: 60 bits, a positive `bigint`."""

_MEMBERS = """
with members as (
    select trial, 'eligible' as arm, episode_key from cohort.eligibility where is_eligible
    union all
    select 'index' as trial, arm, episode_key from cohort.index_trial where is_eligible and arm is not null
    union all
    select 'decision' as trial, arm, episode_key from cohort.decision_trial where is_eligible and arm is not null
    union all
    select 'stepped' as trial, arm, episode_key from cohort.stepped_trial where is_eligible and arm is not null
)

select
    members.trial,
    members.arm,
    episode.patient_key,
    episode.index_period,
    cast(episode.index_period[:4] || '-01-01' as date)
    + to_months(cast(3 * (coalesce(try_cast(episode.index_period[7:] as integer), 1) - 1) as integer)) as day_0,
    case when members.trial = 'decision' then decision.time_zero_day else 0 end as start_day,
    episode.observed_through_day as end_day
from members
inner join cohort.episodes as episode on members.episode_key = episode.episode_key
left join cohort.decision as decision on members.episode_key = decision.episode_key
where episode.index_period is not null
"""

_COHORT = f"""
with sizes as (
    select member.trial, member.arm, member.index_period, count(distinct member.patient_key) as n_people
    from member
    group by all
)

select
    cast(definition.cohort_definition_id as integer) as cohort_definition_id,
    cast('0x' || member.patient_key[:{_SUBJECT_DIGITS}] as bigint) as subject_id,
    cast(member.day_0 + to_days(cast(member.start_day as integer)) as date) as cohort_start_date,
    cast(member.day_0 + to_days(cast(greatest(member.end_day, member.start_day) as integer)) as date) as cohort_end_date
from member
inner join sizes
    on member.trial = sizes.trial and member.arm = sizes.arm and member.index_period = sizes.index_period
inner join definition on member.trial = definition.trial and member.arm = definition.arm
where sizes.n_people >= $smallest
order by all
"""

_DEFINITIONS: tuple[tuple[int, str, str], ...] = (
    (1, "index", "eligible"),
    (2, "index", "rest_or_advice"),
    (3, "index", "exercise"),
    (4, "index", "manipulation"),
    (5, "decision", "eligible"),
    (6, "decision", "continue_without"),
    (7, "decision", "add_manipulation"),
    (8, "stepped", "eligible"),
    (9, "stepped", "without_manipulation"),
    (10, "stepped", "manipulation"),
)


@dataclass(frozen=True)
class Written:
    """What was written: rows and cohorts of each table."""

    n_rows: int
    n_cohorts: int


def write_omop_cohort(folder: Path, night: Night) -> Written:
    """Write `cohort.parquet` and `cohort_definition.parquet` into the new `folder`, with their SHA-256.

    The names, types and required columns are those of OMOP CDM 5.4 (https://ohdsi.github.io/CommonDataModel/cdm54.html#cohort).
    The same night gives the same bytes.
    """
    folder.mkdir()
    cohort = cohort_rows(night.con, night.profile)
    there = set(cohort["cohort_definition_id"].to_pylist())
    definitions = [row for row in _DEFINITIONS if row[0] in there]
    pyarrow.parquet.write_table(cohort, folder / "cohort.parquet", compression="zstd")
    pyarrow.parquet.write_table(
        _definition_rows(definitions, night), folder / "cohort_definition.parquet", compression="zstd"
    )
    write_sums(folder)
    return Written(cohort.num_rows, len(definitions))


def cohort_rows(con: duckdb.DuckDBPyConnection, profile: Profile) -> pa.Table:
    """The rows of `cohort`: who of a trial, or of an arm of it, from time zero to the last day observed."""
    con.execute(f"create or replace temp view member as {_MEMBERS}")
    values = ", ".join(f"({number}, '{trial}', '{arm}')" for number, trial, arm in _DEFINITIONS)
    con.execute(
        f"create or replace temp view definition as select * from (values {values}) as t (cohort_definition_id, trial, arm)"
    )
    return con.sql(_COHORT, params={"smallest": profile.smallest_shown}).to_arrow_table()


def _definition_rows(definitions: list[tuple[int, str, str]], night: Night) -> pa.Table:
    initiated = night.generation.made_at[:10]
    rows = [
        {
            "cohort_definition_id": number,
            "cohort_definition_name": f"Stepcare {trial} trial: {arm}",
            "cohort_definition_description": (
                f"{'Everybody eligible for' if arm == 'eligible' else f'Arm {arm} of'} the {trial} trial. Dates are made up from "
                "the index period: only the days between them are true."
            ),
            "definition_type_concept_id": 0,
            "cohort_definition_syntax": "sql/cohort/eligibility.sql",
            "subject_concept_id": 0,
            "cohort_initiation_date": initiated,
        }
        for number, trial, arm in definitions
    ]
    schema = pa.schema(
        [
            ("cohort_definition_id", pa.int32()),
            ("cohort_definition_name", pa.string()),
            ("cohort_definition_description", pa.string()),
            ("definition_type_concept_id", pa.int32()),
            ("cohort_definition_syntax", pa.string()),
            ("subject_concept_id", pa.int32()),
            ("cohort_initiation_date", pa.string()),
        ]
    )
    table = pa.Table.from_pylist(rows, schema)
    date = table["cohort_initiation_date"].cast(pa.date32())
    return table.set_column(table.num_columns - 1, "cohort_initiation_date", date)
