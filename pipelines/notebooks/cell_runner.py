"""The process that runs a notebook: `python -m pipelines.notebooks.cell_runner NOTEBOOK OUTPUTS`.

It writes a line of JSON a code cell into OUTPUTS as soon as the cell has ended, so that a notebook that is ended by force still
shows how far it came. What a cell's last expression gives is shown: a table, a picture, or text.
"""

import ast
import base64
import contextlib
import io
import json
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from pipelines.notebooks.cells import Cell, read_cells

LONGEST_OUTPUT = 2_000_000


def main(notebook: Path, outputs: Path) -> int:
    """Run the cells in their order until one fails; returns 1 when one did."""
    sys.argv = [str(notebook)]
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(notebook)}
    with outputs.open("w", encoding="utf-8") as file:
        for cell in read_cells(notebook):
            if cell.kind == "code":
                done = run_cell(cell, notebook, names)
                file.write(json.dumps(done) + "\n")
                file.flush()
                if done["error"]:
                    return 1
    return 0


def run_cell(cell: Cell, notebook: Path, names: dict[str, Any]) -> dict[str, Any]:
    """Run one cell among `names`; returns its number, what it showed, its seconds and its error, None without one."""
    started, printed, shown, error = time.monotonic(), io.StringIO(), list[tuple[str, str]](), None
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            value = _value_of(cell, notebook, names)
            if value is not None:
                shown = [_shown(value)]
        except BaseException as raised:  # noqa: BLE001 (whatever the notebook raises, SystemExit too, is told)
            error = _told(raised, notebook)
    text = [("text", printed.getvalue())] if printed.getvalue() else []
    return {
        "number": cell.number,
        "seconds": round(time.monotonic() - started, 2),
        "outputs": [_bounded(*one) for one in (*text, *shown)],
        "error": error,
    }


def _value_of(cell: Cell, notebook: Path, names: dict[str, Any]) -> object:
    """Run the cell's statements; returns the value of the last one where it is an expression that does not end with ';'."""
    parsed = ast.parse("\n" * (cell.first_line - 1) + cell.text, str(notebook))
    last = parsed.body[-1] if parsed.body else None
    if not isinstance(last, ast.Expr):
        last = None
    parsed.body = parsed.body[: -1 if last else None]
    exec(compile(parsed, str(notebook), "exec"), names)  # noqa: S102 (running the analyst's own file is what this is for)
    if last is None:
        return None
    value: object = eval(compile(ast.Expression(last.value), str(notebook), "eval"), names)  # noqa: S307
    return None if cell.text.endswith(";") else value


def _shown(value: object) -> tuple[str, str]:
    """A table or drawing of ours as HTML, a frame as such a table, a picture as a data address, anything else as text: HTML that
    others made is not put into a page."""
    answers, frames = sys.modules.get("pipelines.results.answer"), sys.modules.get("pandas")
    if answers and isinstance(value, answers.Shown):
        return "html", value.html
    if answers and frames and isinstance(value, frames.DataFrame | frames.Series):
        frame = value.to_frame() if isinstance(value, frames.Series) else value
        kept = frame if isinstance(frame.index, frames.RangeIndex) else frame.reset_index()
        return "html", answers.Answer("", kept, "").table().html
    for kind, method in (("svg+xml", "_repr_svg_"), ("png", "_repr_png_")):
        represent = getattr(value, method, None)
        said = represent() if callable(represent) else None
        if said:
            content = said if isinstance(said, bytes) else str(said).encode()
            return "picture", f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return "text", value if isinstance(value, str) else repr(value)


def _bounded(kind: str, content: str) -> tuple[str, str]:
    if len(content) <= LONGEST_OUTPUT:
        return kind, content
    return "text", f"{len(content):,} characters were shown here, too many for a page"


def _from_notebook(trace: TracebackType | None, notebook: Path) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename != str(notebook):
        trace = trace.tb_next
    return trace


def _told(error: BaseException, notebook: Path) -> dict[str, Any]:
    """The error's kind and the notebook's line that led to it, and the trace from the notebook on, for the page."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(notebook)]
    line = own[-1].lineno if own else getattr(error, "lineno", None)
    return {
        "kind": type(error).__name__,
        "line": line,
        "trace": "".join(traceback.format_exception(type(error), error, _from_notebook(error.__traceback__, notebook))),
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
