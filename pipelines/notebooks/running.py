"""Run a notebook on the published results of a home, in a process of its own, and tell what each cell showed."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipelines.children import run_child
from pipelines.notebooks.cells import Cell, read_cells, title_of


@dataclass(frozen=True)
class Output:
    """One thing that a cell showed: text, HTML of a table or drawing of ours, or a picture as a data address."""

    kind: Literal["text", "html", "picture"]
    content: str


@dataclass(frozen=True)
class Done:
    """A cell that was run: what it showed, and for one that failed the error's kind, the line and the whole trace."""

    seconds: float
    outputs: tuple[Output, ...]
    error: str = ""
    line: int | None = None
    trace: str = ""


@dataclass(frozen=True)
class Executed:
    """A notebook that was run: its cells, what became of each code cell by number, and why it failed, empty when it did not.

    `failure` names cell and line and the kind of error, never its text, which could be a patient's value.
    """

    name: str
    title: str
    cells: tuple[Cell, ...]
    done: dict[int, Done]
    seconds: float
    failure: str = ""

    @property
    def n_pictures(self) -> int:
        """How many drawings and pictures it shows."""
        shown = [output for done in self.done.values() for output in done.outputs]
        return sum(output.kind == "picture" or "<svg" in output.content for output in shown)


def execute(notebook: Path, home: Path, seconds: float) -> Executed:
    """Run the notebook on what is published in `home`, for at most so many seconds. Whatever it does, the answer tells it."""
    notebook = notebook.absolute()
    try:
        cells = read_cells(notebook)
    except (OSError, UnicodeDecodeError) as error:
        return Executed(notebook.stem, notebook.stem, (), {}, 0.0, f"its file cannot be read ({type(error).__name__})")
    private = home.absolute() / "tmp"
    private.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=private) as folder:
        outputs = Path(folder) / "outputs.jsonl"
        ended = run_child(
            "pipelines.notebooks.cell_runner",
            [str(notebook), str(outputs)],
            seconds,
            {"STEPCARE_HOME": str(home.absolute())},
        )
        done = dict(map(_done, outputs.read_text(encoding="utf-8").splitlines())) if outputs.is_file() else {}
    failure = _failure(cells, done, ended.state == "too long", seconds)
    return Executed(notebook.stem, title_of(cells, notebook.stem), tuple(cells), done, ended.seconds, failure)


def _done(line: str) -> tuple[int, Done]:
    said: dict[str, Any] = json.loads(line)
    error = said["error"] or {"kind": "", "line": None, "trace": ""}
    outputs = tuple(Output(kind, content) for kind, content in said["outputs"])
    return said["number"], Done(said["seconds"], outputs, error["kind"], error["line"], error["trace"])


def _failure(cells: list[Cell], done: dict[int, Done], is_too_long: bool, seconds: float) -> str:
    """Why not every code cell came to its end; empty when each did."""
    for cell in cells:
        if cell.kind == "code" and cell.number not in done:
            return f"{cell.name}: " + (f"not done after {seconds:g} s" if is_too_long else "the process ended")
        if cell.number in done and (error := done[cell.number].error):
            line = done[cell.number].line
            return f"{cell.name}{f', line {line}' if line else ''}: {error}"
    return ""
