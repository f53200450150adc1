"""`stepcare notebook`: begin a notebook, and run notebooks into pages."""

from pathlib import Path

import click

from pipelines.errors import NightFailed, UsageError
from pipelines.settings import Settings


@click.group()
def notebook() -> None:
    """Begin a notebook with its test, and run notebooks on what is published.

    \b
    Examples:
      stepcare notebook new waiting_times
      stepcare notebook run waiting_times
      stepcare notebook run
    """


@notebook.command()
@click.argument("name")
def new(name: str) -> None:
    """Write the notebook NAME from the template, and a test that runs it.

    \b
    Example:
      stepcare notebook new waiting_times
    """
    from pipelines.notebooks.scaffold import scaffold

    made, test = scaffold(_folder(Settings.from_environment()), name)
    click.echo(f"Notebook     {made}")
    click.echo(f"Test         {test}")
    click.echo(f"Next         open it in your editor, or `stepcare notebook run {name}`")


@notebook.command()
@click.argument("name", required=False)
def run(name: str | None) -> None:
    """Run the notebook NAME, or all of them, on the published results and write pages that hold everything they show.

    The pages are in STEPCARE_HOME/notebooks, for their owner alone: they may show patients.

    \b
    Examples:
      stepcare notebook run data_tour
      stepcare notebook run
    """
    from pipelines.notebooks.nightly import notebooks_in, run_notebooks
    from pipelines.notebooks.rendering import INDEX

    settings = Settings.from_environment()
    found = notebooks_in(_folder(settings))
    if name is not None and name not in found:
        raise UsageError(f"there is no notebook {name!r}; there are {', '.join(found)}")
    went = run_notebooks(settings, None if name is None else [name], lambda line: click.echo(f"  {line}"))
    click.echo(f"Pages        {settings.notebook_pages / f'{name or INDEX}.html'}")
    if failed := [f"{one.name}: {one.failure}" for one in went if one.failure]:
        raise NightFailed(f"not every notebook came to its end. {'; '.join(failed)}. Its page shows the whole error")


def _folder(settings: Settings) -> Path:
    if settings.notebooks is None:
        raise UsageError("no folder of notebooks is known. Set STEPCARE_NOTEBOOKS to the folder that holds them")
    return settings.notebooks
