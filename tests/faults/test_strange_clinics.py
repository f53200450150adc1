"""Clinics that nothing can be estimated from: each renders its report, with a reason where a number would stand."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.deliveries.outgoing import write_delivery
from pipelines.reporting.appendix.files import FOLDER
from pipelines.reporting.editions import MANIFEST
from pipelines.settings import Settings
from pipelines.synthetic import simulate
from tests.conftest import small_tables
from tests.faults.nightly import nightly
from tests.faults.whole_night import whole_night

Change = Callable[[pd.DataFrame], pd.DataFrame]


def _world(name: str, episodes: int, clinics: int) -> Callable[[Path], None]:
    return lambda inbox: simulate(inbox, episodes=episodes, clinics=clinics, world=name, seed=6) and None


def _with_outcomes(change: Change) -> Callable[[Path], None]:
    def write(inbox: Path) -> None:
        simulate(inbox.parent / "as_simulated", episodes=240, clinics=1, world="uniform", seed=6)
        (whole,) = (
            path.parent
            for path in (inbox.parent / "as_simulated").rglob("manifest.json")
            if '"snapshot"' in path.read_text("utf-8")
        )
        tables = {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in whole.glob("*.csv")}
        write_delivery(inbox, "C001", "2026-11-01", "snapshot", {**tables, "outcome": change(tables["outcome"])})

    return write


_NOT_ANSWERS = ("episode_key", "timepoint_wk", "due_day", "completed_day")


def _all_missing(outcome: pd.DataFrame) -> pd.DataFrame:
    return outcome.assign(**{name: "" for name in outcome if name not in _NOT_ANSWERS}, completed_day="")


def _all_equal(outcome: pd.DataFrame) -> pd.DataFrame:
    """Without the patients' own judgement of their change, which would contradict it, so that the delivery were held."""
    return _contradicted(outcome).assign(groc="", pgic="")


def _contradicted(outcome: pd.DataFrame) -> pd.DataFrame:
    return outcome.assign(**{name: outcome[name].where(outcome[name] == "", "8") for name in ("rmdq24", "odi_pct")})


def _of_patients(n: int) -> Callable[[Path], None]:
    return lambda inbox: (
        write_delivery(
            inbox, "C001", "2026-11-01", "snapshot", {feed: table.head(n) for feed, table in small_tables().items()}
        )
        and None
    )


CLINICS = {
    "three patients": _world("three-patients", 3, 1),
    "one arm": _world("one-arm", 240, 1),
    "treatment decided by clinic": _world("clinic-decides", 240, 2),
    "no outcome answered": _with_outcomes(_all_missing),
    "the same outcome for all": _with_outcomes(_all_equal),
    "one patient": _of_patients(1),
    "no patients": _of_patients(0),
}


def _effects(page: Path) -> list[dict[str, object]]:
    return json.loads(page.read_text(encoding="utf-8"))["effects"]


def _has_a_report_without_effects(reports: Path, warehouse: Path) -> None:
    (appendix, *_) = sorted(reports.rglob(f"{FOLDER}/appendix.pdf"))
    assert appendix.read_bytes().startswith(b"%PDF")
    pages = sorted(path for path in reports.rglob("*.json") if path.parent.name != FOLDER and path.name != MANIFEST)
    assert len(pages) >= 2, "a clinic's and the network's"
    for page in pages:
        assert page.with_suffix(".html").stat().st_size > 5000
        assert [one for one in _effects(page) if one["estimate"] is not None] == []
        assert all(one["reason"] for one in _effects(page))
    with duckdb.connect(str(warehouse), read_only=True) as con:
        assert con.execute("select count(*) from estimates.effects where status = 'estimated'").fetchall() == [(0,)]


@pytest.mark.ci
@pytest.mark.parametrize("name", CLINICS)
def test_a_strange_clinic_renders_a_report_without_a_number_for_its_effect(name: str, tmp_path: Path) -> None:
    """R-F8: 7 of 7, no exception."""
    settings = Settings(tmp_path / "home", tmp_path / "inbox")
    CLINICS[name](settings.inbox)
    whole_night(settings)
    _has_a_report_without_effects(settings.home / "reports", settings.work / "warehouse.duckdb")


@pytest.mark.ci
def test_when_every_delivery_is_held_the_report_says_so_and_shows_no_number(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", tmp_path / "inbox")
    _with_outcomes(_contradicted)(settings.inbox)
    whole_night(settings)
    (network,) = (settings.home / "reports").glob("network.json")
    said = json.loads(network.read_text(encoding="utf-8"))
    assert [one["state"] for one in said["refused_deliveries"]] == ["held"]
    assert [one for one in said["effects"] if one["estimate"] is not None] == []


@pytest.mark.long
@pytest.mark.parametrize("name", CLINICS)
def test_a_strange_clinic_passes_a_whole_night_with_all_its_checks(name: str, tmp_path: Path) -> None:
    """R-F8: the real command, Great Expectations and all."""
    settings = Settings(tmp_path / "home", tmp_path / "inbox")
    CLINICS[name](settings.inbox)
    ended = nightly(settings)
    assert ended.code == 0, ended.said
    _has_a_report_without_effects(settings.reports, settings.current / "warehouse.duckdb")
