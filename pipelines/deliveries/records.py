"""A CSV file as bytes and records, before DuckDB reads it: is it text, how many records, each with as many fields as the header.

DuckDB reads strictly, yet takes a record with one empty field too many: `7,5,` under a header of two columns would become 7 and 5.
So every record is counted here first, by another parser. A blank line is no record, for neither of the two.
"""

import csv
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from pipelines.deliveries.limits import LONGEST_FIELD_CHARACTERS, LONGEST_LINE_BYTES, MOST_COLUMNS
from pipelines.errors import DeliveryError

_BLOCK_BYTES = 1 << 18  # below LONGEST_LINE_BYTES: only the last line of a block can be too long
_WIDE = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\x00\x00\xfe\xff", "UTF-32"))


def csv_header(path: Path) -> list[str]:
    """The column names on line 1, without blanks around them; raises DeliveryError when they cannot be read or are too many."""
    with path.open("rb") as stream:
        first = stream.readline(LONGEST_LINE_BYTES + 1)
    if len(first) > LONGEST_LINE_BYTES:
        raise _too_long(path, 1)
    try:
        names = next(csv.reader([first.decode("utf-8-sig")], skipinitialspace=True, strict=True), [])
    except (csv.Error, UnicodeDecodeError):
        names = []
    if not names:
        raise _refuse(path, 1, "is no header of column names", "Send the feed with its header, in UTF-8")
    if len(names) > MOST_COLUMNS:
        raise _refuse(path, 1, f"names {len(names):,} columns, more than {MOST_COLUMNS}", "Send the contract's columns")
    return [name.strip() for name in names]


def check_csv(path: Path, n_rows: int) -> None:
    """Raise DeliveryError, naming the line, unless the file is UTF-8 of short lines with one kind of line end, without NUL
    bytes, and has `n_rows` records of as many fields as its header."""
    has_quotes = must_parse = False
    n_fields, n_records, n_pairs, n_ends, n_lines = 0, -1, 0, 0, 0
    for block in _blocks(path):
        _check_bytes(path, block, n_lines)
        # quotes in the header alone, which is one line and was read, are of no account for the records
        body = block if n_fields else block.partition(b"\n")[2]
        has_quotes = has_quotes or b'"' in body
        n_fields = n_fields or len(csv_header(path))
        n_pairs += block.count(b"\r\n")
        n_ends += block.count(b"\n")
        if not has_quotes:
            n_records += _count_plain(path, block, n_fields, n_lines)
        elif not must_parse:
            n_found = _count_all_quoted(body, n_fields)
            n_records += n_found + (n_lines == 0)
            must_parse = not n_found
        n_lines += block.count(b"\n")
    if must_parse:
        n_records = _count_quoted(path, n_fields)
    elif not has_quotes and n_pairs not in (0, n_ends):
        raise DeliveryError(
            f"{path.name}: some lines end with CRLF and some with LF. Export the feed anew, in one piece"
        )
    if n_fields and n_records != n_rows:
        raise DeliveryError(
            f"{path.name}: it has {n_records} rows and the manifest says {n_rows}. Export the delivery again"
        )


def _blocks(path: Path) -> Iterator[bytes]:
    """The file in pieces of whole lines; a line that is too long ends its piece early."""
    with path.open("rb") as stream:
        while piece := stream.read(_BLOCK_BYTES):
            yield piece if piece.endswith(b"\n") else piece + stream.readline(LONGEST_LINE_BYTES + 1)


def _check_bytes(path: Path, block: bytes, n_lines_before: int) -> None:
    def line_at(place: int) -> int:
        return n_lines_before + block.count(b"\n", 0, place) + 1

    for mark, name in _WIDE:
        if n_lines_before == 0 and block.startswith(mark):
            raise _refuse(path, 1, f"is not UTF-8 but {name}", "Export it as UTF-8")
    try:
        block.decode()
    except UnicodeDecodeError as error:
        # a line that is too long ends its block anywhere, in the middle of a letter too
        if len(block) - block.rfind(b"\n", 0, -1) <= LONGEST_LINE_BYTES:
            remedy = "Export it as UTF-8 (not latin-1 or Windows-1252)"
            raise _refuse(path, line_at(error.start), "is not UTF-8", remedy) from None
    if (place := block.find(b"\0")) >= 0:
        raise _refuse(path, line_at(place), "holds a NUL byte", "Export it as UTF-8; if it was, the file is damaged")
    if len(block) - block.rfind(b"\n", 0, -1) - 1 > LONGEST_LINE_BYTES:
        raise _too_long(path, line_at(len(block) - 1))
    if block.count(b"\r") != block.count(b"\r\n"):
        place = block.replace(b"\r\n", b"\n\n").index(b"\r")
        line = n_lines_before + block[:place].count(b"\n") + 1
        raise _refuse(
            path, line, "holds a carriage return alone", "End lines with LF or CRLF, and leave it out of values"
        )


