"""Published figures beside what the simulator achieves, measured on the records it would deliver.

Sources are those of the evidence page: the ATLAS cohort (n = 609), the STarT Back trial, NHS outpatients, spine
registries, the Stockholm trial of manipulation's adverse events, and Brinjikji 2015 for imaging without symptoms (a
floor).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.contracts import OUTCOME_WINDOW_DAYS
from pipelines.synthetic.course import Course, scores_at
from pipelines.synthetic.imaging_records import floor_share
from pipelines.synthetic.patients import Patients
from pipelines.synthetic.population import Population, draw_population
from pipelines.synthetic.simulation import feed_tables
from pipelines.synthetic.worlds import world_named

IMAGING_BANDS = {"30-39": 35, "50-59": 55, "70-79": 75}


@dataclass(frozen=True)
class Target:
    """A published figure with the range that counts as met, and the figure achieved."""

    quantity: str
    source: str
    target: str
    low: float
    high: float
    achieved: float

    @property
    def is_met(self) -> bool:
        """Whether the achieved figure lies in the range."""
        return self.low <= self.achieved <= self.high


def targets_and_achieved(
    *, episodes: int = 20_000, clinics: int = 20, world: str = "no-effect", seed: int = 11
) -> tuple[Target, ...]:
    """One row a target, from a group simulated in memory (nothing is written)."""
    group = draw_population(episodes, clinics, world_named(world), seed)
    tables, _ = feed_tables(group)
    frames = {name: table.to_pandas() for name, table in tables.items()}
    return (
        *_baseline(frames["intake"], group.patients),
        *_attendance_and_answers(frames),
        _responders_at_a_year(group.patients, group.course),
        _events_after_three_manipulations(frames),
        *_imaging(frames),
        *_decision_trial(group),
    )


def as_table(targets: tuple[Target, ...]) -> str:
    """The targets as lines of text for a person."""
    lines = [f"{'quantity':<44} {'target':>14} {'achieved':>9}  source"]
    for one in targets:
        mark = "" if one.is_met else "  NOT MET"
        lines.append(f"{one.quantity:<44} {one.target:>14} {one.achieved:>9.3f}  {one.source}{mark}")
    return "\n".join(lines)


def _near(quantity: str, source: str, target: float, tolerance: float, achieved: float) -> Target:
    return Target(quantity, source, f"{target:g}", target - tolerance, target + tolerance, float(achieved))


def _between(quantity: str, source: str, low: float, high: float, achieved: float) -> Target:
    return Target(quantity, source, f"{low:g} to {high:g}", low, high, float(achieved))


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce").dropna()


def _share(column: pd.Series, word: str, among: tuple[str, ...]) -> float:
    return float((column == word).sum() / column.isin(among).sum())


def _baseline(intake: pd.DataFrame, patients: Patients) -> Iterator[Target]:
    yield _near("female", "ATLAS", 0.626, 0.02, _share(intake["sex"], "female", ("female", "male")))
    yield _near("age, mean years", "ATLAS", 50.2, 0.8, patients.age_years.mean())
    yield _near("age, sd", "ATLAS", 13.9, 0.6, patients.age_years.std())
    yield _near("pain below the knee", "ATLAS", 0.675, 0.02, _share(intake["pain_below_knee"], "yes", ("yes", "no")))
    for field, name, mean, spread in (
        ("rmdq24", "RMDQ-24", 12.7, 5.7),
        ("nprs_back_avg", "back pain", 5.6, 2.2),
        ("nprs_leg_avg", "leg pain", 5.2, 2.4),
    ):
        scores = _numbers(intake[field])
        yield _near(f"{name}, mean", "ATLAS", mean, 0.25, scores.mean())
        yield _near(f"{name}, sd", "ATLAS", spread, 0.3, scores.std())
    employed = intake["work_status"].isin(["working_full", "working_modified", "off_sick_this", "off_sick_other"])
    yield _near("employed", "ATLAS", 0.607, 0.04, employed.mean())
    for word, share in (("low", 0.26), ("medium", 0.46), ("high", 0.28)):
        yield _near(
            f"STarT {word} risk",
            "STarT Back trial",
            share,
            0.03,
            _share(intake["start_risk"], word, ("low", "medium", "high")),
        )


def _attendance_and_answers(frames: dict[str, pd.DataFrame]) -> Iterator[Target]:
    session, outcome, intake = frames["session"], frames["outcome"], frames["intake"]
    yield _near(
        "booked contacts not attended (DNA)", "NHS outpatients", 0.069, 0.006, (session["attendance"] == "dna").mean()
    )
    observed = intake.set_index("episode_key")["observed_through_day"].astype(int)
    at_12 = outcome[outcome["timepoint_wk"] == "12"]
    due, window = at_12["due_day"].astype(int), OUTCOME_WINDOW_DAYS[12]
    mature = at_12["episode_key"].map(observed) > due + window
    completed = pd.to_numeric(at_12["completed_day"], errors="coerce")
    in_window = (completed - due).abs() <= window
    yield _between("answered in the window at 12 weeks", "spine registries", 0.60, 0.75, in_window[mature].mean())
    mature_episodes = observed[observed > 120].index
    contacts = session[session["episode_key"].isin(mature_episodes)].groupby("episode_key").size()
    yield _between("booked contacts an episode", "the brief", 8.0, 10.0, contacts.mean())


def _responders_at_a_year(patients: Patients, course: Course) -> Target:
    scores = scores_at(patients, course, 6, np.zeros(patients.n))
    able = patients.rmdq24 >= 4
    better = scores.rmdq24[able] <= 0.7 * patients.rmdq24[able]
    return _near("30 % less RMDQ at 52 weeks", "ATLAS", 0.55, 0.02, better.mean())


def _events_after_three_manipulations(frames: dict[str, pd.DataFrame]) -> Target:
    """Share of those with three manipulation sessions who report an event at the visit after any of the first three."""
    component, session = frames["session_component"], frames["session"]
    manipulated = set(component.loc[component["component"] == "manipulation", "session_key"])
    seen = session[session["attendance"] == "attended"].copy()
    seen["after_manipulation"] = (
        seen["session_key"].isin(manipulated).groupby(seen["episode_key"]).shift(1, fill_value=False).astype(bool)
    )
    after = seen[seen["after_manipulation"] & (seen["ae_since_last"] != ".a")]
    first_three = after[after.groupby("episode_key").cumcount() < 3]
    told = (first_three["ae_since_last"] == "yes").groupby(first_three["episode_key"])
    by_episode = told.agg(["size", "max"])
    complete = by_episode.loc[by_episode["size"] == 3, "max"].astype(float)
    return _near("adverse event after three manipulations", "Stockholm trial", 0.51, 0.05, complete.mean())


def _imaging(frames: dict[str, pd.DataFrame]) -> Iterator[Target]:
    """Prevalence at the worst level of people with an MR study, against the floor of people without pain."""
    intake = frames["intake"].set_index("episode_key")["age_band"]
    studies = frames["imaging"].set_index("imaging_key")
    levels = frames["imaging_level"]
    levels = levels[(levels["assessed"] == "yes") & (levels["side"] == "na") & (levels["reader_no"] == "1")]
    levels = levels[levels["imaging_key"].map(studies["modality"]) == "MR"]
    band = levels["imaging_key"].map(studies["episode_key"]).map(intake)
    signs = {
        "bulge": levels["disc_contour"].isin(["bulge", "protrusion", "extrusion", "sequestration"]),
        "degeneration": levels["pfirrmann"].isin(["3", "4", "5"]),
        "height_loss": levels["disc_height_loss"].isin(["mild", "moderate", "severe"]),
        "facet": levels["facet_arthropathy"].isin(["1", "2", "3"]),
    }
    for finding, present in signs.items():
        for name, age in IMAGING_BANDS.items():
            floor = float(floor_share(finding, np.array([age]))[0])
            here = band == name
            share = float(present[here].groupby(levels.loc[here, "imaging_key"]).any().mean())
            quantity = f"{finding.replace('_', ' ')} on MR, age {name}"
            highest = min(1.0, floor + 0.22)
            yield Target(quantity, "Brinjikji 2015", f">= {floor:.2f}", floor - 0.03, highest, share)


def _decision_trial(group: Population) -> Iterator[Target]:
    eligible = group.outcomes.eligible["decision"]
    added = group.visits.adds_manipulation[eligible]
    chances = group.visits.chance_of_adding[eligible]
    yield _between("eligible for the decision trial", "the brief", 0.10, 0.25, eligible.mean())
    yield _between("of these, manipulation added", "the brief", 0.40, 0.60, added.mean())
    yield _between(
        "propensities within .05 to .95", "the brief", 0.95, 1.0, ((chances > 0.05) & (chances < 0.95)).mean()
    )
