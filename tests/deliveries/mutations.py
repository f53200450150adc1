"""Ways in which a delivery goes wrong, by kind: in a value, a row, a column, the bytes of a file, or the manifest."""

import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from tests.deliveries.clinics import Feeds, Rows, csv_bytes, key, manifest_of, put, say, say_of, swap_format
from tests.deliveries.reference_model import records

OfRows = Callable[[random.Random, Feeds], object]
OfFolder = Callable[[random.Random, Path], object]


def _any(rng: random.Random, feeds: Feeds) -> tuple[Rows, dict[str, str], str]:
    """A feed's rows, one of them and a column."""
    rows = feeds[rng.choice(sorted(feeds))]
    row = rng.choice(rows)
    return rows, row, rng.choice(sorted(row))


def _to(*texts: str) -> OfRows:
    """One value becomes one of these texts; `{}` stands for the value."""

    def change(rng: random.Random, feeds: Feeds) -> None:
        _, row, column = _any(rng, feeds)
        row[column] = rng.choice(texts).replace("{}", row[column])

    return change


def _swap_two_values(rng: random.Random, feeds: Feeds) -> None:
    _, row, column = _any(rng, feeds)
    other = rng.choice(sorted(row))
    row[column], row[other] = row[other], row[column]


def _shift_a_row(rng: random.Random, feeds: Feeds) -> None:
    _, row, _ = _any(rng, feeds)
    values = list(row.values())
    row.update(zip(row, [values[-1], *values[:-1]], strict=True))


def _repeat_a_row(rng: random.Random, feeds: Feeds) -> None:
    rows, row, _ = _any(rng, feeds)
    rows.insert(rng.randrange(len(rows)), dict(row))


def _contradict_a_row(rng: random.Random, feeds: Feeds) -> None:
    rows, row, column = _any(rng, feeds)
    rows.append(row | {column: ".a", "delivered_twice": ""} if "delivered_twice" in row else row | {column: ".a"})


def _lose_a_row(rng: random.Random, feeds: Feeds) -> None:
    rows, row, _ = _any(rng, feeds)
    if len(rows) > 1:
        rows.remove(row)


def _shuffle_rows(rng: random.Random, feeds: Feeds) -> None:
    for rows in feeds.values():
        rng.shuffle(rows)


def _use_a_key_of_all(rng: random.Random, feeds: Feeds) -> None:
    """A key that other clinics of the run use too."""
    name = rng.choice(("episode_key", "session_key"))
    old, new = feeds["session"][0][name], key("a key that several clinics use", name)
    for rows in feeds.values():
        for row in rows:
            if row.get(name) == old:
                row[name] = new


def _use_anothers_key(rng: random.Random, feeds: Feeds) -> None:
    """One child row under the key of a parent that is not there, or is another clinic's."""
    feed = rng.choice(("outcome", "session_component"))
    name = "episode_key" if feed == "outcome" else "session_key"
    rng.choice(feeds[feed])[name] = key("a key that several clinics use", name)


def _drop_a_column(rng: random.Random, feeds: Feeds) -> None:
    rows, _, column = _any(rng, feeds)
    for row in rows:
        del row[column]


def _rename_a_column(rng: random.Random, feeds: Feeds) -> None:
    rows, _, column = _any(rng, feeds)
    new = rng.choice((f"{column}_2", column.upper(), column[:-1], f" {column}", column.replace("_", "")))
    for row in rows:
        row[new] = row.pop(column)


def _add_a_column(rng: random.Random, feeds: Feeds) -> None:
    rows, _, column = _any(rng, feeds)
    new = rng.choice(("our_code", "x y", ""))
    for row in rows:
        row[new] = row[column]


def _reorder_columns(rng: random.Random, feeds: Feeds) -> None:
    rows, first, _ = _any(rng, feeds)
    names = rng.sample(sorted(first), len(first))
    rows[:] = [{name: row[name] for name in names} for row in rows]


def _swap_two_names(rng: random.Random, feeds: Feeds) -> None:
    rows, first, column = _any(rng, feeds)
    other = rng.choice(sorted(first))
    for row in rows:
        row[column], row[other] = row[other], row[column]


