"""The process that runs an analyst's section: `python -m pipelines.sections.question_runner OUT FILE [FUNCTION WAREHOUSE]`.

Without a function it writes into OUT, as JSON, which sections the file has; with one, the answer of that function with its exact
numbers. An error is told by its kind and line: its text may be a patient's value.
"""

import json
import runpy
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.results import Answer
from pipelines.results.opening import Results
from pipelines.results.sections import MARK
from pipelines.sections.refusals import NotShown, Refusal
from pipelines.tables import tables_read

MOST_ROWS = 500
_READABLE = ("raw", "clean", "cohort", "checks", "report")


class ResultsOfSections(Results):
    """Results as a section may ask them: effects only by `.effects()`, which tells no withheld one."""

    def sql(self, query: str, parameters: Sequence[Any] | None = None, **said: Any) -> Answer:
        """As `Results.sql`. Raises NotShown for a query that reads another schema than the records and the report."""
        if {table.split(".")[0] for table in tables_read(query)} - set(_READABLE):
            raise NotShown(Refusal.ESTIMATES)
        return super().sql(query, parameters, **said)


def main(out: Path, file: Path, function: str = "", warehouse: str = "") -> None:
    """Write the sections of the file, or the answer of one, or the error."""
    try:
        found = _sections_of(file)
        said = _answered(found[function], Path(warehouse)) if function else {"sections": _listed(found)}
    except NotShown as error:
        said = {"refused": error.refusal.name}
    except BaseException as error:  # noqa: BLE001 (whatever the analyst's code raises is told, never its text)
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        said = {"error": type(error).__name__, "line": own[-1].lineno if own else None}
    out.write_text(json.dumps(said), encoding="utf-8")


def _sections_of(file: Path) -> dict[str, Callable[[Results], object]]:
    names = runpy.run_path(str(file), run_name="stepcare_sections")
    return {name: value for name, value in names.items() if hasattr(value, MARK)}


def _listed(found: dict[str, Callable[[Results], object]]) -> list[dict[str, str]]:
    return [{"function": name} | asdict(getattr(question, MARK)) for name, question in found.items()]


def _answered(question: Callable[[Results], object], warehouse: Path) -> dict[str, Any]:
    with ResultsOfSections(warehouse) as results:
        answer = question(results)
    if not isinstance(answer, Answer):
        return {"is_answer": False}
    columns = [] if len(answer) > MOST_ROWS else [_column(answer.df[name]) for name in answer.df.columns]
    return {
        "is_answer": True,
        "is_patient_level": answer.is_patient_level,
        "is_safe": answer.is_safe,
        "n_rows": len(answer),
        "note": answer.note,
        "counts": answer.counts,
        "parts": answer.parts,
        "figures": answer.figures,
        "key": answer.key,
        "dots": None if answer.dots is None else asdict(answer.dots),
        "columns": columns,
    }


def _column(values: pd.Series) -> dict[str, Any]:
    """Name, kind and values of a column; None for what is missing. Of an unknown kind no value is handed on."""
    kinds: tuple[tuple[str, Callable[[Any], bool], Callable[[Any], Any]], ...] = (
        ("yes_no", pd.api.types.is_bool_dtype, bool),
        ("whole", pd.api.types.is_integer_dtype, int),
        ("number", pd.api.types.is_float_dtype, float),
        ("text", lambda one: all(isinstance(value, str) for value in one.dropna()), str),
    )
    for kind, has_kind, plain in kinds:
        if has_kind(values):
            return {
                "name": str(values.name),
                "kind": kind,
                "values": [None if pd.isna(one) else plain(one) for one in values.tolist()],
            }
    return {"name": str(values.name), "kind": "other", "values": []}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
