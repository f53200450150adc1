"""What an analyst would write instead: pandas, Great Expectations on pandas and EconML on the same deliveries, beside a night.

    python -m benchmarks.script 6000 60000
    python -m benchmarks.script 6000 --estimates     # and the index trial by EconML, where it is installed

The script reads every delivery into pandas, keeps the latest row of each key, types the columns, validates every feed against
the contract by Great Expectations, looks whether child rows have their parents, and derives one row an episode: arm of the
first fortnight, baseline, worst imaging grade, response at 12 weeks. It leaves out what a night does besides: looking for
identifiers, setting rows aside with reason and remedy, drift, some thirty cohort tables and over 500 checks by clinic. Both run
in processes of their own, in one run, beside the floor of `benchmarks.night`; memory is the most that was held at one time.
"""

import argparse
import importlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from benchmarks.measuring import cpu_seconds, sampled_memory
from benchmarks.night import EPISODES_A_CLINIC, MOST_CLINICS, UNTIL_CHECKS, floor_of, night_of
from pipelines.contracts import FEEDS
from pipelines.expectations import of_feed
from pipelines.settings import Settings
from pipelines.synthetic import simulate
from pipelines.validation import validate_with_great_expectations

ARMS = ("rest_or_advice", "exercise", "manipulation")
GRADES = ("disc_contour", "central_stenosis")
Frames = dict[str, pd.DataFrame]


def read(inbox: Path) -> Frames:
    """Every feed as text, the latest row of each key."""
    found = {}
    for name, feed in FEEDS.items():
        parts = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(inbox.glob(f"*/*/{name}.csv"))]
        found[name] = pd.concat(parts, ignore_index=True).drop_duplicates(list(feed.key), keep="last")
    return found


def typed(frames: Frames) -> Frames:
    """Numbers as numbers; the tokens of missing values (empty, or a letter after a point) as missing."""
    found = {}
    for name, frame in frames.items():
        clean = frame.mask(frame.isin(["", ".a", ".p", ".d", ".u", ".n", ".s", ".x"]))
        for field in FEEDS[name].fields:
            if field.type in ("int", "float") and field.name in clean:
                clean[field.name] = pd.to_numeric(clean[field.name], errors="coerce")
        found[name] = clean
    return found


def validated(frames: Frames) -> int:
    """Expectations that are not met, those of the contract on every feed and references on child rows."""
    broken = 0
    for name, frame in frames.items():
        expectations = [e for e in of_feed(name) if set(e.columns) <= set(frame)]
        broken += sum(not outcome.has_passed for outcome in validate_with_great_expectations(frame, expectations))
    for name, feed in FEEDS.items():
        if feed.parent and name in frames:
            broken += not frames[name][feed.parent_key].isin(frames[feed.parent][feed.parent_key]).all()
    return broken


def analysis_table(frames: Frames) -> pd.DataFrame:
    """One row an episode: what was known at its start, its arm, and whether disability fell by 30 % at 12 weeks."""
    sessions = frames["session"]
    early = sessions[(sessions["attendance"] == "attended") & (sessions["session_day"] < 14)]
    parts = early[["session_key", "episode_key"]].merge(frames["session_component"], on="session_key")
    kinds = parts.assign(
        manipulation=parts["component"].eq("manipulation"),
        exercise=parts["component"].eq("exercise"),
    ).groupby("episode_key")[["manipulation", "exercise"]].any()  # fmt: skip
    table = frames["intake"].merge(kinds, on="episode_key", how="left")
    table["arm"] = np.select([table["manipulation"].eq(True), table["exercise"].eq(True)], [2, 1], 0)
    table["practitioner_key"] = table["episode_key"].map(early.groupby("episode_key")["practitioner_key"].first())
    imaging = frames["imaging"].merge(frames["imaging_level"], on="imaging_key")
    for grade in GRADES:
        codes = next(field.codes for field in FEEDS["imaging_level"].fields if field.name == grade)
        ranks = imaging[grade].map({code: rank for rank, code in enumerate(codes)})
        table[f"worst_{grade}"] = table["episode_key"].map(ranks.groupby(imaging["episode_key"]).max())
    last = frames["outcome"][pd.to_numeric(frames["outcome"]["timepoint_wk"]) == 12].set_index("episode_key")
    after = table["episode_key"].map(last["rmdq24"])
    table["response"] = (after <= 0.7 * table["rmdq24"]).where(after.notna() & table["rmdq24"].notna())
    return table


