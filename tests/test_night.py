"""One end-to-end night in a temporary folder, on the real graph."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.contracts import FEEDS, MANDATORY_FEEDS
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.doctor_home import open_to_others
from pipelines.errors import ChecksFailed
from pipelines.filing import today
from pipelines.generations import current_generation, current_warehouse
from pipelines.night import run_job, run_night
from pipelines.reporting.editions import spoilt_in
from pipelines.reporting.night_pages import PROCESS
from pipelines.reporting.periods import ended_before
from pipelines.results import open_results
from pipelines.schedules import what_is_new
from pipelines.settings import Settings
from pipelines.status import STAGES, describe
from pipelines.synthetic import simulate
from tests.apart import CLOCK_CHANGES, build_clock, clock_environment, night_apart
from tests.conftest import process_as_it_was, small_tables

EFFECTS = ["trial", "outcome", "contrast", "group_name", "group_level", "estimate", "lower", "upper", "n", "n_treated",
           "n_comparator", "effective_n", "status", "reason"]  # fmt: skip
EPISODE_EFFECTS = [
    "trial",
    "outcome",
    "contrast",
    "episode_key",
    "effect",
    "projected",
    "lower",
    "upper",
    "label",
    "basis",
]
STAMPS = {"arrived_at", "seen_at", "received_at", "withdrawn_at"}
OF_THIS_HOME = (
    "checks.history",
    "estimates.model_history",
    "diagnostics.effect_history",
    "diagnostics.stability",
    "report.stability",
)
"""What earlier nights of a home found; another home with the same deliveries has had other nights."""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, list[str]]]:
    """A published night on three simulated clinics with some dirt and one minimum-record clinic."""
    folder = tmp_path_factory.mktemp("night")
    settings = Settings(home=folder / "home", inbox=folder / "inbox")
    simulate(settings.inbox, episodes=90, clinics=3, world="uniform", seed=3, dirt=0.01)
    _minimum_clinic(settings.inbox)
    lines: list[str] = []
    with process_as_it_was():
        result = run_night(settings, lines.append)
        assert result.refused == ()
        yield settings, lines


def _minimum_clinic(inbox: Path) -> None:
    tables = small_tables("C900")
    for table in tables.values():
        for key in ("episode_key", "session_key"):
            if key in table:
                table[key] = table[key] + "-minimum"
    write_delivery(inbox, "C900", "2026-11-01", "snapshot", tables)


def _other_blood_test(inbox: Path) -> None:
    """A delta of the first clinic in which one value is another, within what is normal."""
    tables = {
        feed: pd.read_csv(inbox / "C001" / "2026-11-01" / f"{feed}.csv", dtype=str, keep_default_na=False)
        for feed in ("intake", "lab")
    }
    one = tables["lab"][tables["lab"]["test"] == "crp"].iloc[[0]]
    delta = {"intake": tables["intake"].iloc[:0], "lab": one.assign(value="2.1", unit="mg/L")}
    write_delivery(inbox, "C001", "2026-11-20", "delta", delta)


def test_the_night_publishes_warehouse_and_pages(night: tuple[Settings, list[str]]) -> None:
    settings, lines = night
    pages = {path.name for path in (settings.current / "reports").rglob("*.html")}
    assert {"index.html", "network.html", "C001.html", "C002.html", "C003.html", "C900.html"} <= pages
    assert current_generation(settings) is not None
    assert any("cohort/episodes" in line and "rows" in line for line in lines)
    assert list(settings.work.iterdir()) == []


def test_the_night_files_the_reports_of_the_last_week_and_month_with_links_that_lead_somewhere(
    night: tuple[Settings, list[str]],
) -> None:
    settings, _ = night
    for shelf in ("C001", "C900", "network"):
        editions = sorted((settings.reports / shelf).glob("*/v1"))
        assert len(editions) == 2
        assert [spoilt_in(place) for place in editions] == [[], []]
    assert len(list((settings.reports / "network").glob("*/v1/methods/appendix.pdf"))) == 2
    n_links = 0
    for page in settings.reports.rglob("*.html"):
        for link in re.findall(r'href="([^"#]+)', page.read_text(encoding="utf-8")):
            n_links += 1
            assert (page.parent / link).resolve().is_file(), f"{page.name}: {link}"
    assert n_links > 50


@pytest.mark.ci
def test_a_night_with_nothing_new_makes_the_reports_of_a_period_that_is_over(
    night: tuple[Settings, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A week later: from what is published; what is filed already stays as it is."""
    settings, _ = night
    filed = {path: path.stat().st_ino for path in settings.reports.rglob("report.pdf")}
    later = today(settings) + timedelta(days=7)
    for module in ("pipelines.night", "assets.report"):
        monkeypatch.setattr(f"{module}.today", lambda _: later)
    lines: list[str] = []
    assert run_night(settings, lines.append).run_id is not None
    assert any("Making the reports of the week to" in line for line in lines)
    week, _ = ended_before(later)
    for shelf in ("C001", "C900", "network"):
        assert spoilt_in(settings.reports / shelf / week.name / "v1") == []
    assert {path: path.stat().st_ino for path in filed} == filed
    assert run_night(settings, lines.append).run_id is None


