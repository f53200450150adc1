"""Three arms, 30 covariates, 30 practitioners in 6 clinics: averages, individual gains and regret against peers.

python -m benchmarks.clinic_world                              # n = 2,000, seeds 0 to 6, every method
python -m benchmarks.clinic_world --methods ours CausalForest --seeds 3

Arms: 0 rest and advice, 1 exercise, 2 manipulation; outcome: improvement in ODI points. A plain comparison of manipulation
with exercise has the wrong sign. The world is `worlds/clustered_clinic.py` of the folder named by STEPCARE_SHARED, by default
`shared` beside the project: a yardstick that was there before the estimators. True averages are those of 200,000 others.
"""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import numpy as np

from benchmarks.methods import methods_for
from benchmarks.study import Study, World, compare, gains, parser_of

SHARED = Path(os.environ.get("STEPCARE_SHARED", Path(__file__).resolve().parents[1].parent / "shared"))
CONTRASTS = ((1, 0), (2, 0), (2, 1))
N_NEW = 5_000


def world_module() -> ModuleType | None:
    """Return the world's module, None where the folder is absent."""
    path = SHARED / "worlds" / "clustered_clinic.py"
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location("clustered_clinic", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Print a line a method."""
    parser = parser_of(__doc__)
    parser.add_argument("--n", type=int, default=2_000, help="episodes of a data set")
    parser.add_argument("--seeds", type=int, default=7, help="data sets, seeds 0, 1, ...")
    options = parser.parse_args()
    module = world_module()
    if module is None:
        parser.exit(0, "skipped: no worlds/clustered_clinic.py; set STEPCARE_SHARED to the folder above worlds\n")
    average = gains(module.make(n=200_000, seed=999)["mu"], CONTRASTS).mean(axis=0)
    new = module.make(n=N_NEW, seed=998)
    worlds = []
    for seed in range(options.seeds):
        data = module.make(n=options.n, seed=seed)
        study = Study(data["X"], data["a"], data["y"], CONTRASTS, data["prov"])
        worlds.append(World(study, data["mu"], new["X"], new["mu"], average))
    print(f"true averages {np.round(average, 2).tolist()}, spreads of the gain {_spreads(new['mu'])}")
    compare(worlds, methods_for(options.methods, options.draws, options.without), "EconML CausalForestDML")


def _spreads(mu: np.ndarray) -> list[float]:
    return np.round(gains(mu, CONTRASTS).std(axis=0), 2).tolist()


if __name__ == "__main__":
    main()
