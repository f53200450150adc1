"""Every bit of what is kept: found when it is not what was written, and said with what to do."""

import json
import random
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.checksums import SUMS, spoilt_files
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.deliveries.raw import fill_raw
from pipelines.deliveries.wholeness import spoilt_in_delivery
from pipelines.errors import InstallationError
from pipelines.generations import KEPT_FOR, Generation, current_generation, publish, remove_old
from pipelines.integrity import ALL_EVERY, DAYS_OF_A_ROUND, Verified, due, verify_all, verify_sample, verify_tonight
from pipelines.provenance import reading_hash
from pipelines.resources import NightBuild
from pipelines.settings import Settings
from pipelines.upkeep import look_over, spoilt_still
from pipelines.warehouse import open_warehouse
from tests.conftest import small_tables

DAY = date(2026, 11, 23)
FLIPS = 200


def _publish(settings: Settings, made_at: datetime, run_id: str) -> Path:
    folder = settings.work / run_id
    (folder / "reports" / "clinics").mkdir(parents=True)
    (folder / "reports" / "clinics" / "C001.html").write_text("<p>a page</p>" * 50)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        con.execute("create table numbers as select range as number from range(5000)").fetchall()
    name = f"{made_at:%Y%m%dT%H%M%SZ}-{run_id}"
    said = Generation(name, run_id, made_at.isoformat(), "key", "code", reading_hash(), "data", is_simulated=False)
    return publish(settings, folder, said)


@pytest.fixture
def kept(settings: Settings) -> Settings:
    """Two kept deliveries and a published night."""
    for clinic in ("C001", "C002"):
        write_delivery(settings.inbox, clinic, "2026-11-01", "snapshot", small_tables(clinic))
    settings.store.mkdir(parents=True)
    with open_ledger(settings.ledger) as ledger:
        receive(settings.inbox, settings.store, ledger)
    _publish(settings, datetime.now(UTC) - timedelta(days=1), "first")
    return settings


def _files(settings: Settings) -> list[Path]:
    return sorted(path for top in (settings.store, settings.generations) for path in top.rglob("*") if path.is_file())


def _flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position // 8] ^= 1 << position % 8
    path.chmod(0o600)
    path.write_bytes(data)


def _places(verified: Verified) -> set[str]:
    return {found.place for found in verified.spoilt}


def test_what_was_written_is_found_whole(kept: Settings) -> None:
    verified = verify_all(kept)
    assert verified.spoilt == ()
    assert verified.is_all
    assert verified.n_files == len([path for path in _files(kept) if path.name != SUMS])


@pytest.mark.ci
def test_every_one_of_two_hundred_flipped_bits_is_found(kept: Settings) -> None:
    """R-F2: 200 of 200, over every file of the store and of a published night, the lists of hashes among them."""
    files = _files(kept)
    dice = random.Random(11)
    n_found = 0
    for number in range(FLIPS):
        path = files[number % len(files)]
        position = dice.randrange(path.stat().st_size * 8)
        _flip(path, position)
        top, name, *_ = path.relative_to(kept.home).parts
        n_found += _places(verify_all(kept)) == {f"{top}/{name}"}
        _flip(path, position)
    assert n_found == FLIPS
    assert verify_all(kept).spoilt == ()


def test_every_bit_of_a_kept_manifest_counts(kept: Settings) -> None:
    """The manifest holds the hashes of the other files, so it is sealed with its own."""
    folder = next(path for path in kept.store.iterdir() if path.is_dir())
    manifest = folder / "manifest.json"
    for position in range(0, manifest.stat().st_size * 8, 37):
        _flip(manifest, position)
        assert spoilt_in_delivery(folder) == ["manifest.json"]
        _flip(manifest, position)
    assert spoilt_in_delivery(folder) == []


def test_a_delivery_kept_before_there_were_seals_is_taken_as_it_is(kept: Settings) -> None:
    """R-F10: a store made by an earlier release still opens; the hashes of its files are looked at."""
    folder = next(path for path in kept.store.iterdir() if path.is_dir())
    manifest = folder / "manifest.json"
    manifest.chmod(0o600)
    said = json.loads(manifest.read_text())
    del said["sealed_sha256"]
    manifest.write_text(json.dumps(said))
    assert spoilt_in_delivery(folder) == []
    _flip(folder / "intake.csv", 8)
    assert spoilt_in_delivery(folder) == ["intake.csv"]


def test_a_missing_an_added_and_a_swapped_file_are_named(kept: Settings) -> None:
    night = kept.current.resolve()
    night.chmod(0o700)
    (night / "reports" / "clinics" / "C001.html").rename(night / "reports" / "clinics" / "C002.html")
    assert spoilt_files(night) == ["reports/clinics/C001.html", "reports/clinics/C002.html"]
    (night / SUMS).unlink()
    assert spoilt_files(night) == [SUMS]


