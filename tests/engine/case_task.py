"""A YAML case of `tests/sql` as a task of an engine: its patients split into buckets, its model run in each, the rows together."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipelines.engine.placement import roots
from tests.sql.sql_case import CASES_FOLDER, Row, SqlCase, case_paths, model_files, read_case, run_case, upstream

BUCKETS = 2
KEYS = ("patient_key", "episode_key", "session_key", "imaging_key")
SCHEMAS = ("clean", "cohort", "checks")


def patient_cases() -> list[str]:
    """The places, below the folder of cases, of every case whose model is patient-scope and runs in buckets of a night."""
    paths = [path for path in case_paths() if path.parent.name.partition(".")[0] in SCHEMAS]
    return [str(path.relative_to(CASES_FOLDER)) for path in paths if model_files()[path.parent.name].scope == "patient"]


def rows_whole(places: list[str]) -> dict[str, str]:
    """By case: the rows of its model on all of the case's rows at once, as JSON in an order of their own."""
    return {place: _as_text(run_case(read_case(CASES_FOLDER / place))) for place in places}


def rows_in_buckets(places: list[str]) -> dict[str, str]:
    """By case: the rows of its model, run in every bucket."""
    return {
        place: _as_text([row for part in _parts(read_case(CASES_FOLDER / place)) for row in run_case(part)])
        for place in places
    }


def _as_text(rows: list[Row]) -> str:
    return json.dumps(sorted(json.dumps(row, default=str, sort_keys=True) for row in rows))


def _parts(case: SqlCase) -> Iterator[SqlCase]:
    given = {
        table: [{"row_number": number, **row} for number, row in enumerate(rows, start=1)]
        if table[:4] == "raw."
        else rows
        for table, rows in case.given.items()
        if table not in ("raw.delivery", "raw.receipt")
    } | {table: rows for table, rows in case.given.items() if table in ("raw.delivery", "raw.receipt")}
    shared = {
        file.table: run_case(SqlCase(file.table, case.given, []))
        for file in upstream(case.table, frozenset(given))
        if file.scope == "global" and file.table not in given and any(table[:4] == "raw." for table in given)
    }
    place = _placed(given)
    for bucket in range(BUCKETS):
        mine = {table: [row for row in rows if place(row) in (None, bucket)] for table, rows in given.items()}
        yield replace(case, given={**mine, **shared})


def _placed(given: Mapping[str, list[Row]]):
    numbers: dict[tuple[str, str], int] = {}
    pairs = []
    for rows in given.values():
        for row in rows:
            keys = [numbers.setdefault(key, len(numbers)) for key in _keys(row)]
            pairs += [(keys[0], key) for key in keys]
    root = roots(pairs)
    order = {label: position for position, label in enumerate(sorted({*root.values()}))}
    return lambda row: next((order[root[numbers[key]]] % BUCKETS for key in _keys(row)), None)


def _keys(row: Row) -> list[tuple[str, str]]:
    return [(name, str(row[name]).strip()) for name in KEYS if row.get(name) is not None]
