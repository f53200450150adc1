"""Several sources in one delivery: visits from a practice export, images from DICOM headers, scores from a FHIR server.

A patient, episode or session is the same in all of them when its key is the same text.
"""

from collections.abc import Iterator

from pipelines.exporting.records import Record
from pipelines.exporting.sources import READERS, Request, reader_of


def read_together(request: Request) -> Iterator[Record]:
    """The records of each source in the list `sources`, in its order; `place` of each is below the place of the request.

    Raises UsageError for a source whose place is not there, and as the sources do.
    """
    mapping = request.mapping
    mapping.text("kind")
    sources = mapping.sections("sources")
    mapping.done()
    kinds = tuple(kind for kind in READERS if READERS[kind][0] != __name__)
    for source in sources:
        place = request.place / source.text("place")
        if not place.resolve().is_relative_to(request.place.resolve()) or not place.exists():
            raise source.error("place is not there", f"Name a file or folder below {request.place}", "place")
        yield from reader_of(source.choice("kind", kinds))(Request(place, source, request.zone, request.tally))
