"""Whole nights in the acceptance worlds: what the report said, beside what is true.

python benchmarks/worlds.py                                   # every world, 6,000 episodes
python benchmarks/worlds.py no-effect hidden-severity --episodes 3000

One night a world, from deliveries to pages; the table says what a manager was told. Rates over many seeds are those of
`pytest -m long`: a single night shows the wiring, not a coverage.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from pipelines.night import run_night
from pipelines.reporting.editions import NUMBERS
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.shelves import latest_edition
from pipelines.results import open_results
from pipelines.settings import Settings
from pipelines.synthetic import simulate, truth_folder
from pipelines.synthetic.worlds import WORLDS

SCRATCH = tempfile.gettempdir()  # a night points TMPDIR at its own home
PRIMARY = "r30d_12wk"
QUESTIONS = {"decision": "add_manipulation - continue_without", "index": "manipulation - exercise"}


def _latest(settings: Settings) -> Path:
    place = latest_edition(settings.reports / NETWORK)
    assert place is not None, "the first night makes the report of the week that is over"
    return place


def told(world: str, episodes: int, clinics: int, seed: int) -> list[str]:
    """Run one night and return the cells of its row: truth, the report's words and the figures behind them."""
    start = time.process_time()
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        settings = Settings(home=Path(folder) / "home", inbox=Path(folder) / "inbox")
        n_episodes = WORLDS[world].episodes_per_clinic
        simulate(
            settings.inbox,
            episodes=episodes if n_episodes is None else n_episodes * clinics,
            clinics=clinics,
            world=world,
            seed=seed,
        )
        said = json.loads((truth_folder(settings.inbox) / "truth.json").read_text(encoding="utf-8"))
        truth = {(one["trial"], one["outcome"], one["contrast"]): one["effect"] for one in said["effects"]}
        run_night(settings, lambda _: None)
        report = json.loads((_latest(settings) / NUMBERS).read_text(encoding="utf-8"))
        with open_results(settings.current) as results:
            labels = results.sql(
                "select label, count(*) as n from self_checks.labels where outcome = ? group by 1 order by 1",
                [PRIMARY],
            ).df
            concerns = results.sql("select concern, count(*) as n from diagnostics.concerns group by 1 order by 1").df
            failed = results.sql(
                "select distinct check_name from self_checks.verdicts where status = 'failed' order by 1"
            ).df
    effects = [one for one in report["effects"] if one["group_name"] == "all"]
    return [
        world,
        *(_of_question(effects, trial, contrast, truth) for trial, contrast in QUESTIONS.items()),
        _intervals(effects, truth),
        "yes" if any(one["is_shown"] for one in report["heterogeneity"]) else "no",
        "yes" if any(one["is_shown"] for one in report["rule_values"]) else "no",
        _counted(dict(labels.itertuples(index=False)).get("likely_gain", 0), int(labels["n"].sum())),
        _named(concerns.itertuples(index=False)),
        ", ".join(failed["check_name"]) or "none",
        f"{time.process_time() - start:.0f}",
    ]


def _of_question(
    effects: list[dict[str, Any]], trial: str, contrast: str, truth: dict[tuple[str, str, str], float]
) -> str:
    found = [one for one in effects if (one["trial"], one["outcome"], one["contrast"]) == (trial, PRIMARY, contrast)]
    if not found:
        return "no such comparison"
    true = truth.get((trial, PRIMARY, contrast))
    known = "" if true is None else f"truth {true:+.2f}; "
    if found[0]["status"] == "refused":
        return f"{known}refused: {found[0]['reason']}"
    interval = f"{found[0]['estimate']:+.2f} ({found[0]['lower']:+.2f} to {found[0]['upper']:+.2f})"
    return f"{known}{interval}{', in doubt' if found[0]['doubt'] else ''}"


def _intervals(effects: list[dict[str, Any]], truth: dict[tuple[str, str, str], float]) -> str:
    told_of = [
        one
        for one in effects
        if one["status"] == "estimated" and (one["trial"], one["outcome"], one["contrast"]) in truth
    ]
    held = sum(one["lower"] <= truth[one["trial"], one["outcome"], one["contrast"]] <= one["upper"] for one in told_of)
    refused = Counter(one["reason"].startswith("withheld") for one in effects if one["status"] == "refused")
    doubted = sum(bool(one["doubt"]) for one in effects)
    return f"{held} of {len(told_of)}, {doubted} doubted; refused {refused[False]}, withheld {refused[True]}"


def _counted(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}"


def _named(rows: Any) -> str:
    return ", ".join(f"{name} {n}" for name, n in rows) or "none"


def main() -> None:
    """Read the worlds and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("worlds", nargs="*", default=list(WORLDS))
    parser.add_argument("--episodes", type=int, default=6000)
    parser.add_argument("--clinics", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    heads = [
        "world",
        *(f"{trial}, {PRIMARY}" for trial in QUESTIONS),
        "intervals that hold the truth",
        "differences shown",
    ]
    heads += ["rule shown", "labels 'likely gain'", "concerns told", "self-checks failed", "CPU s"]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for world in options.worlds:
        print("| " + " | ".join(told(world, options.episodes, options.clinics, options.seed)) + " |", flush=True)


if __name__ == "__main__":
    main()
