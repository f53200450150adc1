import pytest

from .sql_case import SqlCase, all_cases, columns_of, differences, model_files, run_case


@pytest.mark.parametrize("case", [pytest.param(case, id=case.title) for case in all_cases()])
def test_a_model_gives_the_rows_that_the_case_expects(case: SqlCase) -> None:
    found = run_case(case)
    wrong = differences(case.expect, found)
    assert not wrong, "\n".join(wrong)
    key = model_files()[case.table].key
    keys = [tuple(row[name] for name in key) for row in found]
    assert not key or len(set(keys)) == len(keys), f"two rows share the key {', '.join(key)}"
    assert not found or list(found[0]) == list(columns_of(case.table))
