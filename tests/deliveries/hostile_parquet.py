"""Hostile Parquet files by kind: how each is made of a good delivery, and what must become of it."""

import io
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from tests.deliveries.clinics import clinic_feeds, swap_format
from tests.deliveries.hostile_folders import QUARANTINED, USED, Kind

Build = Callable[[Path], object]
COLUMNS = ("episode_key", "timepoint_wk", "due_day")


def packed(table: pa.Table, **options: object) -> bytes:
    content = io.BytesIO()
    parquet.write_table(table, content, **{"compression": "zstd", **options})
    return content.getvalue()


def outcome_table(folder: Path) -> pa.Table:
    rows = clinic_feeds(folder.parent.name)["outcome"]
    return pa.table({name: [row[name] for row in rows] for name in rows[0]})


def _sent(content: bytes | Callable[[Path], bytes], rows: int = 4) -> Build:
    def build(folder: Path) -> None:
        swap_format(folder, "outcome", content if isinstance(content, bytes) else content(folder), rows)

    return build


def _with(change: Callable[[pa.Table], pa.Table], rows: int = 4, **options: object) -> Build:
    return _sent(lambda folder: packed(change(outcome_table(folder)), **options), rows)


def _as_bytes(change: Callable[[bytes], bytes], rows: int = 4) -> Build:
    return _sent(lambda folder: change(packed(outcome_table(folder))), rows)


def _set(name: str, values: pa.Array) -> Build:
    return _with(lambda table: table.set_column(table.column_names.index(name), name, values))


def _flipped(content: bytes) -> bytes:
    """The bits of the first pages turned over, so that they cannot be unpacked."""
    return content[:30] + bytes(255 - byte for byte in content[30:200]) + content[200:]


def _varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _element(name: bytes, children: int | None = None, kind: int | None = None) -> bytes:
    """One node of a Parquet schema in Thrift's compact form."""
    said, last = b"", 0
    for number, form, value in ((1, 5, kind), (3, 5, 1), (4, 8, name), (5, 5, children)):
        if value is not None:
            said += bytes([(number - last) << 4 | form])
            said += _varint(len(value)) + value if isinstance(value, bytes) else _varint(value << 1)
            last = number
    return said + b"\0"


def deep(n_levels: int) -> bytes:
    """A Parquet file whose one column lies below `n_levels` groups, each in the other."""
    nodes = [_element(b"schema", 1), *[_element(b"n", 1)] * n_levels, _element(b"leaf", kind=6)]
    footer = b"\x15\x02\x19\xfc" + _varint(len(nodes)) + b"".join(nodes) + b"\x16\x00\x19\x0c\x00"
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"


def same_value_often(n_groups: int, text: str, *, own_keys: bool) -> bytes:
    """Rows that are alike, but for keys of their own if wanted: stored once, and as many times as long when they are read."""
    content = io.BytesIO()
    n_rows = 100_000
    alike = pa.DictionaryArray.from_arrays(pa.array([0] * n_rows, pa.int32()), pa.array([text]))
    table = pa.table(dict.fromkeys([*COLUMNS, *(f"c{number}" for number in range(20))], alike))
    if own_keys:
        keys = random.Random(3).randbytes(16 * n_rows).hex()
        own = pa.array([keys[place : place + 32] for place in range(0, len(keys), 32)])
        table = table.set_column(0, "episode_key", own)
    with parquet.ParquetWriter(content, table.schema, compression="zstd") as writer:
        for _ in range(n_groups):
            writer.write_table(table)
    return content.getvalue()


def _incompressible(n_bytes: int) -> str:
    return "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=n_bytes))


NOT_PARQUET, NO_FOOTER, UNREADABLE = (
    "not a Parquet file, or one that was cut short",
    "its footer cannot be read",
    "cannot be read",
)
NESTED = "it has nested columns"

