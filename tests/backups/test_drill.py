"""Whole nights from a backup: the report that was published comes out of it again, byte for byte."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.backups.drill import run_drill
from pipelines.backups.fingerprints import differences, fingerprint_of, report_parquet
from pipelines.backups.keeping import backups_in
from pipelines.backups.keys import write_new_identity
from pipelines.deliveries.outgoing import write_delivery
from pipelines.doctor_home import open_to_others
from pipelines.generations import WAREHOUSE, current_warehouse
from pipelines.integrity import verify_all
from pipelines.night import run_night
from pipelines.rebuilding import rebuild_from_store
from pipelines.settings import Settings
from tests.backups.conftest import configure
from tests.conftest import process_as_it_was, small_tables
from tests.test_night import contents

STAMPED = "checks.history"
"""Says when each night was made."""


@dataclass(frozen=True)
class Night:
    """A night that was published and backed up by its own hook."""

    settings: Settings
    identity: Path
    backup: Path
    lines: list[str]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("drill")
    settings = Settings(home=folder / "home", inbox=folder / "inbox")
    write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", small_tables())
    to, identity = folder / "backups", folder / "key"
    lines: list[str] = []
    with process_as_it_was():
        os.umask(0o077)
        settings.home.mkdir()
        to.mkdir()
        configure(settings, to=str(to), recipient=write_new_identity(identity), nightly=True)
        result = run_night(settings, lines.append)
        assert result.troubles == ()
        (backup,) = backups_in(to)
        yield Night(settings, identity, backup.path, lines)


@pytest.mark.ci
def test_a_night_makes_its_backup_and_says_where(night: Night) -> None:
    assert any(line.strip().startswith("Backup") and str(night.backup) in line for line in night.lines)
    assert open_to_others(night.settings.home) == [], "R-P7: every file and folder after a run is its owner's alone"
    assert verify_all(night.settings).spoilt == ()


@pytest.mark.ci
def test_the_drill_makes_the_published_report_again_from_the_backup_alone(night: Night) -> None:
    """R-F10, R-F1(c): restored into an empty place, built from store and ledger, every table and page equal."""
    result = run_drill(night.settings, night.backup, night.identity, lambda _: None)
    assert result.differs == ()
    assert result.is_same_code
    assert result.n_compared > 5
    assert not (night.settings.home / "drill").exists()


@pytest.mark.long
def test_a_rebuild_after_a_bit_flipped_in_the_warehouse_gives_byte_identical_exports(night: Night) -> None:
    """R-F1(c), R-F2: a spoilt night is not built upon; what comes from the store is what was there before."""
    settings = night.settings
    published = settings.current.resolve()
    before, tables = fingerprint_of(published), contents(published / WAREHOUSE)
    parquet = dict(report_parquet(published))
    warehouse = published / WAREHOUSE
    data = bytearray(warehouse.read_bytes())
    data[len(data) // 2] ^= 1
    warehouse.chmod(0o600)
    warehouse.write_bytes(data)
    (found,) = verify_all(settings).spoilt
    assert found.files == (WAREHOUSE,)
    rebuild_from_store(settings, lambda _: None)
    rebuilt = current_warehouse(settings)
    assert rebuilt is not None
    assert rebuilt.parent != published
    assert differences(before, fingerprint_of(rebuilt.parent)) == []
    assert dict(report_parquet(rebuilt.parent)) == parquet
    again = contents(rebuilt)
    assert {name: again[name] for name in again if name != STAMPED} == {
        name: tables[name] for name in tables if name != STAMPED
    }
