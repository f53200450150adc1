"""Made-up released tables that the methods appendix is made from, beside those of the other reports."""

from typing import Any

import pandas as pd

from .diagnostic_rows import diagnostic_tables
from .released import exact_tables, released

CONTRAST = "add_manipulation - continue_without"
PLACE = {"trial": "decision", "outcome": "r30d_12wk", "contrast": CONTRAST}
DONE = {"status": "estimated", "reason": None}
REFUSED = {"status": "refused", "reason": "Fewer than 50 episodes.", "estimate": None, "lower": None, "upper": None}


def appendix_tables(**changed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Released tables by name; `changed` replaces exact ones before their release."""
    return released(exact_tables() | _exact() | changed)


def _exact() -> dict[str, pd.DataFrame]:
    effect = (
        PLACE
        | DONE
        | {"estimate": 0.02, "lower": -0.04, "upper": 0.08, "n": 900, "n_treated": 300, "n_comparator": 600}
    )
    return {
        "arm_means": pd.DataFrame(
            [
                {
                    "trial": "decision",
                    "outcome": "r30d_12wk",
                    "arm": arm,
                    "mean": 0.5,
                    "lower": 0.4,
                    "upper": 0.6,
                    "n": 900,
                    "n_arm": 400,
                }
                for arm in ("add_manipulation", "continue_without")
            ]
        ),
        "improvement_effects": pd.DataFrame(
            [
                {**effect, "measure": measure, "day": 84, "effective_n": 250}
                for measure in ("share_improved", "mean_days_improved")
            ]
        ).drop(columns="outcome"),
        "dose_effects": pd.DataFrame(
            [
                effect
                | {
                    "trial": "index",
                    "contrast": "thrust - nonthrust_mobilisation",
                    "outcome": outcome,
                    "effective_n": 90,
                }
                | REFUSED
                for outcome in ("r30d_12wk", "pain_12wk")
            ]
        ),
        "models": pd.DataFrame(
            [
                {
                    "trial": "decision",
                    "outcome": "r30d_12wk",
                    "model": "outcome",
                    "figure": figure,
                    "value": 0.69,
                    "protocol_hash": "abc",
                }
                for figure in ("auc", "weight of linear")
            ]
        ),
        "prognosis_performance": pd.DataFrame(_performance()),
        "prognosis_calibration": pd.DataFrame(
            [
                {
                    "predictor": "model",
                    "group_no": number,
                    "predicted_percent": 20 * number,
                    "observed_percent": 20 * number + 3,
                    "lower_percent": 20 * number - 6,
                    "upper_percent": 20 * number + 9,
                    "n": 80,
                    "n_responses": 40,
                }
                for number in (1, 2, 3, 4)
            ]
        ),
        "decision_curve": pd.DataFrame(
            [
                {
                    "strategy": strategy,
                    "threshold_percent": threshold,
                    **DONE,
                    "net_benefit_per_100": 30.0 - threshold,
                    "lower_per_100": 1.0,
                    "upper_per_100": 40.0,
                    "gain_per_100": 0.0,
                    "gain_lower_per_100": 0.0,
                    "gain_upper_per_100": 0.0,
                    "n": 700,
                    "n_events": 300,
                }
                for strategy in ("model", "everybody", "nobody")
                for threshold in (10, 30, 50)
            ]
        ),
        "prognosis_points": pd.DataFrame([{"item": "start_total", "band": "7 or more", "points": -2.0, "n": 120}]),
        "prognosis_risks": pd.DataFrame(
            [{"total": total, "improves_percent": 50 + 3 * total, "band": "uncertain", "n": 100} for total in (-2, 0)]
        ),
        "fairness": pd.DataFrame(_fairness()),
        "stability": pd.DataFrame([stability_row(), stability_row(outcome="pain_12wk", **REFUSED)]).drop(
            columns=["lower", "upper"]
        ),
        "published_figures": pd.DataFrame(_published()),
        **diagnostic_tables(),
    }


def stability_row(**changed: Any) -> dict[str, Any]:
    """One row of report.stability, before release."""
    return PLACE | DONE | {
        "estimate_before": 0.03, "estimate": 0.02, "move": -0.01, "move_by_arrived": -0.008, "move_by_gone": 0.0,
        "move_by_rescored": -0.002, "chance_limit": 0.02, "is_within_chance": True, "has_other_data": True,
        "has_other_code": False, "deliveries": "C001/2026-11-22",
        "verdict": "Within what as many newly arrived episodes give by chance.",
        "n": 900, "n_arrived": 60, "n_gone": 0, "lower": None, "upper": None,
    } | changed  # fmt: skip


def _performance() -> list[dict[str, Any]]:
    row = {"clinic_code": "network", **DONE, "estimate": 0.68, "lower": 0.62, "upper": 0.74, "next_lower": None,
           "next_upper": None, "n": 700, "n_responses": 330}  # fmt: skip
    return [
        row | {"predictor": predictor, "validation": validation, "figure": figure}
        for predictor in ("model", "flynn")
        for validation in ("out_of_fold", "over_clinics")
        for figure in ("auc", "observed_to_expected", "calibration_slope", "brier")
    ]


def _fairness() -> list[dict[str, Any]]:
    everybody, female = {"group_name": "all", "level": "all"}, {"group_name": "sex", "level": "female"}
    small = {"group_name": "payer", "level": "other"} | REFUSED | {"n": 20, "n_with": None}
    share = {"contrast": "", **DONE, "estimate": None, "lower": None, "upper": None}
    value = {**DONE, "estimate": 0.1, "lower": 0.02, "upper": 0.18, "n_with": None, "n": 400}
    rows = []
    for measure in ("answered", "completed_care", "in_index_results", "in_decision_results"):
        rows += [
            share | one | {"measure": measure, "n": n, "n_with": n // 2} for one, n in ((everybody, 900), (female, 400))
        ]
        rows.append(share | small | {"measure": measure})
    for measure, contrast in (
        ("prognosis_brier", ""),
        ("prognosis_observed_minus_predicted", ""),
        ("effect", f"decision: {CONTRAST}"),
    ):
        rows += [value | one | {"measure": measure, "contrast": contrast} for one in (everybody, female)]
        rows.append(small | {"measure": measure, "contrast": contrast})
    return rows


def _published() -> list[dict[str, Any]]:
    figure = {
        "figure_no": 1, "study": "UK BEAM 2004", "design": "trial", "n_studied": 1334.0, "mark": "V", "source": "BMJ 2004",
        "population": "Back pain in general practice", "compared": "manipulation with best care", "outcome_words": "RMDQ",
        "unit": "RMDQ points", "estimate": 1.6, "lower": 0.8, "upper": 2.3, "finding": "1.6 points better.",
        "differs": "Manipulation from the start.", "version": "2026-11", "trial": "decision", "contrast": CONTRAST,
        "outcome": "rmdq24_12wk", "our_status": "estimated", "our_reason": None, "our_estimate": 0.9, "our_lower": -0.2,
        "our_upper": 2.0,
    }  # fmt: skip
    context = {"figure_no": 2, "study": "Rubinstein 2019", "mark": "R", "finding": "Much as other care.", "trial": "",
               "contrast": "", "outcome": "", "our_status": None, "our_estimate": None, "our_lower": None,
               "our_upper": None}  # fmt: skip
    return [figure, figure | context]
