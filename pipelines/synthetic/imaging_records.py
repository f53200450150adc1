"""The imaging and imaging_level feeds: findings at least as common as in people without pain.

Prevalence by age without symptoms: Brinjikji 2015; the symptomatic lie a little above.  A level that a report does not
mention is `assessed = no`, with no finding given.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from pipelines.synthetic.coding import (
    NOT_RECORDED,
    Array,
    Columns,
    always,
    chance,
    coded,
    constant,
    decimal,
    hex_keys,
    logistic,
    missing,
    pick,
    stream,
    tri,
    whole,
)
from pipelines.synthetic.population import Population

LEVELS = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")
ROOT_LABELS = ("L1", "L2", "L3", "L4", "L5", "S1")
AGES = (20, 30, 40, 50, 60, 70, 80)
FLOOR_PERCENT = {
    "degeneration": (37, 52, 68, 80, 88, 93, 96),
    "height_loss": (24, 34, 45, 56, 67, 76, 84),
    "bulge": (30, 40, 50, 60, 69, 77, 84),
    "protrusion": (29, 31, 33, 36, 38, 40, 43),
    "facet": (4, 9, 18, 32, 50, 69, 83),
    "spondylolisthesis": (3, 5, 8, 14, 23, 35, 50),
}
LEVEL_WEIGHTS = np.array([0.06, 0.10, 0.17, 0.33, 0.34])
MR = 1
SYMPTOMATIC_ODDS = 1.5
UNSEEN_LEVELS = 1.2
"""Findings at levels that go unmentioned are lost, so that those mentioned must carry a little more."""
NOT_MENTIONED = np.array([0.22, 0.18, 0.10, 0.04, 0.04])


def floor_share(finding: str, age_years: Array) -> Array:
    """Share of people of that age without pain who have the finding at some level."""
    return np.interp(age_years, AGES, FLOOR_PERCENT[finding]) / 100.0


def imaging_tables(group: Population) -> tuple[Columns, Columns]:
    """The columns of imaging and of imaging_level; studies in order of episode, at most one of each kind an episode."""
    patients, screening = group.patients, group.screening
    rng = stream(group.seed, "imaging")
    n = patients.n
    wants = np.column_stack([chance(rng, n) < 0.12, chance(rng, n) < 0.19 + 0.12 * patients.is_below_knee])
    day = np.where(rng.random((n, 2)) < 0.55, -np.floor(rng.random((n, 2)) * 366), np.floor(rng.random((n, 2)) * 91))
    wants &= day <= patients.observed_through_day[:, None]
    rows, modality = np.nonzero(wants)
    study_day = day[rows, modality]
    studies = len(rows)
    keys = hex_keys(rng, studies, 24)
    has_flag, deficit = screening.is_absolute[rows], screening.deficit_root[rows] >= 0
    requested = np.where(study_day < 0, 1 + pick(rng, studies, (0.4, 0.2, 0.4)), pick(rng, studies, (0.7, 0.2, 0.1)))
    reason = np.where(has_flag, 0, np.where(deficit, 1, 2 + pick(rng, studies, (0.08, 0.55, 0.27, 0.10))))
    is_mr = modality == MR
    imaging = {
        "imaging_key": keys,
        "episode_key": group.episode_keys.take(pa.array(rows)),
        "modality": coded(modality, ("XR", "MR")),
        "region": constant("lumbar", studies),
        "study_day": whole(study_day, -1825, 1825),
        "requested_by": coded(
            requested, ("this_clinic", "gp", "specialist", "patient_brought"), missing(rng, studies, 0.03)
        ),
        "indication": coded(
            reason,
            ("red_flag", "neuro_deficit", "pre_injection_surgery", "persistent_6wk", "patient_request", "other"),
            missing(rng, studies, 0.05),
        ),
        "red_flag_at_request": tri(has_flag, missing(rng, studies, 0.06)),
        "field_strength_t": decimal(
            np.array([1.5, 3.0, 0.3])[pick(rng, studies, (0.75, 0.2, 0.05))],
            0.2,
            7,
            1,
            always(".n", ~is_mr, missing(rng, studies, 0.5)),
        ),
        "posture": coded(
            np.where(is_mr, 0, 1), ("supine", "weight_bearing", "flexion_extension"), missing(rng, studies, 0.4)
        ),
        "reader_id": coded(pick(rng, studies, (0.3, 0.3, 0.25, 0.15)), tuple(f"reader-{letter}" for letter in "abcd")),
        "reader_type": coded(
            pick(rng, studies, (0.6, 0.25, 0.08, 0.03, 0.04)),
            ("radiologist", "msk_radiologist", "chiropractor", "physio", "ai_model"),
            missing(rng, studies, 0.05),
        ),
    }
    is_second_read = is_mr & (chance(rng, studies) < 0.06)
    imaging |= {
        "second_read": tri(is_second_read, missing(rng, studies, 0.1)),
        "agreement_kappa": decimal(0.6 + 0.12 * rng.normal(size=studies), -1, 1, 2, always(".n", ~is_second_read)),
        "report_source": coded(
            pick(rng, studies, (0.3, 0.6, 0.1)),
            ("structured", "coded_from_text", "ai_extracted"),
            missing(rng, studies, 0.04),
        ),
        "deid_profile": coded(pick(rng, studies, (0.7, 0.3)), ("113100;113105;113107", "113100;113107;113108")),
    }
    return imaging, _level_columns(group, rows, is_mr, is_second_read, keys)


def _level_columns(group: Population, rows: Array, is_mr: Array, is_second_read: Array, keys: pa.Array) -> Columns:
    """Five central rows a study, left and right rows of the two lowest levels of an MR study, and second readings."""
    screening, rng = group.screening, stream(group.seed, "imaging levels")
    study = np.repeat(np.arange(len(rows)), 5)
    level = np.tile(np.arange(5), len(rows))
    lateral = np.flatnonzero(is_mr)
    study = np.concatenate([study, np.repeat(lateral, 4)])
    level = np.concatenate([level, np.tile([3, 3, 4, 4], len(lateral))])
    side = np.concatenate([np.full(5 * len(rows), 4), np.tile([0, 1, 0, 1], len(lateral))])
    again = np.flatnonzero(is_second_read[study])
    reader = np.concatenate([np.ones(len(study), dtype=int), np.full(len(again), 2)])
    study, level, side = (np.concatenate([array, array[again]]) for array in (study, level, side))
    order = np.lexsort((reader, side, level, study))
    study, level, side, reader = study[order], level[order], side[order], reader[order]
    n, episode = len(study), rows[study]
    age = group.patients.age_years[episode]
    is_central, mr = side == 4, is_mr[study]
    assessed = chance(rng, n) >= NOT_MENTIONED[level]

    def at_level(finding: str) -> Array:
        odds = SYMPTOMATIC_ODDS * floor_share(finding, age) / (1 - floor_share(finding, age))
        share: Array = 1 - (1 / (1 + odds)) ** (UNSEEN_LEVELS * LEVEL_WEIGHTS[level])
        return share

    def found(finding: str) -> Array:
        return chance(rng, n) < at_level(finding)

    def codes(applies: Array, share: float = 0.02) -> Array:
        return always("", ~assessed, always(".n", ~applies, missing(rng, n, share, NOT_RECORDED)))

    root = level + 1
    compressed = (screening.deficit_root[episode] + 1 == root) & (screening.deficit_side[episode] == side)
    degenerate, disc = found("degeneration"), chance(rng, n)
    bulge, extrusion = disc < at_level("bulge"), disc < 0.008
    protrusion = disc < np.minimum(at_level("protrusion"), 0.8 * at_level("bulge"))
    contour = np.where(extrusion, 3 + (chance(rng, n) < 0.15), np.where(protrusion, 2, bulge.astype(int)))
    pfirrmann = np.where(degenerate, 3 + pick(rng, n, (0.5, 0.35, 0.15)), 1 + pick(rng, n, (0.35, 0.65)))
    facet, narrow = found("facet"), chance(rng, n) < _narrow_share(age)
    return {
        "imaging_key": keys.take(study),
        "reader_no": whole(reader, 1, 2),
        "nerve_root": coded(root, ROOT_LABELS, codes(mr & ~is_central)),
        "level": coded(level, LEVELS),
        "side": coded(side, ("left", "right", "bilateral", "central", "na")),
        "assessed": coded(assessed.astype(int), ("no", "yes")),
        "disc_contour": coded(
            contour, ("normal", "bulge", "protrusion", "extrusion", "sequestration"), codes(mr & is_central)
        ),
        "disc_height_loss": coded(
            np.where(found("height_loss"), 1 + pick(rng, n, (0.6, 0.3, 0.1)), 0),
            ("none", "mild", "moderate", "severe"),
            codes(is_central),
        ),
        "pfirrmann": whole(pfirrmann, 1, 5, codes(mr & is_central)),
        "annular_fissure_hiz": tri(chance(rng, n) < 0.05, codes(mr & is_central, 0.3)),
        "osteophyte": coded(
            np.where(facet, 1 + pick(rng, n, (0.6, 0.25, 0.1, 0.05)), 0),
            ("none", "small", "moderate", "large", "bridging"),
            codes(is_central),
        ),
        **_stenosis(narrow, compressed, mr, is_central, codes, rng=rng),
        "facet_arthropathy": whole(np.where(facet, 1 + pick(rng, n, (0.6, 0.3, 0.1)), 0), 0, 3, codes(is_central)),
        "spondylolisthesis": whole(
            np.where(found("spondylolisthesis"), 1 + pick(rng, n, (0.93, 0.07)), 0), 0, 4, codes(is_central)
        ),
        "modic": coded(
            np.where(degenerate & (chance(rng, n) < 0.18), 1 + pick(rng, n, (0.35, 0.5, 0.05, 0.1)), 0),
            ("none", "1", "2", "3", "mixed"),
            codes(mr & is_central),
        ),
        "endplate_schmorl": tri(chance(rng, n) < 0.06, codes(is_central, 0.3)),
        "transitional_vertebra": coded(
            pick(rng, n, (0.92, 0.03, 0.03, 0.01, 0.01)),
            ("0", "I", "II", "III", "IV"),
            codes(is_central & (level == 4), 0.4),
        ),
        "serious_finding": coded(
            np.where(chance(rng, n) < 0.002, 2, 0), ("none", "fracture_acute", "fracture_old"), codes(is_central)
        ),
    }


def _stenosis(
    narrow: Array,
    compressed: Array,
    is_mr: Array,
    is_central: Array,
    codes: Callable[..., Array],
    *,
    rng: np.random.Generator,
) -> Columns:
    n, mr = len(narrow), is_mr
    grade = np.where(narrow, 1 + pick(rng, n, (0.6, 0.3, 0.1)), 0)
    ligament = 3.2 + 0.8 * rng.normal(size=n) + 1.2 * narrow
    touched = np.where(compressed, 1 + pick(rng, n, (0.4, 0.3, 0.3)), np.where(chance(rng, n) < 0.09, 1, 0))
    is_lateral = mr & ~is_central
    grades = ("none", "mild", "moderate", "severe")
    return {
        "ligamentum_flavum_mm": decimal(ligament, 1, 12, 1, codes(mr & is_central, 0.5)),
        "ligamentum_flavum_thick": tri(ligament > 4, codes(mr & is_central)),
        "central_stenosis": coded(grade, grades, codes(mr & is_central)),
        "lateral_recess_stenosis": coded(np.where(chance(rng, n) < 0.3, 0, grade), grades, codes(is_lateral)),
        "foraminal_stenosis": whole(
            np.where(narrow & (chance(rng, n) < 0.6), 1 + pick(rng, n, (0.6, 0.3, 0.1)), 0), 0, 3, codes(is_lateral)
        ),
        "nerve_root_compromise": coded(touched, ("none", "contact", "deviation", "compression"), codes(is_lateral)),
        "concordant_with_symptoms": tri(compressed & (touched > 0), codes(is_lateral & (touched > 0), 0.1)),
    }


def _narrow_share(age_years: Array) -> Array:
    """Chance that a level is narrow, rising with age (about 6 % at 50, 20 % at 75)."""
    return logistic(-2.75 + 0.055 * (age_years - 50))
