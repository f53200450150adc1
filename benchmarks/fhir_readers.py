"""How fast three readers read FHIR resources, each in a process of its own: wall and CPU seconds, peak memory, ratio to the floor.

    python -m benchmarks.fhir_readers --resources 100000

The floor is orjson parsing the same lines and nothing else. The readers: our own (orjson and typed access to the elements in use),
msgspec (the same elements as structs) and fhir.resources (every element, as pydantic models). The sample is read over and over
until the number is reached. msgspec and fhir.resources are of the extra `benchmarks`.
"""

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

READERS = ("floor", "ours", "msgspec", "fhir.resources")
PACKAGES = {"msgspec": "msgspec", "fhir.resources": "fhir"}
DATA = Path(os.environ.get("STEPCARE_SHARED", Path(__file__).resolve().parents[1].parent / "shared")) / "data" / "fhir"
KINDS = ("Patient", "Encounter", "Condition", "Procedure")


def sample(folder: Path) -> list[tuple[str, bytes]]:
    """The lines of the sample with their kind of resource."""
    lines = []
    for path in sorted(folder.glob("*.ndjson.gz")):
        kind = path.name.split(".")[0]
        if kind in KINDS:
            with gzip.open(path, "rb") as file:
                lines += [(kind, line) for line in file if line.strip()]
    return lines


def floor() -> Callable[[str, bytes], object]:
    return lambda _kind, line: orjson.loads(line)


def ours() -> Callable[[str, bytes], object]:
    """The reader of the exporter itself, as it reads one resource after another."""
    from pipelines.exporting.facts import Facts
    from pipelines.exporting.fhir.clinical import Clinical
    from pipelines.exporting.fhir.people import People
    from pipelines.exporting.tally import Tally
    from pipelines.exporting.targets import SHIPPED, Rules, full_code, read_target

    rules = Rules({full_code(code): (read_target(code, said),) for code, said in SHIPPED.items()}, {})
    tally, zone = Tally(), ZoneInfo("Europe/London")
    facts = Facts(rules, tally)
    people = People(facts, tally, zone, frozenset({"AMB", "VR", "HH"}), frozenset())
    clinical = Clinical(facts, tally, zone)
    readers = {
        "Patient": people.patient,
        "Encounter": people.encounter,
        "Condition": clinical.condition,
        "Procedure": clinical.procedure,
    }

    def read(kind: str, line: bytes) -> object:
        found = orjson.loads(line)
        return list(readers[kind](found, found["id"], "file", 1))

    return read


def msgspec() -> Callable[[str, bytes], object]:
    import msgspec as library

    coding = library.defstruct("Coding", [("system", str, ""), ("code", str, "")])
    concept = library.defstruct("Concept", [("coding", list[coding], [])])  # type: ignore[valid-type]
    reference = library.defstruct("Reference", [("reference", str, "")])
    period = library.defstruct("Period", [("start", str, ""), ("end", str, "")])
    participant = library.defstruct("Participant", [("individual", reference | None, None)])
    subject = ("subject", reference | None, None)
    encounter = ("encounter", reference | None, None)
    code = ("code", concept | None, None)
    elements: dict[str, list[Any]] = {
        "Patient": [("birthDate", str, ""), ("gender", str, "")],
        "Encounter": [
            ("status", str, ""),
            ("class", coding | None, None),
            ("type", list[concept], []),  # type: ignore[valid-type]
            subject,
            ("episodeOfCare", list[reference], []),  # type: ignore[valid-type]
            ("participant", list[participant], []),  # type: ignore[valid-type]
            ("period", period | None, None),
            ("reasonCode", list[concept], []),  # type: ignore[valid-type]
        ],
        "Condition": [
            ("verificationStatus", concept | None, None),
            code,
            subject,
            encounter,
            *((name, str, "") for name in ("onsetDateTime", "recordedDate", "abatementDateTime")),
        ],
        "Procedure": [
            ("status", str, ""),
            code,
            subject,
            encounter,
            ("performedDateTime", str, ""),
            ("performedPeriod", period | None, None),
        ],
    }
    decoders = {
        kind: library.json.Decoder(library.defstruct(kind, [("id", str), *fields])) for kind, fields in elements.items()
    }
    return lambda kind, line: decoders[kind].decode(line)


def fhir_resources() -> Callable[[str, bytes], object]:
    from fhir.resources.R4B import get_fhir_model_class

    models = {kind: get_fhir_model_class(kind) for kind in KINDS}
    return lambda kind, line: models[kind].model_validate_json(line)


def measure(reader: str, lines: Iterator[tuple[str, bytes]]) -> dict[str, float]:
    """Read all lines with one reader, in this process."""
    made = {"floor": floor, "ours": ours, "msgspec": msgspec, "fhir.resources": fhir_resources}[reader]
    began, cpu = time.perf_counter(), time.process_time()
    read = made()
    loaded = time.perf_counter() - began
    n = 0
    for kind, line in lines:
        read(kind, line)
        n += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall = time.perf_counter() - began
    return {"n": n, "wall": wall, "cpu": time.process_time() - cpu, "load": loaded, "peak": peak}


def main() -> None:
    """Print one line a reader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=DATA)
    parser.add_argument("--resources", type=int, default=100_000)
    parser.add_argument("--only", choices=READERS)
    said = parser.parse_args()
    if not list(said.folder.glob("*.ndjson.gz")):
        parser.exit(0, "skipped: no *.ndjson.gz in data/fhir: set STEPCARE_SHARED to the folder above data\n")
    if said.only:
        print(json.dumps(measure(said.only, islice(cycle(sample(said.folder)), said.resources))))
        return
    heads = ("resources", "wall s", "CPU s", "load s", "a second", "peak MB", "to floor")
    print(f"{'reader':>15}" + "".join(f"{head:>11}" for head in heads))
    base = 0.0
    for reader in READERS:
        if not find_spec(PACKAGES.get(reader, "orjson")):
            print(f"{reader:>15}   {reader} is not installed: no row of it")
            continue
        command = [sys.executable, "-m", "benchmarks.fhir_readers", "--folder", str(said.folder)]
        command += ["--resources", str(said.resources), "--only", reader]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        base = base or found["cpu"]
        a_second = found["n"] / found["cpu"]
        cells = (f"{found[name]:.2f}" for name in ("wall", "cpu", "load"))
        said_of = (f"{found['n']:,}", *cells, f"{a_second:,.0f}", f"{found['peak']:.0f}", f"{found['cpu'] / base:.1f}x")
        print(f"{reader:>15}" + "".join(f"{cell:>11}" for cell in said_of))


if __name__ == "__main__":
    main()