def test_no_outcome_is_on_a_nightly_page(night: tuple[Settings, list[str]]) -> None:
    """Nights that are told one after the other could differ by one person."""
    pages = sorted((night[0].current / "reports").rglob("*.json"))
    assert len(pages) == 5
    for page in pages:
        said = json.loads(page.read_text(encoding="utf-8"))
        assert not {"effects", "responders", "courses", "flow", "findings", "clinics"} & said.keys()
        assert {one["code"] for one in said["indicators"]} <= PROCESS
        text = page.with_suffix(".html").read_text(encoding="utf-8")
        assert "improved at 12 weeks" not in text.lower()


def test_the_tables_that_others_rely_on_have_their_columns(night: tuple[Settings, list[str]]) -> None:
    with open_results(night[0].current) as results:
        effects = results.effects(by=None).df
        assert set(EFFECTS) <= set(effects.columns)
        assert set(effects["status"]) <= {"estimated", "refused"}
        assert effects.loc[effects["status"] == "refused", "reason"].str.len().gt(10).all()
        assert list(results.sql("select * from estimates.episode_effects").df.columns) == EPISODE_EFFECTS
        assert len(results.episodes()) == 94


def test_the_minimum_record_runs_end_to_end(night: tuple[Settings, list[str]]) -> None:
    with open_results(night[0].current) as results:
        screened = results.sql(
            "select distinct s.status from cohort.screening s join cohort.episodes e using (episode_key) "
            "where e.clinic_code = 'C900' and s.condition = 'cauda_equina'"
        ).df
        episodes = results.sql("select count(*) as n from cohort.covariates c join cohort.episodes using (episode_key) "
                               "where clinic_code = 'C900'").df  # fmt: skip
    assert "unknown" in set(screened["status"]), "what was not asked is never 'not met'"
    assert episodes["n"].tolist() == [4]


def test_every_report_of_simulated_clinics_carries_a_watermark(night: tuple[Settings, list[str]]) -> None:
    for page in (night[0].current / "reports").rglob("*.html"):
        assert "imulated" in page.read_text(encoding="utf-8"), page.name


def test_a_second_night_with_nothing_new_only_looks_and_says_so(night: tuple[Settings, list[str]]) -> None:
    settings, _ = night
    before = current_generation(settings)
    lines: list[str] = []
    result = run_night(settings, lines.append)
    assert result.run_id is None
    assert current_generation(settings) == before
    assert lines == ["  Nothing is new: the same code on the same deliveries has been published."]


def test_the_ledger_knows_every_delivery_as_loaded(night: tuple[Settings, list[str]]) -> None:
    with open_ledger(night[0].ledger) as ledger:
        assert {entry.state for entry in ledger.entries()} == {"loaded"}


def test_the_status_tells_what_was_loaded_and_how_long_each_stage_took(night: tuple[Settings, list[str]]) -> None:
    said = "\n".join(describe(night[0], 3))
    assert "4 loaded" in said
    assert "C900/2026-11-01 loaded: 11 rows" in said
    assert "nightly success" in said
    assert all(f"{stage} " in said for stage in STAGES)


