"""Arrays of numbers to columns of text as a clinic would deliver them, with the contract's reasons for missing.

A column is built from a small list of labels and an index a row, so that a million rows cost no Python loop.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

TOKENS = ("", ".a", ".p", ".d", ".u", ".n")
"""Order of the missing codes: code 0 is 'there is a value', code k is TOKENS[k - 1]."""

NOT_RECORDED = {"": 0.8, ".a": 0.2}

Array = np.ndarray[Any, Any]
Columns = dict[str, pa.Array]


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator of its own for every named step, so that a change in one step leaves the others as they were."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def chance(rng: np.random.Generator, n: int) -> Array:
    """n uniform numbers in [0, 1), single precision."""
    return rng.random(n, dtype=np.float32)


def pick(rng: np.random.Generator, n: int, shares: Sequence[float]) -> Array:
    """n indices into `shares`, drawn with those probabilities (they are scaled to one)."""
    limits = np.cumsum(np.asarray(shares, dtype=float))
    return np.searchsorted(limits[:-1] / limits[-1], rng.random(n), side="right").astype(np.int8)


def pick_by_row(rng: np.random.Generator, shares: Array) -> Array:
    """One index a row of `shares` (rows, options), drawn with that row's probabilities."""
    limits = np.cumsum(shares, axis=1)
    draws = rng.random(len(shares)) * limits[:, -1]
    index: Array = (draws[:, None] >= limits[:, :-1]).sum(axis=1).astype(np.int8)
    return index


def missing(rng: np.random.Generator, n: int, share: float, tokens: Mapping[str, float] = NOT_RECORDED) -> Array:
    """Missing codes (0 = there is a value) for n rows: `share` of them missing, split over the tokens as weighted."""
    codes = np.zeros(n, dtype=np.int8)
    rows = np.flatnonzero(chance(rng, n) < share)
    kinds = np.array([TOKENS.index(token) + 1 for token in tokens], dtype=np.int8)
    codes[rows] = kinds[pick(rng, len(rows), list(tokens.values()))]
    return codes


def always(token: str, condition: Array, otherwise: Array | None = None) -> Array:
    """Missing codes with `token` wherever the condition holds, and `otherwise` (default: a value) elsewhere."""
    rest = np.zeros(len(condition), dtype=np.int8) if otherwise is None else otherwise
    return np.where(condition, np.int8(TOKENS.index(token) + 1), rest).astype(np.int8)


def coded(index: Array, labels: Sequence[str], missing_codes: Array | None = None) -> pa.Array:
    """labels[index] a row as an Arrow string array; rows with a missing code carry that token instead."""
    positions = index.astype(np.int32)
    if missing_codes is not None:
        positions = np.where(missing_codes > 0, len(labels) + missing_codes.astype(np.int32) - 1, positions)
    words = pa.array([*labels, *TOKENS], type=pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(positions, type=pa.int32()), words).dictionary_decode()


def tri(is_yes: Array, missing_codes: Array | None = None) -> pa.Array:
    """'yes' or 'no', or the reason for missing."""
    return coded(is_yes.astype(np.int8), ("no", "yes"), missing_codes)


def whole(values: Array, low: int, high: int, missing_codes: Array | None = None) -> pa.Array:
    """Whole numbers as text, rounded and clipped to [low, high]."""
    index = np.clip(np.rint(values), low, high).astype(np.int32) - low
    return coded(index, [str(number) for number in range(low, high + 1)], missing_codes)


def decimal(values: Array, low: float, high: float, digits: int, missing_codes: Array | None = None) -> pa.Array:
    """Decimal numbers as text with that many digits, clipped to [low, high]."""
    scale = 10**digits
    first, last = round(low * scale), round(high * scale)
    index = np.clip(np.rint(values * scale), first, last).astype(np.int32) - first
    return coded(index, [f"{step / scale:.{digits}f}" for step in range(first, last + 1)], missing_codes)


def constant(word: str, n: int) -> pa.Array:
    """The same word n times."""
    return coded(np.zeros(n, dtype=np.int8), (word,))


def hex_keys(rng: np.random.Generator, n: int, characters: int) -> pa.Array:
    """n random keys of that (even) number of hexadecimal characters."""
    digits = rng.bytes(n * characters // 2).hex().encode()
    offsets = np.arange(n + 1, dtype=np.int32) * characters
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(digits))


def logistic(values: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + np.exp(-values))
