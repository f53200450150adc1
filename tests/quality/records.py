"""One full record of every feed, a clinic, and the same record with one thing broken: what moves each check of the contract."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.contracts import FEEDS, Field
from pipelines.deliveries.load import create_raw_tables
from pipelines.deliveries.quarantine import quarantine_feed
from pipelines.quality.contract_checks import ContractCheck
from pipelines.quality.plausible import rarities
from pipelines.tables import build
from pipelines.warehouse import open_warehouse

Row = dict[str, str]
SOUND = "C000"
_LINKS = {"patient_key", "episode_key", "session_key", "imaging_key"}
_FIXED = {
    "schema_version": "1.0.0", "index_period": "2026-Q1", "rf_any": "no", "attendance": "attended", "timepoint_wk": "12",
    "test": "crp", "unit": "mg/L", "reader_id": "reader-1", "loinc": "1988-5", "practitioner_key": "p1", "completed_day": "85",
    "nprs_pre": "6", "assessed": "yes", "value": "4",
}  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """A clinic and what is changed in its record: values by feed and field, the feed whose row comes twice under one key, or
    the feed whose key is another clinic's (`key_of`)."""

    clinic: str
    changes: dict[tuple[str, str], str] = field(default_factory=dict)
    twice: str = ""
    key_of: tuple[str, str] = ("", "")


@contextmanager
def warehouse_of(scenarios: list[Scenario], readable: tuple[Path, ...] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory, built to `clean.*` and `cohort.*` from one delivery a scenario."""
    with open_warehouse(":memory:", readable=readable, threads=1) as con:
        create_raw_tables(con)
        con.execute("create table raw.code as select 'code' as code_hash, 'reading' as reading_hash")
        con.execute("create temp table new_delivery (delivery_key varchar, clinic_code varchar)")
        clinics = pa.table({"clinic": [scenario.clinic for scenario in scenarios]})
        con.register("clinics", clinics)
        con.execute("insert into new_delivery select concat('d-', clinic), clinic from clinics")
        con.execute(
            "insert into raw.delivery select delivery_key, clinic_code, '2026-11-01', 'snapshot', '1.0.0', true, "
            "timestamp '2026-11-01', 9 from new_delivery"
        )
        con.execute(
            "insert into raw.receipt select delivery_key, clinic_code, '2026-11-01', timestamp '2026-11-01' from new_delivery"
        )
        for name, feed in FEEDS.items():
            rows = [row for scenario in scenarios for row in _rows(name, scenario)]
            con.register("rows", pa.Table.from_pylist(rows))
            con.execute(f"insert into raw.{name} by name select * from rows").fetchall()
            con.execute(
                "insert into raw.file select delivery_key, ?, 1, 0, 'loaded', '', [] from new_delivery", [name]
            ).fetchall()
            assert quarantine_feed(con, feed) == {}, "no broken value may look like an identifier"
        build(con, ["clean", "cohort"])
        yield con


def broken(one: ContractCheck, clinic: str) -> list[Scenario]:
    """The clinics (nearly always one) whose records break the check, and nothing else that is counted upwards."""
    place = (one.feed, one.field)
    if one.check.name == "lab.unit.other":
        return [Scenario(clinic, {place: "other", ("lab", "test"): "psa"})]  # a CRP has a unit of its own
    match one.check.name.rsplit(".", 1)[-1]:
        case "key":
            return [Scenario(clinic, twice=one.feed)]
        case "own":
            return [Scenario(clinic), Scenario(f"{clinic}-too", key_of=(one.feed, clinic))]
        case "row":
            values = {"clinic_code": "C999", "schema_version": "2.0.0", "value": "4999"}
            return [Scenario(clinic, {place: values[one.field]})]
        case "value":
            return [Scenario(clinic, {place: "?" if _field(one).type == "key" else "~"})]
        case "required" | "present":
            return [Scenario(clinic, {place: ""})]
    return [Scenario(clinic, {place: next(text for text in candidates(_field(one)) if _meets(one, text))})]


def candidates(contracted: Field) -> list[str]:
    """Texts that keep the contract of a field, the usual before the extreme."""
    if contracted.type in ("int", "float"):
        low, high = contracted.low or 0, contracted.high or 0
        span = [low + share * (high - low) for share in (0.35, 0.5, 0.05, 0.95, 0.65, 0, 1)]
        near = [low + 1, low + 5, high - 1]
        places = 0 if contracted.type == "int" else 1
        rounded = [round(value, places) for value in [*span, *near]]
        return list(dict.fromkeys(f"{value:.{places}f}" for value in rounded if low <= value <= high))
    if contracted.type in ("tri", "bool"):
        return ["no", "yes"]
    return list(contracted.codes)


def _rows(feed: str, scenario: Scenario) -> list[Row | dict[str, Any]]:
    row = {"delivery_key": f"d-{scenario.clinic}", "row_number": 1, **_sound(feed)}
    for name in _LINKS & row.keys():
        is_other_s = scenario.key_of[0] == feed and name == FEEDS[feed].key[0]
        row[name] = _key(name, scenario.key_of[1] if is_other_s else scenario.clinic)
    if feed == "intake":
        row["clinic_code"] = scenario.clinic
    row |= {name: text for (of_feed, name), text in scenario.changes.items() if of_feed == feed}
    if scenario.twice != feed:
        return [row]
    other = next(one for one in FEEDS[feed].fields if one.has_reason and len(candidates(one)) > 1)
    different = next(text for text in candidates(other) if text != row[other.name])
    return [row, row | {"row_number": 2, other.name: different}]


def _key(name: str, clinic: str) -> str:
    return clinic.encode().hex().rjust(32, "0") if name == "patient_key" else f"{name}-of-{clinic}"


@cache
def _sound(feed: str) -> Row:
    return {one.name: _FIXED.get(one.name) or _usual(one) for one in FEEDS[feed].fields}


def _usual(contracted: Field) -> str:
    """The first candidate that is not rare, or else the one that is rare in the fewest ways."""
    rare = [one.condition for one in rarities() if (one.feed, one.field) == (contracted.feed, contracted.name)]
    texts = candidates(contracted)
    return min(texts, key=lambda text: sum(_holds(contracted, condition, text) for condition in rare)) if texts else ""


def _field(one: ContractCheck) -> Field:
    return next(contracted for contracted in FEEDS[one.feed].fields if contracted.name == one.field)


def _meets(one: ContractCheck, text: str) -> bool:
    return _holds(_field(one), one.broken, text)


@cache
def _scratch() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@cache
def _holds(contracted: Field, condition: str, text: str) -> bool:
    """Whether a text, as the field's SQL type, meets a condition on it (other columns of it: the sound record's)."""
    kind = "boolean" if contracted.sql_type == "BOOLEAN" else contracted.sql_type
    value = text if kind != "boolean" else {"yes": "true", "no": "false"}[text]
    found = _scratch().execute(
        f"select {condition} from (select cast(? as {kind}) as {contracted.name}, 6 as nprs_pre)", [value]
    )
    return bool(found.fetchall()[0][0])
