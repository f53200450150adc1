"""DICOM headers as a source: what is taken, what is refused and why; pydicom's own spine X-rays are refused."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.errors import UsageError
from pipelines.exporting.keys import create_key
from pipelines.exporting.marked_yaml import read_section
from pipelines.exporting.records import Record
from pipelines.exporting.sources import Request
from pipelines.exporting.tally import Tally
from tests.conftest import ROOT

pydicom = pytest.importorskip("pydicom", reason="pydicom is not installed (the extra `export`)")

from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from pipelines.exporting.dicom import KIND, read_dicom

PSEUDONYM = "ab" * 16
SAFE = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
    "SOPInstanceUID": "1.2.826.0.1.1",
    "StudyInstanceUID": "1.2.826.0.1",
    "Modality": "MR",
    "BodyPartExamined": "LSPINE",
    "PatientPosition": "HFS",
    "MagneticFieldStrength": "1.5",
    "PatientName": "",
    "PatientID": PSEUDONYM,
    "PatientIdentityRemoved": "YES",
    "BurnedInAnnotation": "NO",
    "Rows": 2,
}
Write = Callable[..., Path]


def header(*codes: str, **elements: Any) -> Dataset:
    """A header from which identity was removed, with these codes of how (113100 alone when none is given), and these elements."""
    said = Dataset()
    for name, value in {**SAFE, **elements}.items():
        if value is not None:
            setattr(said, name, value)
    said.DeidentificationMethodCodeSequence = []
    for code in codes or ("113100",):
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", "x"
        said.DeidentificationMethodCodeSequence.append(item)
    return said


def save_headers(folder: Path, headers: Iterable[Dataset], keys: str, name: str = "JANE_DOE") -> Path:
    """Write headers as DICOM files into one folder, with the table of study keys beside them."""
    folder.mkdir(parents=True)
    (folder / "studies.csv").write_text("study_uid,patient_key,study_day,date_shift_days\n" + keys, encoding="utf-8")
    for number, said in enumerate(headers):
        said.file_meta = FileMetaDataset()
        said.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        said.file_meta.MediaStorageSOPClassUID = said.SOPClassUID
        said.file_meta.MediaStorageSOPInstanceUID = f"{said.SOPInstanceUID}.{number}"
        with config.disable_value_validation():
            said.save_as(folder / f"{name}_{number}.dcm", enforce_file_format=True)
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def of(*headers: Dataset, keys: str = "1.2.826.0.1,patient-7,2026-01-14,\n") -> Path:
        return save_headers(tmp_path / "images", headers, keys)

    return of


def read(place: Path, tmp_path: Path, source: str = "") -> tuple[list[Record], Tally]:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(f"source:\n  kind: dicom\n  studies: studies.csv\n{source}", encoding="utf-8")
    section = read_section(mapping).section("source")
    assert section is not None
    tally = Tally()
    return list(read_dicom(Request(place, section, ZoneInfo("UTC"), tally))), tally


def test_a_study_without_identity_is_taken_from_its_header(write: Write, tmp_path: Path) -> None:
    records, tally = read(write(header(), header(SOPInstanceUID="1.2.826.0.1.2")), tmp_path)
    assert not tally.n_unmapped
    assert tally.n_read == {KIND: 2}
    assert [record.values for record in records] == [
        {
            "imaging_key": "1.2.826.0.1",
            "patient_key": "patient-7",
            "study_day": "2026-01-14",
            "modality": "MR",
            "region": "lumbar",
            "posture": "supine",
            "field_strength_t": 1.5,
            "deid_profile": "113100",
        }
    ]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (header(PatientName="Doe^Jane"), "it has a patient's name"),
        (header(PatientID="MRN 1234567"), "it has a patient's number that is no pseudonym"),
        (header(PatientBirthDate="19800517"), "it has a birth date"),
        (header(PatientAddress="1 High Street"), "it has an address"),
        (header(PatientTelephoneNumbers="020 7946 0000"), "it has a telephone number"),
        (header(AccessionNumber="A123"), "it has an accession number"),
        (header(InstitutionName="North Clinic"), "it has an institution"),
        (header(ReferringPhysicianName="Smith"), "it has a referrer"),
        (header(PerformingPhysicianName="Smith"), "it has a physician"),
        (header(OperatorsName="Smith"), "it has an operator"),
        (header(OtherPatientNames="Jones"), "it has another name of the patient"),
        (header(PatientComments="Jane's knee"), "it has comments on the patient"),
        (header(IconImageSequence=[Dataset()]), "it has an icon image"),
        (header(PatientIdentityRemoved="NO"), "it does not say that identity was removed"),
        (header(PatientIdentityRemoved=None), "it does not say that identity was removed"),
        (header("113102"), "identity was not removed by the Basic Profile (113100)"),
        (header("113100", "113106"), "it keeps full dates (113106)"),
        (header("113100", "113112"), "it keeps the institution (113112)"),
        (header(BurnedInAnnotation="YES"), "nothing says that the image itself holds no name (113101, or BurnedInAnnotation NO)"),
        (header(BurnedInAnnotation=None), "nothing says that the image itself holds no name (113101, or BurnedInAnnotation NO)"),
        (header(StudyInstanceUID=None), "it does not say of which study it is"),
        (header(Modality="OT"), "a modality that the contract does not have"),
        (header(StudyInstanceUID="1.2.3"), "a study that the table of study keys does not have"),
    ],
)  # fmt: skip
def test_a_header_that_identifies_or_does_not_say_how_identity_was_removed_is_refused(
    write: Write, tmp_path: Path, said: Dataset, reason: str
) -> None:
    records, tally = read(write(said), tmp_path)
    assert records == []
    assert tally.n_unmapped == {(KIND, reason): 1}
    assert "JANE" not in str(tally), "a file's name may be the patient's"


def test_a_private_element_is_refused_also_inside_a_sequence(write: Write, tmp_path: Path) -> None:
    said, inner = header(), Dataset()
    inner.private_block(0x0009, "MAKER", create=True).add_new(1, "LO", "Jane Doe")
    said.ReferencedStudySequence = [inner]
    records, tally = read(write(said), tmp_path)
    assert records == []
    assert tally.n_unmapped == {(KIND, "it has private elements"): 1}


def test_clean_pixels_stand_in_for_the_burned_in_annotation(write: Write, tmp_path: Path) -> None:
    records, tally = read(write(header("113100", "113101", BurnedInAnnotation=None)), tmp_path)
    assert not tally.n_unmapped
    assert records[0].values["deid_profile"] == "113100;113101"


def test_one_bad_file_spoils_its_study(write: Write, tmp_path: Path) -> None:
    records, tally = read(write(header(), header(InstitutionName="North Clinic")), tmp_path)
    assert records == []
    assert tally.n_unmapped == {(KIND, "it has an institution"): 1, (KIND, "another file of its study was refused"): 1}


@pytest.mark.parametrize(
    ("codes", "keys", "day", "reason"),
    [
        (("113100", "113107"), ",-30", "2026-02-13", ""),
        (("113100", "113107"), "2026-01-20,", "2026-01-20", ""),
        (
            ("113100", "113107"),
            ",",
            "",
            "its dates were modified, and the table of study keys does not say by how many days",
        ),
        (("113100",), ",", "", "a date that its profile should have removed"),
        (("113100",), ",-30", "", "a date that its profile should have removed"),
    ],
)
def test_a_modified_date_is_moved_back_by_the_clinics_own_shift(
    write: Write, tmp_path: Path, codes, keys, day, reason
) -> None:  # type: ignore[no-untyped-def]
    folder = write(header(*codes, StudyDate="20260114"), keys=f"1.2.826.0.1,patient-7,{keys}\n")
    records, tally = read(folder, tmp_path)
    assert [record.values["study_day"] for record in records] == ([day] if day else [])
    assert list(tally.n_unmapped) == ([(KIND, reason)] if reason else [])


def test_without_any_date_a_study_is_counted(write: Write, tmp_path: Path) -> None:
    _, tally = read(write(header(), keys="1.2.826.0.1,patient-7,,\n"), tmp_path)
    assert tally.n_unmapped == {(KIND, "no date in the header, and none in the table of study keys"): 1}


def test_the_pixels_are_never_read(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the header stands what is no pixel data at all, and the file ends in the middle of it."""
    folder = write(header())
    (place,) = folder.glob("*.dcm")
    place.write_bytes(place.read_bytes() + b"\xe0\x7f\x10\x00OW\x00\x00\xff\xff\xff\x7f" + b"Jane Doe")
    opened: list[Dataset] = []
    monkeypatch.setattr(Dataset, "pixel_array", property(opened.append))
    records, tally = read(folder, tmp_path)
    assert len(records) == 1
    assert not tally.n_unmapped
    assert opened == []


