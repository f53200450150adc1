"""Warning signs and neurological findings, what of them is on record, and which contraindications follow.

The rules are those of the screening table as they can be evaluated on the records of day 0: not recorded is not met.
"""

from dataclasses import dataclass, replace

import numpy as np

from pipelines.synthetic.coding import Array, chance, missing, pick, stream
from pipelines.synthetic.patients import Patients

CORE_FLAGS = {
    "rf_saddle_anaesthesia": 0.002,
    "rf_bladder_bowel": 0.004,
    "rf_bilateral_neuro": 0.004,
    "rf_progressive_deficit": 0.006,
    "rf_cancer_history": 0.025,
    "rf_weight_loss": 0.015,
    "rf_fever_infection": 0.004,
    "rf_immunosuppression_ivdu": 0.006,
    "rf_significant_trauma": 0.015,
    "rf_osteoporosis": 0.03,
    "rf_steroid_prolonged": 0.012,
    "rf_anticoagulant": 0.04,
    "rf_under18_pregnant": 0.008,
}
OTHER_FLAGS = {"rf_sexual_dysfunction": 0.003, "rf_aaa_or_pulsatile_mass": 0.002, "night_pain_wakes_2nd_half": 0.08}
OLDER_WITH_AGE = ("rf_osteoporosis", "rf_anticoagulant", "rf_cancer_history", "rf_aaa_or_pulsatile_mass")
ROOTS = ("l2", "l3", "l4", "l5", "s1")
PRIOR_SURGERY = ("none", "decompression", "fusion", "other")
FUSION = PRIOR_SURGERY.index("fusion")
EXAM_FEED_MISSING_EVERY = 10
"""Every tenth clinic sends no examination feed and fills the fields that stand in for it."""


@dataclass(frozen=True)
class Screening:
    """flags and flag_missing by field; deficit_root is -1 or an index into ROOTS, on side 0 left or 1 right.

    weakest_grade is the MRC grade of that root's myotome; exam_day is -1 without an examination.
    is_absolute and is_relative are the contraindications on record at day 0.
    """

    flags: dict[str, Array]
    flag_missing: dict[str, Array]
    deficit_root: Array
    deficit_side: Array
    weakest_grade: Array
    has_umn_signs: Array
    exam_day: Array
    prior_surgery: Array
    is_absolute: Array
    is_relative: Array

    def recorded(self, field: str) -> Array:
        """Whether the flag is recorded as yes."""
        is_yes: Array = self.flags[field] & (self.flag_missing[field] == 0)
        return is_yes


def draw_screening(patients: Patients, seed: int) -> Screening:
    """Flags, examination findings and contraindications of every episode."""
    rng = stream(seed, "screening")
    n = patients.n
    older = np.exp((patients.age_years - 50) / 25)
    is_screened = chance(rng, n) >= 0.03
    flags, codes = {}, {}
    for field, share in {**CORE_FLAGS, **OTHER_FLAGS}.items():
        odds = share * (older if field in OLDER_WITH_AGE else 1.0)
        flags[field] = chance(rng, n) < odds
        own = missing(rng, n, 0.004 if field in CORE_FLAGS else 0.02, {"": 0.4, ".a": 0.2, ".d": 0.15, ".u": 0.25})
        codes[field] = np.where(is_screened, own, np.int8(1))
    flags["rf_under18_pregnant"] &= patients.is_female & (patients.age_years < 48)
    codes["rf_sexual_dysfunction"] = np.where(chance(rng, n) < 0.12, np.int8(4), codes["rf_sexual_dysfunction"])

    has_root = patients.is_below_knee & (chance(rng, n) < 0.30)
    root = np.where(has_root, pick(rng, n, (0.02, 0.05, 0.13, 0.42, 0.38)), -1)
    grade = np.where(has_root, np.array([5, 4, 3, 2])[pick(rng, n, (0.55, 0.40, 0.04, 0.01))], 5)
    exam_feed = patients.clinic % EXAM_FEED_MISSING_EVERY != EXAM_FEED_MISSING_EVERY - 1
    exam_day = np.where(chance(rng, n) < 0.90, 0, 3 + np.floor(chance(rng, n) * 10))
    exam_day = np.where(exam_feed & (chance(rng, n) < 0.94) & (exam_day <= patients.observed_through_day), exam_day, -1)
    surgery = pick(rng, n, (0.93, 0.04, 0.015, 0.015))
    drawn = Screening(
        flags=flags,
        flag_missing=codes,
        deficit_root=root,
        deficit_side=(chance(rng, n) < 0.5).astype(np.int8),
        weakest_grade=grade,
        has_umn_signs=chance(rng, n) < 0.003,
        exam_day=exam_day.astype(np.int16),
        prior_surgery=surgery,
        is_absolute=np.zeros(n, dtype=bool),
        is_relative=np.zeros(n, dtype=bool),
    )
    is_relative = (
        drawn.recorded("rf_osteoporosis")
        | drawn.recorded("rf_anticoagulant")
        | drawn.recorded("rf_steroid_prolonged")
        | drawn.recorded("rf_under18_pregnant")
        | (surgery == FUSION)
    )
    return replace(drawn, is_absolute=_is_absolute(drawn, patients), is_relative=is_relative)


def _is_absolute(screening: Screening, patients: Patients) -> Array:
    has = screening.recorded
    is_age_known = patients.is_recorded("age_band")
    age_70, age_50 = is_age_known & (patients.age_years >= 70), is_age_known & (patients.age_years >= 50)
    is_older_woman = age_70 & patients.is_female & patients.is_recorded("sex")
    at_index = screening.exam_day == 0
    cauda_equina = (
        has("rf_saddle_anaesthesia")
        | has("rf_bladder_bowel")
        | has("rf_sexual_dysfunction")
        | has("rf_bilateral_neuro")
    )
    motor = has("rf_progressive_deficit") | (at_index & (screening.weakest_grade <= 3))
    fracture_signs = (
        age_70.astype(int)
        + has("rf_significant_trauma")
        + has("rf_steroid_prolonged")
        + has("rf_osteoporosis")
        + is_older_woman
    )
    cancer_signs = has("rf_weight_loss").astype(int) + age_50 + has("night_pain_wakes_2nd_half")
    infection = has("rf_fever_infection") | has("rf_immunosuppression_ivdu")
    other = has("rf_aaa_or_pulsatile_mass") | (at_index & screening.has_umn_signs)
    is_absolute: Array = (
        cauda_equina
        | motor
        | (fracture_signs >= 2)
        | has("rf_cancer_history")
        | (cancer_signs >= 2)
        | infection
        | other
    )
    return is_absolute
