"""A leak, a hidden cause and a hole, planted in deliveries and sent through whole nights: each is caught and named."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.deliveries.outgoing import write_delivery
from pipelines.night import run_night
from pipelines.reporting.editions import NUMBERS
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.shelves import latest_edition
from pipelines.results import open_results
from pipelines.settings import Settings
from pipelines.synthetic import simulate

Tables = dict[str, pd.DataFrame]
MANIPULATION = "manipulation"


def night_of(
    home: Path, world: str, episodes: int, plant: Callable[[Tables], Tables] = lambda tables: tables
) -> Settings:
    """Simulate a group, change what its clinics deliver, run its night; returns the installation."""
    settings = Settings(home=home / "home", inbox=home / "inbox")
    simulate(settings.inbox, episodes=episodes, clinics=6, world=world, seed=1)
    for manifest in sorted(settings.inbox.glob("*/*/manifest.json")):
        said = json.loads(manifest.read_text(encoding="utf-8"))
        folder = manifest.parent
        tables = {
            Path(name).stem: pd.read_csv(folder / name, dtype=str, keep_default_na=False) for name in said["files"]
        }
        write_delivery(settings.inbox, said["clinic_code"], folder.name, said["mode"], plant(tables), is_simulated=True)
    run_night(settings, lambda _: None)
    return settings


def reported(settings: Settings) -> pd.DataFrame:
    """The effects of the network's newest report, of everybody."""
    filed = latest_edition(settings.reports / NETWORK)
    assert filed is not None
    report = json.loads((filed / NUMBERS).read_text(encoding="utf-8"))
    effects = pd.DataFrame(report["effects"])
    return effects[effects["group_name"] == "all"]


def with_the_outcome_in_the_intake(tables: Tables) -> Tables:
    """Confidence at intake is what disability at 12 weeks will be."""
    intake = tables["intake"]
    answers = tables["outcome"].query("timepoint_wk == '12'").set_index("episode_key")["rmdq24"]
    later = pd.to_numeric(intake["episode_key"].map(answers), errors="coerce")
    told = (60 - 2 * later).map(lambda points: f"{points:.0f}", na_action="ignore")
    return tables | {"intake": intake.assign(pseq=told.where(later.notna(), intake["pseq"]))}


def without_the_manipulated_smokers(tables: Tables) -> Tables:
    """Nobody who smokes was ever manipulated, in what is delivered."""
    session, component = tables["session"], tables["session_component"]
    manipulated = component.loc[component["component"].str.contains(MANIPULATION), "session_key"]
    smokers = tables["intake"].query("smoking == 'current'")["episode_key"]
    gone = set(session.loc[session["session_key"].isin(manipulated), "episode_key"]) & set(smokers)
    kept = {feed: table[~table["episode_key"].isin(gone)] for feed, table in tables.items() if "episode_key" in table}
    parents = {"session_component": "session", "adverse_event": "session", "imaging_level": "imaging"}
    for child in tables.keys() & parents.keys():
        key = f"{parents[child]}_key"
        kept[child] = tables[child][tables[child][key].isin(kept[parents[child]][key])]
    return kept


@pytest.mark.ci
def test_an_answer_of_week_12_in_an_intake_field_is_named_and_withholds_all_that_rests_on_it(tmp_path: Path) -> None:
    settings = night_of(tmp_path, "no-effect", 1500, with_the_outcome_in_the_intake)
    effects = reported(settings)
    assert (effects["status"] == "refused").all()
    withheld = effects[effects["reason"].str.startswith("withheld: ")]
    assert not withheld.empty
    assert withheld["reason"].str.contains("AUC over 0.85 of the outcome from pseq").all()
    with open_results(settings.current) as results:
        caught = results.sql("select distinct covariate from self_checks.leakage where not is_passed").df
        labels = results.sql("select distinct label from self_checks.labels").df
        prognosis = results.sql("select distinct status, reason from estimates.prognosis").df
    assert "pseq" in set(caught["covariate"])
    assert not {"likely_gain", "no_difference_expected"} & set(labels["label"])
    assert set(prognosis["status"]) == {"refused"}
    assert prognosis["reason"].str.contains("12-week response from pseq:").all()


@pytest.mark.long
def test_a_severity_that_nobody_recorded_is_caught_by_what_treatment_cannot_have_caused(tmp_path: Path) -> None:
    effects = reported(night_of(tmp_path, "hidden-severity", 3000))
    caught = effects[(effects["trial"] == "index") & (effects["contrast"] == "manipulation - exercise")]
    assert (caught["status"] == "refused").all()
    assert caught["reason"].str.contains("something that nobody recorded decides who gets which treatment").all()


@pytest.mark.long
def test_patients_of_whom_none_was_manipulated_are_named_and_nothing_is_said_of_them(tmp_path: Path) -> None:
    effects = reported(night_of(tmp_path, "uniform", 3000, without_the_manipulated_smokers))
    about = effects[effects["contrast"].str.contains(MANIPULATION)]
    said = about["reason"].fillna("")
    assert said[about["trial"] == "index"].str.contains("smoking: current").all(), sorted(set(said))
    assert np.isfinite(about.loc[about["status"] == "estimated", "estimate"].astype(float)).all()
