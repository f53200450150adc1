"""The command line. Each command looks up what it needs when it runs, so that `--help` answers at once."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pipelines import errors
from pipelines.commands.adapt import adapt
from pipelines.commands.alerts import alerts
from pipelines.commands.as_of import as_of
from pipelines.commands.backup import backup
from pipelines.commands.check_delivery import check_delivery
from pipelines.commands.copy_results import copy_results
from pipelines.commands.correct import correct
from pipelines.commands.deliver import deliver
from pipelines.commands.engine import engine
from pipelines.commands.export import export
from pipelines.commands.extract import extract
from pipelines.commands.forget import forget
from pipelines.commands.notebook import notebook
from pipelines.commands.portal import portal
from pipelines.commands.quarantine import quarantine
from pipelines.commands.rebuild import rebuild
from pipelines.commands.section import section
from pipelines.commands.share import share
from pipelines.commands.ui import ui
from pipelines.commands.watch import watch
from pipelines.commands.withdraw import withdraw
from pipelines.settings import Settings

_EXIT_CODES = """\b
Exit codes: 0 done or nothing new; 2 wrong use; 3 no delivery; 4 a delivery was refused (the rest is published);
5 a check stopped the night; 6 a step failed; 7 a night is running already; 8 nothing published; 9 installation; 10 a backup;
11 an alert reached nobody."""


class Commands(click.Group):
    """A group whose commands end with a person's message and a stable exit code, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a StepcareError becomes its message and its exit code."""
        try:
            return super().invoke(ctx)
        except errors.StepcareError as error:
            click.echo(f"stepcare: {error}", err=True)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # whoever read our lines has seen enough: click ends quietly
        except Exception as error:  # noqa: BLE001 (a traceback would show its text, which may be a patient's value)
            from pipelines.unexpected import message_and_code

            message, code = message_and_code(error)
            click.echo(f"stepcare: {message}", err=True)
            ctx.exit(code)


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


@click.group(cls=Commands, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stepcare")
def main() -> None:
    """Stepcare: nightly outcomes of manipulative-physiotherapy clinics.

    Who improves with rest or exercise, and who is expected to gain from adding manipulation, with honest uncertainty.
    State lives under STEPCARE_HOME (default: var), deliveries under STEPCARE_INBOX (default: inbox in it).

    \b
    Examples:
      stepcare demo                       a whole night on simulated clinics
      stepcare nightly                    the night on your own deliveries
      stepcare status                     how the last nights went
    """
    os.umask(0o077)  # what is made from here on is its owner's alone


@main.command()
@click.option("--episodes", default=3000, show_default=True, type=click.IntRange(1), help="Episodes of care in all.")
@click.option("--clinics", default=6, show_default=True, type=click.IntRange(1), help="Number of clinics.")
@click.option("--world", default="uniform", show_default=True, help="The simulated truth (see stepcare simulate).")
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed gives the same deliveries.")
def demo(episodes: int, clinics: int, world: str, seed: int) -> None:
    """Write a demo inbox of simulated clinics and run the whole night on it.

    \b
    Example:
      stepcare demo --episodes 1000 --clinics 4
    """
    settings = Settings.from_environment()
    if not (settings.inbox / "C001").is_dir():
        _say(f"Simulating {clinics} clinics, {episodes:,} episodes, world {world}, seed {seed}")
        from pipelines.synthetic import simulate as write_deliveries

        write_deliveries(settings.inbox, episodes=episodes, clinics=clinics, world=world, seed=seed, dirt=0.002)
    else:
        _say(f"The inbox {settings.inbox} holds deliveries already; none were written.")
    _night(settings)
    _say("\nWhat next: open the report; `stepcare ui` shows the graph and this run; `stepcare status` how it went;")
    _say("put your own deliveries into an inbox of their own and run `stepcare nightly --inbox DIR`.")


def _inbox_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--inbox",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of deliveries instead of STEPCARE_INBOX.",
    )(command)


@main.command(epilog=_EXIT_CODES)
@_inbox_option
@click.option(
    "--summary", type=click.Path(path_type=Path, dir_okay=False), help="Write the run summary (JSON) there too."
)
@click.option("--no-alerts", is_flag=True, help="Send no alerts: `stepcare watch` sends them.")
def nightly(inbox: Path | None, summary: Path | None, no_alerts: bool) -> None:
    """Take in what is new, check it, estimate, and publish the reports.

    With nothing new it only looks, and says so. What was published before stays until the new night is whole.

    \b
    Examples:
      stepcare nightly
      stepcare nightly --inbox /data/deliveries
      stepcare nightly --summary night.json
    """
    settings = Settings.from_environment()
    if inbox is not None:
        if not inbox.is_dir():
            raise errors.UsageError(f"--inbox {inbox} is no folder. Name the folder that holds <clinic>/<delivery>/")
        settings = replace(settings, inbox=inbox.absolute())
    _night(settings, summary, is_telling=not no_alerts)


