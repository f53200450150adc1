import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.expectations import Expectation, of_header, of_table
from pipelines.tables import SqlFile, sql_files
from pipelines.validation import validate_with_duckdb, validate_with_great_expectations
from pipelines.warehouse import open_warehouse

EXPECTATIONS = (
    Expectation("not_null", ("key",)),
    Expectation("unique", ("key",)),
    Expectation("unique", ("key", "arm")),
    Expectation("between", ("pain",), low=0, high=10),
    Expectation("between", ("pain",), low=2, high=None, severity="warn", at_least=0.5),
    Expectation("in_set", ("arm",), codes=("exercise", "manipulation")),
    Expectation("in_set", ("week",), codes=("0", "12")),
    Expectation("matches", ("key",), pattern="[a-c]{1,2}"),
    Expectation("not_above", ("lower", "pain")),
    Expectation("not_null", ("pain",), at_least=0.8, severity="warn"),
    Expectation("contains", ("key",), codes=("a", "b")),
)
ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.text("abcd", min_size=1, max_size=2)),
        st.one_of(st.none(), st.integers(-2, 12)),
        st.sampled_from([None, "exercise", "manipulation", "magnets"]),
        st.sampled_from([None, 0, 12, 13]),
        st.one_of(st.none(), st.integers(0, 5)),
    ),
    max_size=20,
)


@given(ROWS)
@settings(max_examples=25)
def test_great_expectations_and_the_compiled_query_say_the_same_on_random_tables(rows: list) -> None:
    with open_warehouse(":memory:") as con:
        con.execute("create table t (key varchar, pain integer, arm varchar, week integer, lower integer)")
        if rows:
            con.executemany("insert into t values (?, ?, ?, ?, ?)", rows)
        compiled = validate_with_duckdb(con, "t", EXPECTATIONS)
        by_suite = validate_with_great_expectations(con.execute("select * from t").df(), EXPECTATIONS)
    assert compiled == by_suite
    assert all(outcome.could_run for outcome in by_suite)


@pytest.mark.parametrize("expectation", EXPECTATIONS, ids=lambda e: e.label)
def test_each_kind_of_expectation_has_a_passing_and_a_failing_table(expectation: Expectation) -> None:
    good = pd.DataFrame(
        {"key": ["a", "b"], "pain": [5, 6], "arm": ["exercise", None], "week": [0, 12], "lower": [1, 6]}
    )
    bad = pd.DataFrame(
        {"key": ["dd", "dd", None], "pain": [1, -3, np.nan], "arm": ["rest", "rest", None], "week": [1, 1, 1],
         "lower": [9, 9, 9]}
    )  # fmt: skip
    assert validate_with_great_expectations(good, [expectation])[0].has_passed
    assert not validate_with_great_expectations(bad, [expectation])[0].has_passed


def test_an_expectation_that_raises_could_not_run_and_is_not_bad_data() -> None:
    (outcome,) = validate_with_great_expectations(
        pd.DataFrame({"pain": ["text", "more text"]}), [Expectation("between", ("pain",), low=0, high=10)]
    )
    assert (outcome.could_run, outcome.has_passed) == (False, False)


def test_no_result_of_great_expectations_holds_a_value() -> None:
    frame = pd.DataFrame({"pain": [5, 4711]})
    outcomes = validate_with_great_expectations(frame, [Expectation("between", ("pain",), low=0, high=10)])
    assert "4711" not in repr(outcomes)


@pytest.mark.parametrize(
    "file", [f for schema in ("clean", "cohort", "report") for f in sql_files(schema)], ids=lambda f: f.table
)
def test_every_table_declares_a_contract_with_its_key(file: SqlFile) -> None:
    expectations = of_table(file)
    assert Expectation("unique", file.key) in expectations
    labels = [expectation.label for expectation in expectations]
    assert len(set(labels)) == len(labels), "labels tell the outcomes of one table apart"


def test_a_header_line_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="expect: pain is nice"):
        of_header(("key",), ["pain is nice"])
