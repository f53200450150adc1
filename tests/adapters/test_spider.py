from pathlib import Path

import pandas as pd
import pytest

from pipelines.adapters.spider import HEADER_COLUMNS, deliver_spider, read_spider, spider_delivery, spider_summary
from pipelines.contracts import FEEDS
from pipelines.errors import UsageError

from .delivered import assert_manifest_holds, assert_only_contract_columns_cross, bytes_of, feed_text

Records = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def folder(spider_records: Records, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return deliver_spider(tmp_path_factory.mktemp("inbox"))


def test_the_gradings_are_1520_of_218_patients(spider_records: Records) -> None:
    gradings, studies = spider_records
    assert spider_summary(gradings) == {"patients": 218, "gradings": 1520, "gradings_without_a_level": 213}
    assert len(studies) == 218


def test_every_grading_is_delivered(folder: Path) -> None:
    rows = {feed: len(feed_text(folder, feed)) for feed in ("intake", "imaging", "imaging_level")}
    assert rows == {"intake": 218, "imaging": 218, "imaging_level": 1520}


def test_nothing_is_claimed_of_treatment_or_course(folder: Path) -> None:
    for feed in ("session", "session_component", "outcome"):
        rows = feed_text(folder, feed)
        assert rows.empty
        assert tuple(rows.columns) == FEEDS[feed].columns


def test_the_manifest_holds_and_only_contract_columns_cross(folder: Path) -> None:
    assert_manifest_holds(folder)
    assert_only_contract_columns_cross(folder)


def test_no_value_of_the_other_header_fields_crosses(folder: Path) -> None:
    assert HEADER_COLUMNS == ("new_file_name", "sex", "MagneticFieldStrength")
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.csv"))
    for trace in ("37743", "Philips", "SIEMENS", "LSPINE", "training", "59.0"):
        assert trace not in text


def test_the_same_gradings_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert bytes_of(deliver_spider(tmp_path)) == bytes_of(folder)


def test_levels_are_counted_upwards_from_the_sacrum(folder: Path) -> None:
    levels = feed_text(folder, "imaging_level")["level"].value_counts().to_dict()
    assert [levels[name] for name in ("L5-S1", "L4-L5", "L3-L4", "L2-L3", "L1-L2", "T12-L1")] == [218] * 5 + [217]


def test_discs_that_the_contract_has_no_level_for_are_delivered_to_be_refused(folder: Path) -> None:
    level = feed_text(folder, "imaging_level")["level"]
    allowed = next(field for field in FEEDS["imaging_level"].fields if field.name == "level").codes
    refused = level[~level.isin(allowed)].value_counts().to_dict()
    assert refused == {"T11-T12": 144, "T10-T11": 55, "T9-T10": 12, "label_0": 2}


def test_every_grade_is_a_code_of_the_contract(folder: Path) -> None:
    levels = feed_text(folder, "imaging_level")
    for field in FEEDS["imaging_level"].fields:
        if field.codes and field.name != "level":
            assert set(levels[field.name]) <= {"", *field.codes}, field.name


def test_a_mark_without_a_degree_becomes_the_mildest_degree(folder: Path, spider_records: Records) -> None:
    gradings, _ = spider_records
    levels = feed_text(folder, "imaging_level")
    assert levels["disc_contour"].value_counts().to_dict() == {"normal": 734, "bulge": 714, "protrusion": 72}
    assert levels["disc_height_loss"].value_counts().to_dict() == {"none": 976, "mild": 544}
    assert levels["spondylolisthesis"].value_counts().to_dict() == {"0": 1478, "1": 42}
    assert levels["modic"].value_counts().to_dict() == {"none": 1006, "2": 503, "3": 7, "1": 4}
    assert levels["pfirrmann"].tolist() == gradings["Pfirrman grade"].tolist()


def test_a_grade_that_is_not_in_the_key_is_delivered_to_be_refused(spider_records: Records) -> None:
    gradings, studies = spider_records
    strange = gradings.assign(**{"Disc bulging": "2", "Modic": "7"})
    levels = spider_delivery(strange, studies)["imaging_level"]
    assert set(levels["modic"]) == {"7"}
    assert not set(levels["disc_contour"]) & {"", "normal", "bulge", "protrusion"}


def test_a_study_whose_series_differ_in_field_strength_has_none(folder: Path) -> None:
    strengths = feed_text(folder, "imaging")["field_strength_t"].value_counts().to_dict()
    assert strengths == {"1.5": 120, "3.0": 97, "": 1}


def test_sex_is_read_with_or_without_padding(folder: Path) -> None:
    assert feed_text(folder, "intake")["sex"].value_counts().to_dict() == {"female": 136, "male": 82}


def test_a_folder_without_the_files_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="STEPCARE_SHARED"):
        read_spider(tmp_path)


def test_a_file_with_other_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "radiological_gradings.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="radiological_gradings"):
        read_spider(tmp_path)
