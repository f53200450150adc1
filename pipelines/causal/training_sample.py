"""The rows that nuisance models learn from where there are more than a stated number: everybody is scored, few teach.

An effect is a mean of scores over everybody, so its own error falls with all rows; the nuisances' errors enter as a product of two
of them (Chernozhukov et al. 2018), and calibration on all rows takes most of that out (decision 38).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from pipelines.causal.features import BoolArray, FloatArray, IntArray

SHARE_OF_A_RARE_ARM = 0.5
"""A rare arm teaches with at least this share of what arms of equal size would have, or with all its rows."""


def training_weights(keys: Sequence[object], arm: IntArray, most_rows: int, seed: int) -> FloatArray | None:
    """Return each row's weight (n,) when models are fitted, 0 for who is not in the sample; None where all rows teach.

    keys (n,): of the episodes; arm (n,): codes from 0. The sample has `most_rows` rows at most, in each arm those whose hash of
    key and seed is least: it depends on no order of rows, and tomorrow's is today's but for who came or went. Arms have their
    share of all rows, unless that is less than half of what arms of equal size would have: then this half, or all their rows.
    Weights undo it (mean 1 over the sample), so that models of the arm are those of all rows. Raises ValueError when keys and
    arm differ in length or fewer rows may teach than there are arms.
    """
    n = len(arm)
    if len(keys) != n:
        raise ValueError(f"keys and arm differ in length: {len(keys)}, {n}")
    if n <= most_rows:
        return None
    sizes = np.bincount(arm)
    if most_rows < len(sizes):
        raise ValueError(f"a sample of {most_rows} rows cannot hold {len(sizes)} arms")
    places = np.array([_place(key, seed) for key in keys], dtype=np.uint64)
    weight = np.zeros(n)
    for k, (wanted, of_arm) in enumerate(_allotted(sizes, most_rows)):
        rows = np.flatnonzero(arm == k)
        weight[rows[np.argsort(places[rows], kind="stable")[:wanted]]] = of_arm
    return np.asarray(weight / weight[weight > 0].mean(), dtype=float)


def learned_note(training: FloatArray | None, most_rows: int) -> str | None:
    """Return what a result says whose models learned from a sample, None where all rows taught."""
    return (
        None if training is None else f"Models learned from a sample of at most {most_rows:,} episodes; all are scored."
    )


def made_note(is_in: BoolArray, most_rows: int) -> str | None:
    """Return what a result says that was made on a sample alone, None where it was made on everybody."""
    return (
        None if is_in.all() else f"Made on a sample of at most {most_rows:,} episodes, whole patients drawn by chance."
    )


def together(*notes: str | None) -> str | None:
    """Return the notes there are as one text, None without any."""
    return " ".join(note for note in notes if note) or None


def in_sample(keys: Sequence[object], most: int, seed: int) -> BoolArray:
    """Return which rows (n,) an analysis is made on that is made on at most so many: those of the least hashes of their keys.

    Rows of one key (a patient) are together in it or not at all, so that there may be a few fewer than `most`.
    """
    if len(keys) <= most:
        return np.ones(len(keys), dtype=bool)
    places = np.array([_place(key, seed) for key in keys], dtype=np.uint64)
    return np.asarray(places < np.sort(places)[most])


def _allotted(sizes: IntArray, most_rows: int) -> list[tuple[int, float]]:
    """Return of each arm how many rows teach and the weight of each; arms in proportion have one weight, to the bit."""
    least = np.minimum(sizes, int(SHARE_OF_A_RARE_ARM * most_rows / len(sizes)))
    is_rare = np.zeros(len(sizes), dtype=bool)
    while True:
        share = (most_rows - least[is_rare].sum()) / max(int(sizes[~is_rare].sum()), 1)
        falls_short = ~is_rare & (sizes * share < least)
        if not falls_short.any():
            break
        is_rare |= falls_short
    wanted = np.where(is_rare, least, np.floor(sizes * share)).astype(np.int64)
    weights = np.where(is_rare, sizes / np.maximum(least, 1), 1 / share if share else 0.0)
    return list(zip(wanted.tolist(), weights.tolist(), strict=True))


def _place(key: object, seed: int) -> int:
    said = hashlib.blake2b(f"{seed} {key}".encode(), digest_size=8).digest()
    return int.from_bytes(said, "big")
