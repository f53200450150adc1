"""A night's part in the sections: whatever goes wrong with one is told and stops nothing."""

from collections.abc import Callable
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.privacy.profiles import profile_of
from pipelines.sections.making import Made, Open, make_sections


def made_or_told(
    home: Path, warehouse: Path, open_warehouse: Open, say: Callable[[str], None]
) -> tuple[list[Made], list[str]]:
    """The sections of the installation, and in words what could not be made; both empty where none are configured."""
    try:
        made = make_sections(home, warehouse, open_warehouse, profile_of(home))
    except UsageError as error:
        return [], [str(error)]
    for one in made:
        say(f"section {one.section.code}: {f'not made: {one.said}' if one.refusal else 'made'}")
    return made, [f"{one.section.code}: {one.said}" for one in made if one.refusal]
