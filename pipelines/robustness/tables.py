"""The columns of the diagnostics tables and their types, and the order of their rows."""

from __future__ import annotations

from pipelines.causal.tables import FLAG, REAL, TEXT, WHOLE

_CONTRAST = {"trial": TEXT, "outcome": TEXT, "contrast": TEXT}
_HASH = {"protocol_hash": TEXT}

BALANCE_COLUMNS = (
    _CONTRAST | {"covariate": TEXT, "before": REAL, "after": REAL, "after_answered": REAL, "weights_from": TEXT} | _HASH
)
OVERLAP_COLUMNS = {
    "trial": TEXT,
    "arm_given": TEXT,
    "propensity_of": TEXT,
    "bin": WHOLE,
    "from_propensity": REAL,
    "to_propensity": REAL,
    "share": REAL,
    "n": WHOLE,
    "weights_from": TEXT,
} | _HASH
WEIGHT_COLUMNS = (
    _CONTRAST
    | {
        "arm": TEXT,
        "n": WHOLE,
        "effective_n": REAL,
        "largest_share": REAL,
        "quantile_50": REAL,
        "quantile_90": REAL,
        "quantile_99": REAL,
        "largest": REAL,
        "clipped_share": REAL,
    }
    | _HASH
)
MISSING_DATA_COLUMNS = {
    "trial": TEXT,
    "arm": TEXT,
    "variable": TEXT,
    "role": TEXT,
    "reason": TEXT,
    "share": REAL,
    "n_missing": WHOLE,
    "n": WHOLE,
} | _HASH
BASELINE_COLUMNS = {
    "trial": TEXT,
    "arm": TEXT,
    "covariate": TEXT,
    "level": TEXT,
    "n": WHOLE,
    "n_recorded": WHOLE,
    "n_with": REAL,
    "mean": REAL,
    "standard_deviation": REAL,
} | _HASH
INFLUENCE_COLUMNS = (
    _CONTRAST
    | {
        "unit": TEXT,
        "n_units": WHOLE,
        "estimate": REAL,
        "lowest": REAL,
        "highest": REAL,
        "without_lowest": TEXT,
        "without_highest": TEXT,
        "largest_shift_se": REAL,
        "share_of_most_influential": REAL,
        "verdict": TEXT,
        "n_turning": WHOLE,
        "is_verdict_changed": FLAG,
        "is_sign_changed": FLAG,
        "verdict_without": TEXT,
        "turning_unit": TEXT,
    }
    | _HASH
)
CONFOUNDING_COLUMNS = (
    _CONTRAST
    | {
        "estimate": REAL,
        "lower": REAL,
        "upper": REAL,
        "risk_ratio": REAL,
        "risk_ratio_lower": REAL,
        "risk_ratio_upper": REAL,
        "is_ratio_approximate": FLAG,
        "e_value": REAL,
        "e_value_limit": REAL,
        "sigma_squared": REAL,
        "nu_squared": REAL,
        "robustness_value": REAL,
        "robustness_value_limit": REAL,
        "strongest_group": TEXT,
        "outcome_r2": REAL,
        "treatment_r2": REAL,
        "estimate_1x": REAL,
        "limit_1x": REAL,
    }
    | _HASH
)
BENCHMARK_COLUMNS = (
    _CONTRAST
    | {
        "covariate_group": TEXT,
        "is_strongest": FLAG,
        "outcome_r2": REAL,
        "treatment_r2": REAL,
        "correlation": REAL,
        "shift_when_left_out": REAL,
        "estimate_1x": REAL,
        "limit_1x": REAL,
        "estimate_2x": REAL,
        "limit_2x": REAL,
        "estimate_3x": REAL,
        "limit_3x": REAL,
    }
    | _HASH
)
CONTOUR_COLUMNS = _CONTRAST | {"outcome_r2": REAL, "treatment_r2": REAL, "estimate": REAL, "nearer_limit": REAL} | _HASH
MISSING_OUTCOME_COLUMNS = (
    _CONTRAST
    | {
        "estimate": REAL,
        "missing_treated": REAL,
        "missing_comparator": REAL,
        "worst_case": REAL,
        "worst_case_lower": REAL,
        "worst_case_upper": REAL,
        "best_case": REAL,
        "best_case_lower": REAL,
        "best_case_upper": REAL,
        "verdict": TEXT,
        "plausible_delta": REAL,
        "tipping_delta": REAL,
        "tipping_delta_both_arms": REAL,
        "tipping_delta_of_estimate": REAL,
    }
    | _HASH
)
SPECIFICATION_COLUMNS = {
    "trial": TEXT,
    "contrast": TEXT,
    "specification": TEXT,
    "outcome": TEXT,
    "unit": TEXT,
    "window_days": WHOLE,
    "adjustment": TEXT,
    "grace_days": WHOLE,
    "analysis": TEXT,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "n": WHOLE,
    "status": TEXT,
    "reason": TEXT,
    "is_main": FLAG,
    "is_naive": FLAG,
    "is_refitted": FLAG,
} | _HASH
CONCERN_COLUMNS = _CONTRAST | {"concern": TEXT, "words": TEXT, "severity": TEXT} | _HASH

WEIGHTING_TABLES = {
    "baseline": (BASELINE_COLUMNS, "trial, arm, covariate, level"),
    "balance": (BALANCE_COLUMNS, "trial, outcome, contrast, covariate"),
    "overlap": (OVERLAP_COLUMNS, "trial, arm_given, propensity_of, bin"),
    "weights": (WEIGHT_COLUMNS, "trial, outcome, contrast, arm"),
    "missing_data": (MISSING_DATA_COLUMNS, "trial, arm, role, variable, reason"),
    "influence": (INFLUENCE_COLUMNS, "trial, outcome, contrast, unit"),
}
CONFOUNDING_TABLES = {
    "confounding": (CONFOUNDING_COLUMNS, "trial, outcome, contrast"),
    "confounding_benchmarks": (BENCHMARK_COLUMNS, "trial, outcome, contrast, covariate_group"),
    "confounding_contours": (CONTOUR_COLUMNS, "trial, outcome, contrast, outcome_r2, treatment_r2"),
    "missing_outcomes": (MISSING_OUTCOME_COLUMNS, "trial, outcome, contrast"),
}
SPECIFICATION_ORDER = "trial, contrast, is_main desc, is_naive, specification"
CONCERN_ORDER = "trial, outcome, contrast, severity desc, concern"
