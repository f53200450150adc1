"""Corrections: a few scores that were keyed wrong in the snapshot and are sent right in a later delta."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import MANDATORY_FEEDS
from pipelines.synthetic.coding import Array

CORRECTED_SHARE = 0.003
# feed: the field keyed wrong, how far off, and the scale's number of values
WRONG_KEYS = {"outcome": ("rmdq24", 7, 25), "session": ("nprs_post", 4, 11)}


@dataclass(frozen=True)
class Correction:
    """The right rows by feed (positions in the feed's table, ascending) and the tables as they should have been."""

    right: dict[str, pa.Table]
    positions: dict[str, Array]

    def of_clinic(self, clinic: int, owners: dict[str, Array]) -> dict[str, pa.Table]:
        """The delta's tables of that clinic: the mandatory feeds, empty where nothing is corrected."""
        tables = {}
        for feed in MANDATORY_FEEDS:
            positions = self.positions[feed]
            mine = positions[owners[feed][positions] == clinic]
            tables[feed] = self.right[feed].take(pa.array(mine, type=pa.int64()))
        return tables


def correct(tables: dict[str, pa.Table], rng: np.random.Generator) -> tuple[dict[str, pa.Table], Correction]:
    """The tables with a few scores keyed wrong, and what sets them right again; a row's key is never touched."""
    delivered = dict(tables)
    positions = {feed: np.zeros(0, dtype=np.int64) for feed in MANDATORY_FEEDS}
    for feed, (field, offset, values) in WRONG_KEYS.items():
        column = tables[feed].column(field).combine_chunks()
        is_score = np.asarray(pc.fill_null(pc.match_substring_regex(column, "^[0-9]+$"), False))
        candidates = np.flatnonzero(is_score)
        rows = candidates[rng.random(len(candidates)) < CORRECTED_SHARE]
        wrong = (np.array(column.take(pa.array(rows)).to_pylist(), dtype=np.int64) + offset) % values
        mask = np.zeros(len(column), dtype=bool)
        mask[rows] = True
        changed = pc.replace_with_mask(
            column, pa.array(mask), pa.array([str(score) for score in wrong], type=pa.string())
        )
        place = tables[feed].schema.get_field_index(field)
        delivered[feed] = tables[feed].set_column(place, field, changed)
        positions[feed] = rows
    return delivered, Correction(tables, positions)
