"""300 hostile names as clinic, delivery, file, column and category: no schema changes, stored as they are or not at all."""

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.raw import fill_raw
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.deliveries.clinics import clinic_feeds, csv_bytes, manifest_of, put, say, send
from tests.deliveries.hostile_night import schema_of

pytestmark = pytest.mark.ci

_SQL = (
    "'; {0}; --", '"; {0}; --', "x') ; {0} --", "1 or 1=1; {0}", "$${0}$$", "e'\\'; {0}--", '"") as y; {0}; --', "/* */{0}",
    "raw.intake; {0}", "{0}", "');{0};select('", "${{{0}}}", "`{0}`", "'||({0})||'", "::{0}",
)  # fmt: skip
_STATEMENTS = (
    "drop table raw.intake", "create table raw.x (a int)", "attach '/tmp/x' as y", "copy raw.intake to 'x.csv'", "pragma x",
    "set memory_limit='1GB'", "create macro said(x) as x", "delete from raw.delivery", "alter table raw.file drop reason",
    "install httpfs",
)  # fmt: skip
_OTHER = (
    "<script>{0}</script>", "<img src=x onerror={0}>", "\" onload=\"{0}", "<svg/onload={0}>", "{{{{{0}}}}}", "<!--{0}-->",
    "$({0})", "`{0}`", "; {0} #", "| {0}", "&& {0}", "> {0}", "-{0}", "--{0}", "../../{0}", "..\\..\\{0}", "/{0}", "~/{0}",
    "file:///{0}", "=cmd|'/c {0}'!A0", "+{0}", "@{0}(1)", "\t={0}", "%00{0}", "{0}%2f..%2f", "{0}\u202egpj.", "\ufeff{0}",
    "{0}\u200b", "\u0301{0}", "{0}\U0001f4a3",
)  # fmt: skip
_WORDS = ("touch x", "alert(1)", "etc", "null", "CON", "select")

NAMES = tuple(dict.fromkeys(
    [form.format(said) for form, said in itertools.product(_SQL, _STATEMENTS)]
    + [form.format(said) for form, said in itertools.product(_OTHER, _WORDS)]
))[:300]  # fmt: skip


def _folder_name(name: str) -> str:
    """The name as a file system takes it, and not hidden."""
    return ("x" if name.startswith(".") else "") + name.replace("/", "%2f")[:120]


def _inbox(settings: Settings) -> None:
    for number, name in enumerate(NAMES):
        _only_manifest(settings.inbox / _folder_name(name) / "2026-11-01", "C001", "2026-11-01")
        _only_manifest(settings.inbox / "C002" / _folder_name(name), "C002", f"d{number}")
        folder = _only_manifest(settings.inbox / "C003" / f"d{number:03d}", "C003", f"d{number:03d}")
        say(folder, files={name: {"rows": 1, "sha256": "0" * 64}})
    for number, some in enumerate(_tens()):
        clinic = f"K{number:03d}"
        feeds = clinic_feeds(clinic, len(some))
        folder = send(settings.inbox, clinic, "2026-11-01", feeds)
        columns = [row | dict.fromkeys(some, "5") for row in feeds["outcome"]]
        put(folder, "outcome.csv", csv_bytes(columns))
        clinic = f"V{number:03d}"
        feeds = clinic_feeds(clinic, len(some))
        for row, name in zip(feeds["outcome"], some, strict=True):
            row["mode"] = name
        for row, name in zip(feeds["session"], some, strict=True):
            row["practitioner_key"] = name
        send(settings.inbox, clinic, "2026-11-01", feeds)


def _tens() -> list[tuple[str, ...]]:
    return [NAMES[start : start + 10] for start in range(0, len(NAMES), 10)]


