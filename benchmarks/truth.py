"""A whole night on a simulated world: every estimate with its interval beside the known truth.

python benchmarks/truth.py no-effect uniform --episodes 6000
"""

import argparse
import json
import tempfile
from pathlib import Path

from pipelines.night import run_night
from pipelines.results import open_results
from pipelines.settings import Settings
from pipelines.synthetic import simulate, truth_folder

SCRATCH = tempfile.gettempdir()  # a night points TMPDIR at its own home


def compare(world: str, episodes: int, clinics: int, seed: int) -> None:
    """Simulate one world, run the night and print truth, estimate and interval side by side."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        settings = Settings(home=Path(folder) / "home", inbox=Path(folder) / "inbox")
        simulate(settings.inbox, episodes=episodes, clinics=clinics, world=world, seed=seed)
        said = json.loads((truth_folder(settings.inbox) / "truth.json").read_text(encoding="utf-8"))
        truth = {(one["trial"], one["outcome"], one["contrast"]): one["effect"] for one in said["effects"]}
        run_night(settings, lambda _: None)
        with open_results(settings.current) as results:
            effects = results.effects(by=None).df
    print(f"\nworld {world}, {episodes:,} episodes, {clinics} clinics, seed {seed}")
    print(f"{'trial':<9} {'outcome':<13} {'contrast':<35} {'truth':>7} {'estimate':>9}  {'95 % interval':<18} holds")
    held, unknown = [], set()
    for row in effects.to_dict("records"):
        true = truth.get((row["trial"], row["outcome"], row["contrast"]))
        if true is None:
            unknown.add(row["outcome"])
            continue
        named = f"{row['trial']:<9} {row['outcome']:<13} {row['contrast']:<35} {true:>7.3f}"
        if row["status"] == "refused":
            print(f"{named} refused: {row['reason']}")
            continue
        held.append(row["lower"] <= true <= row["upper"])
        interval = f"{row['lower']:.3f} to {row['upper']:.3f}"
        print(f"{named} {row['estimate']:>9.3f}  {interval:<18} {'yes' if held[-1] else 'NO'}")
    if unknown:
        print(f"no truth in the simulator, left out: {', '.join(sorted(unknown))}")
    print(f"{sum(held)} of {len(held)} intervals hold the truth")


def main() -> None:
    """Read the worlds and compare each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("worlds", nargs="*", default=["no-effect", "uniform"])
    parser.add_argument("--episodes", type=int, default=6000)
    parser.add_argument("--clinics", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for world in arguments.worlds:
        compare(world, arguments.episodes, arguments.clinics, arguments.seed)


if __name__ == "__main__":
    main()
