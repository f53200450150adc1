"""ACIC 2016 (Dorie, Hill, Shalit, Scott and Cervone 2019, Stat Sci 34:43): real covariates, simulated outcomes, known gains.

python -m benchmarks.acic2016 --instances 1 2 3

The ten data sets that causallib ships: 4,802 people, 58 covariates. Only its files are read, causallib is not imported and is
installed without its requirements, which want another pandas: pip install --no-deps causallib==0.10.0
"""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from benchmarks.methods import methods_for
from benchmarks.study import Study, World, compare, parser_of

HELD_OUT = 0.25


def folder() -> Path | None:
    """Return where the files lie, None when causallib is not installed."""
    try:
        found = [file for file in files("causallib") or [] if file.name == "x.csv"]
    except PackageNotFoundError:
        return None
    return Path(str(found[0].locate())).parent if found else None


def world(path: Path, instance: int) -> World:
    """Return one data set; a quarter of the people is held out. The truth is the mean gain of those fitted on."""
    x = pd.get_dummies(pd.read_csv(path / "x.csv"), drop_first=True).to_numpy(dtype=float)
    told = pd.read_csv(path / f"zymu_{instance}.csv")
    arm = told["z"].to_numpy(dtype=int)
    y = np.where(arm == 1, told["y1"], told["y0"])
    mu = told[["mu0", "mu1"]].to_numpy(dtype=float)
    inside, outside = train_test_split(np.arange(len(y)), test_size=HELD_OUT, random_state=1, stratify=arm)
    study = Study(x[inside], arm[inside], y[inside], ((1, 0),))
    return World(study, mu[inside], x[outside], mu[outside], np.array([np.mean(mu[inside, 1] - mu[inside, 0])]))


def main() -> None:
    """Print a line a method."""
    parser = parser_of(__doc__)
    parser.add_argument("--instances", type=int, nargs="+", default=list(range(1, 11)), help="of 1 to 10")
    options = parser.parse_args()
    path = folder()
    if path is None:
        parser.exit(0, "skipped: the files of causallib are not installed (pip install --no-deps causallib==0.10.0)\n")
    worlds = [world(path, instance) for instance in options.instances]
    compare(
        worlds, methods_for(options.methods, options.draws, options.without), "EconML CausalForestDML", has_medians=True
    )


if __name__ == "__main__":
    main()