def test_nothing_of_the_night_is_open_to_others_or_pickled(night: tuple[Settings, list[str]]) -> None:
    """R-P7: every folder and every file of the home; R-S5."""
    assert open_to_others(night[0].home) == []
    files = [path for path in night[0].home.rglob("*") if path.is_file()]
    assert [path for path in files if path.read_bytes()[:2] in (b"\x80\x04", b"\x80\x05")] == []


def test_a_published_warehouse_is_read_only_and_keeps_out_of_other_files(night: tuple[Settings, list[str]]) -> None:
    path = current_warehouse(night[0])
    assert path is not None
    assert path.stat().st_mode & 0o222 == 0
    with open_results(path) as results, pytest.raises(Exception, match=r"disabled|not allowed|Permission"):
        results.sql("select * from read_csv('/etc/passwd')")


def contents(path: Path) -> dict[str, str]:
    """sha256 of every table's rows without the stamps, by table."""
    with duckdb.connect(str(path), read_only=True) as con:
        tables = con.execute("select table_schema, table_name from information_schema.tables order by all").fetchall()
        found = {}
        for schema, table in tables:
            if f"{schema}.{table}" in OF_THIS_HOME:
                continue
            columns = [row[0] for row in con.execute(f"describe {schema}.{table}").fetchall() if row[0] not in STAMPS]
            rows = con.execute(f"select {', '.join(columns)} from {schema}.{table} order by all").fetchall()
            found[f"{schema}.{table}"] = hashlib.sha256(repr(rows).encode()).hexdigest()
        return found


def pages_without_stamps(settings: Settings) -> dict[str, str]:
    """The model of every page without its stamp, and how many pages there are."""
    found = {}
    for path in sorted((settings.current / "reports").rglob("*.json")):
        model = json.loads(path.read_text(encoding="utf-8"))
        for stamp in ("made_at", "run_id"):
            model["stamp"].pop(stamp)
        found[path.name] = json.dumps(model, sort_keys=True)
    return found


@pytest.mark.ci
def test_the_same_deliveries_give_the_same_tables_and_the_same_report(
    night: tuple[Settings, list[str]], tmp_path: Path
) -> None:
    """R-F7, R-F9: also in another zone, at a change of the clocks, with other hashes and on one thread."""
    settings, _ = night
    other = Settings(home=tmp_path / "home", inbox=settings.inbox)
    clock = clock_environment(build_clock(tmp_path), CLOCK_CHANGES[2] - timedelta(seconds=20))
    done = night_apart(other, TZ="Asia/Tokyo", PYTHONHASHSEED="1", NIGHT_THREADS="1", **clock)
    assert done.returncode == 0, done.stderr
    first, second = current_warehouse(settings), current_warehouse(other)
    assert first is not None
    assert second is not None
    assert contents(first) == contents(second)
    assert pages_without_stamps(settings) == pages_without_stamps(other)


