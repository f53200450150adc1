"""The kinds of source: where each is read, and what a reader is given. A kind's libraries are loaded when it is used."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.errors import InstallationError
from pipelines.exporting.marked_yaml import Section
from pipelines.exporting.records import Record
from pipelines.exporting.tally import Tally


@dataclass(frozen=True)
class Request:
    """What is to be read. `place` is the file or folder that the person named; `mapping` the block `source` of the mapping file.

    `zone` is the clinic's time zone: aware datetimes become days there.
    """

    place: Path
    mapping: Section
    zone: ZoneInfo
    tally: Tally


EXAMPLES = Path(__file__).parent / "examples"
"""Worked mapping files, one a kind of source or more."""

Reader = Callable[[Request], Iterator[Record]]
"""Yields the records of a source, streaming; raises UsageError for a mapping or place that it cannot work with.

A reader asks for every entry of the mapping that it knows and calls `mapping.done()` before the first record. What cannot be
mapped is counted by `tally.unmapped`, never raised; one bad resource does not stop the others.
"""

READERS: dict[str, tuple[str, str]] = {
    "tables": ("pipelines.exporting.tables", "read_tables"),
    "cliniko": ("pipelines.exporting.cliniko", "read_cliniko"),
    "fhir": ("pipelines.exporting.fhir", "read_fhir"),
    "omop": ("pipelines.exporting.omop", "read_omop"),
    "dicom": ("pipelines.exporting.dicom", "read_dicom"),
    "together": ("pipelines.exporting.together", "read_together"),
}
"""Kind of source, as the mapping's `source: kind:` has it, to the module and function that read it."""


def reader_of(kind: str) -> Reader:
    """The reader of a kind of source; raises InstallationError, with the remedy, when a library of its extra is absent."""
    module, function = READERS[kind]
    try:
        reader: Reader = getattr(import_module(module), function)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == "pipelines":
            raise
        raise InstallationError(
            f"to read {kind} the package {error.name} is needed. Install requirements-export.lock as docs/exporting.md says"
        ) from None
    return reader