PARQUET: dict[str, Kind] = {
    "as it should be": Kind(_with(lambda table: table), USED, ""),
    "no byte of Parquet": Kind(_sent(b"", 0), QUARANTINED, NOT_PARQUET),
    "twelve bytes of Parquet": Kind(_sent(b"PAR1\0\0\0\0PAR1", 0), QUARANTINED, NO_FOOTER),
    "CSV under the name of Parquet": Kind(_sent(b"episode_key,timepoint_wk,due_day\n", 0), QUARANTINED, NOT_PARQUET),
    "Parquet cut short": Kind(_as_bytes(lambda content: content[:-9]), QUARANTINED, NOT_PARQUET),
    "Parquet cut in the middle": Kind(_as_bytes(lambda said: said[: len(said) // 2] + said[-8:]), QUARANTINED, NOT_PARQUET),
    "a footer longer than its file": Kind(
        _as_bytes(lambda said: said[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1"), QUARANTINED, NOT_PARQUET),
    "a footer of random bytes": Kind(
        _as_bytes(lambda said: said[:-200] + random.Random(2).randbytes(192) + said[-8:]), QUARANTINED, NO_FOOTER),
    "a footer of 20 MB": Kind(
        _sent(b"PAR1" + b"\0" * 20_000_000 + struct.pack("<I", 20_000_000) + b"PAR1", 0), QUARANTINED, "more than 16,000,000"),
    "an encrypted footer": Kind(_as_bytes(lambda content: content[:-4] + b"PARE"), QUARANTINED, NOT_PARQUET),
    "a page with turned bits": Kind(_as_bytes(_flipped), QUARANTINED, UNREADABLE),
    "another number of rows than the manifest says": Kind(
        _with(lambda table: table, rows=5), QUARANTINED, "it has 4 rows and the manifest says 5"),
    "100,000 levels": Kind(_sent(deep(100_000), 0), QUARANTINED, "nests too deep"),
    "20 levels": Kind(_sent(deep(20), 0), QUARANTINED, NESTED),
    "lists": Kind(_set("mode", pa.array([["phone"]] * 4)), QUARANTINED, NESTED),
    "records in records": Kind(_set("mode", pa.array([{"a": {"b": "phone"}}] * 4)), QUARANTINED, NESTED),
    "a map": Kind(_set("mode", pa.array([[("a", "b")]] * 4, pa.map_(pa.string(), pa.string()))), QUARANTINED, NESTED),
    "no columns": Kind(_sent(lambda _: packed(pa.table({})), 0), QUARANTINED, "it has no columns"),
    "2,000 columns": Kind(
        _sent(lambda _: packed(pa.table({f"c{number}": ["1"] for number in range(2_000)})), 1), QUARANTINED, "more than 500"),
    "a column of Parquet twice": Kind(
        _with(lambda table: table.append_column("RMDQ24", table["rmdq24"])), QUARANTINED, "names a column twice (rmdq24"),
    "a required column left out of Parquet": Kind(
        _with(lambda table: table.drop_columns(["due_day"])), QUARANTINED, "its schema lacks the required column due_day"),
    "a column of Parquet called after SQL": Kind(
        _with(lambda table: table.append_column('x" from raw.intake; drop table raw.intake; --', table["rmdq24"])), USED, ""),
    "a column of Parquet called after a path": Kind(
        _with(lambda table: table.append_column("../../etc/passwd", table["rmdq24"])), USED, ""),
    "a value of 2 MB in Parquet": Kind(
        _set("mode", pa.array([_incompressible(2_000_000), "", "", ""])), QUARANTINED, "a value of more than 10,000 characters"),
    "letters that unpack to 100 MB": Kind(
        _sent(lambda _: packed(pa.table({"episode_key": ["a" * 9_000] * 12_000}), use_dictionary=False), 12_000),
        QUARANTINED, "unpacked it would have 108"),
    "a million rows of 9,000 letters in few bytes": Kind(
        _sent(lambda _: same_value_often(10, "a" * 9_000, own_keys=False), 1_000_000), QUARANTINED, "more than 10 rows a byte"),
    "200,000 rows of 9,000 letters in few bytes": Kind(
        _sent(lambda _: same_value_often(2, "a" * 9_000, own_keys=True), 200_000),
        QUARANTINED, "as text it has more than 4,000,000,000"),
    "text that is not UTF-8": Kind(
        _set("mode", pa.Array.from_buffers(pa.string(), 4, pa.array([b"\xff"] * 4, pa.binary()).buffers())),
        QUARANTINED, UNREADABLE),
    "bytes": Kind(_set("mode", pa.array([b"\xff\x00"] * 4)), USED, "one of the contract's codes"),
    "NUL in a text": Kind(_set("mode", pa.array(["phone\0"] * 4)), USED, "one of the contract's codes"),
    "whole numbers": Kind(_set("rmdq24", pa.array([6, None, 24, 25])), USED, "a whole number from 0 to 24"),
    "numbers with NaN and infinity": Kind(
        _set("rmdq24", pa.array([6.0, float("nan"), float("inf"), 6.5])), USED, "a whole number from 0 to 24"),
    "the largest whole numbers": Kind(
        _set("rmdq24", pa.array([2**63 - 1, -(2**63), 0, 1])), QUARANTINED, "look like a long number"),
    "truth values": Kind(_set("mode", pa.array([True, False, None, True])), USED, "one of the contract's codes"),
    "dates": Kind(_set("mode", pa.array([-3_168] * 4, pa.date32())), QUARANTINED, "look like a calendar date"),
    "decimals": Kind(_set("rmdq24", pa.array([600] * 4, pa.int64()).cast(pa.decimal128(25, 2))), USED, "a whole number"),
    "gzip inside": Kind(_with(lambda table: table, compression="gzip"), USED, ""),
    "one row a group": Kind(_with(lambda table: table, row_group_size=1), USED, ""),
}  # fmt: skip