ROWS: dict[str, OfRows] = {
    "decimal comma": _to("3,5", "{},0"),
    "day and month": _to("04/03/2026", "4.3.", "03-Apr"),
    "a spreadsheet's date": _to("45291", "45291.0"),
    "a spreadsheet's number": _to("1.23E+15", "1,23E+15", "#N/A", "1E+02"),
    "leading zeros lost": _to("7", "0"),
    "leading zeros": _to("007", "00000000000000007", "0{}"),
    "token": _to(".a", ".p", ".d", ".u", ".n", ".s"),
    "token of the pipeline or of nobody": _to(".x", ".q", ".", "..a", ".P"),
    "huge number": _to("9" * 400, "1e308", "1e309", "-1e400", "123456"),
    "out of range": _to("-1", "-0", "11", "101", "1000000", "25"),
    "other form of a number": _to("{}.0", "+{}", "+-{}", "{}e0", "{}.", "0x1F", "1_0", "1e1", "0.5", "5e-1", "\t{}", "{}\n"),
    "no number": _to("NaN", "inf", "-Infinity", "true", "５", "٥", "½"),
    "word for nothing": _to("NULL", "null", "None", "NA", "n/a", "nil", "-", "?", "missing"),
    "nothing": _to("", " ", "\u00a0"),
    "blanks": _to(" {} ", "{} ", "\u00a0{}", "\u3000{}", "{}\u200b", "\u2009{}\t"),
    "capitals": _to("YES", "No", "Low_Back", "CRP"),
    "set": _to("low_back;low_back", "low_back; thigh", "low_back;", ";", "low_back,thigh", "none", "none;thigh", "low_back;.p"),
    "quotes": _to('"{}"', 'a"b', '""', "'{}'", '"'),
    "commas": _to(",", ",,", "a,b", "{},"),
    "line ends in quotes": _to("{}\n", "\n", "a\nb", "{}\n\n{}"),
    "formula": _to("=1+1", "@SUM(1)", "+1+1", "=HYPERLINK(0)"),
    "HTML": _to("<b>{}</b>", "<script>x</script>", "&lt;"),
    "SQL": _to("'", "';--", "{}' or '1'='1", '");--'),
    "control characters": _to("{}\x07", "\x1b[31m", "\x7f", "a\u2028b", "\ufeff{}"),
    "other version in a row": _to("2.0.0", "1.0", "01.0.0", "99.0.0", "1.99.99"),
    "other unit": _to("mg/L", "%", "mmol/mol", "MG/L"),
    "two values swapped": _swap_two_values,
    "a row shifted by a column": _shift_a_row,
    "a row twice": _repeat_a_row,
    "a row contradicted": _contradict_a_row,
    "a row lost": _lose_a_row,
    "rows in another order": _shuffle_rows,
    "a key that several clinics use": _use_a_key_of_all,
    "a parent that is not there": _use_anothers_key,
    "a column dropped": _drop_a_column,
    "a column renamed": _rename_a_column,
    "a column added": _add_a_column,
    "columns in another order": _reorder_columns,
    "two columns' names swapped": _swap_two_names,
}  # fmt: skip


def _file(rng: random.Random, folder: Path) -> str:
    return rng.choice(sorted(path.name for path in folder.glob("*.csv")))


def _bytes(change: Callable[[random.Random, bytes], bytes]) -> OfFolder:
    """A file's bytes change before it is hashed: the manifest agrees with them, but for the rows."""

    def mutate(rng: random.Random, folder: Path) -> None:
        name = _file(rng, folder)
        put(folder, name, change(rng, (folder / name).read_bytes()))

    return mutate


def _lines(change: Callable[[random.Random, list[bytes]], None]) -> OfFolder:
    """A file's lines change before they are counted and hashed."""

    def mutate(rng: random.Random, folder: Path) -> None:
        name = _file(rng, folder)
        lines = (folder / name).read_bytes().splitlines(keepends=True)
        change(rng, lines)
        put(folder, name, b"".join(lines), len(lines) - 1)

    return mutate


