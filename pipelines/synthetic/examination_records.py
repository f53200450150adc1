"""The exam and lab feeds: examinations on or soon after day 0, some repeated, and a few blood tests."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from pipelines.synthetic.coding import (
    Array,
    Columns,
    always,
    chance,
    coded,
    decimal,
    missing,
    pick,
    stream,
    tri,
    whole,
)
from pipelines.synthetic.patients import Patients
from pipelines.synthetic.population import Population
from pipelines.synthetic.screening import ROOTS

SIDES = ("l", "r")
NOT_TESTED = {"": 0.4, ".a": 0.1, ".p": 0.5}
DIAGNOSES = (
    "nonspecific_lbp", "referred_leg_pain", "radicular_pain", "radiculopathy", "neurogenic_claudication", "other_msk",
    "non_spinal", "serious_pathology",
)  # fmt: skip
# test, LOINC, unit, digits, mean, spread, low, high, flagged from, share of tests
TESTS = (
    ("crp", "1988-5", "mg/L", 1, 3.0, 2.5, 0.1, 9.5, 5.0, 0.26),
    ("esr", "4537-7", "mm/h", 0, 12.0, 8.0, 1.0, 60.0, 30.0, 0.16),
    ("hba1c", "59261-8", "mmol/mol", 0, 38.0, 7.0, 20.0, 110.0, 48.0, 0.17),
    ("b12", "14685-2", "pmol/L", 0, 300.0, 90.0, 100.0, 900.0, 700.0, 0.09),
    ("tsh", "3016-3", "mIU/L", 1, 2.1, 1.0, 0.2, 9.0, 4.5, 0.09),
    ("calcium", "2000-8", "mmol/L", 2, 2.37, 0.08, 2.05, 2.55, 2.6, 0.09),
    ("alp", "6768-6", "U/L", 0, 75.0, 18.0, 30.0, 128.0, 130.0, 0.09),
    ("hla_b27", "", "other", 0, 0.0, 0.3, 0.0, 1.0, 1.0, 0.05),
)


def exam_columns(group: Population) -> Columns:
    """All exam columns: the first examination of most episodes and a later one of some, in order of episode."""
    patients, screening = group.patients, group.screening
    rng = stream(group.seed, "exam")
    repeats = (screening.exam_day == 0) & (chance(rng, patients.n) < 0.15) & (patients.observed_through_day > 60)
    first = np.flatnonzero(screening.exam_day >= 0)
    second = np.flatnonzero(repeats)
    rows = np.concatenate([first, second])
    day = np.concatenate([screening.exam_day[first], 28 + np.floor(rng.random(len(second)) * 21).astype(int)])
    order = np.lexsort((day, rows))
    rows, day = rows[order], day[order]
    n = len(rows)
    is_legless = ~patients.has_leg_complaint[rows]
    is_done = chance(rng, n) < np.where(is_legless, 0.86, 0.95)
    skipped = (chance(rng, n) < np.where(is_legless, 0.30, 0.05)) | ~is_done

    def unless_skipped(share: float) -> Array:
        return always(".p", skipped, missing(rng, n, share, NOT_TESTED))

    columns = {
        "episode_key": group.episode_keys.take(pa.array(rows)),
        "exam_day": whole(day, -14, 365),
        "lumbar_exam_done": tri(is_done, missing(rng, n, 0.015)),
    }
    root, side, grade = screening.deficit_root[rows], screening.deficit_side[rows], screening.weakest_grade[rows]
    for number, name in enumerate(ROOTS):
        for at, letter in enumerate(SIDES):
            here = (root == number) & (side == at)
            columns[f"myotome_{name}_{letter}"] = whole(np.where(here, grade, 5), 0, 5, unless_skipped(0.015))
    for name, number in (("patellar", 2), ("achilles", 4)):
        for at, letter in enumerate(SIDES):
            here = (root == number) & (side == at) & (chance(rng, n) < 0.5)
            columns[f"reflex_{name}_{letter}"] = whole(
                np.where(here, pick(rng, n, (0.5, 0.5)), 2), 0, 4, unless_skipped(0.015)
            )
    for number, name in enumerate(ROOTS[1:], start=1):
        for at, letter in enumerate(SIDES):
            here = (root == number) & (side == at) & (chance(rng, n) < 0.6)
            felt = np.where(here, 1 + pick(rng, n, (0.9, 0.1)), 0)
            columns[f"sensation_{name}_{letter}"] = coded(
                felt, ("normal", "reduced", "absent", "increased"), unless_skipped(0.015)
            )
    columns |= _nerve_tension(patients, rows, root, side, unless_skipped, rng=rng)
    columns["umn_signs"] = tri(screening.has_umn_signs[rows], unless_skipped(0.03))
    return columns | _movement(patients, root, rows, ~is_done, rng)


def _nerve_tension(
    patients: Patients,
    rows: Array,
    root: Array,
    side: Array,
    unless_skipped: Callable[[float], Array],
    *,
    rng: np.random.Generator,
) -> Columns:
    n = len(rows)
    columns: Columns = {}
    degrees: list[Array] = []
    for at, letter in enumerate(SIDES):
        tense = (patients.is_below_knee[rows] & (chance(rng, n) < 0.3)) | ((root >= 2) & (side == at))
        degrees.append(np.clip(np.where(tense, 48, 78) + 11 * rng.normal(size=n), 10, 110))
        columns[f"slr_deg_{letter}"] = whole(degrees[at], 0, 120, unless_skipped(0.02))
        columns[f"slr_positive_{letter}"] = tri(tense & (degrees[at] <= 60), unless_skipped(0.02))
        columns[f"slump_{letter}"] = tri(tense & (chance(rng, n) < 0.8), unless_skipped(0.06))
        columns[f"femoral_stretch_{letter}"] = tri(
            (root >= 0) & (root <= 2) & (side == at) & (chance(rng, n) < 0.5), unless_skipped(0.25)
        )
    columns["crossed_slr"] = tri((root >= 3) & (chance(rng, n) < 0.12), unless_skipped(0.15))
    return columns


def _movement(patients: Patients, root: Array, rows: Array, is_absent: Array, rng: np.random.Generator) -> Columns:
    n = len(rows)
    age = patients.age_years[rows]

    def codes(share: float) -> Array:
        return always(".p", is_absent, missing(rng, n, share, NOT_TESTED))

    method = pick(rng, n, (0.45, 0.2, 0.0, 0.2, 0.15))
    flexion = np.where(
        method == 3, 22 + 12 * rng.normal(size=n), 46 - 4 * patients.severity[rows] + 13 * rng.normal(size=n)
    )
    columns = {
        "rom_flexion": decimal(flexion, 0, 120, 0, codes(0.1)),
        "rom_extension": decimal(17 + 7 * rng.normal(size=n), 0, 60, 0, codes(0.1)),
        "rom_method": coded(
            method, ("inclinometer", "goniometer", "schober_mod", "fingertip_floor", "visual"), codes(0.1)
        ),
        "hip_provocation_pain": tri(chance(rng, n) < 0.10, codes(0.15)),
    }
    for letter in SIDES:
        columns[f"hip_ir_deg_{letter}"] = whole(34 + 8 * rng.normal(size=n) - 0.12 * (age - 48), 0, 70, codes(0.2))
    for level in range(1, 6):
        columns[f"segmental_hypomobility_l{level}"] = coded(
            pick(rng, n, (0.12 + 0.04 * level, 0.7, 0.06)), ("hypo", "normal", "hyper"), codes(0.2)
        )
    return columns | {
        "prone_instability": tri(chance(rng, n) < 0.15, codes(0.6)),
        "aberrant_movement": tri(chance(rng, n) < 0.18, codes(0.6)),
        "centralisation": coded(
            pick(rng, n, (0.4, 0.15, 0.45)), ("centralises", "peripheralises", "status_quo"), codes(0.3)
        ),
        "directional_preference": coded(
            pick(rng, n, (0.12, 0.4, 0.06, 0.42)), ("flexion", "extension", "lateral", "none"), codes(0.55)
        ),
        "pedal_pulses": coded(pick(rng, n, (0.965, 0.03, 0.005)), ("present", "reduced", "absent"), codes(0.3)),
        "abpi_min": decimal(1.08 + 0.09 * rng.normal(size=n), 0.6, 1.4, 2, codes(0.97)),
        "monofilament_vibration": coded(
            pick(rng, n, (0.94, 0.03, 0.03)), ("normal", "reduced_stocking", "reduced_other"), codes(0.4)
        ),
        "gait": coded(
            pick(rng, n, (0.7, 0.26, 0.005, 0.015, 0.02)),
            ("normal", "antalgic", "foot_drop", "trendelenburg", "other"),
            codes(0.1),
        ),
        "clinical_dx": coded(_diagnosis(patients, root, rows, rng), DIAGNOSES, codes(0.04)),
        "dx_confidence": whole(7 + 1.6 * rng.normal(size=n), 0, 10, codes(0.5)),
    }


def _diagnosis(patients: Patients, root: Array, rows: Array, rng: np.random.Generator) -> Array:
    n = len(rows)
    stenosis = (patients.age_years[rows] > 60) & (chance(rng, n) < 0.15)
    leg = np.where(patients.is_below_knee[rows], np.where(chance(rng, n) < 0.75, 2, 1), 1)
    usual = np.where(root >= 0, 3, np.where(patients.has_leg_complaint[rows], leg, 0))
    return np.where(stenosis, 4, np.where(chance(rng, n) < 0.02, 5, usual))


def lab_columns(group: Population) -> Columns:
    """All lab columns: one or more tests of about one episode in seven, each within its test's range and unit."""
    patients = group.patients
    rng = stream(group.seed, "lab")
    tested = np.flatnonzero(chance(rng, patients.n) < 0.14)
    shares = np.array([test[-1] for test in TESTS])
    done = rng.random((len(tested), len(TESTS))) < 2.2 * shares
    at, test = np.nonzero(done)
    rows, n = tested[at], len(at)
    mean, spread, low, high, flagged = (np.array([row[column] for row in TESTS])[test] for column in (4, 5, 6, 7, 8))
    value = np.clip(mean + spread * rng.normal(size=n), low, high)
    value = np.where(test == len(TESTS) - 1, (chance(rng, n) < 0.08).astype(float), value)
    digits = np.array([row[3] for row in TESTS])[test]
    texts = np.where(digits == 0, _as_text(value, 0), np.where(digits == 1, _as_text(value, 1), _as_text(value, 2)))
    unique, position = np.unique(texts, return_inverse=True)
    day = np.minimum(np.floor(-120 + 180 * rng.random(n)), patients.observed_through_day[rows])
    loinc_missing = always("", (test == len(TESTS) - 1) | (chance(rng, n) < 0.1))
    return {
        "episode_key": group.episode_keys.take(pa.array(rows)),
        "test": coded(test, [row[0] for row in TESTS]),
        "loinc": coded(test, [row[1] for row in TESTS], loinc_missing),
        "day": whole(day, -365, 365),
        "value": coded(position, [str(text) for text in unique]),
        "unit": coded(test, [row[2] for row in TESTS]),
        "flag": coded((value >= flagged).astype(np.int8), ("normal", "high"), missing(rng, n, 0.05)),
    }


def _as_text(values: Array, digits: int) -> Array:
    return np.char.mod(f"%.{digits}f", values)
