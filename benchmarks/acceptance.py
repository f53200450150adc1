"""The worlds in which a method must pass: no effect, one effect for all, better practitioners who manipulate more, step-up care.

python -m benchmarks.acceptance --seeds 20
python -m benchmarks.acceptance --worlds step-up --seeds 20

The worlds are those of the tests (tests/causal), which run 200 seeds of them; here peers answer the same data. In the first
three the effect is the same for everybody, so the root PEHE is the heterogeneity that a method made up. In `step-up` those who
are not better at week 4 get manipulation and who is better stays away: values of regimes, and what methods that know two arms
say of ever against never manipulated, which is held against manipulation at once against never.
"""

import time

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.methods import methods_for
from benchmarks.study import Study, World, compare, figures_of, parser_of
from pipelines.causal.features import encode
from pipelines.causal.regimes import RegimeValues
from pipelines.causal.stages import Stage
from tests.causal import step_up_world
from tests.causal.worlds import ADD, linear_clinic

COVARIATES = ["severity", "age", "is_smoker", "work"]
EVER_AGAINST_NEVER = ("difference in means", "LinearDRLearner, linear", "APOS, linear")
PAIRS = (("at once", "never"), ("step up", "never"), ("at once", "step up"))
WORLDS: dict[str, dict[str, float | bool]] = {
    "no effect": {"effect": 0.0},
    "one effect for all": {"effect": 1.0},
    "better practitioners manipulate more": {
        "effect": 1.0,
        "habit_spread": 0.6,
        "skill_spread": 0.8,
        "skill_follows_habit": True,
    },
}


def clinic(n: int, seed: int, settings: dict[str, float | bool]) -> World:
    """Return episodes of two arms; the covariates are numbers, with indicators of what is missing, for all methods alike."""
    frame = linear_clinic(n, seed, **settings)
    x = encode(frame[COVARIATES]).linear
    who = frame["practitioner_key"].str[1:].astype(int).to_numpy()
    arm = (frame["arm"] == ADD).astype(int).to_numpy()
    effect = float(settings["effect"])
    mu = np.tile([0.0, effect], (n, 1))
    study = Study(x, arm, frame["pain_12wk"].to_numpy(dtype=float), ((1, 0),), who)
    return World(study, mu, x[:50], mu[:50], np.array([effect]))


def step_up(n: int, seeds: int) -> None:
    """Print bias, coverage and length of the regimes' differences, ours and what others say of ever against never manipulated."""
    truth = step_up_world.true_values()
    others = methods_for(list(EVER_AGAINST_NEVER), [])
    rows: dict[str, list[tuple[float, bool, float, float]]] = {}
    for seed in range(seeds):
        data = step_up_world.draw(n, seed)
        with threadpool_limits(1):
            start = time.process_time()
            model = _regimes(data, seed)
            seconds = time.process_time() - start
        for regime, comparator in PAIRS:
            found, difference = model.contrast(regime, comparator), truth[regime] - truth[comparator]
            lower, upper = found.interval()
            said = (found.estimate - difference, lower <= difference <= upper, upper - lower, seconds)
            rows.setdefault(f"ours: {regime} - {comparator}", []).append(said)
        ever = _ever_manipulated(data, truth["at once"] - truth["never"])
        for name, method in others.items():
            told = figures_of(ever, method)
            said = (told.bias[0], bool(told.is_covered[0]), told.length[0], told.seconds)
            rows.setdefault(f"ever - never, {name}", []).append(said)
    print(f"\nstep-up care with drop-out, {seeds} data sets, n = {n:,}; CPU of all three differences together")
    print("| analysis | bias | covered | length | CPU s |\n|---|---:|---:|---:|---:|")
    for name, found in rows.items():
        bias, covered, length, seconds = np.mean(np.array(found, dtype=float), axis=0)
        print(f"| {name} | {bias:+.3f} | {covered:.2f} | {length:.2f} | {seconds:.2f} |", flush=True)


def _regimes(data: pd.DataFrame, seed: int) -> RegimeValues:
    steps_up = np.where(data["improved"] < step_up_world.LEAST_IMPROVEMENT, "add", "continue")
    regimes = {
        "at once": ("manipulation", "continue"),
        "step up": ("rest", steps_up),
        "never": ("rest", "continue"),
    }
    stages = (
        Stage(data[["severity", "age"]], data["first"]),
        Stage(data[["improved", "has_returned"]], data["second"], data["decided"]),
    )
    model = RegimeValues(repeats=1, seed=seed)
    return model.fit(stages, data["y"], regimes, practitioner=data["practitioner"])


def _ever_manipulated(data: pd.DataFrame, difference: float) -> World:
    """What is often compared instead: who was ever manipulated with who never was, by what was known at the start."""
    is_ever = (data["first"] == "manipulation") | (data["second"] == "add")
    x = data[["severity", "age"]].to_numpy(dtype=float)
    who = data["practitioner"].str[1:].astype(int).to_numpy()
    study = Study(x, is_ever.astype(int).to_numpy(), data["y"].to_numpy(dtype=float), ((1, 0),), who)
    mu = np.tile([0.0, difference], (len(data), 1))
    return World(study, mu, x[:50], mu[:50], np.array([difference]))


def main() -> None:
    """Print a table a world."""
    parser = parser_of(__doc__)
    parser.add_argument("--n", type=int, default=1_000, help="episodes of a data set (three times as many in step-up)")
    parser.add_argument("--seeds", type=int, default=20, help="data sets, seeds 0, 1, ...")
    parser.add_argument("--worlds", nargs="+", choices=[*WORLDS, "step-up"], default=[*WORLDS, "step-up"])
    options = parser.parse_args()
    for name in options.worlds:
        if name == "step-up":
            step_up(3 * options.n, options.seeds)
            continue
        print(f"\n{name}: the truth is {WORLDS[name]['effect']:g} for everybody")
        worlds = [clinic(options.n, seed, WORLDS[name]) for seed in range(options.seeds)]
        compare(worlds, methods_for(options.methods, options.draws, options.without), "EconML CausalForestDML")


if __name__ == "__main__":
    main()
