"""The columns of the tables `self_checks.*` that Python writes, and the order of their rows."""

from __future__ import annotations

from pipelines.causal.tables import FLAG, REAL, TEXT, WHOLE

PASSED, FAILED, NOT_DONE = "passed", "failed", "not_done"

CONTROL_COLUMNS = {
    "trial": TEXT,
    "contrast": TEXT,
    "control": TEXT,
    "words": TEXT,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "standard_error": REAL,
    "n_known": WHOLE,
    "is_alarm": FLAG,
    "status": TEXT,
    "reason": TEXT,
    "protocol_hash": TEXT,
}
CALIBRATED_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "contrast": TEXT,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "systematic_error": REAL,
    "n_controls": WHOLE,
    "status": TEXT,
    "reason": TEXT,
    "protocol_hash": TEXT,
}
PLASMODE_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "contrast": TEXT,
    "world": TEXT,
    "effort": TEXT,
    "n_episodes": WHOLE,
    "n_replications": WHOLE,
    "true_effect": REAL,
    "bias": REAL,
    "bias_error": REAL,
    "largest_bias": REAL,
    "n_covered": WHOLE,
    "least_covered": WHOLE,
    "n_likely_gain": WHOLE,
    "most_likely_gain": WHOLE,
    "n_differences": WHOLE,
    "most_differences": WHOLE,
    "n_rule_replications": WHOLE,
    "n_rules": WHOLE,
    "most_rules": WHOLE,
    "smallest_detectable": REAL,
    "is_passed": FLAG,
    "reason": TEXT,
    "protocol_hash": TEXT,
}
PERMUTATION_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "contrast": TEXT,
    "permuted": TEXT,
    "figure": TEXT,
    "n_permutations": WHOLE,
    "value": REAL,
    "lowest": REAL,
    "highest": REAL,
    "is_passed": FLAG,
    "protocol_hash": TEXT,
}
LEAKAGE_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "covariate": TEXT,
    "auc": REAL,
    "lower": REAL,
    "largest_auc": REAL,
    "is_passed": FLAG,
    "protocol_hash": TEXT,
}
VERDICT_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "contrast": TEXT,
    "check_name": TEXT,
    "status": TEXT,
    "is_withheld": FLAG,
    "words": TEXT,
    "effort": TEXT,
    "protocol_hash": TEXT,
}
SELF_CHECK_TABLES = {
    "negative_controls": (CONTROL_COLUMNS, "trial, contrast, control"),
    "calibrated_effects": (CALIBRATED_COLUMNS, "trial, outcome, contrast"),
    "plasmode": (PLASMODE_COLUMNS, "trial, outcome, contrast, world"),
    "permutations": (PERMUTATION_COLUMNS, "trial, outcome, contrast, permuted"),
    "leakage": (LEAKAGE_COLUMNS, "trial, outcome, covariate"),
    "verdicts": (VERDICT_COLUMNS, "trial, outcome, contrast, check_name"),
}
"""Every table: its columns and the order of its rows."""
