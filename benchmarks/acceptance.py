"""The worlds in which a method must pass: no effect, one effect for all, better practitioners who manipulate more, step-up care.

python -m benchmarks.acceptance --seeds 20
python -m benchmarks.acceptance --worlds step-up --seeds 20

The worlds are those of the tests (tests/causal), which run 200 seeds of them; here peers answer the same data. In the first
three the effect is the same for everybody, so the root PEHE is the heterogeneity that a method made up. In `step-up` those who
are not better at week 4 get manipulation and who is better stays away: values of regimes against ever and never manipulated.
"""

import time

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.methods import methods_for
from benchmarks.study import Study, World, compare, parser_of
from pipelines.causal.features import encode
from pipelines.causal.regimes import Regime, RegimeValues
from tests.causal import step_up_world
from tests.causal.worlds import ADD, linear_clinic

COVARIATES = ["severity", "age", "is_smoker", "work"]
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
    """Print bias, coverage and length of the regimes' differences, ours and of ever against never manipulated."""
    truth = step_up_world.true_values()
    rows: dict[str, list[tuple[float, bool, float]]] = {}
    start = time.process_time()
    for seed in range(seeds):
        data = step_up_world.draw(n, seed)
        adds = np.where(data["improved"] < step_up_world.LEAST_IMPROVEMENT, "add", "continue")
        regimes = {
            "at once": Regime("manipulation", "continue"),
            "step up": Regime("rest", adds),
            "never": Regime("rest", "continue"),
        }
        with threadpool_limits(1):
            model = RegimeValues(repeats=1, seed=seed).fit(
                data[["severity", "age"]],
                data["first"],
                data[["improved", "has_returned"]],
                data["second"],
                data["y"],
                regimes,
                has_second_decision=data["decided"],
                practitioner=data["practitioner"],
            )
        for pair in PAIRS:
            found, difference = model.contrast(*pair), truth[pair[0]] - truth[pair[1]]
            lower, upper = found.interval()
            said = (found.estimate - difference, lower <= difference <= upper, upper - lower)
            rows.setdefault(f"ours: {pair[0]} - {pair[1]}", []).append(said)
        rows.setdefault("ever - never, complete cases", []).append(_ever_against_never(data, truth))
    seconds = (time.process_time() - start) / seeds
    print(f"\nstep-up care with drop-out, {seeds} data sets, n = {n:,}, {seconds:.2f} CPU s each")
    print("| analysis | bias | covered | length |\n|---|---:|---:|---:|")
    for name, found in rows.items():
        bias, covered, length = np.mean(np.array(found, dtype=float), axis=0)
        print(f"| {name} | {bias:+.3f} | {covered:.2f} | {length:.2f} |", flush=True)


def _ever_against_never(data, truth: dict[str, float]) -> tuple[float, bool, float]:
    is_ever = ((data["first"] == "manipulation") | (data["second"] == "add")).to_numpy()
    y = data["y"].to_numpy()
    groups = [y[rows & np.isfinite(y)] for rows in (is_ever, ~is_ever)]
    error = 1.96 * np.sqrt(sum(values.var(ddof=1) / len(values) for values in groups))
    off = groups[0].mean() - groups[1].mean() - (truth["at once"] - truth["never"])
    return off, bool(abs(off) <= error), 2 * error


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
        compare(worlds, methods_for(options.methods, options.draws), "EconML CausalForestDML")


if __name__ == "__main__":
    main()