@pytest.mark.ci
def test_a_new_delivery_is_added_to_what_was_read_before_and_equals_a_full_rebuild(
    night: tuple[Settings, list[str]], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox")
    simulate(settings.inbox, episodes=60, clinics=2, world="no-effect", seed=4)
    run_night(settings, lambda _: None)
    _minimum_clinic(settings.inbox)
    lines: list[str] = []
    run_night(settings, lines.append)
    assert sum("rows read" in line for line in lines) == 1, "only the new delivery is read"
    assert not any("carried over" in line for line in lines), "a clinic more is another trial"
    _other_blood_test(settings.inbox)
    lines.clear()
    run_night(settings, lines.append)
    assert sum("carried over" in line for line in lines) == 12, "no estimate reads the blood tests"
    other = Settings(home=tmp_path / "rebuilt", inbox=settings.inbox)
    run_night(other, lambda _: None)
    incremental, rebuilt = current_warehouse(settings), current_warehouse(other)
    assert incremental is not None
    assert rebuilt is not None
    assert contents(incremental) == contents(rebuilt)


@pytest.mark.ci
def test_a_failed_check_publishes_nothing_and_the_last_good_night_stays(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox")
    _minimum_clinic(settings.inbox)
    run_night(settings, lambda _: None)
    before = current_generation(settings)
    tables = small_tables("C901")
    for table in tables.values():
        for key in ("episode_key", "session_key"):
            if key in table:
                table[key] = table[key] + "-without"
    tables["intake"] = tables["intake"].assign(observed_through_day="200", rmdq24="12", rf_any="no")
    tables["session"] = tables["session"].assign(practitioner_key="")
    tables["session_component"] = tables["session"][["session_key"]].assign(
        component_no="1", component="exercise", exercise_type="strength"
    )
    write_delivery(settings.inbox, "C901", "2026-11-01", "snapshot", tables)
    with pytest.raises(ChecksFailed, match="eligible_episode_without_practitioner"):
        run_night(settings, lambda _: None)
    assert current_generation(settings) == before
    assert current_warehouse(settings) is not None


@pytest.mark.parametrize(
    "seconds",
    [pytest.param(9.0, marks=pytest.mark.ci), *(pytest.param(s, marks=pytest.mark.long) for s in (3.0, 15.0))],
)
def test_a_night_killed_with_signal_9_loses_nothing_and_the_next_one_publishes(tmp_path: Path, seconds: float) -> None:
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox")
    _minimum_clinic(settings.inbox)
    environment = {**os.environ, "STEPCARE_HOME": str(settings.home), "STEPCARE_INBOX": str(settings.inbox)}
    command = [sys.executable, "-m", "pipelines.cli", "nightly"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    result = run_night(settings, lambda _: None)
    assert result.generation is not None
    with open_results(settings.current) as results:
        assert len(results.episodes()) == 4
    assert list(settings.work.iterdir()) == []


def test_the_pages_can_be_made_again_and_hide_nothing_that_is_new(night: tuple[Settings, list[str]]) -> None:
    settings, _ = night
    before = current_generation(settings)
    pages = pages_without_stamps(settings)
    with open_ledger(settings.ledger) as ledger:
        ledger.record(Entry("C905", "2026-11-01", "f", "received", delivery_key="e" * 64))
    try:
        run_job(settings, "weekly_report", lambda _: None, {})
        after = current_generation(settings)
        assert before is not None
        assert after is not None
        assert after.name != before.name
        assert (after.code_hash, after.night_key) == (before.code_hash, before.night_key)
        assert pages_without_stamps(settings) == pages
        assert what_is_new(settings)[0], "the delivery that no night has read is still new"
    finally:
        with open_ledger(settings.ledger) as ledger:
            ledger.mark("e" * 64, "superseded")


@pytest.mark.ci
def test_the_forty_eight_fields_alone_give_reports_and_estimates(tmp_path: Path) -> None:
    whole, minimum = tmp_path / "whole", tmp_path / "minimum"
    simulate(whole, episodes=1500, clinics=6, world="uniform", seed=5)
    for manifest in sorted(whole.rglob("manifest.json")):
        said = json.loads(manifest.read_text(encoding="utf-8"))
        if said["mode"] == "snapshot":
            tables = {feed: _minimum_columns(manifest.parent, feed) for feed in MANDATORY_FEEDS}
            write_delivery(minimum, said["clinic_code"], said["delivery_id"], "snapshot", tables, file_format="parquet")
    settings = Settings(home=tmp_path / "home", inbox=minimum)
    run_night(settings, lambda _: None)
    with open_results(settings.current) as results:
        effects = results.effects(by=None).df
        reasons = results.sql("select distinct rf_cancer_history_reason as reason from clean.intake").df
    assert "estimated" in set(effects["status"])
    assert reasons["reason"].tolist() == ["a"]
    assert (settings.current / "reports" / "clinics" / "C001.html").is_file()


def _minimum_columns(folder: Path, feed: str) -> pd.DataFrame:
    fields = [field.name for field in FEEDS[feed].fields if field.is_minimum]
    return pd.read_csv(folder / f"{feed}.csv", dtype=str, keep_default_na=False)[fields]
