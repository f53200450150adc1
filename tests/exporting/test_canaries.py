"""No direct identifier that lies in a source reaches a delivery, the preview, an error or a log, whatever the kind of source."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.exporting.keys import create_key
from tests.conftest import ROOT
from tests.exporting.canaries import CANARIES, PATIENT, assert_no_calendar_date, assert_no_canary, written_below
from tests.exporting.cliniko_pages import practice, write_pages
from tests.exporting.small import Small, patient, visit

EXAMPLES = ROOT / "pipelines" / "exporting" / "examples"
Planted = tuple[Path, Path]
"""A mapping and the place of the records."""


def _tables(folder: Path) -> Small:
    """A practice with an identifier in every cell that is no key: in mapped columns, in others, and in the columns' names."""
    small = Small(folder)
    kinds = sorted(CANARIES.values())
    small.patients = [
        row | dict.fromkeys(("Notes", "Phone"), kinds[number]) for number, row in enumerate(small.patients)
    ]
    small.patients += [
        patient(
            0, **dict.fromkeys(("Born", "Sex", "Seen first", "Where", "Work", "Red flag", "Leg pain", "Name"), canary)
        )
        | {"Patient": PATIENT, "Notes": canary, "Phone": canary}
        for canary in kinds
    ]
    small.visits += [visit(0, "05/01/2024", Patient=PATIENT, Visit=canary, **{"Seen by": canary}) for canary in kinds]
    small.visits += [
        visit(number, "08/01/2024", Came=canary, Done=canary, RMDQ=canary) for number, canary in enumerate(kinds)
    ]
    return small


def _in_csv(folder: Path) -> Planted:
    order = _tables(folder).order()
    path = order.place / "patients.csv"
    header, rest = path.read_text(encoding="utf-8").split("\n", 1)
    name = f"{CANARIES['given name']} {CANARIES['family name']}"
    path.write_text(
        f"{header.strip()},{name},{CANARIES['e-mail']}\n{rest.replace(chr(10), ',,' + chr(10))}", encoding="utf-8"
    )
    return order.mapping, order.place


def _in_a_spreadsheet(folder: Path) -> Planted:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl, of the extra export, is absent")
    small = _tables(folder)
    small.mapping = small.mapping.replace("patients.csv", "patients.xlsx").replace("visits.csv", "visits.xlsx")
    order = small.order()
    for name, rows in (("patients", small.patients), ("visits", small.visits)):
        (order.place / f"{name}.csv").unlink()
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet(CANARIES["family name"])
        for row in (list(rows[0]), *(list(row.values()) for row in rows)):
            sheet.append(row)
        book.save(order.place / f"{name}.xlsx")
    return order.mapping, order.place


def _in_cliniko(folder: Path) -> Planted:
    return EXAMPLES / "cliniko.yaml", write_pages(folder / "pages", practice())


@pytest.mark.parametrize("plant", [_in_csv, _in_a_spreadsheet, _in_cliniko])
def test_no_identifier_of_the_source_gets_out(
    plant: Callable[[Path], Planted], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "source").mkdir()
    mapping, place = plant(tmp_path / "source")
    planted = b"".join(written_below(tmp_path / "source"))
    if place.suffix != ".xlsx" and not list(place.glob("*.xlsx")):
        assert CANARIES["free text"].encode() in planted, "the canaries are there to be found"
    create_key(tmp_path / "key")
    order = [str(mapping), str(place), "--key", str(tmp_path / "key"), "--as-of", "2024-12-01"]
    done = CliRunner().invoke(main, ["export", "run", *order, "--to", str(tmp_path / "inbox")])
    assert done.exit_code == 0, done.output
    assert "What leaves" in done.output, "what is previewed is said by a run too"
    (clinic,) = (tmp_path / "inbox").iterdir()
    (delivery,) = clinic.iterdir()
    assert (delivery / "intake.csv").read_text(encoding="utf-8").count("\n") > 10
    assert_no_canary([done.output, *written_below(tmp_path / "inbox"), caplog.text])
    assert_no_calendar_date(delivery)


def test_an_error_of_a_library_is_told_without_its_text(tmp_path: Path) -> None:
    """A source that cannot be read at all: what is said of it names no value."""
    order = _tables(tmp_path).order()
    with (order.place / "visits.csv").open("a", encoding="utf-8") as file:
        file.write(f'P1,"{CANARIES["free text"]}\n')
    done = CliRunner().invoke(
        main, ["export", "preview", str(order.mapping), str(order.place), "--key", str(order.key)]
    )
    assert done.exit_code == 2
    assert "quotes do not match" in done.output
    assert_no_canary([done.output])