def test_what_is_no_dicom_is_counted_and_the_rest_goes_on(write: Write, tmp_path: Path) -> None:
    folder = write(header())
    (place,) = folder.glob("*.dcm")
    whole = place.read_bytes()
    for number, size in enumerate(range(0, len(whole) - 1, 23)):
        (folder / f"cut{number}").write_bytes(whole[:size])
        (folder / f"odd{number}").write_bytes(whole[:size] + b"\xff" * 40 + whole[size + 40 :])
    records, tally = read(folder, tmp_path)
    n_counted = sum(tally.n_unmapped.values())
    assert n_counted < tally.n_read[KIND] if records else n_counted == tally.n_read[KIND]
    assert n_counted > 20
    assert "JANE" not in str(tally)


def test_the_files_that_a_dicomdir_names_are_read_and_none_outside_its_folder(write: Write, tmp_path: Path) -> None:
    folder = write(header())
    (tmp_path / "outside.dcm").write_bytes(next(folder.glob("*.dcm")).read_bytes())
    index = Dataset()
    index.DirectoryRecordSequence = []
    for said in (["JANE_DOE_0.dcm"], ["..", "outside.dcm"], ["nowhere"], None):
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        if said:
            with config.disable_value_validation():
                record.ReferencedFileID = said
        index.DirectoryRecordSequence.append(record)
    index.file_meta = FileMetaDataset()
    index.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    index.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    index.file_meta.MediaStorageSOPInstanceUID = "1.2.826.0.2"
    with config.disable_value_validation():
        index.save_as(folder / "DICOMDIR", enforce_file_format=True)
    records, tally = read(folder / "DICOMDIR", tmp_path)
    assert [record.values["imaging_key"] for record in records] == ["1.2.826.0.1"]
    assert tally.n_unmapped == {(KIND, "a file of the DICOMDIR that is not there"): 2}