def test_a_delivery_that_is_gone_altogether_is_named_each_night(kept: Settings) -> None:
    folder = next(path for path in kept.store.iterdir() if path.is_dir())
    shutil.rmtree(folder)
    for verified in (verify_all(kept), verify_sample(kept, DAY)):
        assert _places(verified) == {f"store/{folder.name}"}
        assert "Restore the last backup" in verified.spoilt[0].remedy


def test_in_twenty_days_every_file_has_had_its_turn_once() -> None:
    """R-F2: 5 % a night."""
    names = [f"store/{number:064x}/session.csv" for number in range(400)]
    turns = [name for days in range(DAYS_OF_A_ROUND) for name in due(names, DAY + timedelta(days=days))]
    assert sorted(turns) == names
    assert due(names, DAY) == due(reversed(names), DAY)
    assert 5 <= len(due(names, DAY)) <= 40


def test_at_least_one_file_is_looked_at_each_night() -> None:
    assert all(len(due(["store/a/b"], DAY + timedelta(days=days))) == 1 for days in range(DAYS_OF_A_ROUND))
    assert due([], DAY) == []


def test_the_day_s_part_finds_a_spoilt_file_on_the_day_of_its_turn(kept: Settings) -> None:
    _flip(next(kept.store.rglob("outcome.csv")), 100)
    found = [days for days in range(DAYS_OF_A_ROUND) if verify_sample(kept, DAY + timedelta(days=days)).spoilt]
    assert len(found) == 1


def test_all_of_it_is_looked_at_once_a_week(kept: Settings) -> None:
    """R-F2: also after a week in which no night ran, and when the clock went back."""
    now = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
    days = [timedelta(), timedelta(days=1), timedelta(days=6), ALL_EVERY, timedelta(days=30), timedelta(days=10)]
    assert [verify_tonight(kept, now + after).is_all for after in days] == [True, False, False, True, True, True]


def test_a_spoilt_delivery_stops_a_night_that_must_read_it(kept: Settings) -> None:
    """R-F2: to publish without it would lose its records; nothing is quarantined and nothing leaves the store."""
    path = next(kept.store.rglob("session.csv"))
    _flip(path, 100)
    with (
        open_ledger(kept.ledger) as ledger,
        open_warehouse(":memory:", readable=(kept.store,)) as con,
        pytest.raises(InstallationError, match=r"session\.csv.*Nothing was published\. Restore"),
    ):
        fill_raw(con, kept.store, ledger, None, lambda _: None)
    assert path.exists()
    with open_ledger(kept.ledger) as ledger:
        assert {entry.state for entry in ledger.entries()} == {"seen"}


def test_a_spoilt_delivery_that_is_not_needed_is_said_and_remains_an_error_at_the_end(kept: Settings) -> None:
    path = next(kept.store.rglob("session.csv"))
    _flip(path, 100)
    said: list[str] = []
    verified = look_over(kept, said.append)
    assert any("session.csv: not what was written. Restore the last backup" in line for line in said)
    assert "1 kept deliveries are spoilt" in str(spoilt_still(kept, verified))


def test_a_night_does_not_build_upon_a_published_one_that_is_spoilt(kept: Settings) -> None:
    build = NightBuild(home=str(kept.home), inbox=str(kept.inbox), timezone=kept.timezone)
    assert build.begin("second") == (kept.current / "warehouse.duckdb").resolve()
    _flip(kept.current / "warehouse.duckdb", 90_000)
    assert build.begin("second") is None
    verified = look_over(kept, lambda _: None)
    assert verified.is_in_published(kept)
    assert "rebuild --from-store" in str(spoilt_still(kept, verified))
    _publish(kept, datetime.now(UTC), "second")
    assert spoilt_still(kept, verified) is None


def test_three_nights_stay_for_thirty_days_at_most_and_the_published_one_always(settings: Settings) -> None:
    """R-P8: what an erased patient was in is gone after thirty days, whether nights were published since or not."""
    now = datetime.now(UTC)
    for days in (50, 33, 20, 10, 5):
        _publish(settings, now - timedelta(days=days), f"run{days}")
    left = sorted(path.name.split("-")[1] for path in settings.generations.iterdir())
    assert left == ["run10", "run20", "run5"]
    removed = remove_old(settings, now + timedelta(days=15))
    assert [name.split("-")[1] for name in removed] == ["run20"]
    assert len(remove_old(settings, now + 10 * KEPT_FOR)) == 1
    published = current_generation(settings)
    assert published is not None
    assert [path.name for path in settings.generations.iterdir()] == [published.name]


def test_going_back_to_an_older_night_does_not_remove_it(settings: Settings) -> None:
    now = datetime.now(UTC)
    older = _publish(settings, now - timedelta(days=29), "older")
    newer = _publish(settings, now, "newer")
    settings.current.unlink()
    settings.current.symlink_to(older.relative_to(settings.home))
    assert remove_old(settings, now + timedelta(days=5)) == []
    assert {path.name for path in settings.generations.iterdir()} == {older.name, newer.name}
