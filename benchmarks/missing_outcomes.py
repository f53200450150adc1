"""Outcomes that are missing for a reason: what is left of the truth when those who have none are left out?

python -m benchmarks.missing_outcomes --n 3000 --seeds 10

Two arms, 40 practitioners; gains differ with severity, 30 to 50 % have no outcome. In `by baseline` the severe stay away in one
arm and the mild in the other: complete cases are other people, and the arms' are unlike. In `by early course` who was better at
4 weeks stays away, under manipulation more: given the covariates alone, those who answer differ from those who do not, and only
what was seen at 4 weeks tells. That goes into the probability of an answer (`observation_X`), never into the effect. Peers get
complete cases: EconML and DoubleML refuse a missing outcome. The truth is the average over everybody.
"""

import numpy as np

from benchmarks.methods import methods_for
from benchmarks.study import Study, World, compare, parser_of

PRACTITIONERS, FEATURES = 40, 8
N_NEW = 5_000
WORLDS = ("by baseline", "by early course")


def draw(n: int, seed: int, why: str) -> tuple[Study, np.ndarray]:
    """Return n episodes and the mean outcome of each under either arm, of an average practitioner."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, FEATURES))
    severity = x[:, 0]
    who = generator.integers(0, PRACTITIONERS, n)
    habit, skill = generator.normal(0, 0.5, PRACTITIONERS), generator.normal(0, 0.5, PRACTITIONERS)
    arm = (generator.random(n) < _chance(0.6 * severity - 0.3 * x[:, 1] + habit[who])).astype(int)
    mu = np.column_stack([-1.5 * severity + x[:, 1], -1.5 * severity + x[:, 1] + 1.0 + 1.5 * severity])
    luck = generator.normal(0, 1.5, n)
    y = mu[np.arange(n), arm] + skill[who] + luck
    early = 0.7 * y + generator.normal(0, 0.7, n)
    by_baseline = _chance(0.4 + 1.5 * severity * np.where(arm == 1, 1, -1))
    by_early_course = np.where(arm == 1, _chance(1.5 - 1.2 * early), 0.9)
    answers = generator.random(n) < (by_baseline if why == "by baseline" else by_early_course)
    later = early[:, None] if why == "by early course" else None
    return Study(x, arm, np.where(answers, y, np.nan), ((1, 0),), who, later), mu


def _chance(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def main() -> None:
    """Print a table a world."""
    parser = parser_of(__doc__)
    parser.add_argument("--n", type=int, default=3_000, help="episodes of a data set")
    parser.add_argument("--seeds", type=int, default=10, help="data sets, seeds 0, 1, ...")
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=WORLDS)
    options = parser.parse_args()
    for why in options.worlds:
        new, mu_new = draw(N_NEW, 998, why)
        worlds = []
        for seed in range(options.seeds):
            study, mu = draw(options.n, seed, why)
            worlds.append(World(study, mu, new.x, mu_new, np.array([1.0])))
        known = np.mean([np.isfinite(one.study.y).mean() for one in worlds])
        print(f"\nOutcomes missing {why}, {100 * known:.0f} % known; the true average is 1")
        compare(worlds, methods_for(options.methods, options.draws, options.without), "EconML CausalForestDML")


if __name__ == "__main__":
    main()
