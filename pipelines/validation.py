"""Validate a table: by its expectations compiled to one DuckDB query, or by Great Expectations.

A test shows on random tables that both say the same. Outcomes hold counts only, never a value.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb
import pandas as pd

from pipelines.casting import literal
from pipelines.expectations import Expectation


@dataclass(frozen=True)
class Outcome:
    """What became of one expectation: rows (or values) looked at, how many break it, and whether that is allowed."""

    expectation: Expectation
    n_looked_at: int
    n_broken: int
    has_passed: bool
    could_run: bool = True

    @property
    def percent_broken(self) -> float:
        """Percent of what was looked at, two decimals."""
        return round(100 * self.n_broken / self.n_looked_at, 2) if self.n_looked_at else 0.0


def read_and_validate(con: duckdb.DuckDBPyConnection, table: str, expectations: Sequence[Expectation]) -> list[Outcome]:
    """`validate_with_great_expectations` of the columns that are spoken of, which are read into memory."""
    columns = sorted({column for expectation in expectations for column in expectation.columns})
    frame = con.execute(f"select {', '.join(columns) or '1 as nothing'} from {table}").df()
    return validate_with_great_expectations(frame, expectations)


def validate_with_duckdb(
    con: duckdb.DuckDBPyConnection, table: str, expectations: Sequence[Expectation]
) -> list[Outcome]:
    """The outcome of every expectation of a table named in our own code, by one query over it."""
    if not expectations:
        return []
    parts = [f"{_looked_at(e)}, {_broken(e, table)}" for e in expectations]
    row = con.execute(f"select {', '.join(parts)} from {table}").fetchall()[0]
    numbers = [int(value or 0) for value in row]
    return [
        _outcome(expectation, n_looked_at, n_broken)
        for expectation, n_looked_at, n_broken in zip(expectations, numbers[::2], numbers[1::2], strict=True)
    ]


def _outcome(expectation: Expectation, n_looked_at: int, n_broken: int) -> Outcome:
    share_met = 1 - n_broken / n_looked_at if n_looked_at else 1.0
    return Outcome(expectation, n_looked_at, n_broken, share_met >= expectation.at_least)


def _looked_at(expectation: Expectation) -> str:
    if expectation.kind == "not_null":
        return "count(*)"
    if expectation.kind == "contains":
        return str(len(expectation.codes))
    if len(expectation.columns) == 1:
        return f"count({expectation.columns[0]})"
    return f"count(*) filter (where {' and '.join(f'{column} is not null' for column in expectation.columns)})"


def _broken(expectation: Expectation, table: str) -> str:
    """A missing value makes each condition NULL, and what is NULL is not counted."""
    column = expectation.columns[0]
    match expectation.kind:
        case "not_null":
            condition = f"{column} is null"
        case "between":
            low = "true" if expectation.low is None else f"{column} >= {expectation.low!r}"
            high = "true" if expectation.high is None else f"{column} <= {expectation.high!r}"
            condition = f"not ({low} and {high})"
        case "in_set":
            codes = ", ".join(literal(code) for code in expectation.codes)
            condition = f"cast({column} as varchar) not in ({codes})"
        case "matches":
            condition = f"not regexp_full_match({column}, {literal(expectation.pattern)})"
        case "not_above":
            condition = f"{column} > {expectation.columns[1]}"
        case "contains":
            codes = ", ".join(literal(code) for code in expectation.codes)
            return f"(select count(*) from unnest([{codes}]) as said (code) anti join {table} on code = cast({column} as varchar))"
        case "unique":
            key = ", ".join(expectation.columns)
            present = " and ".join(f"{name} is not null" for name in expectation.columns)
            return (
                f"(select coalesce(sum(n_rows), 0) from (select count(*) as n_rows from {table} "
                f"where {present} group by {key} having count(*) > 1))"
            )
    return f"count(*) filter (where {condition})"


def validate_with_great_expectations(frame: pd.DataFrame, expectations: Sequence[Expectation]) -> list[Outcome]:
    """All expectations as one Great Expectations suite on a pandas frame.

    An expectation that raised could not run: that is an error of the check, not bad data.
    """
    batch_definition = _batch_definition()  # first: a suite belongs to a context
    numeric = {str(name) for name in frame if pd.api.types.is_numeric_dtype(frame[name])}
    suite = great_expectations_suite(expectations, numeric)
    result = batch_definition.get_batch({"dataframe": frame}).validate(
        suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0}
    )
    by_label = {found.expectation_config.meta["label"]: found for found in result.results}
    return [_read_result(expectation, by_label[expectation.label], len(frame)) for expectation in expectations]


@cache
def _batch_definition() -> Any:
    """One context for the process: each makes a temporary folder and costs 50 ms."""
    import great_expectations as gx  # 5 s of CPU: only where it is used

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    table = context.data_sources.add_pandas("warehouse").add_dataframe_asset("table")
    return table.add_batch_definition_whole_dataframe("all")


def _read_result(expectation: Expectation, found: Any, n_rows: int) -> Outcome:
    if found.exception_info and found.exception_info.get("raised_exception", True) and not found.result:
        return Outcome(expectation, n_rows, 0, has_passed=False, could_run=False)
    if expectation.kind == "contains":
        n_absent = int(found.result.get("missing_count") or 0)  # of the codes
        return Outcome(expectation, len(expectation.codes), n_absent, bool(found.success))
    n_broken = int(found.result.get("unexpected_count") or 0)
    missing = 0 if expectation.kind == "not_null" else int(found.result.get("missing_count") or 0)
    return Outcome(expectation, n_rows - missing, n_broken, bool(found.success))


def great_expectations_suite(expectations: Sequence[Expectation], numeric: Collection[str] = ()) -> Any:
    """The expectations as a Great Expectations suite, with severity `critical` or `warning`.

    Codes of a column in `numeric` are compared as numbers.
    """
    import great_expectations as gx
    import great_expectations.expectations as gxe

    suite = gx.ExpectationSuite(name="contract")
    for expectation in expectations:
        column = expectation.columns[0]
        common: dict[str, Any] = {
            "severity": "critical" if expectation.severity == "error" else "warning",
            "meta": {"label": expectation.label},
            "mostly": expectation.at_least,
        }
        match expectation.kind:
            case "not_null":
                made: Any = gxe.ExpectColumnValuesToNotBeNull(column=column, **common)
            case "between":
                made = gxe.ExpectColumnValuesToBeBetween(
                    column=column, min_value=expectation.low, max_value=expectation.high, **common
                )
            case "in_set":
                codes = [float(code) if column in numeric else code for code in expectation.codes]
                made = gxe.ExpectColumnValuesToBeInSet(column=column, value_set=codes, **common)
            case "matches":
                made = gxe.ExpectColumnValuesToMatchRegex(
                    column=column, regex=rf"^(?:{expectation.pattern})\Z", **common
                )
            case "not_above":
                made = gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                    column_A=expectation.columns[1],
                    column_B=column,
                    or_equal=True,
                    ignore_row_if="either_value_is_missing",
                    **common,
                )
            case "contains":
                made = gxe.ExpectColumnDistinctValuesToContainSet(
                    column=column, value_set=list(expectation.codes), severity=common["severity"], meta=common["meta"]
                )
            case "unique" if len(expectation.columns) == 1:
                made = gxe.ExpectColumnValuesToBeUnique(column=column, **common)
            case "unique":
                made = gxe.ExpectCompoundColumnsToBeUnique(
                    column_list=list(expectation.columns), ignore_row_if="any_value_is_missing", **common
                )
        suite.add_expectation(made)
    return suite
