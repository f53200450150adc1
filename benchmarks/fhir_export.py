"""A whole export of many FHIR resources: wall and CPU seconds, peak memory, and the ratio to the floor measured in the same run.

    python -m benchmarks.fhir_export 1000000
    python -m benchmarks.fhir_export 1000000 --of ../shared/data/fhir

The floor is orjson parsing the same lines in a process of its own and nothing else: no export can be faster. The resources are
those of a made-up clinic, nearly all mapped (tests/exporting/fhir_clinic.py), or a sample over and over with other ids.
"""

import argparse
import gzip
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import orjson

from pipelines.exporting.keys import create_key
from pipelines.exporting.running import Order, export
from tests.exporting.fhir_clinic import MAPPING, Course, Visit, resources

REGIONS = ("low-back", "buttock", "calf")
_ID = re.compile(rb"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def course(number: int) -> Course:
    """One patient's course of six visits, with questionnaires, an examination, a blood test and, of every third, an image."""
    visits = tuple(
        Visit(
            7 * visit,
            is_attended=visit == 0 or (number + visit) % 9 != 8,
            pain_before=(number + 3 * visit) % 11,
            pain_after=(number + 2 * visit) % 10,
            components=("advice", "walking") if visit % 2 else ("thrust",),
            has_soreness=(number + visit) % 5 == 0,
        )
        for visit in range(6)
    )
    return Course(
        number=number,
        first_day=date(2024, 1, 1) + timedelta(number % 600),
        birth_year=1935 + number % 65,
        sex=("female", "male")[number % 2],
        visits=visits,
        region=REGIONS[number % 3],
        back_pain={week: (number + week) % 11 for week in (0, 4, 12)},
        rmdq={week: (number + week) % 25 for week in (0, 4, 12)},
        has_diabetes=number % 8 == 0,
        slr_left=30 + number % 60,
        crp=number % 40 / 2,
        disc=("", "protruded", "")[number % 3],
    )


def clinic_lines(n: int) -> Iterator[tuple[str, bytes]]:
    """`n` resources of the made-up clinic, by kind."""
    every = (one for number in itertools.count() for one in resources(course(number)))
    for one in itertools.islice(every, n):
        yield one["resourceType"], orjson.dumps(one) + b"\n"


def sample_lines(folder: Path, n: int) -> Iterator[tuple[str, bytes]]:
    """`n` resources of the sample, each round with ids of its own."""
    lines = []
    for path in sorted(folder.glob("*.ndjson.gz")):
        with gzip.open(path, "rb") as file:
            lines += [(path.name.partition(".")[0], line) for line in file]
    every = ((kind, _ID.sub(rb"\1-%d" % number, line)) for number in itertools.count() for kind, line in lines)
    yield from itertools.islice(every, n)


def write(folder: Path, lines: Iterator[tuple[str, bytes]]) -> int:
    """Write the lines as a bulk export; returns the bytes."""
    files = {}
    for kind, line in lines:
        if kind not in files:
            files[kind] = (folder / f"{kind}.000.ndjson").open("wb")
        files[kind].write(line)
    for file in files.values():
        file.close()
    return sum(path.stat().st_size for path in folder.iterdir())


def floor(folder: Path) -> None:
    """Parse every line and nothing else."""
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            for line in file:
                orjson.loads(line)


def run_export(folder: Path, mapping: Path) -> None:
    """The export as its command does it; the line printed last says what it holds."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        create_key(Path(place) / "key")
        _, result = export(Order(mapping, folder, Path(place) / "key"), Path(place) / "inbox")
        n_unmapped = sum(result.tally.n_unmapped.values())
        rows = {feed: n for feed, n in result.n_rows.items() if n}
        print(json.dumps({"rows": rows, "read": sum(result.tally.n_read.values()), "unmapped": n_unmapped}))


def measured(step: str, folder: Path, mapping: Path) -> tuple[float, float, float, str]:
    """Wall and CPU seconds, peak megabytes and output of one step, in a process of its own."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.fhir_export", "0", "--step", step, "--folder", str(folder)]
    process = subprocess.Popen([*command, "--mapping", str(mapping)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process.stdout as output:
        said = output.read()
    _, status, own = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{step} ended with {process.returncode}")
    return time.perf_counter() - began, own.ru_utime + own.ru_stime, own.ru_maxrss / 1024, said.strip()


def main() -> None:
    """Print the floor, the export and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("n", type=int)
    parser.add_argument("--of", type=Path, help="a folder with a sample instead of the made-up clinic")
    parser.add_argument("--mapping", type=Path, default=MAPPING)
    parser.add_argument("--step", choices=("floor", "export"))
    parser.add_argument("--folder", type=Path)
    said = parser.parse_args()
    if said.step:
        floor(said.folder) if said.step == "floor" else run_export(said.folder, said.mapping)
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "bulk"
        folder.mkdir()
        n_bytes = write(folder, sample_lines(said.of, said.n) if said.of else clinic_lines(said.n))
        print(f"{said.n:,} resources, {n_bytes / 1e6:,.0f} MB")
        base = measured("floor", folder, said.mapping)
        found = measured("export", folder, said.mapping)
    for name, (wall, cpu, peak, _) in (("floor", base), ("export", found)):
        print(f"{name:>8} wall {wall:8.1f} s   CPU {cpu:8.1f} s   peak {peak:8.0f} MB   to floor {cpu / base[1]:6.1f}x")
    print(found[3])


if __name__ == "__main__":
    main()
