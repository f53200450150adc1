"""Made-up exact rows of the diagnostics' report tables."""

from typing import Any

import pandas as pd

PLACE = {"trial": "decision", "outcome": "r30d_12wk", "contrast": "add_manipulation - continue_without"}
SHARES = (0.0, 0.1, 0.2, 0.3)


def diagnostic_tables() -> dict[str, pd.DataFrame]:
    """Rows by table, before release."""
    return {name: pd.DataFrame(rows) for name, rows in _rows().items()}


def _rows() -> dict[str, list[dict[str, Any]]]:
    arms = ("add_manipulation", "continue_without")
    return {
        "self_checks": [
            PLACE | {"check_name": "known_effects", "status": "passed", "is_withheld": False, "words": "The truth was held."}
        ],
        "known_effects": [
            PLACE | {"world": "none", "effort": "nightly", "replications": "20", "true_effect": 0.0, "bias": 0.004,
                     "bias_error": 0.01, "largest_bias": 0.03, "covered_share": 0.95, "least_covered_share": 0.8,
                     "likely_gain_share": 0.0, "largest_likely_gain_share": 0.2, "differences_share": 0.0,
                     "largest_differences_share": 0.2, "rules_share": 0.0, "largest_rules_share": 0.2,
                     "smallest_detectable": 0.16, "is_passed": True, "reason": None}
        ],
        "negative_controls": [
            {"trial": "decision", "contrast": PLACE["contrast"], "control": "prior_episodes", "words": "Earlier episodes",
             "status": "estimated", "reason": None, "is_alarm": False, "estimate": 0.02, "lower": -0.1, "upper": 0.14,
             "n_known": 800}
        ],
        "calibrated_effects": [
            PLACE | {"status": "estimated", "reason": None, "estimate": 0.02, "lower": -0.06, "upper": 0.1}
        ],
        "concerns": [PLACE | {"concern": "hidden_factor", "severity": "tell", "words": "A hidden factor could explain it."}],
        "balance": [
            PLACE | {"covariate": name, "before": before, "after": 0.02, "after_answered": 0.03, "weights_from": "scores"}
            for name, before in (("start_total", 0.4), ("age_midpoint_years", -0.2))
        ],
        "overlap": [
            {"trial": "decision", "arm_given": given, "propensity_of": "add_manipulation", "bin_no": number,
             "from_propensity": number / 10, "to_propensity": (number + 1) / 10, "n": 100, "n_arm": 300}
            for given in arms
            for number in (2, 3, 4)
        ],
        "weights": [
            PLACE | {"arm": arm, "n": 300, "effective_n": 180, "quantile_50": 0.9, "quantile_90": 1.8, "quantile_99": 3.0,
                     "largest": 4.1, "clipped_share": 0.0}
            for arm in arms
        ],
        "baseline": [
            {"trial": "decision", "arm": arm, "n": 300, "n_recorded": 280, "standard_deviation": None} | described
            for arm in arms
            for described in (
                {"covariate": "bmi", "level": "", "n_with": None, "mean": 27.1, "standard_deviation": 4.2},
                {"covariate": "sex", "level": "female", "n_with": 140, "mean": None},
            )
        ],
        "missing_data": [
            {"trial": "decision", "arm": arm, "role": role, "variable": variable, "reason": "any", "n": 300, "n_missing": 60}
            for arm in arms
            for role, variable in (("outcome", "r30d_12wk"), ("covariate", "bmi"))
        ],
        "influence": [
            PLACE | {"unit": unit, "estimate": 0.1, "lowest": 0.06, "highest": 0.13, "largest_shift_se": 0.6,
                     "verdict": "none shown", "is_verdict_changed": False, "is_sign_changed": False}
            for unit in ("clinic", "practitioner")
        ],
        "confounding": [
            PLACE | {"estimate": 0.12, "lower": 0.02, "upper": 0.22, "e_value": 1.9, "e_value_limit": 1.2,
                     "is_ratio_approximate": False, "robustness_value": 0.08, "robustness_value_limit": 0.01,
                     "strongest_group": "pain", "outcome_r2": 0.1, "treatment_r2": 0.05, "estimate_1x": 0.07, "limit_1x": -0.02}
        ],
        "confounding_benchmarks": [
            PLACE | {"covariate_group": "pain", "is_strongest": True, "outcome_r2": 0.1, "treatment_r2": 0.05,
                     "estimate_1x": 0.07, "estimate_2x": 0.02, "estimate_3x": -0.03}
        ],
        "confounding_contours": [
            PLACE | {"outcome_r2": y, "treatment_r2": x, "estimate": 0.12 - 10 * x * y, "nearer_limit": 0.02 - 10 * x * y}
            for x in SHARES
            for y in SHARES
        ],
        "missing_outcomes": [
            PLACE | {"estimate": 0.1, "missing_treated_percent": 35, "missing_comparator_percent": 40, "worst_case": -0.3,
                     "best_case": 0.4, "verdict": "none shown", "plausible_delta": 0.1, "tipping_delta": -0.12,
                     "tipping_delta_both_arms": None}
        ],
        "specifications": [
            {"trial": "decision", "contrast": PLACE["contrast"], "specification": name, "outcome": "r30d_12wk",
             "unit": "risk difference", "status": "estimated", "reason": None, "is_main": is_main, "is_naive": not is_main,
             "estimate": 0.1, "lower": 0.0, "upper": 0.2, "n": 500}
            for name, is_main in (("main", True), ("not adjusted", False))
        ],
    }  # fmt: skip