def _place(rng: random.Random, content: bytes) -> int:
    return rng.randrange(len(content))


def _flip(rng: random.Random, content: bytes) -> bytes:
    place = _place(rng, content)
    return content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :]


def _cut_out(rng: random.Random, content: bytes) -> bytes:
    place = _place(rng, content)
    return content[:place] + content[place + rng.randint(1, 20) :]


def _put_in(*texts: bytes) -> Callable[[random.Random, bytes], bytes]:
    def change(rng: random.Random, content: bytes) -> bytes:
        place = _place(rng, content)
        return content[:place] + rng.choice(texts) + content[place:]

    return change


def _instead(old: bytes, *new: bytes) -> Callable[[random.Random, bytes], bytes]:
    """One of the places where `old` stands, if it does."""

    def change(rng: random.Random, content: bytes) -> bytes:
        parts = content.split(old)
        place = rng.randrange(len(parts) - 1) + 1 if len(parts) > 1 else 1
        return old.join(parts[:place]) + rng.choice(new) + old.join(parts[place:]) if len(parts) > 1 else content

    return change


def _as_parquet(*changes: Callable[[random.Random, bytes], bytes]) -> OfFolder:
    """A feed comes as Parquet, and its bytes change before they are hashed."""

    def mutate(rng: random.Random, folder: Path) -> None:
        feed = _file(rng, folder).removesuffix(".csv")
        rows = records((folder / f"{feed}.csv").read_bytes())
        columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
        content = io.BytesIO()
        options = {"compression": rng.choice(("none", "zstd", "snappy")), "use_dictionary": rng.random() < 0.5}
        parquet.write_table(pa.table(columns), content, **options)
        changed = content.getvalue()
        for change in changes:
            changed = change(rng, changed)
        swap_format(folder, feed, changed, len(rows))

    return mutate


def _after_the_hash(change: Callable[[random.Random, bytes], bytes]) -> OfFolder:
    def mutate(rng: random.Random, folder: Path) -> None:
        path = folder / _file(rng, folder)
        path.write_bytes(change(rng, path.read_bytes()))

    return mutate


def _manifest(change: Callable[[random.Random, bytes], bytes]) -> OfFolder:
    return lambda rng, folder: (folder / "manifest.json").write_bytes(
        change(rng, (folder / "manifest.json").read_bytes())
    )


def _unlist(rng: random.Random, folder: Path) -> None:
    files = manifest_of(folder)["files"]
    del files[rng.choice(sorted(files))]
    say(folder, files=files)


def _edit_line(rng: random.Random, lines: list[bytes]) -> None:
    place = rng.randrange(1, len(lines))
    lines[place] = lines[rng.randrange(1, len(lines))] if rng.random() < 0.5 else lines[place][::-1].strip() + b"\n"