def test_pydicoms_spine_x_rays_are_refused_with_the_reason(tmp_path: Path) -> None:
    """Real headers with a name, a number and dates in them (MIT): a folder and the DICOMDIR beside it."""
    samples = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
    keys = tmp_path / "studies.csv"
    keys.write_text("study_uid,patient_key\n", encoding="utf-8")
    for place, n_files in ((samples / "77654033", 7), (samples / "DICOMDIR", 31)):
        mapping = tmp_path / "mapping.yaml"
        mapping.write_text(f"source:\n  kind: dicom\n  studies: {keys}\n", encoding="utf-8")
        section = read_section(mapping).section("source")
        assert section is not None
        tally = Tally()
        assert list(read_dicom(Request(place, section, ZoneInfo("UTC"), tally))) == []
        assert tally.n_unmapped == {(KIND, "it has a patient's name"): n_files}


@pytest.mark.ci
def test_the_documented_command_tells_that_spine_x_rays_with_a_name_are_refused(shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("orjson", reason="orjson is not installed (the extra `export`)")
    samples = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
    shutil.copytree(samples / "77654033", tmp_path / "all" / "images")
    shutil.copytree(shared / "data" / "fhir", tmp_path / "all" / "bulk")
    (tmp_path / "all" / "images" / "studies.csv").write_text("study_uid,patient_key\n", encoding="utf-8")
    create_key(tmp_path / "key")
    mapping = ROOT / "pipelines" / "exporting" / "examples" / "dicom.yaml"
    own = [str(mapping), str(tmp_path / "all"), "--key", str(tmp_path / "key")]
    said = CliRunner().invoke(main, ["export", "preview", *own])
    assert said.exit_code == 0, said.output
    assert "7  DICOM file: it has a patient's name" in said.output


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("1.2,patient,soon,\n", "line 2: write study_day as"),
        ("1.2,patient,,many\n", "line 2: write study_day as"),
        ("1.2,,2026-01-01,\n", "line 2 needs study_uid and patient_key"),
    ],
)
def test_a_table_of_study_keys_that_cannot_be_used_is_refused_by_line(
    write: Write, tmp_path: Path, keys: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        read(write(header(), keys=keys), tmp_path)