def _night(settings: Settings, summary_to: Path | None = None, *, is_telling: bool = False) -> None:
    from pipelines.alerts.telling import tell_after_night
    from pipelines.night import run_night

    _say(f"Looking into {settings.inbox}")
    try:
        result = run_night(settings, _say, summary_to=summary_to)
    except errors.AlreadyRunning:
        is_telling = False  # the night that runs will tell
        raise
    finally:
        if is_telling:
            tell_after_night(settings, lambda line: click.echo(f"stepcare: {line}", err=True))
    _say("")
    _places(settings)
    if result.run_id:
        _say(f"Run's page   http://127.0.0.1:3000/runs/{result.run_id}   (while `stepcare ui` runs)")
    if result.troubles:
        for trouble in result.troubles[1:]:
            _say(f"! {trouble}")
        raise result.troubles[0]
    if result.refused:
        _say("")
        raise errors.DeliveryError(
            f"{len(result.refused)} of the deliveries could not be loaded; the reasons stand above and in the report. "
            "The rest is published"
        )


def _places(settings: Settings) -> None:
    from pipelines.generations import current_generation
    from pipelines.night import report_places

    generation = current_generation(settings)
    if generation is None:
        raise errors.NotPublished(
            "nothing has been published yet. Run `stepcare nightly`, or `stepcare demo` to look around"
        )
    places = report_places(settings)
    _say(f"Published    {generation.name}{' (simulated data)' if generation.is_simulated else ''}")
    _say(f"Reports      {places['reports']}   (weeks and months)")
    _say(f"Tonight      {places['report']}   (process and freshness)")
    _say(f"Warehouse    {places['warehouse']}   (open it read-only)")


@main.command()
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The inbox to write.")
@click.option("--episodes", default=6000, show_default=True, type=click.IntRange(1), help="Episodes of care in all.")
@click.option("--clinics", default=12, show_default=True, type=click.IntRange(1), help="Number of clinics.")
@click.option("--world", default="no-effect", show_default=True, help="Which truth to simulate.")
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed gives the same bytes.")
@click.option("--dirt", default=0.0, show_default=True, type=click.FloatRange(0, 0.5), help="Share of rows to damage.")
@click.option("--format", "file_format", default="csv", show_default=True, type=click.Choice(["csv", "parquet"]))
def simulate(out: Path, episodes: int, clinics: int, world: str, seed: int, dirt: float, file_format: str) -> None:
    """Write deliveries of simulated clinics to OUT, and the known truth beside it, to OUT.truth.

    \b
    Worlds: no-effect, uniform, rule-modifier, skilled-practitioners, step-up-dropout, hidden-severity,
            one-arm, three-patients, one-practitioner, clinic-decides
    \b
    Example:
      stepcare simulate --out inbox --episodes 6000 --clinics 12 --world uniform --seed 1
    """
    from pipelines.synthetic import simulate as write_deliveries

    write_deliveries(
        out, episodes=episodes, clinics=clinics, world=world, seed=seed, dirt=dirt, file_format=file_format
    )
    _say(f"Deliveries   {out}")
    _say(f"Truth        {out}.truth   (beside the deliveries, never inside)")
    _say(f"Next         stepcare nightly --inbox {out}")


@main.command()
@click.option("--open", "in_browser", is_flag=True, help="Open the report in the browser.")
@click.option("--again", is_flag=True, help="Make the pages again from the published warehouse first.")
def report(in_browser: bool, again: bool) -> None:
    """Say where the reports are: those of weeks and months, and last night's page.

    \b
    Example:
      stepcare report --open
    """
    settings = Settings.from_environment()
    if again:
        from pipelines.locking import only_one
        from pipelines.night import prepare_dagster, run_job

        with only_one(settings.home):
            prepare_dagster(settings)
            run_job(settings, "weekly_report", _say, {"stepcare/because": "asked for"})
    _places(settings)
    if in_browser:
        from pipelines.night import report_places

        click.launch(report_places(settings)["reports"].as_uri())


@main.command()
@click.option("--accept-plaintext", is_flag=True, help="Answer for a home on a disk that is not encrypted.")
def doctor(accept_plaintext: bool) -> None:
    """Say what is wrong with this installation and how to mend it.

    Looks at every bit of what is kept, so it takes a while on a large installation.

    \b
    Example:
      stepcare doctor
    """
    from pipelines.doctor import examine

    findings = examine(Settings.from_environment(), accept_plaintext=accept_plaintext)
    for finding in findings:
        _say(
            f"{'ok  ' if finding.is_well else 'MEND'} {finding.what}{'' if finding.is_well else ': ' + finding.remedy}"
        )
    n_ill = sum(not finding.is_well for finding in findings)
    if n_ill:
        raise errors.InstallationError(f"{n_ill} of {len(findings)} need mending")


@main.command()
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1, 50), help="How many runs to show.")
def status(runs: int) -> None:
    """Show the last runs, what was loaded, what was refused, and how long each stage took."""
    from pipelines.status import describe

    for line in describe(Settings.from_environment(), runs):
        _say(line)


for command in (
    adapt,
    alerts,
    as_of,
    backup,
    check_delivery,
    copy_results,
    correct,
    deliver,
    engine,
    export,
    extract,
    forget,
    notebook,
    portal,
    quarantine,
    rebuild,
    section,
    share,
    ui,
    watch,
    withdraw,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