FILES: dict[str, OfFolder] = {
    "a bit turned": _bytes(_flip),
    "bytes lost": _bytes(_cut_out),
    "random bytes": _bytes(_put_in(b"\xff", b"\x80\x81", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80")),
    "letters of latin-1": _bytes(_put_in("é".encode("latin-1"), "Müller".encode("cp1252"))),
    "letters of UTF-8": _bytes(_put_in("é".encode(), "日".encode(), "\u202e".encode())),
    "cut short": _bytes(lambda rng, content: content[: _place(rng, content)]),
    "UTF-16": _bytes(lambda rng, content: content.decode().encode(rng.choice(("utf-16", "utf-16-le", "utf-16-be")))),
    "byte order mark": _bytes(lambda rng, content: b"\xef\xbb\xbf" * rng.choice((1, 1, 2)) + content),
    "CRLF": _bytes(lambda rng, content: content.replace(b"\n", b"\r\n")),
    "CR": _bytes(lambda rng, content: content.replace(b"\n", b"\r")),
    "some line ends CRLF": _bytes(_instead(b"\n", b"\r\n")),
    "a carriage return": _bytes(_put_in(b"\r")),
    "NUL": _bytes(_put_in(b"\0", b"\0\0")),
    "a comma more": _bytes(_put_in(b",", b",,")),
    "a comma more at the end of a line": _bytes(_instead(b"\n", b",\n", b", \n")),
    "a comma more at the end of every line": _bytes(lambda rng, content: content.replace(b"\n", b",\n")),
    "a comma lost": _bytes(_instead(b",", b"")),
    "a decimal comma without quotes": _bytes(_instead(b".", b",")),
    "a quote": _bytes(_put_in(b'"', b'""', b"'", b'\\"')),
    "a quote after a comma": _bytes(_instead(b",", b',"', b', "', b',""')),
    "semicolons": _bytes(lambda rng, content: content.replace(b",", rng.choice((b";", b"\t", b"|")))),
    "everything quoted": _bytes(
        lambda rng, content: b"\n".join(b'"' + line.replace(b",", b'","') + b'"' for line in content.splitlines())),
    "blanks after commas": _bytes(lambda rng, content: content.replace(b",", b", ")),
    "a line end": _bytes(_put_in(b"\n")),
    "a line end lost": _bytes(_instead(b"\n", b"")),
    "blank lines": _bytes(_instead(b"\n", b"\n\n", b"\n\n\n")),
    "a line of blanks": _bytes(_instead(b"\n", b"\n  \n", b"\n\t\n")),
    "lines of another kind": _lines(_edit_line),
    "the header again": _lines(lambda rng, lines: lines.append(lines[0])),
    "a line twice": _lines(lambda rng, lines: lines.append(lines[-1])),
    "lines lost": _lines(lambda rng, lines: lines.pop()),
    "cut short after the hash": _after_the_hash(lambda rng, content: content[: _place(rng, content)]),
    "a bit turned after the hash": _after_the_hash(_flip),
    "Parquet": _as_parquet(),
    "a bit of Parquet turned": _as_parquet(_flip),
    "many bits of Parquet turned": _as_parquet(*[_flip] * 8),
    "bytes of Parquet lost": _as_parquet(_cut_out),
    "an empty file": _bytes(lambda rng, content: b""),
    "a header alone": _lines(lambda rng, lines: lines.__delitem__(slice(1, None))),
}  # fmt: skip

MANIFESTS: dict[str, OfFolder] = {
    "a bit of the manifest turned": _manifest(_flip),
    "the manifest cut short": _manifest(lambda rng, content: content[: _place(rng, content)]),
    "bytes lost from the manifest": _manifest(_cut_out),
    "a file left out of the manifest": _unlist,
    "another number of rows": lambda rng, folder: say_of(folder, _file(rng, folder), rows=rng.choice((0, 2, 4, 10**9))),
    "another mode": lambda rng, folder: say(folder, mode=rng.choice(("delta", "Snapshot", "", None))),
    "another version": lambda rng, folder: say(folder, schema_version=rng.choice(("1.9.0", "2.0.0", "0.9.0", "1.0", 1))),
    "something more in the manifest": lambda rng, folder: say(folder, note=json.loads(rng.choice(('{"a": [1]}', '"x"', "null")))),
    "no manifest": lambda rng, folder: (folder / "manifest.json").unlink(),
    "no file": lambda rng, folder: (folder / _file(rng, folder)).unlink(),
}  # fmt: skip

KINDS = (*ROWS, *FILES, *MANIFESTS)


def mutate(rng: random.Random, folder: Path, feeds: Feeds, kinds: list[str]) -> None:
    """Change the delivery of these feeds in `folder` by every kind: rows first, then the format, then bytes, then the manifest."""
    for kind in (kind for kind in kinds if kind in ROWS):
        for _ in range(rng.randint(1, 5)):
            ROWS[kind](rng, feeds)
    for feed, rows in feeds.items():
        columns = list(dict.fromkeys(name for row in rows for name in row))
        put(folder, f"{feed}.csv", csv_bytes(rows, columns), len(rows))
    for kind in sorted((kind for kind in kinds if kind in FILES), key=lambda kind: "Parquet" not in kind):
        FILES[kind](rng, folder)
    for kind in [kind for kind in kinds if kind in MANIFESTS][:1]:
        MANIFESTS[kind](rng, folder)
