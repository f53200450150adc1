"""Individual gains on IHDP, where the true gain of everybody is known: the stack beside peers, same data, same run.

python -m benchmarks.ihdp                     # the nine replications of data/ihdp
python -m benchmarks.ihdp --surface B --splits 2   # EconML's response surfaces, two draws of outcomes

IHDP (Hill 2011, J Comput Graph Stat 20:217): real covariates of 747 infants, simulated outcomes. Read from data/ihdp of
the folder named by STEPCARE_SHARED, by default `shared` beside the project. A split holds out 10 %; the first holds out
the same people as the code of Louizos et al. (2017, arXiv 1705.08821), further ones are drawn. Surface A (one effect for
all) and B (differing) are those of EconML's data, with outcomes drawn anew for each split.

One replication has gains over ten times as spread as the others and dominates every mean: the medians stand beneath.
"""

import importlib
import importlib.util
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from benchmarks.methods import methods_for
from benchmarks.study import Study, World, compare, parser_of

DATA = Path(os.environ.get("STEPCARE_SHARED", Path(__file__).resolve().parents[1].parent / "shared")) / "data" / "ihdp"
HELD_OUT = 0.1


def replications(splits: int) -> list[World]:
    """Return the replications of data/ihdp, each with its splits; none where the folder is absent."""
    worlds = []
    for path in sorted(DATA.glob("ihdp_npci_*.csv.gz")):
        table = pd.read_csv(path, header=None).to_numpy(dtype=float)
        parts = table[:, 5:], table[:, 0].astype(int), table[:, 1], table[:, 3:5]
        worlds += [_held_out(*parts, split) for split in range(1, splits + 1)]
    return worlds


def surfaces(name: str, splits: int) -> list[World]:
    """Return EconML's surface A or B, outcomes drawn with seeds 1, 2, ...; none where EconML is not installed."""
    if not importlib.util.find_spec("econml"):
        return []
    draw = getattr(importlib.import_module("econml.data.dgps"), f"ihdp_surface_{name}")
    worlds = []
    for seed in range(1, splits + 1):
        y, arm, x, gain = draw(random_state=seed)
        mu = np.column_stack([np.zeros(len(y)), gain])
        worlds.append(_held_out(x[:, 1:], arm.astype(int), y, mu, seed))
    return worlds


def _held_out(x: np.ndarray, arm: np.ndarray, y: np.ndarray, mu: np.ndarray, split: int) -> World:
    inside, outside = train_test_split(np.arange(len(y)), test_size=HELD_OUT, random_state=split)
    study = Study(x[inside], arm[inside], y[inside], ((1, 0),))
    return World(study, mu[inside], x[outside], mu[outside], np.array([np.mean(mu[inside, 1] - mu[inside, 0])]))


def main() -> None:
    """Print a line a method: means, then medians, over replications and splits."""
    parser = parser_of(__doc__)
    parser.add_argument("--splits", type=int, default=1, help="splits of each replication, or draws of a surface")
    parser.add_argument("--surface", choices=["A", "B"], help="EconML's response surface instead of the replications")
    options = parser.parse_args()
    worlds = surfaces(options.surface, options.splits) if options.surface else replications(options.splits)
    if not worlds:
        missing = (
            "econml is not installed" if options.surface else "no ihdp_npci_*.csv.gz in data/ihdp: set STEPCARE_SHARED"
        )
        parser.exit(0, f"skipped: {missing}\n")
    compare(
        worlds, methods_for(options.methods, options.draws, options.without), "EconML CausalForestDML", has_medians=True
    )


if __name__ == "__main__":
    main()