def _only_manifest(folder: Path, clinic: str, delivery_id: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    said = {
        "schema_version": "1.0.0",
        "clinic_code": clinic,
        "delivery_id": delivery_id,
        "mode": "snapshot",
        "files": {},
    }
    (folder / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place = tmp_path_factory.mktemp("names")
    settings = Settings(home=place / "home", inbox=place / "inbox")
    settings.store.mkdir(parents=True)
    send(settings.inbox, "C001", "2026-11-01", clinic_feeds("C001"))
    before = _load(settings)
    _inbox(settings)
    return {"before": before, "after": _load(settings), "place": place}


def _load(settings: Settings) -> dict[str, Any]:
    with open_ledger(settings.ledger) as ledger, open_warehouse(":memory:", readable=(settings.store,)) as con:
        receive(settings.inbox, settings.store, ledger)
        fill_raw(con, settings.store, ledger, None, lambda _: None)
        return {
            "schema": schema_of(con),
            "settings": con.execute("select name, value from duckdb_settings() order by name").fetchall(),
            "ledger": [(e.clinic_code, e.delivery_id, e.state, e.reason) for e in ledger.entries()],
            "modes": con.execute(
                "select raw_row.mode, quarantine.rule from raw.outcome as raw_row "
                "inner join raw.delivery as delivery using (delivery_key) "
                "left join raw.quarantine as quarantine on raw_row.delivery_key = quarantine.delivery_key "
                "and raw_row.row_number = quarantine.row_number and quarantine.field = 'mode' "
                "where delivery.clinic_code like 'V%'"
            ).fetchall(),
        }


def test_there_are_300_hostile_names() -> None:
    assert len(set(NAMES)) == 300


def test_hostile_names_change_no_schema_and_no_setting(night: dict[str, Any]) -> None:
    """R-S4: tables, columns, macros and settings are those of a night on one ordinary delivery."""
    assert night["after"]["schema"] == night["before"]["schema"]
    assert night["after"]["settings"] == night["before"]["settings"]


def test_a_hostile_category_is_stored_as_it_is_and_quarantined_or_not_stored(night: dict[str, Any]) -> None:
    """R-S4: what was not blocked as an identifier stands in raw.* letter by letter, with a rule that it breaks."""
    stored = night["after"]["modes"]
    assert stored
    assert {mode for mode, _ in stored} <= set(NAMES)
    assert all(rule for _, rule in stored)


def test_every_delivery_with_a_hostile_name_ends_in_a_state(night: dict[str, Any]) -> None:
    """R-S4: folders with such names are known by a hash, files with such names refuse their delivery."""
    entries = night["after"]["ledger"]
    masked = [entry for entry in entries if entry[0].startswith("unnamed-")]
    usable = [entry for entry in entries if entry[0] in NAMES]
    assert {entry[2] for entry in (*masked, *usable)} == {"quarantined"}
    assert len(masked) + len(usable) == len({_folder_name(name) for name in NAMES})
    deliveries = [entry for entry in entries if entry[0] == "C002"]
    assert {entry[2] for entry in deliveries} == {"quarantined"}
    assert len(deliveries) == len({_folder_name(name) for name in NAMES})
    assert len([entry for entry in entries if entry[0] == "C003" and "no feed of the contract" in entry[3]]) == 300
    assert {entry[2] for entry in entries if entry[0][0] in "KV"} <= {"seen", "quarantined"}


def test_no_hostile_name_left_a_file_or_stands_in_a_reason(night: dict[str, Any]) -> None:
    """R-S4: nothing was run, nothing was written beside the installation, no reason repeats a name."""
    assert sorted(path.name for path in night["place"].iterdir()) == ["home", "inbox"]
    assert {len(path.name) for path in (night["place"] / "home" / "store").iterdir()} == {64}
    long = [name for name in NAMES if len(name) > 12]
    assert not [name for name in long for entry in night["after"]["ledger"] if name in entry[3]]
    assert not (Path.cwd() / "x").exists()
    assert "x" not in os.listdir(night["place"] / "home")  # noqa: PTH208


def test_hostile_columns_are_dropped_and_counted(night: dict[str, Any]) -> None:
    kept = [entry for entry in night["after"]["ledger"] if entry[0].startswith("K") and entry[2] == "seen"]
    assert kept
    for path in (night["place"] / "home" / "store").glob("*/manifest.json"):
        assert set(manifest_of(path.parent)) <= {
            "schema_version", "clinic_code", "delivery_id", "mode", "files", "simulated", "sealed_sha256",
        }  # fmt: skip
