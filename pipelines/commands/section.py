"""`stepcare section try`: the sections of the reports as they would be made tonight."""

import click

from pipelines.errors import NightFailed, NotPublished, UsageError
from pipelines.settings import Settings


@click.group()
def section() -> None:
    """Try the sections that analysts add to the reports ([sections] in stepcare.toml).

    \b
    Example:
      stepcare section try
    """


@section.command("try")
def try_them() -> None:
    """Ask every configured section on the published night, and print its rows as they may leave, or why it cannot be shown.

    \b
    Example:
      stepcare section try
    """
    from pipelines.generations import current_warehouse
    from pipelines.privacy.profiles import profile_of
    from pipelines.sections.making import make_sections, section_settings
    from pipelines.sections.trying import lines_of
    from pipelines.warehouse import open_warehouse

    settings = Settings.from_environment()
    if not section_settings(settings.home).folder:
        raise UsageError(
            "no sections are configured. Write [sections] with a folder into stepcare.toml (docs/analysts.md)"
        )
    warehouse = current_warehouse(settings)
    if warehouse is None:
        raise NotPublished("there are no published results here. Run `stepcare nightly` first")
    profile = profile_of(settings.home)
    made = make_sections(settings.home, warehouse, lambda: open_warehouse(warehouse, read_only=True), profile)
    for line in lines_of(made):
        click.echo(line)
    if failed := [f"{one.section.code}: {one.said}" for one in made if one.refusal]:
        raise NightFailed(f"{len(failed)} of {len(made)} sections would not be shown. {'; '.join(failed)}")
