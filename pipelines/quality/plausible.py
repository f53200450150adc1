"""What is plausible in one field: values that are possible by the contract and yet rare, each with the share that may have them.

A share far above its limit is seldom a fact about patients: the codes are swapped, unmapped, set by default, or the scale is
another. The limits are wide on purpose; where no source is named they are our convention.
"""

from dataclasses import dataclass

from pipelines.contracts import FEEDS


@dataclass(frozen=True)
class Rarity:
    """Values of a field that at most `allowed_percent` of the rows with a value may have; `condition` is SQL on clean.<feed>.

    `what` tells one rarity of a field from another in the name of the check.
    """

    feed: str
    field: str
    what: str
    condition: str
    allowed_percent: float
    said: str
    is_temporal: bool = False
    checked: str = ""


SWAPPED_PERCENT = 25
"""A red flag that more than a quarter answer with yes has its answers swapped (screening.md: each is rare on its own)."""

UNMAPPED_PERCENT = 25
"""A code list whose 'other' takes more than a quarter was not mapped (indicators.md, QI-25: unmapped codes)."""

SINGLE = (
    Rarity("intake", "sex", "male", "sex = 'male'", 60, "are men (62.6 % women in ATLAS, evidence.md 3.3)"),
    Rarity("intake", "sex", "female", "sex = 'female'", 85, "are women (62.6 % in ATLAS, evidence.md 3.3)"),
    Rarity("intake", "sex", "other", "sex = 'other'", 10, "have sex 'other'"),
    Rarity("intake", "age_band", "oldest", "age_band = '90+'", 5, "are 90 or older"),
    Rarity("intake", "bmi", "extreme", "bmi not between 15 and 60", 1, "have a body mass index below 15 or above 60"),
    Rarity(
        "intake", "episode_duration_days", "decades", "episode_duration_days > 7300", 2,
        "have had the complaint for more than 20 years", is_temporal=True,
    ),
    Rarity("intake", "observed_through_day", "first_day", "observed_through_day = 0", 50, "were extracted on day 0", True),
    Rarity("intake", "pain_below_knee", "yes", "pain_below_knee", 95, "have pain below the knee (67.5 % in ATLAS)"),
    Rarity("intake", "nprs_back_avg", "ceiling", "nprs_back_avg = 10", 25, "have the highest back pain score"),
    Rarity("intake", "nprs_leg_avg", "ceiling", "nprs_leg_avg = 10", 25, "have the highest leg pain score"),
    Rarity("intake", "odi_pct", "floor", "odi_pct = 0", 25, "have no disability at all on the ODI"),
    Rarity(
        "intake", "odi_pct", "tens", "odi_pct % 10 = 0", 60,
        "have an ODI that ends in 0: digits are preferred",
    ),
    Rarity("intake", "rmdq24", "floor", "rmdq24 = 0", 25, "have no disability at all on the RMDQ"),
    Rarity("intake", "psfs_mean", "ceiling", "psfs_mean = 10", 25, "are as able as before on the PSFS, where 10 is best"),
    Rarity("intake", "start_risk", "high", "start_risk = 'high'", 60, "are at high risk by STarT (28 % in its trial)"),
    Rarity("intake", "start_risk", "low", "start_risk = 'low'", 70, "are at low risk by STarT (26 % in its trial)"),
    Rarity("intake", "eq5d5l_index", "below", "eq5d5l_index < -0.6", 1, "have an EQ-5D index below -0.6"),
    Rarity("intake", "comorb_other_count", "many", "comorb_other_count > 10", 1, "have more than 10 other illnesses"),
    Rarity("intake", "prior_spine_surgery", "any", "prior_spine_surgery <> 'none'", 40, "have had surgery of the spine"),
    Rarity("intake", "numbness", "saddle", "numbness = 'saddle'", 5, "have saddle numbness, an emergency"),
    Rarity(
        "intake", "weakness_reported", "progressive", "weakness_reported = 'progressive'", 10,
        "have progressive weakness, an emergency",
    ),
    Rarity("intake", "med_opioid", "strong", "med_opioid = 'strong'", 25, "take a strong opioid"),
    Rarity("intake", "morning_stiffness_min", "hours", "morning_stiffness_min > 180", 5, "are stiff for over 3 hours"),
    Rarity("exam", "slr_deg_l", "beyond", "slr_deg_l > 110", 5, "raise the left leg beyond 110 degrees"),
    Rarity("exam", "slr_deg_r", "beyond", "slr_deg_r > 110", 5, "raise the right leg beyond 110 degrees"),
    Rarity("exam", "slr_positive_l", "yes", "slr_positive_l", 75, "have a positive straight leg raise on the left"),
    Rarity("exam", "slr_positive_r", "yes", "slr_positive_r", 75, "have a positive straight leg raise on the right"),
    Rarity("exam", "umn_signs", "yes", "umn_signs", 10, "have signs of an upper motor neuron"),
    Rarity("exam", "gait", "foot_drop", "gait = 'foot_drop'", 10, "have a foot drop"),
    Rarity(
        "exam", "clinical_dx", "serious", "clinical_dx = 'serious_pathology'", 5, "have a serious pathology as diagnosis"
    ),
    Rarity("exam", "abpi_min", "stiff", "abpi_min > 1.4", 10, "have an ankle index above 1.40, a vessel that cannot be pressed"),
    Rarity("exam", "hip_ir_deg_l", "beyond", "hip_ir_deg_l > 60", 5, "turn the left hip inwards beyond 60 degrees"),
    Rarity("exam", "hip_ir_deg_r", "beyond", "hip_ir_deg_r > 60", 5, "turn the right hip inwards beyond 60 degrees"),
    Rarity("lab", "flag", "critical", "flag = 'critical'", 10, "are critical by the laboratory"),
    Rarity("imaging", "modality", "rare", "modality in ('NM', 'DXA')", 15, "are scintigraphy or bone density"),
    Rarity(
        "imaging_level", "serious_finding", "any", "serious_finding <> 'none'", 5, "have a serious finding", checked="assessed"
    ),
    Rarity(
        "imaging_level", "spondylolisthesis", "any", "spondylolisthesis >= 1", 50,
        "have a vertebral slip (50 % at age 80 without pain, evidence.md 3.3)", checked="assessed",
    ),
    Rarity("session", "attendance", "missed", "attendance = 'dna'", 25, "were not attended (6.9 % in NHS clinics)"),
    Rarity("session", "duration_min", "extreme", "duration_min not between 10 and 120", 2, "last under 10 or over 120 minutes"),
    Rarity(
        "session", "nprs_post", "unchanged", "nprs_post = nprs_pre", 60,
        "have the same pain after as before: the score is copied",
        is_temporal=True, checked="nprs_pre is not null",
    ),
    Rarity(
        "session", "ae_since_last", "no", "not ae_since_last", 98,
        "say no to unwanted effects (2 % or fewer is under-asking, QI-21)",
    ),
    Rarity("session", "adherence_home_pct", "all", "adherence_home_pct = 100", 60, "did all of their home exercises"),
    Rarity("adverse_event", "ae_serious", "yes", "ae_serious", 5, "are serious (13 in 10,000 patients at most, evidence.md)"),
    Rarity(
        "adverse_event", "ae_onset_h", "late", "ae_onset_h > 72", 10,
        "began more than 72 hours later, beyond a benign reaction", is_temporal=True,
    ),
    Rarity(
        "adverse_event", "ae_duration_h", "long", "ae_duration_h > 72", 25,
        "lasted over 72 hours, beyond a benign reaction", is_temporal=True,
    ),
    Rarity("outcome", "groc", "ceiling", "groc = 7", 50, "are a very great deal better"),
    Rarity("outcome", "pgic", "worst", "pgic >= 6", 40, "are much worse on the PGIC, where 1 is best"),
    Rarity("outcome", "satisfaction", "none", "satisfaction = 0", 25, "are not satisfied at all"),
    Rarity("outcome", "days_off", "half_year", "days_off > 180", 5, "were off work for over half a year", is_temporal=True),
    Rarity(
        "outcome", "surgery_or_injection", "any", "surgery_or_injection <> 'none'", 40,
        "had surgery or an injection (39 % of the conservative arm of a sciatica trial, evidence.md 3.3)",
    ),
    Rarity("outcome", "reason_missing", "error", "reason_missing = 'clinic_error'", 25, "are missing by the clinic's error"),
)  # fmt: skip


def rarities() -> tuple[Rarity, ...]:
    """Every rarity: those listed, a swapped answer of each red flag, and an unmapped code list for each field with 'other'."""
    found = list(SINGLE)
    for feed in FEEDS.values():
        for field in feed.fields:
            name = field.name
            if name.startswith("rf_") and name != "rf_any":
                found.append(Rarity(feed.name, name, "yes", name, SWAPPED_PERCENT, "have this red flag"))
            if "other" in field.codes and name != "sex":
                found.append(
                    Rarity(feed.name, name, "other", f"{name} = 'other'", UNMAPPED_PERCENT, "have the code 'other'")
                )
    return tuple(found)
