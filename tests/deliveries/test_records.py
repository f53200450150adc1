"""Records are counted before DuckDB reads them, by lines where no value is quoted and by a parser where one is."""

from pathlib import Path

import pytest

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
