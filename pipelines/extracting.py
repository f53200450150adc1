"""An episode-level extract for analysts: generalised until nobody stands alone, without keys, checked once more, then written."""

from collections import defaultdict
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.errors import ChecksFailed, UsageError
from pipelines.privacy.anonymity import QUASI_IDENTIFIERS, AnonymityReport, Target, anonymise
from pipelines.privacy.spreadsheets import write_csv

_PERSON = "patient_key"
_EPISODES = """
with seen as (
    select exam.episode_key, exam.clinical_dx = 'serious_pathology' as is_serious
    from clean.exam as exam
    where exam.clinical_dx is not null
    union all
    select imaging.episode_key, reading.serious_finding not in ('none', 'fracture_old') as is_serious
    from clean.imaging as imaging
    inner join clean.imaging_level as reading on imaging.imaging_key = reading.imaging_key
    where reading.serious_finding is not null
),

diagnoses as (
    select seen.episode_key, case when bool_or(seen.is_serious) then 'yes' else 'no' end as has_serious_diagnosis
    from seen
    group by seen.episode_key
)

select
    intake.patient_key,
    intake.clinic_code,
    intake.age_band,
    intake.sex,
    intake.index_period,
    intake.ethnicity_group,
    intake.work_status,
    intake.prior_spine_surgery,
    intake.compensation_claim,
    diagnoses.has_serious_diagnosis,
    index_arm.index_arm,
    episode.main_site,
    episode.main_pain_points,
    episode.disability_instrument,
    episode.disability_points,
    outcome.pain_12wk as pain_improvement_12wk_points,
    outcome.rmdq24_12wk as rmdq24_improvement_12wk_points,
    outcome.odi_pct_12wk as odi_improvement_12wk_points,
    outcome.r30d_12wk as is_r30d_12wk,
    outcome.r30d_26wk as is_r30d_26wk,
    outcome.is_due_12wk,
    outcome.is_due_26wk
from clean.intake as intake
inner join cohort.episodes as episode on intake.episode_key = episode.episode_key
left join cohort.index_arms as index_arm on intake.episode_key = index_arm.episode_key
left join cohort.trial_outcomes as outcome on intake.episode_key = outcome.episode_key
left join diagnoses on intake.episode_key = diagnoses.episode_key
order by intake.episode_key
"""


def extract(con: duckdb.DuckDBPyConnection, target: Target) -> tuple[pd.DataFrame, AnonymityReport]:
    """The extract from a published warehouse, without keys, in an order that tells nothing; and what was done to it.

    Raises ChecksFailed when a row would still fail, or when nothing is left.
    """
    kept, report = anonymise(con.execute(_EPISODES).df(), target, _PERSON)
    refuse_unsafe(kept, target)
    shown = kept.drop(columns=_PERSON)
    return shown.sort_values(list(shown.columns), kind="stable", ignore_index=True), report


def refuse_unsafe(kept: pd.DataFrame, target: Target) -> None:
    """Count the groups anew, in another way than they were made; raises ChecksFailed when one is too small, or there is none."""
    people: dict[tuple[object, ...], set[object]] = defaultdict(set)
    for *group, person in kept[[*QUASI_IDENTIFIERS, _PERSON]].itertuples(index=False):
        people[tuple(group)].add(person)
    smallest = min((len(group) for group in people.values()), default=0)
    if smallest < target.smallest_group:
        raise ChecksFailed(
            f"no extract was written: its smallest group would have {smallest} people, and {target.name} asks for "
            f"{target.smallest_group}. With so few episodes use the report's counts instead"
        )


def check_place(place: Path) -> None:
    """Raise UsageError unless `place` is a new .csv or .parquet file in a folder that is there."""
    if place.suffix not in (".csv", ".parquet"):
        raise UsageError(f"{place.name}: an extract is written as .csv or .parquet. Name it so")
    if place.exists() or place.is_symlink():
        raise UsageError(
            f"{place.name} is there already. Choose another name; an extract is never written over another"
        )
    if not place.parent.is_dir():
        raise UsageError(f"the folder of {place.name} is not there. Make it first")


def write_extract(place: Path, frame: pd.DataFrame) -> None:
    """Write the extract, whole or not at all; a CSV is safe to open in a spreadsheet."""
    aside = place.with_name(f".{place.name}.writing")
    if place.suffix == ".csv":
        write_csv(aside, frame)
    else:
        frame.to_parquet(aside, index=False)
    aside.rename(place)


def lines_of(report: AnonymityReport) -> list[str]:
    """The report as lines for the screen: each step with its failing rows, its smallest group and its greatest risk."""
    lines = [f"{'':24}{'episodes':>10}{'below':>8}{'smallest group':>16}{'greatest risk':>15}"]
    lines += [
        f"{step.name:24}{step.n_rows:>10,}{step.n_failing:>8,}{step.smallest_group:>16,}{step.maximum_risk:>15.2f}"
        for step in report.steps
    ]
    changed, dropped = round(report.changed_percent), round(report.dropped_percent)
    return [*lines, f"Generalised {changed} % of the episodes that were kept, dropped {dropped} % of all."]