def _count_plain(path: Path, block: bytes, n_fields: int, n_lines_before: int) -> int:
    """The records of a block without quotation marks; raises DeliveryError at the first that is not as the header says."""
    n_records = 0
    for number, line in enumerate(block.split(b"\n"), start=n_lines_before + 1):
        if not line or line == b"\r":
            continue
        n_records += 1
        if number == 1:
            continue  # the header, whose names may be quoted
        if (n_found := line.count(b",") + 1) != n_fields:
            raise _uneven(path, number, n_found, n_fields)
        if len(line) > LONGEST_FIELD_CHARACTERS:
            _check_lengths(path, number, line.decode().split(","))
    return n_records


def _count_all_quoted(body: bytes, n_fields: int) -> int:
    """The records of a block, when each line is one of quoted values and nothing else; else 0, and each record has to be looked at
    by itself. So it is too where NumPy is not installed, as at a clinic that exports."""
    if find_spec("numpy") is None:
        return 0
    from pipelines.deliveries.quoted_blocks import count_all_quoted

    return count_all_quoted(body, n_fields)


def _count_quoted(path: Path, n_fields: int) -> int:
    """The records below the header of a file with quotes; raises DeliveryError at the first that is not as the header says."""
    n_records, number = -1, 0
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for line in stream:
            number += 1
            text = line.rstrip("\r\n")
            if not text:
                continue
            n_records += 1
            record: list[str] = []
            if len(text) > LONGEST_FIELD_CHARACTERS or not (n_found := _fields_of_plain(text)):
                reader = csv.reader(chain((line,), stream), skipinitialspace=True, strict=True)
                try:
                    record = next(reader)
                except csv.Error:
                    remedy = "Export it as plain CSV: quotes around a whole value, doubled inside it"
                    at = number + reader.line_num - 1
                    raise _refuse(path, at, "cannot be read: its quotes do not match", remedy) from None
                number += reader.line_num - 1
                n_found = len(record)
            if n_found != n_fields:
                raise _uneven(path, number, n_found, n_fields)
            if n_records and record:
                _check_lengths(path, number, record)
    return n_records


def _fields_of_plain(text: str) -> int:
    """How many fields a line has that begins a record, if it has no quotation mark or each is one around a whole value; else 0,
    and Python's parser has to say, which knows values with quotation marks and line ends in them."""
    if '"' not in text:
        return text.count(",") + 1
    within = text[1:-1]
    n_between = within.count('","')
    if len(text) > 1 and text[0] == text[-1] == '"' and within.count('"') == 2 * n_between:
        return n_between + 1
    return 0


def _check_lengths(path: Path, line: int, record: list[str]) -> None:
    if max(map(len, record)) > LONGEST_FIELD_CHARACTERS:
        found = f"has a value of more than {LONGEST_FIELD_CHARACTERS:,} characters"
        raise _refuse(path, line, found, "No value of the contract is as long; free text must not leave the clinic")


def _uneven(path: Path, line: int, n_found: int, n_fields: int) -> DeliveryError:
    found = f"cannot be read: it has {n_found} fields and the header {n_fields}"
    return _refuse(path, line, found, "Export it with a point in decimals, and quotes around values with a comma")


def _too_long(path: Path, line: int) -> DeliveryError:
    return _refuse(path, line, f"is longer than {LONGEST_LINE_BYTES:,} bytes", "No record is; export the feed again")


def _refuse(path: Path, line: int, found: str, remedy: str) -> DeliveryError:
    return DeliveryError(f"{path.name}: line {line} {found}. {remedy}")
