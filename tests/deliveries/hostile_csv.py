"""Hostile CSV files by kind: how each is made of a good delivery, and what must become of it."""

import gzip
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.deliveries.clinics import clinic_feeds, csv_bytes, put
from tests.deliveries.hostile_folders import QUARANTINED, USED, Kind

Build = Callable[[Path], object]
HEADER = b"episode_key,timepoint_wk,due_day,rmdq24,groc,odi_pct,mode\n"


def _clinic(folder: Path) -> str:
    return folder.parent.name


def _outcome(content: bytes, rows: int = 1) -> Build:
    return lambda folder: put(folder, "outcome.csv", content, rows)


def _changed(change: Callable[[bytes], bytes], rows: int = 4) -> Build:
    """The good outcome file, changed as bytes."""
    return lambda folder: put(folder, "outcome.csv", change((folder / "outcome.csv").read_bytes()), rows)


def _first_row(**values: str) -> Build:
    """Good rows, in the first of which some values are other ones, quoted as CSV asks."""

    def build(folder: Path) -> None:
        rows = [row | dict.fromkeys(values, "") for row in clinic_feeds(_clinic(folder))["outcome"]]
        rows[0] = rows[0] | values
        put(folder, "outcome.csv", csv_bytes(rows))

    return build


def _intake_row(**values: str) -> Build:
    def build(folder: Path) -> None:
        rows = clinic_feeds(_clinic(folder))["intake"]
        rows[0] = rows[0] | values
        put(folder, "intake.csv", csv_bytes(rows))

    return build


