"""How long the simulator takes: wall seconds, CPU seconds and peak memory for each size given.

python benchmarks/simulate.py 6000 100000 --format csv
"""

import argparse
import resource
import shutil
import tempfile
import time
from pathlib import Path

from pipelines.synthetic import WORLDS, simulate


def main() -> None:
    """Print one line a size; peak memory is that of the process so far, so give the sizes in ascending order."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[6_000, 100_000], help="episodes to simulate")
    parser.add_argument("--clinics", type=int, default=20)
    parser.add_argument("--world", choices=sorted(WORLDS), default="uniform")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dirt", type=float, default=0.0)
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    options = parser.parse_args()
    print(f"{'episodes':>9} {'sessions':>9} {'seconds':>8} {'CPU s':>8} {'peak GB':>8} {'MB':>7}")
    for episodes in options.sizes:
        folder = Path(tempfile.mkdtemp(prefix="simulate-"))
        inbox = folder / "inbox"
        wall, cpu = time.perf_counter(), time.process_time()
        truth = simulate(
            inbox,
            episodes=episodes,
            clinics=options.clinics,
            world=options.world,
            seed=options.seed,
            dirt=options.dirt,
            file_format=options.format,
        )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        size = sum(path.stat().st_size for path in inbox.rglob("*") if path.is_file()) / 1e6
        print(f"{episodes:9d} {truth.sessions:9d} {wall:8.1f} {cpu:8.1f} {peak:8.2f} {size:7.0f}")
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
