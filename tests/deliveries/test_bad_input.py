"""Bad input: each kind gets a clear message, the good rest goes on, and nothing is lost."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.deliveries.raw import fill_raw
from pipelines.errors import DeliveryError
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.conftest import small_tables


def _rewrite(folder: Path, name: str, content: bytes, *, rows: int | None = None) -> None:
    """Replace a file and make the manifest agree with it."""
    import hashlib

    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = {
        "rows": manifest["files"][name]["rows"] if rows is None else rows,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _manifest(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text()) | changes
    (folder / "manifest.json").write_text(json.dumps(manifest))


DAMAGE: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a missing manifest": (lambda f: (f / "manifest.json").unlink(), "incomplete", "manifest.json is missing"),
    "a manifest that is not JSON": (lambda f: (f / "manifest.json").write_text("{"), "quarantined", "it is not JSON"),
    "a wrong hash": (lambda f: (f / "outcome.csv").write_bytes((f / "outcome.csv").read_bytes() + b"\n"), "quarantined",
                     "outcome.csv: its SHA-256 is not the one in the manifest"),
    "a file cut short": (lambda f: (f / "intake.csv").write_bytes((f / "intake.csv").read_bytes()[:-40]), "quarantined",
                         "cut short or changed on the way"),
    "a missing file": (lambda f: (f / "session.csv").unlink(), "quarantined", "session.csv: the manifest lists it"),
    "a linked file": (lambda f: ((f / "session.csv").unlink(), (f / "session.csv").symlink_to("/etc/passwd")), "quarantined",
                      "it is not there as a plain file"),
    "latin-1": (lambda f: _rewrite(f, "outcome.csv", b"episode_key,timepoint_wk,due_day\n\xe9,12,84\n", rows=1), "quarantined",
                "outcome.csv: line 2 is not UTF-8"),
    "an unknown major version": (lambda f: _manifest(f, schema_version="2.0.0"), "quarantined", "unknown major number"),
    "another clinic's folder": (lambda f: _manifest(f, clinic_code="C002"), "quarantined", "differs from the folder"),
    "a path for a name": (lambda f: _manifest(f, files={"../../etc/passwd": {"rows": 1, "sha256": "0" * 64}}), "quarantined",
                          "no feed of the contract"),
    "a mandatory feed left out": (lambda f: _manifest(f, files={}), "quarantined", "does not list intake"),
}  # fmt: skip

LATE_DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a row with too few fields": (
        lambda f: _rewrite(f, "outcome.csv", b"episode_key,timepoint_wk,due_day\nepisode-00000000,12\n", rows=1),
        "outcome.csv: line 2 cannot be read",
    ),
    "fewer rows than the manifest says": (
        lambda f: _rewrite(f, "outcome.csv", b"episode_key,timepoint_wk,due_day\n", rows=7),
        "it has 0 rows and the manifest says 7",
    ),
    "a required column left out": (
        lambda f: _rewrite(f, "outcome.csv", b"episode_key,due_day\n", rows=0),
        "lacks the required column timepoint_wk",
    ),
    "a column twice": (
        lambda f: _rewrite(f, "outcome.csv", b"episode_key,timepoint_wk,due_day,due_day\n", rows=0),
        "names a column twice",
    ),
    "an empty file": (lambda f: _rewrite(f, "outcome.csv", b"", rows=0), "no header"),
    "a name in a coded field": (
        lambda f: _rewrite(
            f, "outcome.csv", b"episode_key,timepoint_wk,due_day,mode\nepisode-00000000,12,84,Jane Smith\n", rows=1
        ),
        "1 in mode look like",
    ),
    "a date of birth in a number": (
        lambda f: _rewrite(
            f, "outcome.csv", b"episode_key,timepoint_wk,due_day,rmdq24\nepisode-00000000,12,84,1961-04-30\n", rows=1
        ),
        "1 in rmdq24 look like a calendar date",
    ),
}


def _judge(settings: Settings) -> list[Entry]:
    settings.store.mkdir(parents=True, exist_ok=True)
    with open_ledger(settings.ledger) as ledger:
        return receive(settings.inbox, settings.store, ledger)


def _load(settings: Settings) -> dict[str, Entry]:
    _judge(settings)
    with open_ledger(settings.ledger) as ledger, open_warehouse(":memory:", readable=(settings.store,)) as con:
        fill_raw(con, settings.store, ledger, None, lambda _: None)
        return {entry.clinic_code: entry for entry in ledger.entries()}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_delivery_is_refused_with_its_reason_before_it_is_kept(
    settings: Settings, delivery: Path, kind: str
) -> None:
    damage, state, message = DAMAGE[kind]
    damage(delivery)
    (entry,) = _judge(settings)
    assert entry.state == state
    assert message in entry.reason
    assert list(settings.store.iterdir()) == []
    assert _judge(settings) == [], "looking again finds nothing new"


@pytest.mark.parametrize("kind", LATE_DAMAGE)
def test_a_file_that_cannot_be_read_refuses_its_delivery_and_the_others_go_on(
    settings: Settings, delivery: Path, kind: str
) -> None:
    other = small_tables("C002")
    for name in ("intake", "session", "outcome"):
        other[name]["episode_key"] = other[name]["episode_key"] + "-b"
    for name in ("session", "session_component"):
        other[name]["session_key"] = other[name]["session_key"] + "-b"
    write_delivery(settings.inbox, "C002", "2026-11-01", "snapshot", other)
    damage, message = LATE_DAMAGE[kind]
    damage(delivery)
    entries = _load(settings)
    assert entries["C001"].state == "quarantined"
    assert message in entries["C001"].reason
    assert "Jane" not in entries["C001"].reason
    assert "1961" not in entries["C001"].reason
    assert entries["C002"].state == "seen"
    assert [path.name for path in settings.store.iterdir()] == [entries["C002"].delivery_key]


def test_when_no_delivery_can_be_loaded_the_error_says_why(settings: Settings, delivery: Path) -> None:
    LATE_DAMAGE["an empty file"][0](delivery)
    with pytest.raises(DeliveryError, match=r"No delivery could be loaded.*\n.*no header"):
        _load(settings)


def test_a_delivery_that_is_mended_is_taken_and_its_fault_is_superseded(settings: Settings, delivery: Path) -> None:
    good = (delivery / "outcome.csv").read_bytes()
    (delivery / "outcome.csv").write_bytes(good[:-3])
    assert [entry.state for entry in _judge(settings)] == ["quarantined"]
    (delivery / "outcome.csv").write_bytes(good)
    assert [entry.state for entry in _judge(settings)] == ["seen"]
    with open_ledger(settings.ledger) as ledger:
        assert sorted(entry.state for entry in ledger.entries()) == ["seen", "superseded"]


def test_the_same_content_under_another_name_changes_nothing_and_says_so(settings: Settings, delivery: Path) -> None:
    _judge(settings)
    write_delivery(settings.inbox, "C001", "2026-11-02", "snapshot", small_tables())
    (entry,) = _judge(settings)
    assert entry.state == "duplicate"
    assert "the same content came as 2026-11-01" in entry.reason
    assert len(list(settings.store.iterdir())) == 1


def test_an_empty_inbox_has_nothing_to_judge(settings: Settings) -> None:
    assert _judge(settings) == []


def test_a_refusal_is_judged_again_once_deliveries_are_read_in_another_way(settings: Settings, delivery: Path) -> None:
    LATE_DAMAGE["an empty file"][0](delivery)
    with pytest.raises(DeliveryError):
        _load(settings)
    with open_ledger(settings.ledger) as ledger:
        (entry,) = ledger.entries()
        place = (entry.clinic_code, entry.delivery_id, entry.fingerprint)
        assert place in ledger.judged(entry.judged_by)
        assert place not in ledger.judged("another way of reading")
