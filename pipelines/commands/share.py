"""`stepcare share`: what a person hands on from the published night to others' programs."""

from pathlib import Path

import click

from pipelines.settings import Settings


@click.group()
def share() -> None:
    """Hand on published results to others' programs: FHIR, Parquet, OMOP.

    Figures of one night a calendar week, after disclosure control; the cohorts are rows of patients and stay in the group.

    \b
    Examples:
      stepcare share measure-reports --out indicators.json
      stepcare share results --out results-2026-w48
    """


@share.command("measure-reports")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new .json file.")
def measure_reports(out: Path) -> None:
    """Write the quality indicators as one FHIR R4 Bundle of Measures and MeasureReports.

    \b
    Example:
      stepcare share measure-reports --out indicators.json
    """
    from pipelines.sharing.measure_reports import bundle_text
    from pipelines.sharing.published import note_shared, open_published
    from pipelines.sharing.writing import check_place, written_whole

    check_place(out, ".json")
    settings = Settings.from_environment()
    with open_published(settings) as night:
        text = bundle_text(night)
        with written_whole(out) as aside:
            aside.write_text(text, encoding="utf-8")
            note_shared(settings, night.generation)
        n_reports = text.count('"resourceType": "MeasureReport"')
        click.echo(f"{n_reports:,} MeasureReports{_of_whom(night.generation.is_simulated)} in {out}")


@share.command("results")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A folder that is not there yet.")
def results(out: Path) -> None:
    """Write every released table as Parquet, with a data dictionary and a Data Package.

    \b
    Example:
      stepcare share results --out results-2026-w48
    """
    from pipelines.sharing.published import note_shared, open_published
    from pipelines.sharing.results import write_results
    from pipelines.sharing.writing import check_place, written_whole

    check_place(out)
    settings = Settings.from_environment()
    with open_published(settings) as night:
        with written_whole(out) as aside:
            n_tables = write_results(aside, night)
            note_shared(settings, night.generation)
        click.echo(f"{n_tables} tables{_of_whom(night.generation.is_simulated)} in {out}")


@share.command("omop-cohort")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A folder that is not there yet.")
@click.option(
    "--patient-level",
    is_flag=True,
    help="I may write rows of patients, and OUT is in the group's own research environment.",
)
def omop_cohort(out: Path, patient_level: bool) -> None:
    """Write the trials' cohorts in the shape of OMOP CDM 5.4: rows of patients under pseudonyms.

    For the group's own research environment only (docs/sharing-results.md says who may, and where).

    \b
    Example:
      stepcare share omop-cohort --out /research/stepcare-cohorts --patient-level
    """
    from pipelines.errors import UsageError
    from pipelines.sharing.omop_cohort import write_omop_cohort
    from pipelines.sharing.published import open_published
    from pipelines.sharing.writing import check_place, written_whole

    if not patient_level:
        raise UsageError(
            "nothing was written: a cohort table holds rows of patients. It may stand in the group's own research environment "
            "only (docs/sharing-results.md); if it will, say --patient-level. For others use `stepcare share results`"
        )
    check_place(out)
    settings = Settings.from_environment()
    with open_published(settings) as night:
        with written_whole(out) as aside:
            written = write_omop_cohort(aside, night)
        said = _of_whom(night.generation.is_simulated)
        click.echo(
            f"{written.n_rows:,} rows in {written.n_cohorts} cohorts{said} in {out}: patient level, not to be passed on"
        )


def _of_whom(is_simulated: bool) -> str:
    return " of simulated patients" if is_simulated else ""
