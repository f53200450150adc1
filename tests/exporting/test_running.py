"""From a practice's files to a delivery: what leaves, what is left out and counted, and that it is whole or not there."""

import tempfile
from pathlib import Path

import pytest

from pipelines.deliveries.manifest import read_manifest
from pipelines.errors import ChecksFailed, DeliveryError, UsageError
from pipelines.exporting import running
from pipelines.exporting.running import export, preview
from tests.exporting.canaries import written_below
from tests.exporting.small import Small, visit


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def test_the_same_source_and_key_give_the_same_bytes_in_whatever_order_the_rows_come(
    small: Small, tmp_path: Path
) -> None:
    small.visits.append(visit(3, "17/01/2024", RMDQ="7"))
    first, _ = export(small.order(), tmp_path / "one")
    small.patients.reverse()
    small.visits.reverse()
    second, _ = export(small.order(), tmp_path / "two")
    assert written_below(first) == written_below(second)


def test_the_same_delivery_again_changes_nothing_and_another_is_refused(small: Small, tmp_path: Path) -> None:
    folder, _ = export(small.order(), tmp_path / "inbox")
    before = (folder / "manifest.json").stat().st_mtime_ns
    assert export(small.order(), tmp_path / "inbox")[0] == folder
    assert (folder / "manifest.json").stat().st_mtime_ns == before
    small.patients[0]["Leg pain"] = "9"
    with pytest.raises(UsageError, match="--delivery-id"):
        export(small.order(), tmp_path / "inbox")
    assert export(small.order(delivery_id="again"), tmp_path / "inbox")[0].name == "again"


def test_a_preview_writes_nothing_and_nothing_stays_in_the_temporary_folder(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    order = small.order()
    before = written_below(tmp_path)
    result = preview(order)
    assert result.n_rows["intake"] == 12
    assert written_below(tmp_path) == before


def test_nothing_stays_after_a_failure_either(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    small.visits = [row | {"Came": "No"} for row in small.visits]
    with pytest.raises(DeliveryError, match="no attended session"):
        export(small.order(), tmp_path / "inbox")
    assert list(aside.iterdir()) == []
    assert not (tmp_path / "inbox").exists()


def test_an_export_without_a_single_episode_is_refused_with_what_was_in_the_way(small: Small, tmp_path: Path) -> None:
    small.patients = [row | {"Where": "Elsewhere"} for row in small.patients]
    with pytest.raises(DeliveryError, match=r"12 intake.complaint_region: a text that the map of values does not have"):
        export(small.order(), tmp_path / "inbox")
    assert not (tmp_path / "inbox").exists()


def test_a_delivery_that_would_break_the_contract_is_not_written(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(*said: object) -> dict[str, int]:
        staging = said[0]
        staging.con.execute("update row_intake set complaint_region = 'the back'").fetchall()  # type: ignore[attr-defined]
        return {}

    monkeypatch.setattr(running, "pool", spoil)
    with pytest.raises(ChecksFailed, match=r"intake.complaint_region: 12 not one or more of the contract's codes"):
        export(small.order(), tmp_path / "inbox")
    assert not (tmp_path / "inbox").exists()


def test_where_only_two_practitioners_work_all_have_the_clinics_pseudonym_and_safe_harbor_leaves_the_year(
    small: Small, tmp_path: Path
) -> None:
    small.visits = [row | {"Seen by": f"Dr {number % 2}"} for number, row in enumerate(small.visits)]
    small.mapping += "index_period: year\nsimulated: yes\n"
    feeds, result = small.exported()
    assert len({row["practitioner_key"] for row in feeds["session"]}) == 1
    assert feeds["session"][0]["practitioner_key"] not in {
        small.pseudonyms.of("practitioner", f"Dr {n}") for n in (0, 1)
    }
    assert {row["index_period"] for row in feeds["intake"]} == {"2024"}
    manifest = read_manifest(tmp_path / "inbox" / "C001" / "2024-01-03")
    assert (manifest.mode, manifest.is_simulated) == ("snapshot", True)
    assert result.pooled == {"session.practitioner_key": 12}


def test_a_key_that_sessions_of_two_patients_share_joins_nobody(small: Small) -> None:
    small.visits += [visit(number, "17/01/2024", Visit="1") for number in (3, 4)]
    feeds, result = small.exported()
    assert len(feeds["session"]) == 12
    assert dict(result.tally.n_unmapped)["session", "one key for sessions of several patients"] == 1


def test_a_missing_practitioner_stays_missing_and_is_no_pseudonym(small: Small) -> None:
    small.visits[0]["Seen by"] = ".a"
    small.visits[1]["Seen by"] = ""
    feeds, _ = small.exported()
    assert sorted(row["practitioner_key"] for row in feeds["session"])[:2] == ["", ".a"]


def test_the_next_snapshot_gives_the_same_keys_to_what_was_there(small: Small) -> None:
    before, _ = small.exported()
    small.visits += [visit(number, "17/01/2024", RMDQ="7") for number in range(12)]
    after, _ = small.exported()
    for feed, key in (("intake", "episode_key"), ("session", "session_key")):
        assert {row[key] for row in before[feed]} <= {row[key] for row in after[feed]}
    assert len(after["intake"]) == 12
