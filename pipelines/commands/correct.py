"""`stepcare correct`: a new version of a period's reports, with a notice that says why and what changed."""

import click

from pipelines import errors
from pipelines.settings import Settings

LONGEST_REASON = 200


@click.command()
@click.argument("period")
@click.option("--because", required=True, help="Why, in one sentence: it stands on the reports.")
def correct(period: str, because: str) -> None:
    """Make the reports of PERIOD (2026-W47, 2026-10) again from what is published now.

    Every report that says something else than before gets a new version beside the old one, with a notice of why and what
    changed; the others stay as they are. The old version stays readable.

    \b
    Example:
      stepcare correct 2026-W47 --because "C003 sent its forms of October again"
    """
    from pipelines.filing import CORRECTIONS, corrections_asked, today, write_corrections
    from pipelines.generations import current_generation
    from pipelines.locking import only_one
    from pipelines.night import prepare_dagster, run_job
    from pipelines.reporting.periods import ended_before, period_of
    from pipelines.reporting.shelves import editions_of

    settings = Settings.from_environment()
    found = period_of(period)
    if found is None or found > max(ended_before(today(settings))):
        raise errors.UsageError(f"{period!r} is no week or month that is over. Write 2026-W47 or 2026-10")
    if not (because.strip() and because.isprintable() and len(because) <= LONGEST_REASON):
        raise errors.UsageError(f"--because must be one line of at most {LONGEST_REASON} letters")
    if current_generation(settings) is None:
        raise errors.NotPublished("nothing has been published yet, so there is nothing to correct")
    with only_one(settings.home):
        before = editions_of(settings.reports, period)
        write_corrections(settings.home / CORRECTIONS, corrections_asked(settings) | {period: because.strip()})
        prepare_dagster(settings)
        run_job(settings, "weekly_report", click.echo, {"stepcare/because": f"correction of {period}"})
        new = [place for place in editions_of(settings.reports, period) if place not in before]
    for place in new:
        click.echo(f"New version  {place}")
    if not new:
        click.echo(f"Nothing differs: no report of {period} says something else than its last version.")
