"""The SPIDER lumbar MRI gradings (van der Graaf et al., Sci Data 11:264, 2024, CC BY 4.0) as a delivery of one clinic.

1,520 disc gradings of 218 patients with a history of low back pain. Of the image headers only sex and field strength
cross. Discs that the contract has no level for are delivered under a name that it refuses. The mapping is explained in
docs/real-records.md.
"""

import os
from pathlib import Path

import pandas as pd

from pipelines.adapters.feeds import NOT_RECORDED, feed_table, public_key
from pipelines.contracts import SCHEMA_VERSION
from pipelines.deliveries.outgoing import write_delivery
from pipelines.errors import UsageError

CLINIC_CODE = "SPIDER"
DELIVERY_ID = "sci-data-2024"
PUBLICATION_YEAR = "2024"

DISC_LEVELS = {
    "1": "L5-S1",
    "2": "L4-L5",
    "3": "L3-L4",
    "4": "L2-L3",
    "5": "L1-L2",
    "6": "T12-L1",
    "7": "T11-T12",
    "8": "T10-T11",
    "9": "T9-T10",
}
"""Disc label to level, counted upwards from L5-S1. The contract ends at T12-L1, so it refuses labels 7 to 9."""

SEX_CODES = {"F": "female", "M": "male"}
MODIC_CODES = {"0": "none", "1": "1", "2": "2", "3": "3"}

GRADING_COLUMNS = (
    "Patient",
    "IVD label",
    "Modic",
    "UP endplate",
    "LOW endplate",
    "Spondylolisthesis",
    "Disc herniation",
    "Disc narrowing",
    "Disc bulging",
    "Pfirrman grade",
)
_DISC_NAMES = (
    "patient",
    "label",
    "modic",
    "upper",
    "lower",
    "spondylolisthesis",
    "herniation",
    "narrowing",
    "bulging",
    "pfirrmann",
)

HEADER_COLUMNS = ("new_file_name", "sex", "MagneticFieldStrength")
"""The only image-header fields that are read: serial numbers, ages and descriptions of the series are never loaded."""


def spider_folder() -> Path:
    """`data/spider` of the shared data: under `STEPCARE_SHARED` if set, else beside the project's folder."""
    shared = os.environ.get("STEPCARE_SHARED")
    root = Path(shared) if shared else Path(__file__).resolve().parents[3] / "shared"
    return root / "data" / "spider"


