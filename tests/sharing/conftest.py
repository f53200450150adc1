"""A published night of simulated clinics, as far as it needs no estimates, and a way to call the command on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from pipelines.generations import WAREHOUSE, Generation, publish
from pipelines.releasing import write_released
from pipelines.sections.making import write_sections
from pipelines.settings import Settings
from pipelines.synthetic import simulate
from pipelines.tables import build, sql_files
from pipelines.warehouse import open_warehouse
from tests.conftest import load_folders

NIGHT = Generation("20261103T023000Z-a", "run", "2026-11-03T02:30:00+00:00", "n", "c", "r", "d", True)
COURSES = (
    "('QI-15', 'median day of sustained improvement', 'network', 'estimated', null, 600, 63.0, 52.0, 77.0), "
    "('QI-19', 'stepped up by day 28', 'C001', 'refused', 'Fewer than 20.', 12, null, null, null)"
)


CASE_MIX = (
    "select 'QI-13' as indicator, 'odi change' as measure, 'C001' as clinic_code, 'estimated' as status, cast(null as varchar) "
    "as reason, 212 as n, 190e0 as effective_n, 4e-1 as observed, 5e-1 as expected, 1.234e0 as adjusted, -5e-1 as lower, "
    "3e0 as upper, 1e0 as shrunk, -4e-1 as shrunk_lower, 2.5e0 as shrunk_upper, 0e0 as network, 1e0 as overdispersion, "
    "true as is_representative, 'inside' as signal, '' as direction, false as has_three_in_a_row, '1' as adjusters_version"
)
REPORTED = (
    "indicators",
    "indicator_periods",
    "equity",
    "clinic_courses",
    "case_mix",
    "responders",
    "safety",
    "k_anonymity",
)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """700 episodes of three clinics, the third one small."""
    place = tmp_path_factory.mktemp("sharing")
    settings = Settings(home=place / "home", inbox=place / "inbox")
    work = settings.work / "run"
    work.mkdir(parents=True)
    simulate(settings.inbox, episodes=500, clinics=3, world="uniform", seed=5)
    with open_warehouse(work / WAREHOUSE, readable=(place,)) as con:
        load_folders(con, sorted(path.parent for path in settings.inbox.glob("*/*/manifest.json")))
        build(con, ["clean", "cohort"])
        con.execute(
            f"create table estimates.clinic_courses as select * from (values {COURSES}) as t "
            "(indicator, measure, clinic_code, status, reason, n, estimate, lower, upper)"
        ).fetchall()
        con.execute(f"create table estimates.case_mix as {CASE_MIX}").fetchall()
        for file in sql_files("report"):
            if file.name in REPORTED:
                write_released(con, file)
        write_sections(con, [])  # as every night does, with sections or without
    publish(settings, work, NIGHT)
    return settings


@pytest.fixture
def share(published: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Call `stepcare share` with these arguments on the published night."""
    monkeypatch.setenv("STEPCARE_HOME", str(published.home))
    return lambda *arguments: CliRunner().invoke(main, ["share", *map(str, arguments)])


@pytest.fixture
def warehouse(published: Settings) -> Path:
    """The published warehouse file."""
    return (published.current / WAREHOUSE).resolve()
