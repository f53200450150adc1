"""A new notebook from the template, with the test that runs it."""

from pathlib import Path

from pipelines.errors import UsageError
from pipelines.notebooks.nightly import NAME, TEMPLATE, notebooks_in

_IN_PROJECT = '''"""The notebook {name} comes to its end on a small night of simulated clinics."""

from pathlib import Path

from pipelines.notebooks.running import execute
from tests.conftest import ROOT


def test_the_notebook_{name}_comes_to_its_end(small_night: Path) -> None:
    went = execute(ROOT / "notebooks" / "{name}.py", small_night, seconds=60)
    assert went.failure == ""
'''
_ELSEWHERE = '''"""The notebook {name} comes to its end on the published night of STEPCARE_HOME."""

from pathlib import Path

from pipelines.notebooks.running import execute
from pipelines.settings import Settings


def test_the_notebook_{name}_comes_to_its_end() -> None:
    went = execute(Path(__file__).with_name("{name}.py"), Settings.from_environment().home, seconds=60)
    assert went.failure == ""
'''


def scaffold(folder: Path, name: str) -> tuple[Path, Path]:
    """Write the notebook `name` from the template of `folder`, or the project's, and its test; returns both files.

    The test goes to `tests/notebooks` beside the folder, where the default run finds it, or else beside the notebook. Raises
    UsageError for a name that is none and for files that are there already.
    """
    if not NAME.fullmatch(name) or name.startswith("test_") or name in (TEMPLATE, "index"):
        raise UsageError(
            f"{name!r} is no name for a notebook. Write small letters, digits and _, such as waiting_times"
        )
    tests = folder.parent / "tests" / "notebooks"
    is_in_project = tests.is_dir()
    notebook, test = folder / f"{name}.py", (tests if is_in_project else folder) / f"test_{name}.py"
    if there := [path for path in (notebook, test) if path.exists()]:
        raise UsageError(f"{there[0]} is there already. Choose another name")
    template = notebooks_in(folder).get(TEMPLATE)
    if template is None:
        raise UsageError(
            f"{folder} has no {TEMPLATE}.py to begin from. Put the project's notebooks/{TEMPLATE}.py there"
        )
    words = name.replace("_", " ").capitalize()
    lines = template.read_text(encoding="utf-8").split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith("# # "))
    lines[first] = f"# # {words}"
    notebook.write_text("\n".join(lines), encoding="utf-8")
    test.write_text((_IN_PROJECT if is_in_project else _ELSEWHERE).format(name=name), encoding="utf-8")
    return notebook, test
