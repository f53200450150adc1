"""Hostile folders and manifests by kind: how each is made of a good delivery, and what must become of it."""

import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.deliveries.clinics import manifest_of, put, say, say_of

QUARANTINED, INCOMPLETE, USED = "quarantined", "incomplete", "seen"


class Kind(NamedTuple):
    """`build` damages the delivery's folder; `said` is a part of the reason, or of a rule in `raw.quarantine` when it is used."""

    build: Callable[[Path], object]
    state: str
    said: str


def _replace(folder: Path, name: str, make: Callable[[Path], object]) -> None:
    (folder / name).unlink()
    make(folder / name)


def _socket(path: Path) -> None:
    here = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"/proc/self/fd/{here}/{path.name}")
    finally:
        os.close(here)


def _sparse(path: Path, n_bytes: int) -> None:
    with path.open("ab") as file:
        file.truncate(n_bytes)


def _text(content: str | bytes) -> Callable[[Path], object]:
    encoded = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / "manifest.json").write_bytes(encoded)


def _edited(edit: Callable[[str], str | bytes]) -> Callable[[Path], object]:
    """The manifest's own text, changed as text: what JSON writers do not write."""
    return lambda folder: _text(edit((folder / "manifest.json").read_text(encoding="utf-8")))(folder)


def _listed(name: str, content: bytes = b"x") -> Callable[[Path], object]:
    return lambda folder: say(folder, files=manifest_of(folder)["files"] | {name: {"rows": 0, "sha256": "0" * 64}})


def _rows(value: object) -> Callable[[Path], object]:
    return lambda folder: say_of(folder, "outcome.csv", rows=value)


def _rows_text(text: str) -> Callable[[Path], object]:
    def build(folder: Path) -> None:
        _rows(-987654)(folder)
        _edited(lambda said: said.replace("-987654", text))(folder)

    return build


def _move_away(folder: Path) -> None:
    other = folder.parents[2] / "elsewhere" / folder.parent.name
    other.parent.mkdir(exist_ok=True)
    shutil.move(folder, other)
    folder.symlink_to(other, target_is_directory=True)


def _move_clinic_away(folder: Path) -> None:
    other = folder.parents[2] / "elsewhere" / folder.parent.name
    other.parent.mkdir(exist_ok=True)
    shutil.move(folder.parent, other)
    folder.parent.symlink_to(other, target_is_directory=True)


def _named(name: bytes) -> Callable[[Path], object]:
    return lambda folder: os.rename(os.fsencode(folder), os.fsencode(folder.parent) + b"/" + name)  # noqa: PTH104


def _litter(folder: Path) -> None:
    for number in range(101):
        (folder / f"{number}.txt").touch()


def _second_name(path: Path) -> None:
    secret = path.parents[3] / f"secret-{path.parent.parent.name}"
    secret.write_text("what the sender may not read")
    secret.chmod(0o400)
    path.hardlink_to(secret)


def _other_file(name: str) -> Callable[[Path], object]:
    return lambda folder: _replace(folder, name, lambda path: path.symlink_to("/etc/passwd"))


PLAIN = "not there as a plain file"

FOLDERS: dict[str, Kind] = {
    "a file that is a link to a file of the machine": Kind(_other_file("session.csv"), QUARANTINED, PLAIN),
    "a file that is a link to another file of the delivery": Kind(
        lambda f: _replace(f, "session.csv", lambda p: p.symlink_to("outcome.csv")), QUARANTINED, PLAIN),
    "a file that is a link to nothing": Kind(
        lambda f: _replace(f, "session.csv", lambda p: p.symlink_to("nothing")), QUARANTINED, PLAIN),
    "a file that is a link to itself": Kind(
        lambda f: _replace(f, "session.csv", lambda p: p.symlink_to("session.csv")), QUARANTINED, PLAIN),
    "a file that is a link to an endless device": Kind(
        lambda f: _replace(f, "session.csv", lambda p: p.symlink_to("/dev/zero")), QUARANTINED, PLAIN),
    "a second name of another file": Kind(
        lambda f: _replace(f, "session.csv", _second_name), QUARANTINED, "its SHA-256 is not the one"),
    "a manifest that is a link": Kind(_other_file("manifest.json"), QUARANTINED, PLAIN),
    "a pipe": Kind(lambda f: _replace(f, "session.csv", os.mkfifo), QUARANTINED, PLAIN),
    "a manifest that is a pipe": Kind(lambda f: _replace(f, "manifest.json", os.mkfifo), QUARANTINED, PLAIN),
    "a socket": Kind(lambda f: _replace(f, "session.csv", _socket), QUARANTINED, PLAIN),
    "a folder under a feed's name": Kind(lambda f: _replace(f, "session.csv", Path.mkdir), QUARANTINED, PLAIN),
    "a manifest that is a folder": Kind(lambda f: _replace(f, "manifest.json", Path.mkdir), QUARANTINED, PLAIN),
    "a file that is not there": Kind(lambda f: (f / "session.csv").unlink(), QUARANTINED, "the manifest lists it"),
    "a delivery that is a link": Kind(_move_away, QUARANTINED, "is a link"),
    "a clinic that is a link": Kind(_move_clinic_away, QUARANTINED, "is a link"),
    "a sparse file of 10 GB": Kind(
        lambda f: _sparse(f / "session.csv", 10_000_000_000), QUARANTINED, "more than 2,000,000,000 bytes"),
    "a sparse manifest of 10 GB": Kind(
        lambda f: _sparse(f / "manifest.json", 10_000_000_000), QUARANTINED, "more than 1,000,000 bytes"),
    "more files than a folder may hold": Kind(_litter, QUARANTINED, "more than 100 files"),
    "a name with blanks, as of a patient": Kind(_named(b"Jane Canary 1961"), QUARANTINED, "has a name that is no code"),
    "a name that is a path": Kind(_named(b"a%2f..%2f..%2fetc"), QUARANTINED, "has a name that is no code"),
    "a name of SQL": Kind(_named(b"'; drop table raw.intake; --"), QUARANTINED, "has a name that is no code"),
    "a name that is not UTF-8": Kind(_named(b"M\xfcller"), QUARANTINED, "has a name that is no code"),
    "a name of two lines": Kind(_named(b"a\nb"), QUARANTINED, "has a name that is no code"),
    "a name of 200 letters": Kind(_named(b"a" * 200), QUARANTINED, "at most 120"),
    "no manifest yet": Kind(lambda f: (f / "manifest.json").unlink(), INCOMPLETE, "manifest.json is missing"),
    "a manifest under another name": Kind(
        lambda f: (f / "manifest.json").rename(f / "manifest.json.tmp"), INCOMPLETE, "manifest.json is missing"),
    "a hidden manifest": Kind(
        lambda f: (f / "manifest.json").rename(f / ".manifest.json"), INCOMPLETE, "manifest.json is missing"),
    "files that nobody listed": Kind(lambda f: (f / "patients.xlsx").write_bytes(b"PK"), USED, ""),
}  # fmt: skip