def _archive(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        # a time of its own: some times of the day hold the byte that ends a line
        name = zipfile.ZipInfo("../../outcome.csv", (2026, 11, 1, 12, 0, 0))
        archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _number(text: str) -> Kind:
    return Kind(_first_row(rmdq24=text), USED, "a whole number from 0 to 24")


def _text(text: str, rule: str = "one of the contract's codes") -> Kind:
    return Kind(_first_row(mode=text), USED, rule)


NOT_UTF8, NO_HEADER, UNEVEN, QUOTES = (
    "is not UTF-8",
    "is no header of column names",
    "fields and the header",
    "quotes do not match",
)
ENDS, RETURN, TOO_LONG = (
    "some lines end with CRLF and some with LF",
    "holds a carriage return alone",
    "is longer than 1,000,000",
)
LIKE_A_PERSON = "values that look like direct identifiers"

BYTES: dict[str, Kind] = {
    "no byte": Kind(_outcome(b"", 0), QUARANTINED, NO_HEADER),
    "one line end": Kind(_outcome(b"\n", 0), QUARANTINED, NO_HEADER),
    "a blank line before the header": Kind(_changed(lambda said: b"\n" + said), QUARANTINED, NO_HEADER),
    "random bytes": Kind(_outcome(random.Random(1).randbytes(50_000), 9), QUARANTINED, NOT_UTF8),
    "zeros": Kind(_outcome(b"\0" * 100_000, 0), QUARANTINED, "holds a NUL byte"),
    "UTF-16": Kind(_changed(lambda said: said.decode().encode("utf-16")), QUARANTINED, "line 1 is not UTF-8 but UTF-16"),
    "UTF-16 without its mark": Kind(_changed(lambda said: said.decode().encode("utf-16-le")), QUARANTINED, "NUL byte"),
    "UTF-32": Kind(_changed(lambda said: said.decode().encode("utf-32")), QUARANTINED, "line 1 is not UTF-8 but UTF-16"),
    "latin-1": Kind(_changed(lambda said: said.replace(b"\n", b"\n\xe9", 2)), QUARANTINED, "line 2 is not UTF-8"),
    "half UTF-8, half Windows-1252": Kind(
        _changed(lambda said: said.replace(b",\n", ",ü\n".encode(), 1).replace(b",\n", b",\x80\n", 2)), QUARANTINED, NOT_UTF8),
    "an overlong letter": Kind(_changed(lambda said: said + b"\xc0\xaf"), QUARANTINED, "line 6 is not UTF-8"),
    "half a pair of surrogates": Kind(_changed(lambda said: said + b"\xed\xa0\x80"), QUARANTINED, NOT_UTF8),
    "a letter cut in two at the end": Kind(_changed(lambda said: said + "é".encode()[:1]), QUARANTINED, NOT_UTF8),
    "a NUL byte in a value": Kind(_changed(lambda said: said.replace(b",6,", b",6\0,", 1)), QUARANTINED, "line 2 holds a NUL"),
    "a byte order mark": Kind(_changed(lambda said: b"\xef\xbb\xbf" + said), USED, ""),
    "two byte order marks": Kind(
        _changed(lambda said: b"\xef\xbb\xbf" * 2 + said), QUARANTINED, "lacks the required column episode_key"),
    "a byte order mark in the middle": Kind(
        _changed(lambda said: said.replace(b"\n", b"\n\xef\xbb\xbf", 1)), USED, "a key of the contract's form"),
    "CRLF": Kind(_changed(lambda said: said.replace(b"\n", b"\r\n")), USED, ""),
    "CR": Kind(_changed(lambda said: said.replace(b"\n", b"\r")), QUARANTINED, RETURN),
    "one CR in a value": Kind(_changed(lambda said: said.replace(b",6,", b",6\r,", 1)), QUARANTINED, f"line 2 {RETURN}"),
    "CR CR LF": Kind(_changed(lambda said: said.replace(b"\n", b"\r\r\n")), QUARANTINED, RETURN),
    "CRLF and LF": Kind(_changed(lambda said: said.replace(b"\n", b"\r\n", 2)), QUARANTINED, ENDS),
    "no end of the last line": Kind(_changed(bytes.rstrip), USED, ""),
    "blank lines": Kind(_changed(lambda said: said.replace(b"\n", b"\n\n")), USED, ""),
    "half a row": Kind(_changed(lambda said: said[:-20]), QUARANTINED, UNEVEN),
    "a line of 2 MB": Kind(_changed(lambda said: said + b"x" * 2_000_000), QUARANTINED, f"line 6 {TOO_LONG}"),
    "a header of 2 MB": Kind(_changed(lambda said: b"x" * 2_000_000 + said), QUARANTINED, f"line 1 {TOO_LONG}"),
    "a line of 60 MB": Kind(_changed(lambda said: said + b"x," * 30_000_000), QUARANTINED, f"line 6 {TOO_LONG}"),
    "a value of 20,000 letters": Kind(
        _changed(lambda said: said.replace(b",6,", b"," + b"x" * 20_000 + b",", 1)), QUARANTINED, "line 2 has a value of more"),
    "a quoted value of 20,000 letters": Kind(
        _first_row(mode="a," * 10_000), QUARANTINED, "more than 10,000 characters"),
    "a quoted value of 200,000 letters": Kind(_first_row(mode="a," * 100_000), QUARANTINED, QUOTES),
    "gzip under the name of CSV": Kind(_changed(gzip.compress), QUARANTINED, NOT_UTF8),
    "a zip bomb under the name of CSV": Kind(_outcome(_archive(b"\0" * 50_000_000), 4), QUARANTINED, "line 1"),
    "Parquet under the name of CSV": Kind(_outcome(b"PAR1\0\0\0\0PAR1", 0), QUARANTINED, "NUL byte"),
    "a pickle under the name of CSV": Kind(_outcome(b"\x80\x04cos\nsystem\n(S'true'\ntR.", 1), QUARANTINED, NOT_UTF8),
    "HTML under the name of CSV": Kind(_outcome(b"<html><body>No session</body></html>\n", 0), QUARANTINED, "lacks the required"),
}  # fmt: skip

HEADERS: dict[str, Kind] = {
    "a column twice": Kind(_outcome(HEADER.replace(b"groc", b"rmdq24"), 0), QUARANTINED, "names a column twice (rmdq24"),
    "a column twice but for capitals": Kind(_outcome(HEADER.replace(b"groc", b"RMDQ24"), 0), QUARANTINED, "(rmdq24; capitals"),
    "a column twice but for blanks": Kind(_outcome(HEADER.replace(b"groc", b" rmdq24 "), 0), QUARANTINED, "(rmdq24; capitals"),
    "a required column not there": Kind(_outcome(b"episode_key,due_day\n", 0), QUARANTINED, "lacks the required column timep"),
    "no header": Kind(_changed(lambda said: said.split(b"\n", 1)[1], 3), QUARANTINED, "lacks the required column"),
    "columns parted by ;": Kind(_changed(lambda said: said.replace(b",", b";")), QUARANTINED, "lacks the required column"),
    "columns parted by tabs": Kind(_changed(lambda said: said.replace(b",", b"\t")), QUARANTINED, "lacks the required column"),
    "a million columns": Kind(_outcome(b"a," * 1_000_000 + b"b\n", 0), QUARANTINED, f"line 1 {TOO_LONG}"),
    "400,000 columns": Kind(_outcome(b"a," * 400_000 + b"b\n", 0), QUARANTINED, "names 400,001 columns, more than 500"),
    "501 columns": Kind(_outcome(b"a," * 500 + b"b\n", 0), QUARANTINED, "names 501 columns, more than 500"),
    "a column's name of 200,000 letters": Kind(_outcome(b"a" * 200_000 + b",b\n", 0), QUARANTINED, NO_HEADER),
    "a quote that nobody closes in the header": Kind(_outcome(b'"episode_key,timepoint_wk\n', 0), QUARANTINED, NO_HEADER),
    "a column's name of two lines": Kind(_outcome(b'episode_key,timepoint_wk,due_day,"a\nb"\n', 0), QUARANTINED, NO_HEADER),
    "columns without names": Kind(
        _changed(lambda said: said.replace(b"\n", b",,\n")), USED, ""),
    "a column called after SQL": Kind(
        _changed(lambda said: said.replace(b",mode", b',"mode""; drop table raw.intake; --"', 1)), USED, ""),
    "a column of the raw tables": Kind(_changed(lambda said: said.replace(b",mode", b",delivery_key", 1)), USED, ""),
    "blanks around the names": Kind(_changed(lambda said: said.replace(b",mode", b", mode ", 1)), USED, ""),
}  # fmt: skip

RECORDS: dict[str, Kind] = {
    "a row with a field too few": Kind(_changed(lambda said: said + b"a,12\n", 5), QUARANTINED, "line 6 cannot be read: it has 2"),
    "a row with a field too many": Kind(_changed(lambda said: said + b"a,12,84,,,,,9\n", 5), QUARANTINED, UNEVEN),
    "a row with one empty field too many": Kind(
        _changed(lambda said: said.replace(b",6,\n", b",6,5,\n", 1)), QUARANTINED, "line 2 cannot be read: it has 7 fields"),
    "a decimal comma": Kind(_changed(lambda said: said.replace(b",6,", b",6,5,", 1)), QUARANTINED, UNEVEN),
    "a decimal comma in quotes": _number("6,5"),
    "a quote that nobody closes": Kind(_changed(lambda said: said.replace(b",6,", b',"6,', 1)), QUARANTINED, QUOTES),
    "a quote that closes too early": Kind(_changed(lambda said: said.replace(b",6,", b',"6"7,', 1)), QUARANTINED, QUOTES),
    "a quote in the middle": Kind(_changed(lambda said: said.replace(b",6,", b',6"7,', 1)), USED, "a whole number from 0 to 24"),
    "quotes escaped by a backslash": Kind(
        _changed(lambda said: said.replace(b",6,", b',"6\\"7",', 1)), QUARANTINED, "cannot be read"),
    "a line end in quotes": _text("in\nclinic"),
    "a line end and commas in quotes": _text('in,\n\n",",\nclinic'),
    "a value that is a row": _text("\nepisode-00000000,12,84,85,6,"),
    "everything in quotes": Kind(
        _changed(lambda said: b"\n".join(b'"' + line.replace(b",", b'","') + b'"' for line in said.splitlines())), USED, ""),
    "a comment line": Kind(_changed(lambda said: said + b"# exported by x\n", 5), QUARANTINED, UNEVEN),
    "an end of file mark": Kind(_changed(lambda said: said + b"\x1a", 5), QUARANTINED, UNEVEN),
    "the header again": Kind(_changed(lambda said: said + said.split(b"\n")[0] + b"\n", 5), USED, "a key of the contract's form"),
}  # fmt: skip

VALUES: dict[str, Kind] = {
    "NaN": _number("NaN"),
    "infinity": _number("inf"),
    "infinity below": _number("-Infinity"),
    "1e999": _number("1e999"),
    "hexadecimal": _number("0x10"),
    "octal": _number("0o7"),
    "binary": _number("0b1"),
    "an underscore": _number("1_0"),
    "two signs": _number("+-5"),
    "2 to the 31st": Kind(_first_row(rmdq24="2147483648"), QUARANTINED, LIKE_A_PERSON),
    "2 to the 63rd": Kind(_first_row(rmdq24="9223372036854775808"), QUARANTINED, LIKE_A_PERSON),
    "2 to the 128th": _number(str(2**128)),
    "9,000 digits": _number("9" * 9_000),
    "a fraction": _number("6.5"),
    "below the range": _number("-1"),
    "digits of another script": _number("٦"),
    "wide digits": _number("６"),
    "a superscript": _number("6²"),
    "a number and a unit": _number("6 pts"),
    "the serial number of a date": _number("45291"),
    "an error of a spreadsheet": _number("#REF!"),
    "null": _number("null"),
    "a formula": _text("=HYPERLINK(\"http://x.example\";\"y\")"),
    "a formula with @": _text("@SUM(1)"),
    "a formula after a blank": _text(" =1+1"),
    "a command": _text("=cmd|'/c calc'!A0"),
    "HTML": _text("<script>alert(1)</script>"),
    "HTML in an attribute": _text('"><img src=x onerror=alert(1)>'),
    "a template": _text("{{7*7}}${7*7}"),
    "SQL": _text("';drop/**/table/**/raw.intake;--"),
    "SQL in quotes": _text('mode");drop/**/schema/**/raw/**/cascade;--'),
    "a path": _text("../../../../etc/passwd"),
    "a code with a zero-width letter": _text("phone\u200b"),
    "a code from right to left": _text("\u202ephone"),
    "a code of look-alike letters": _text("рhone"),
    "a code in capitals": _text("Phone"),
    "a code with a noncharacter": _text("phone\uffff"),
    "control characters": _text("phone\x07\x1b[31m"),
    "a token of the pipeline's own": Kind(_first_row(mode=".x"), USED, ""),
    "a token that is none": _text(".q"),
    "SQL in a key": Kind(
        _first_row(episode_key="x');drop/**/table/**/raw.outcome;--"), USED, "a key of the contract's form"),
    "HTML in a key": Kind(_first_row(episode_key="<b>00000000000000</b>"), USED, "a key of the contract's form"),
    "a formula in a key": Kind(_first_row(episode_key="=00000000000000001"), USED, "a key of the contract's form"),
    "a key of 9,000 letters": Kind(_first_row(episode_key="a" * 9_000), USED, "a key of the contract's form"),
    "an empty key": Kind(_first_row(episode_key=""), USED, "a key of the contract's form"),
    "a clinic of another's in a row": Kind(_intake_row(clinic_code="C001"), USED, "equals the manifest's clinic_code"),
    "a version in a row that overflows": Kind(
        _intake_row(schema_version="99999999999999999999.0.0"), QUARANTINED, LIKE_A_PERSON),
    "a set of 3,000 codes": Kind(_intake_row(complaint_region=";".join(["low_back"] * 1_000)), USED, ""),
    "a set of nothing": Kind(_intake_row(complaint_region=";;;"), USED, "one or more of the contract's codes"),
}  # fmt: skip
