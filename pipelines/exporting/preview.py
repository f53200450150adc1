"""What leaves the clinic and what does not, in lines for a person: columns, counts and places, never a value of a patient."""

from collections.abc import Iterator

from pipelines.contracts import FEEDS
from pipelines.exporting.running import Result
from pipelines.exporting.tally import Tally
from pipelines.privacy.identifiers import folder_kinds

_STAYS = (
    "the clinic's own numbers (keyed hashes leave instead), every calendar date (days since day 0 leave, and the "
    "{period} of day 0), birth dates (bands of ten years leave), and whatever the contract does not list"
)


def lines_of(result: Result) -> Iterator[str]:
    """The preview, line by line."""
    yield f"Delivery     {result.clinic_code}/{result.delivery_id}   (records up to {result.as_of.isoformat()})"
    yield f"Patients     {result.n_patients:,}"
    yield ""
    yield "What leaves:"
    for feed in FEEDS:
        if result.n_rows[feed]:
            yield f"    {feed:<18} {result.n_rows[feed]:>9,} rows"
            yield from _columns(result, feed)
    if result.pooled:
        yield ""
        yield "Changed, because few patients or practitioners have it:"
        for field, n_values in sorted(result.pooled.items()):
            yield f"    {field:<40} {n_values:>9,} values"
    yield ""
    yield f"What stays: {_STAYS.format(period=result.index_period)}."
    yield from _dropped(result.tally)
    yield from _unmapped(result.tally)


def _columns(result: Result, feed: str) -> Iterator[str]:
    full = result.n_rows[feed]
    for name, n_said in result.columns[feed].items():
        yield f"        {name:<36} {n_said:>9,}" + ("" if n_said == full else f"   {full - n_said:,} missing")


def _dropped(tally: Tally) -> Iterator[str]:
    for kind, columns in sorted(tally.dropped_columns.items()):
        if columns:
            yield f"    {kind}: not mapped, {len(columns)} column{'s' * (len(columns) > 1)}: {', '.join(sorted(columns))}"


def _unmapped(tally: Tally) -> Iterator[str]:
    if tally.n_read:
        yield ""
        yield "Read:"
        for kind, n_read in sorted(tally.n_read.items()):
            yield f"    {kind:<40} {n_read:>9,}"
    shown = _shown(sorted(tally.first_places.values()))
    yield ""
    yield f"Could not be used, or only in part: {sum(tally.n_unmapped.values()) or 'none'}"
    for (kind, reason), n_found in sorted(tally.n_unmapped.items(), key=lambda item: (-item[1], item[0])):
        place = shown.get(tally.first_places.get((kind, reason), ""))
        yield f"    {n_found:>9,}  {kind}: {reason}" + (f" (first: {place})" if place else "")


def _shown(places: list[str]) -> dict[str, str]:
    """The places as they may be shown: a file that seems to be named for a person is given without its name."""
    names = [place.rpartition(":")[0] or place for place in places]
    kinds = folder_kinds([name.rpartition(".")[0] or name for name in names])
    return {
        place: place if kind is None else f"a file whose name holds {kind}{place[len(name) :]}"
        for place, name, kind in zip(places, names, kinds, strict=True)
    }
