"""How long the pages of many clinics take, and how large they are: CPU seconds of the models and of the pages, KiB of the largest.

python -m benchmarks.report_pages 24 500
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.reporting.building import build_reports
from pipelines.reporting.pages import write_pages
from tests.reporting.released import STAMP, exact_tables, released


def main() -> None:
    """Print one line a number of clinics, on made-up released tables with twelve quarters."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clinics", nargs="*", type=int, default=[24, 500])
    print(f"{'clinics':>8} {'models CPU s':>13} {'pages CPU s':>12} {'clinic KiB':>11} {'network KiB':>12}")
    for n in parser.parse_args().clinics:
        tables = released(exact_tables({f"C{number:04d}": 100 + 37 * number % 500 for number in range(n)}))
        start = time.process_time()
        reports = build_reports(tables, STAMP)
        built = time.process_time()
        with TemporaryDirectory() as folder:
            written = write_pages(Path(folder), reports)
            done = time.process_time()
            sizes = {path.stem: path.stat().st_size / 1024 for path in written if path.suffix == ".html"}
        network = sizes.pop("network")
        print(f"{n:>8} {built - start:>13.2f} {done - built:>12.2f} {max(sizes.values()):>11.0f} {network:>12.0f}")


if __name__ == "__main__":
    main()