def estimated(table: pd.DataFrame) -> np.ndarray:
    """The two average effects against rest or advice, by EconML's linear doubly robust learner with boosting."""
    known = table[table["response"].notna()]
    numbers = known.select_dtypes("number").drop(columns=["arm"], errors="ignore")
    codes = pd.get_dummies(known[["age_band", "sex", "work_status", "referral_source", "onset"]], dtype=float)
    x = pd.concat([numbers, codes], axis=1).to_numpy(float)
    x = np.nan_to_num(x, nan=-1.0)
    learner = importlib.import_module("econml.dr").LinearDRLearner(
        model_propensity=HistGradientBoostingClassifier(random_state=0),
        model_regression=HistGradientBoostingRegressor(random_state=0),
        cv=5, random_state=0,
    )  # fmt: skip
    learner.fit(known["response"].to_numpy(float), known["arm"].to_numpy(), X=None, W=x)
    return np.array([np.ravel(learner.ate(T0=0, T1=arm))[0] for arm in (1, 2)])


def _run(inbox: Path, *, with_estimates: bool) -> None:
    """The script in this process; what it spent, part by part, goes to standard output as JSON."""
    spent: dict[str, float] = {}
    with sampled_memory() as memory:
        began = cpu_seconds()

        def note(part: str) -> None:
            spent[part] = cpu_seconds() - sum(spent.values())  # since the process began

        spent["start"] = began
        frames = read(inbox)
        note("read")
        frames = typed(frames)
        note("type")
        broken = validated(frames)
        note("validate")
        table = analysis_table(frames)
        note("derive")
        if with_estimates:
            estimated(table)
            note("estimate")
    print(json.dumps({"parts": spent, "peak": memory.peak, "broken": broken, "episodes": len(table)}))


def measure(episodes: int, arguments: argparse.Namespace) -> None:
    """Print a table of one size."""
    folder = Path(tempfile.mkdtemp(prefix="script-", dir=arguments.folder))
    try:
        settings = Settings(home=folder / "home", inbox=folder / "inbox")
        clinics = min(MOST_CLINICS, max(2, episodes // EPISODES_A_CLINIC))
        simulate(settings.inbox, episodes=episodes, clinics=clinics, world="uniform", seed=1)
        _, floor = floor_of(settings.inbox, "csv")
        night = night_of(settings, UNTIL_CHECKS)["night"]
        command = [sys.executable, "-m", "benchmarks.script", "--inbox", str(settings.inbox)]
        wall = time.perf_counter()
        done = subprocess.run(
            [*command, *["--estimates"] * arguments.estimates], stdout=subprocess.PIPE, text=True, check=True
        )
        wall = time.perf_counter() - wall
        said = json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(folder)
    parts = said["parts"]
    script = sum(seconds for part, seconds in parts.items() if part != "estimate")
    print(f"\n{episodes:,} episodes, {clinics} clinics: deliveries to one checked row an episode")
    print(f"{'':<28}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'CPU / floor':>13}")
    print(f"{'script':<28}{wall:>9.1f}{script:>9.1f}{said['peak']:>9,.0f}{script / floor:>13.1f}")
    print(f"{'night, up to the checks':<28}{night['wall']:>9.1f}{night['cpu']:>9.1f}{night['peak']:>9,.0f}"
          f"{night['cpu'] / floor:>13.1f}")  # fmt: skip
    print(f"script / night: CPU {script / night['cpu']:.2f}, memory {said['peak'] / night['peak']:.2f}")
    print("the script's CPU: " + ", ".join(f"{part} {seconds:.1f} s" for part, seconds in parts.items()), flush=True)


def main() -> None:
    """Read the sizes and measure each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("episodes", nargs="*", type=int, default=[6000])
    parser.add_argument("--estimates", action="store_true", help="also estimate the index trial by EconML")
    parser.add_argument("--folder", type=Path, help="where to work (default: the system's place for temporary files)")
    parser.add_argument("--inbox", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.estimates and find_spec("econml") is None:
        sys.exit("skipped: econml is not installed (pip install '.[benchmarks]')")
    if arguments.inbox:
        _run(arguments.inbox, with_estimates=arguments.estimates)
        return
    for episodes in arguments.episodes:
        measure(episodes, arguments)


if __name__ == "__main__":
    main()
