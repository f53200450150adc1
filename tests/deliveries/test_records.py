"""Records are counted before DuckDB reads them, by lines where no value is quoted and by a parser where one is."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.deliveries.records import check_csv
from pipelines.errors import DeliveryError


def file_of(tmp_path: Path, text: bytes) -> Path:
    path = tmp_path / "lab.csv"
    path.write_bytes(text)
    return path


@pytest.mark.parametrize("header", [b"a,b", b'"a","b"', b'"a,comma",b'])
@pytest.mark.parametrize(
    ("rows", "n_rows", "refusal"),
    [
        (b"1,2\n3,4\n", 2, None),
        (b"1,2\n\n3,4", 2, None),
        (b"1,2\n3,4\n", 3, "it has 2 rows and the manifest says 3"),
        (b"1,2\n3,4,5\n", 2, "line 3 cannot be read: it has 3 fields and the header 2"),
        (b'1,2\n"3,4",5\n', 2, None),
        (b'1,2\n"3\n4",5\n', 2, None),
        (b'1,2\n"3,4,5\n', 2, "its quotes do not match"),
    ],
)
def test_a_header_in_quotes_changes_nothing_about_the_records(tmp_path, header, rows, n_rows, refusal) -> None:
    path = file_of(tmp_path, header + b"\n" + rows)
    if refusal is None:
        check_csv(path, n_rows)
    else:
        with pytest.raises(DeliveryError, match=refusal):
            check_csv(path, n_rows)


def test_a_quote_that_begins_after_many_plain_lines_is_seen(tmp_path) -> None:
    plain = b"1,2\n" * 100_000
    check_csv(file_of(tmp_path, b'"a","b"\n' + plain + b'"3,4",5\n'), 100_001)
    with pytest.raises(DeliveryError, match="line 100002 cannot be read: it has 3 fields"):
        check_csv(file_of(tmp_path, b'"a","b"\n' + plain + b"3,4,5\n"), 100_001)


PIECES = ['"', ",", "\n", "\r\n", "a", " ", '""', '","', '"x"', "é", "1,2\n", '"1","2"\n', '1,"2, 3"\n']


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=25))
@example(['"","', '"\n'])
@example(['"a",",","b"\n'])
@example(['","",""', "\n"])
@example(['a "b",c\n', '"1\n2",3\n'])
@example(['"1"\n', '"2","3","4"\n'])
@example(['"1","2"\n', '",","ab""\n'])
@example(['"1","2"\r\n', '"3","4"'])
def test_records_are_those_of_pythons_own_parser(tmp_path, pieces) -> None:
    body = "".join(pieces)
    path = file_of(tmp_path, b'"a","b"\n' + body.encode())
    try:
        records = [one for one in csv.reader(StringIO(body, newline=""), skipinitialspace=True, strict=True) if one]
    except csv.Error:
        records = None
    if records is not None and all(len(one) == 2 for one in records) and '"' in body:
        check_csv(path, len(records))
        with pytest.raises(DeliveryError, match=f"it has {len(records)} rows"):
            check_csv(path, len(records) + 1)
    elif '"' in body:
        with pytest.raises(DeliveryError, match=r"line \d+ cannot be read"):
            check_csv(path, 0)


def test_a_value_that_is_too_long_is_refused_wherever_its_quotes_are(tmp_path) -> None:
    long = b"x" * 10_001
    for row in (b'"1","' + long + b'"\n', b'1,"' + long + b'"\n', b'"1\n1",' + long + b"\n"):
        with pytest.raises(DeliveryError, match="has a value of more than 10,000 characters"):
            check_csv(file_of(tmp_path, b'"a","b"\n' + row), 1)
