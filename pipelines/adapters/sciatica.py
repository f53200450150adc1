"""The conservative-care arm of the Sciatica Trial (shipped in the zepid package) as a delivery of one clinic.

142 real patients, 1,240 visits over two years, 56 of whom stepped up to surgery (Peul et al., NEJM 2007; Mertens et al.,
PLoS One 2014). Impossible values are delivered as impossible values: refusing them is the pipeline's work. How each
column is mapped, and why, is in docs/real-records.md.
"""

from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.adapters.feeds import NOT_RECORDED, feed_table, public_key, whole_points
from pipelines.contracts import SCHEMA_VERSION
from pipelines.deliveries.outgoing import write_delivery
from pipelines.errors import UsageError

CLINIC_CODE = "SCIATICA"
DELIVERY_ID = "zepid-0.9.1"
PUBLICATION_YEAR = "2007"
SURGERY_VISIT = 1000
TRIAL_FOLLOW_UP_DAYS = 730
DAYS_PER_YEAR = 365.25

SCHEDULED_WEEK = {1: 2, 2: 4, 3: 8, 4: 12, 5: 26, 6: 38, 7: 52, 8: 78, 9: 104}
"""Week of each numbered visit, read from the median day of the visits; the file does not say it."""

EXPECTED_WEEKS = (2, 4, 12, 26, 52)
"""Scheduled weeks that are also time points of the contract: a visit that is not there was missed."""

SEX_CODES = {1.0: "male", 2.0: "female"}
"""Found from the bodies: code 1 is 184 cm and 87 kg on average, code 2 is 169 cm and 72 kg. The documented 0 never occurs."""

COLUMNS = (
    *("id", "tpoints", "time", "age_b", "age_t"),
    *("vas1_t", "vas2_t", "roland_t", "likert_t"),
    *("vas1_b", "vas2_b", "roland_b", "likert_b"),
    *("male", "weight", "height", "surgery"),
)
"""`_t` at the visit, `_b` at baseline, except the ages: `age_t` is the age at baseline. vas1 is leg pain, vas2 back pain (mm)."""


def sciatica_file() -> Path:
    """Where the installed zepid distribution keeps `sciatica.dat`; zepid itself is not imported.

    Raises UsageError, with the remedy, when the distribution or its file is not there.
    """
    try:
        shipped = metadata.files("zepid") or []
    except metadata.PackageNotFoundError:
        shipped = []
    for file in shipped:
        path = Path(str(file.locate()))
        if file.name == "sciatica.dat" and path.is_file():
            return path
    raise UsageError(
        "The sciatica records were not found: they come with the zepid package, which is not installed here. "
        "Install it with 'python -m pip install --no-deps zepid==0.9.1', or pass the path of sciatica.dat."
    )


def read_sciatica(path: Path | None = None) -> pd.DataFrame:
    """The records as shipped: one row a visit, columns `COLUMNS`, all numbers, nothing corrected.

    `path` defaults to the file of the installed zepid distribution. Raises UsageError when the file is absent or is not
    a table of 17 columns of numbers.
    """
    source = path or sciatica_file()
    if not source.is_file():
        raise UsageError(f"There is no file {source}. Pass the path of sciatica.dat from the zepid package.")
    try:
        frame = pd.read_csv(source, sep=r"\s+", header=None, dtype="float64")
    except ValueError as error:
        raise UsageError(f"{source} is not a table of numbers, as sciatica.dat of zepid 0.9.1 is.") from error
    if frame.shape[1] != len(COLUMNS):
        raise UsageError(f"{source} has {frame.shape[1]} columns; sciatica.dat of zepid 0.9.1 has {len(COLUMNS)}.")
    return frame.set_axis(list(COLUMNS), axis="columns")


def sciatica_summary(frame: pd.DataFrame) -> dict[str, int]:
    """Counts of the records as shipped: patients, visits, patients who stepped up to surgery, impossible values."""
    impossible = (frame[["vas1_t", "vas2_t", "vas1_b", "vas2_b"]] > 100).to_numpy().sum()
    impossible += (frame[["roland_t", "roland_b"]] > 24).to_numpy().sum()
    return {
        "patients": int(frame["id"].nunique()),
        "visits": len(frame),
        "stepped_up": int(frame.loc[frame["surgery"] == 1, "id"].nunique()),
        "surgery_day_visits": int((frame["tpoints"] == SURGERY_VISIT).sum()),
        "impossible_values": int(impossible),
    }


