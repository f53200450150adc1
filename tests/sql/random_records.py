"""Random but valid clean tables of a few patients, made from the contract: codes, ranges and missing values."""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pipelines.contracts import DELIVERED_REASONS, FEEDS, Field

from .sql_case import Row, columns_of

MISSING_SHARE = 0.15
BUSY_RANGES = {
    "session_day": (0, 60),
    "exam_day": (-7, 20),
    "day": (-60, 20),
    "study_day": (-60, 20),
    "completed_day": (0, 120),
    "observed_through_day": (0, 300),
}
"""Narrower than the contract, so that few rows meet the decision point, the windows and day 0."""


def write_random_clean_tables(con: duckdb.DuckDBPyConnection, patients: int, rng: np.random.Generator) -> None:
    """Fill `clean.<feed>` with the records of `patients` patients in two clinics, one or two episodes each."""
    rows: dict[str, list[Row]] = {feed: [] for feed in FEEDS}
    for patient in range(patients):
        for episode in range(int(rng.integers(1, 3))):
            _add_episode(rows, f"patient{patient}", f"episode{patient}-{episode}", f"C{patient % 2}", rng)
    for feed, records in rows.items():
        types = columns_of(f"clean.{feed}")
        con.execute(f"create table clean.{feed} ({', '.join(f'{name} {type_}' for name, type_ in types.items())})")
        con.register("records", pa.Table.from_pylist(records))
        con.execute(f"insert into clean.{feed} by name select * from records").fetchall()
        con.unregister("records")


def _add_episode(
    rows: dict[str, list[Row]], patient_key: str, episode_key: str, clinic_code: str, rng: np.random.Generator
) -> None:
    def add(feed: str, **fixed: Any) -> None:
        record = {"clinic_code": clinic_code, "episode_key": episode_key, **fixed}
        full = _random_record(feed, rng)
        full.update({name: value for name, value in record.items() if name in columns_of(f"clean.{feed}")})
        rows[feed].append(full)

    add("intake", patient_key=patient_key)
    for number in range(int(rng.integers(0, 8))):
        session_key = f"{episode_key}-s{number}"
        attendance = str(rng.choice(["attended", "attended", "attended", "dna", "cancelled_late", "cancelled"]))
        add("session", session_key=session_key, attendance=attendance)
        for component_no in range(int(rng.integers(0, 3))):
            add("session_component", session_key=session_key, component_no=component_no + 1)
        if rng.random() < 0.2:
            add("adverse_event", session_key=session_key, event_no=1)
    for timepoint_wk in rng.choice(["0", "2", "4", "6", "12", "26", "52"], size=3, replace=False):
        add("outcome", timepoint_wk=str(timepoint_wk), due_day=7 * int(timepoint_wk))
    for exam_day in rng.choice(np.arange(-7, 20), size=int(rng.integers(0, 3)), replace=False):
        add("exam", exam_day=int(exam_day))
    for number in range(int(rng.integers(0, 3))):
        imaging_key = f"{episode_key}-i{number}"
        add("imaging", imaging_key=imaging_key)
        for level in ("L4-L5", "L5-S1"):
            add("imaging_level", imaging_key=imaging_key, level=level)
    for test in rng.choice(FEEDS["lab"].fields[1].codes, size=int(rng.integers(0, 4)), replace=False):
        add("lab", test=str(test))


def _random_record(feed: str, rng: np.random.Generator) -> Row:
    record: Row = {}
    for field in FEEDS[feed].fields:
        is_missing = field.has_reason and rng.random() < MISSING_SHARE
        record[field.name] = None if is_missing else _random_value(field, rng)
        if field.has_reason:
            record[f"{field.name}_reason"] = str(rng.choice(DELIVERED_REASONS)) if is_missing else None
    return record


def _random_value(field: Field, rng: np.random.Generator) -> object:
    low, high = BUSY_RANGES.get(field.name, (field.low or 0, field.high or 100))
    match field.type:
        case "int":
            return int(rng.integers(int(low), int(high) + 1))
        case "float":
            return round(float(rng.uniform(low, high)), 1)
        case "enum":
            return str(rng.choice(field.codes))
        case "set":
            return sorted(str(code) for code in field.codes if rng.random() < 0.2) or [field.codes[0]]
        case "tri" | "bool":
            return bool(rng.random() < 0.1)
    return f"{field.name}{rng.integers(1, 4)}"
