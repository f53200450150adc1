from pathlib import Path

import pytest

from .sql_case import case_paths, case_title, columns_of, differences, model_files, read_case, run_case


@pytest.mark.parametrize("path", [pytest.param(path, id=case_title(path)) for path in case_paths()])
def test_a_model_gives_the_rows_that_the_case_expects(path: Path) -> None:
    case = read_case(path)
    found = run_case(case)
    wrong = differences(case.expect, found)
    assert not wrong, "\n".join(wrong)
    key = model_files()[case.table].key
    keys = [tuple(row[name] for name in key) for row in found]
    assert not key or len(set(keys)) == len(keys), f"two rows share the key {', '.join(key)}"
    assert not found or list(found[0]) == list(columns_of(case.table))