def sciatica_delivery(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The contract's feeds, as text, from the records that `read_sciatica` returns.

    Every visit is a row of `session` (its leg pain) and a row of `outcome` (all its scores); the baseline assessment is
    the session and the outcome of day 0. Treatments were not recorded, so `session_component` has a header only.
    """
    visits = _visits(frame)
    patients = visits.drop_duplicates("id").reset_index(drop=True)
    return {
        "intake": _intake(patients, visits.groupby("id")["day"].max()),
        "session": _sessions(patients, visits),
        "session_component": feed_table("session_component", {}),
        "outcome": _outcomes(patients, visits),
    }


def deliver_sciatica(inbox: Path, source: Path | None = None) -> Path:
    """Write the records as a snapshot delivery of clinic SCIATICA into `inbox`; returns the delivery's folder.

    Raises UsageError when the records cannot be found or read.
    """
    return write_delivery(inbox, CLINIC_CODE, DELIVERY_ID, "snapshot", sciatica_delivery(read_sciatica(source)))


def _visits(frame: pd.DataFrame) -> pd.DataFrame:
    visits = frame.sort_values(["id", "time", "tpoints"], kind="stable").reset_index(drop=True)
    visits["patient"] = visits["id"].astype("int64").astype(str)
    visits["episode_key"] = [public_key("sciatica episode", patient) for patient in visits["patient"]]
    visits["day"] = np.floor(visits["time"] * DAYS_PER_YEAR + 0.5).astype("int64")
    visits["visit"] = visits["tpoints"].astype("int64")
    visits["week"] = visits["visit"].map(SCHEDULED_WEEK)
    is_after_surgery = visits["surgery"] == 1
    visits["is_first_after_surgery"] = is_after_surgery & ~visits["id"].where(is_after_surgery).duplicated()
    return visits


def _intake(patients: pd.DataFrame, last_day: pd.Series) -> pd.DataFrame:
    return feed_table(
        "intake",
        {
            "patient_key": [public_key("sciatica patient", patient) for patient in patients["patient"]],
            "episode_key": patients["episode_key"],
            "clinic_code": CLINIC_CODE,
            "schema_version": SCHEMA_VERSION,
            "index_period": PUBLICATION_YEAR,
            "observed_through_day": [str(max(TRIAL_FOLLOW_UP_DAYS, last_day[id_])) for id_ in patients["id"]],
            "age_band": [_age_band(years) for years in patients["age_t"]],
            "sex": [SEX_CODES.get(code, f"code_{code:g}") for code in patients["male"]],
            "bmi": [
                f"{kg / (cm / 100) ** 2:.1f}" for kg, cm in zip(patients["weight"], patients["height"], strict=True)
            ],
            "complaint_region": "thigh",
            "nprs_back_avg": _nprs(patients["vas2_b"]),
            "nprs_leg_avg": _nprs(patients["vas1_b"]),
            "rmdq24": _rmdq(patients["roland_b"]),
        },
    )


def _sessions(patients: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    contacts = pd.concat(
        [
            patients.assign(day=0, visit=0, vas1_t=patients["vas1_b"], is_first_after_surgery=False),
            visits,
        ]
    ).sort_values(["id", "day", "visit"], kind="stable")
    keys = contacts["patient"] + ":" + contacts["visit"].astype(str)
    return feed_table(
        "session",
        {
            "session_key": [public_key("sciatica session", key) for key in keys],
            "episode_key": contacts["episode_key"],
            "session_no": (contacts.groupby("id").cumcount() + 1).astype(str),
            "session_day": contacts["day"].astype(str),
            "attendance": "attended",
            "practitioner_key": public_key("sciatica practitioner", "trial staff"),
            "nprs_pre": _nprs(contacts["vas1_t"]),
            "discharge_status": [
                "surgery" if is_first else NOT_RECORDED for is_first in contacts["is_first_after_surgery"]
            ],
        },
    )


def _outcomes(patients: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    answered = pd.concat([_baseline_answers(patients), _visit_answers(visits)])
    seen = set(zip(visits["episode_key"], visits["week"], strict=True))
    missed = [(key, week) for key in patients["episode_key"] for week in EXPECTED_WEEKS if (key, week) not in seen]
    unanswered = feed_table(
        "outcome",
        {
            "episode_key": [key for key, _ in missed],
            "timepoint_wk": [str(week) for _, week in missed],
            "due_day": [str(7 * week) for _, week in missed],
            "reason_missing": "no_response",
        },
    )
    outcomes = pd.concat([answered, unanswered])
    order = outcomes.assign(
        patient_no=outcomes["episode_key"].map({key: number for number, key in enumerate(patients["episode_key"])}),
        due=outcomes["due_day"].astype("int64"),
        week=outcomes["timepoint_wk"].astype("int64"),
    )
    return order.sort_values(["patient_no", "due", "week"])[list(outcomes.columns)].reset_index(drop=True)


def _baseline_answers(patients: pd.DataFrame) -> pd.DataFrame:
    return feed_table(
        "outcome",
        {
            "episode_key": patients["episode_key"],
            "timepoint_wk": "0",
            "due_day": "0",
            "completed_day": "0",
            "nprs_back_avg": _nprs(patients["vas2_b"]),
            "nprs_leg_avg": _nprs(patients["vas1_b"]),
            "rmdq24": _rmdq(patients["roland_b"]),
            "surgery_or_injection": "none",
        },
    )


def _visit_answers(visits: pd.DataFrame) -> pd.DataFrame:
    return feed_table(
        "outcome",
        {
            "episode_key": visits["episode_key"],
            "timepoint_wk": visits["week"].fillna(visits["visit"]).astype("int64").astype(str),
            "due_day": (7 * visits["week"]).fillna(visits["day"]).astype("int64").astype(str),
            "completed_day": visits["day"].astype(str),
            "nprs_back_avg": _nprs(visits["vas2_t"]),
            "nprs_leg_avg": _nprs(visits["vas1_t"]),
            "rmdq24": _rmdq(visits["roland_t"]),
            "pgic": [whole_points(value, highest=7) for value in visits["likert_t"]],
            "surgery_or_injection": ["discectomy" if flag == 1 else "none" for flag in visits["surgery"]],
        },
    )


def _nprs(vas_mm: pd.Series) -> list[str]:
    return [whole_points(value, highest=10, width=10.0) for value in vas_mm]


def _rmdq(roland_points: pd.Series) -> list[str]:
    return [whole_points(value, highest=24) for value in roland_points]


def _age_band(years: float) -> str:
    if years >= 90:
        return "90+"
    decade = int(years // 10) * 10
    return "18-29" if decade < 30 else f"{decade}-{decade + 9}"
