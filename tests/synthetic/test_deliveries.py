"""What lands in the inbox, and what stays beside it."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest

from pipelines.contracts import FEEDS
from pipelines.errors import UsageError
from pipelines.synthetic import WORLDS, simulate, truth_folder

SIZES = {"episodes": 400, "clinics": 4, "world": "uniform"}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        simulate(tmp_path / name, seed=seed, dirt=0.05, **SIZES)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(truth_folder(tmp_path / "a")) == digests(truth_folder(tmp_path / "b"))
    assert digests(tmp_path / "a") != digests(tmp_path / "c")


def test_the_truth_lies_beside_the_inbox_and_never_inside(tmp_path):
    truth = simulate(tmp_path / "inbox", seed=1, **SIZES)
    names = {path.name for path in (tmp_path / "inbox").rglob("*") if path.is_file()}
    assert names == {"manifest.json", *(f"{feed}.csv" for feed in FEEDS)}
    assert {path.name for path in tmp_path.iterdir()} == {"inbox", "inbox.truth"}
    written = json.loads((tmp_path / "inbox.truth" / "truth.json").read_text(encoding="utf-8"))
    assert written["world"] == truth.world == "uniform"
    assert len(written["effects"]) == len(truth.effects) == 20
    potential = pyarrow.parquet.read_table(tmp_path / "inbox.truth" / "potential_outcomes.parquet")
    assert potential.num_rows == 400
    keys = set(potential["episode_key"].to_pylist())
    intakes = (tmp_path / "inbox").glob("*/2026-11-01/intake.csv")
    assert keys == {key for path in intakes for key in pd.read_csv(path, dtype=str)["episode_key"]}


def test_parquet_deliveries_hold_the_same_text_as_csv(tmp_path):
    simulate(tmp_path / "csv", seed=2, **SIZES)
    simulate(tmp_path / "parquet", seed=2, file_format="parquet", **SIZES)
    for feed in FEEDS:
        text = pd.read_csv(tmp_path / f"csv/C002/2026-11-01/{feed}.csv", dtype=str, keep_default_na=False)
        table = pd.read_parquet(tmp_path / f"parquet/C002/2026-11-01/{feed}.parquet")
        pd.testing.assert_frame_equal(text, table, check_dtype=False)


def test_a_later_delta_corrects_a_few_scores_of_clinics_with_more_than_50_episodes(tmp_path):
    truth = simulate(tmp_path / "inbox", seed=3, episodes=1_200, clinics=5, world="uniform")
    deltas = sorted((tmp_path / "inbox").glob("*/2026-11-08"))
    assert len(deltas) == 5
    corrected = {"outcome": 0, "session": 0}
    for folder in deltas:
        assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["mode"] == "delta"
        for feed, field in (("outcome", "rmdq24"), ("session", "nprs_post")):
            key = list(FEEDS[feed].key)
            right = pd.read_csv(folder / f"{feed}.csv", dtype=str, keep_default_na=False).set_index(key)
            before = pd.read_csv(folder.with_name("2026-11-01") / f"{feed}.csv", dtype=str, keep_default_na=False)
            wrong = before.set_index(key).loc[right.index]
            assert (wrong[field] != right[field]).all()
            assert wrong.drop(columns=field).equals(right.drop(columns=field))
            corrected[feed] += len(right)
    assert corrected == truth.corrections
    assert min(corrected.values()) > 0


def test_small_clinics_send_no_delta(tmp_path):
    simulate(tmp_path / "inbox", seed=3, episodes=60, clinics=20, world="three-patients")
    assert not list((tmp_path / "inbox").glob("*/2026-11-08"))
    assert len(list((tmp_path / "inbox").glob("C0*/2026-11-01/manifest.json"))) == 20


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"world": "nowhere"}, "no-effect"),
        ({"clinics": 0}, "at least one clinic"),
        ({"episodes": 3}, "at least one episode a clinic"),
        ({"seed": -1}, "seed"),
        ({"dirt": 0.9}, "soiled"),
        ({"file_format": "xlsx"}, "csv or parquet"),
    ],
)
def test_a_nonsensical_request_is_refused_in_words_and_writes_nothing(tmp_path, changed, said):
    with pytest.raises(UsageError, match=said):
        simulate(tmp_path / "inbox", **({"seed": 1, **SIZES} | changed))
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_in_sentences(tmp_path):
    told: list[str] = []
    simulate(tmp_path / "inbox", seed=1, episodes=20, clinics=2, world="uniform", on_progress=told.append)
    assert told[0] == "Simulating 20 episodes of the world uniform"
    assert len(told) >= 3


@pytest.mark.parametrize("world", sorted(WORLDS))
def test_every_world_can_be_simulated_with_one_clinic_and_few_episodes(tmp_path, world):
    truth = simulate(tmp_path / "inbox", seed=1, episodes=7, clinics=1, world=world)
    assert truth.clinics == 1
