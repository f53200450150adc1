"""What both adapters need to write contract feeds from public records: keys, whole-point scores and complete columns."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from pipelines.contracts import FEEDS
from pipelines.privacy.pseudonyms import pseudonym

NOT_RECORDED = ""
PUBLIC_SECRET = b"stepcare public records: this key is published, so it hides nothing"


def public_key(purpose: str, identifier: str) -> str:
    """The 64-hex HMAC-SHA256 of a public identifier, one key space for each `purpose`.

    The secret is published with the code because the records are public; a clinic's own secret never leaves the clinic.
    """
    return pseudonym(PUBLIC_SECRET, purpose, identifier)


def whole_points(value: float, *, highest: int, width: float = 1.0) -> str:
    """`value / width` as text, rounded half up to a whole number of points on a scale of 0 to `highest`.

    A value beyond the scale stays beyond it, whatever the rounding: 101 of 100 becomes 11 of 10, never 10.
    A missing value becomes the token for not recorded.
    """
    if math.isnan(value):
        return NOT_RECORDED
    points = math.floor(value / width + 0.5)
    if value > highest * width:
        points = max(points, highest + 1)
    if value < 0:
        points = min(points, -1)
    return str(points)


def feed_table(feed: str, columns: Mapping[str, Sequence[str] | pd.Series | str]) -> pd.DataFrame:
    """A table of text with every field of `feed` in contract order; fields not in `columns` say 'not recorded'.

    A single text in `columns` is repeated for every row. Raises ValueError for a column that the contract does not list.
    """
    unknown = sorted(set(columns) - set(FEEDS[feed].columns))
    if unknown:
        raise ValueError(f"{feed} has no field {', '.join(unknown)} in the contract")
    rows = next((len(values) for values in columns.values() if not isinstance(values, str)), 0)
    return pd.DataFrame(
        {
            name: [values] * rows if isinstance(values := columns.get(name, NOT_RECORDED), str) else list(values)
            for name in FEEDS[feed].columns
        },
        dtype=str,
    )