NOT_JSON, NOT_ROWS, NO_FEED = "it is not JSON", "has no whole number of rows", "no feed of the contract"
TWICE = "it says something twice"

MANIFESTS: dict[str, Kind] = {
    "an empty manifest": Kind(_text(""), QUARANTINED, NOT_JSON),
    "half a manifest": Kind(_edited(lambda said: said[: len(said) // 2]), QUARANTINED, NOT_JSON),
    "a manifest of 100,000 brackets": Kind(_text("[" * 100_000 + "]" * 100_000), QUARANTINED, "nests more than 16"),
    "a manifest of 100,000 braces": Kind(_text('{"a":' * 100_000 + "1" + "}" * 100_000), QUARANTINED, "nests more than 16"),
    "brackets that nobody closes": Kind(_text("[" * 500_000), QUARANTINED, "nests more than 16"),
    "a manifest of a list": Kind(_text("[]"), QUARANTINED, "it has no list of files"),
    "a manifest of null": Kind(_text("null"), QUARANTINED, "it has no list of files"),
    "a manifest of a text": Kind(_text('"manifest"'), QUARANTINED, "it has no list of files"),
    "files in a list": Kind(lambda f: say(f, files=["intake.csv"]), QUARANTINED, "it has no list of files"),
    "no files": Kind(lambda f: say(f, files={}), QUARANTINED, "it does not list intake"),
    "a field twice": Kind(
        _edited(lambda said: said.replace('"mode"', '"mode": "delta", "mode"', 1)), QUARANTINED, TWICE),
    "a file twice": Kind(
        _edited(lambda said: said.replace('"exam.csv"', '"exam.csv": {}, "exam.csv"', 1)), QUARANTINED, TWICE),
    "rows that are NaN": Kind(_rows_text("NaN"), QUARANTINED, NOT_JSON),
    "rows that are infinite": Kind(_rows_text("-Infinity"), QUARANTINED, NOT_JSON),
    "rows of 5,000 digits": Kind(_rows_text("9" * 5_000), QUARANTINED, NOT_JSON),
    "rows of 100 digits": Kind(_rows_text("9" * 100), QUARANTINED, "more than 50,000,000 rows"),
    "rows of 1e999": Kind(_rows_text("1e999"), QUARANTINED, NOT_ROWS),
    "rows that are a fraction": Kind(_rows(4.0), QUARANTINED, NOT_ROWS),
    "rows that are true": Kind(_rows(True), QUARANTINED, NOT_ROWS),
    "rows that are below 0": Kind(_rows(-1), QUARANTINED, NOT_ROWS),
    "rows that are a text": Kind(_rows("4"), QUARANTINED, NOT_ROWS),
    "rows that are a list": Kind(_rows([4]), QUARANTINED, NOT_ROWS),
    "more rows than there may be": Kind(_rows(50_000_001), QUARANTINED, "more than 50,000,000 rows"),
    "fewer rows than there are": Kind(_rows(3), QUARANTINED, "it has 4 rows and the manifest says 3"),
    "a manifest in UTF-16": Kind(_edited(lambda said: said.encode("utf-16")), QUARANTINED, NOT_JSON),
    "a manifest in UTF-32": Kind(_edited(lambda said: said.encode("utf-32-be")), QUARANTINED, NOT_JSON),
    "a manifest in latin-1": Kind(
        _edited(lambda said: said.replace("{", '{"by": "Müller", ', 1).encode("latin-1")), QUARANTINED, NOT_JSON),
    "a NUL byte in the manifest": Kind(_edited(lambda said: said.replace("{", "{\0", 1)), QUARANTINED, NOT_JSON),
    "a manifest larger than a manifest is": Kind(
        _edited(lambda said: said + " " * 1_000_000), QUARANTINED, "more than 1,000,000 bytes"),
    "a path up": Kind(_listed("../../outcome.csv"), QUARANTINED, NO_FEED),
    "a path of the machine": Kind(_listed("/etc/passwd"), QUARANTINED, NO_FEED),
    "a path of Windows": Kind(_listed("..\\outcome.csv"), QUARANTINED, NO_FEED),
    "an address": Kind(_listed("http://127.0.0.1/intake.csv"), QUARANTINED, NO_FEED),
    "a path in the name of a feed": Kind(_listed("imaging.csv/../../x.csv"), QUARANTINED, NO_FEED),
    "a NUL in a file's name": Kind(_listed("imaging.csv\0.parquet"), QUARANTINED, NO_FEED),
    "a name that ends with a dot": Kind(_listed("imaging.csv."), QUARANTINED, NO_FEED),
    "a name in capitals": Kind(_listed("IMAGING.CSV"), QUARANTINED, NO_FEED),
    "a pattern of names": Kind(_listed("*.csv"), QUARANTINED, NO_FEED),
    "another format": Kind(_listed("imaging.xlsx"), QUARANTINED, NO_FEED),
    "a pickle": Kind(_listed("imaging.pkl"), QUARANTINED, NO_FEED),
    "gzip": Kind(_listed("imaging.csv.gz"), QUARANTINED, "compressed file of imaging. Send imaging.csv"),
    "a zip archive": Kind(_listed("imaging.zip"), QUARANTINED, "compressed file of imaging. Send imaging.csv"),
    "a feed as CSV and as Parquet": Kind(_listed("intake.parquet"), QUARANTINED, "it lists a feed twice"),
    "an unknown mode": Kind(lambda f: say(f, mode="delta' or '1'='1"), QUARANTINED, "mode is missing or malformed"),
    "an unknown major version": Kind(lambda f: say(f, schema_version="2.0.0"), QUARANTINED, "unknown major number"),
    "a version of 99,999": Kind(lambda f: say(f, schema_version="99999.0.0"), QUARANTINED, "not of the form 1.0.0"),
    "a version that is a number": Kind(lambda f: say(f, schema_version=1), QUARANTINED, "schema_version is missing"),
    "another clinic": Kind(lambda f: say(f, clinic_code="C001"), QUARANTINED, "differs from the folder"),
    "a clinic of SQL": Kind(lambda f: say(f, clinic_code="x'; drop table raw.intake; --"), QUARANTINED, "malformed"),
    "a clinic of HTML": Kind(lambda f: say(f, clinic_code="<script>alert(1)</script>"), QUARANTINED, "malformed"),
    "a clinic that is a path": Kind(lambda f: say(f, clinic_code=".."), QUARANTINED, "clinic_code is missing or malformed"),
    "a name of 10,000 letters": Kind(lambda f: say(f, delivery_id="a" * 10_000), QUARANTINED, "at most 120"),
    "no sha256": Kind(lambda f: say_of(f, "outcome.csv", sha256=None), QUARANTINED, "outcome.csv has no sha256"),
    "a sha256 that is short": Kind(lambda f: say_of(f, "outcome.csv", sha256="ab"), QUARANTINED, "has no sha256"),
    "a sha256 of another file": Kind(lambda f: say_of(f, "outcome.csv", sha256="0" * 64), QUARANTINED, "its SHA-256"),
    "a byte order mark before the manifest": Kind(_edited(lambda said: "\ufeff" + said), USED, ""),
    "a patient's name beside the manifest's fields": Kind(lambda f: say(f, remark="Jane Canary, born 1961-04-30"), USED, ""),
    "what only the store may say of a file": Kind(
        lambda f: say_of(f, "outcome.csv", delivered_sha256=["Canary"], unlisted_columns="Canary", blocked={"Canary": 1}),
        USED, ""),
    "a text for simulated": Kind(lambda f: say(f, simulated="<b>yes</b>"), USED, ""),
    "an optional file with another hash": Kind(lambda f: say_of(f, "exam.csv", sha256="0" * 64), USED, ""),
    "json nested in a text": Kind(lambda f: say(f, note=json.dumps({"a": "[" * 1_000})), USED, ""),
    "a feed that is there and not listed": Kind(lambda f: put(f, "imaging.csv", b"x", 0) or _unlist(f), USED, ""),
}  # fmt: skip


def _unlist(folder: Path) -> None:
    files = manifest_of(folder)["files"]
    del files["imaging.csv"]
    say(folder, files=files)