def read_spider(source: Path | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The gradings (one row a disc) and the studies (one row a patient: `patient`, `sex`, `field_strength_t`), as text.

    A study whose series differ in field strength has none. Raises UsageError when a file or a column is not there.
    """
    folder = source or spider_folder()
    gradings = _read_text(folder / "radiological_gradings.csv", GRADING_COLUMNS)
    headers = _read_text(folder / "overview.csv", HEADER_COLUMNS)
    by_patient = headers.assign(patient=headers["new_file_name"].str.split("_").str[0]).groupby("patient")
    studies = pd.DataFrame(
        {
            "sex": by_patient["sex"].agg(_only_value),
            "field_strength_t": by_patient["MagneticFieldStrength"].agg(_only_value),
        }
    )
    patients = gradings["Patient"].drop_duplicates().tolist()
    return gradings, studies.reindex(patients, fill_value=NOT_RECORDED).rename_axis("patient").reset_index()


def spider_summary(gradings: pd.DataFrame) -> dict[str, int]:
    """Counts of the gradings: patients, gradings, and those at a disc that the contract has no level for."""
    contract_labels = [label for label in DISC_LEVELS if int(label) <= 6]
    return {
        "patients": int(gradings["Patient"].nunique()),
        "gradings": len(gradings),
        "gradings_without_a_level": int((~gradings["IVD label"].isin(contract_labels)).sum()),
    }


def spider_delivery(gradings: pd.DataFrame, studies: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The contract's feeds, as text, from what `read_spider` returns: an episode and a study a patient, a row a disc.

    Nothing is known of treatment or course, so `session`, `session_component` and `outcome` have a header only.
    """
    episode_keys = [public_key("spider episode", patient) for patient in studies["patient"]]
    intake = feed_table(
        "intake",
        {
            "patient_key": [public_key("spider patient", patient) for patient in studies["patient"]],
            "episode_key": episode_keys,
            "clinic_code": CLINIC_CODE,
            "schema_version": SCHEMA_VERSION,
            "index_period": PUBLICATION_YEAR,
            "observed_through_day": "0",
            "sex": [SEX_CODES.get(sex, sex) for sex in studies["sex"]],
            "complaint_region": "low_back",
        },
    )
    imaging = feed_table(
        "imaging",
        {
            "imaging_key": [public_key("spider study", patient) for patient in studies["patient"]],
            "episode_key": episode_keys,
            "modality": "MR",
            "region": "lumbar",
            "study_day": "0",
            "field_strength_t": studies["field_strength_t"],
            "report_source": "structured",
        },
    )
    return {
        "intake": intake,
        "imaging": imaging,
        "imaging_level": _imaging_levels(gradings),
        "session": feed_table("session", {}),
        "session_component": feed_table("session_component", {}),
        "outcome": feed_table("outcome", {}),
    }


def deliver_spider(inbox: Path, source: Path | None = None) -> Path:
    """Write the gradings as a snapshot delivery of clinic SPIDER into `inbox`; returns the delivery's folder.

    `source` is the folder of the two published files, by default `spider_folder()`. Raises UsageError when it is not there.
    """
    return write_delivery(inbox, CLINIC_CODE, DELIVERY_ID, "snapshot", spider_delivery(*read_spider(source)))


def _imaging_levels(gradings: pd.DataFrame) -> pd.DataFrame:
    discs = gradings.rename(columns=dict(zip(GRADING_COLUMNS, _DISC_NAMES, strict=True)))
    return feed_table(
        "imaging_level",
        {
            "imaging_key": [public_key("spider study", patient) for patient in discs["patient"]],
            "reader_no": "1",
            "level": [DISC_LEVELS.get(label, f"label_{label}") for label in discs["label"]],
            "side": "na",
            "assessed": "yes",
            "disc_contour": [_contour(*marks) for marks in zip(discs["herniation"], discs["bulging"], strict=True)],
            "disc_height_loss": [{"0": "none", "1": "mild"}.get(mark, mark) for mark in discs["narrowing"]],
            "pfirrmann": discs["pfirrmann"],
            "spondylolisthesis": discs["spondylolisthesis"],
            "modic": [MODIC_CODES.get(grade, grade) for grade in discs["modic"]],
            "endplate_schmorl": [_either(*marks) for marks in zip(discs["upper"], discs["lower"], strict=True)],
        },
    )


def _contour(herniation: str, bulging: str) -> str:
    """The mildest contour code that the two marks allow; marks other than 0 and 1 are passed on to be refused."""
    codes = {("0", "0"): "normal", ("0", "1"): "bulge", ("1", "0"): "protrusion", ("1", "1"): "protrusion"}
    return codes.get((herniation, bulging), f"{herniation}/{bulging}")


def _either(upper: str, lower: str) -> str:
    if "1" in (upper, lower):
        return "yes"
    return "no" if (upper, lower) == ("0", "0") else NOT_RECORDED


def _only_value(values: pd.Series) -> str:
    distinct = values.str.strip().unique()
    return str(distinct[0]) if len(distinct) == 1 else NOT_RECORDED


def _read_text(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise UsageError(
            f"There is no file {path}. Pass the folder that holds radiological_gradings.csv and overview.csv of SPIDER, "
            "or set STEPCARE_SHARED to the folder whose data/spider holds them."
        )
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, usecols=list(columns))
    except ValueError as error:
        raise UsageError(f"{path} does not have the columns of SPIDER: {', '.join(columns)}.") from error
