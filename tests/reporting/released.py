"""Made-up report tables, released as the night releases them, and the stamp of a made-up run."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import pandas as pd

from pipelines.privacy.disclosure import declared, release_table
from pipelines.reporting.model import Stamp
from pipelines.tables import sql_files

QUERIES = {file.name: file for file in sql_files("report")}
FEED_ROWS = {
    "intake": 1,
    "exam": 1.1,
    "lab": 0.2,
    "imaging": 0.4,
    "imaging_level": 2,
    "session": 6,
    "session_component": 11,
    "adverse_event": 0.1,
    "outcome": 4,
}
SHARES = {
    "QI-01": 0.93,
    "QI-02": 0.71,
    "QI-03": 0.88,
    "QI-04": 0.97,
    "QI-05": 0.82,
    "QI-06": 0.35,
    "QI-07": 0.12,
    "QI-07a": 0.08,
    "QI-08": 0.45,
    "QI-09": 0.995,
    "QI-10": 0.64,
    "QI-11": 0.9,
    "QI-12": 0.52,
    "QI-14": 0.14,
    "QI-17": 0.07,
    "QI-17a": 0.03,
    "QI-18": 0.31,
    "QI-20": 0.77,
    "QI-21": 0.12,
    "QI-22": 0.94,
    "QI-23": 0.13,
    "QI-23a": 0.75,
    "QI-24": 0.9,
}
PERIODS = tuple(f"{year}-Q{quarter}" for year in (2024, 2025, 2026) for quarter in (1, 2, 3, 4))
REFUSED_DELIVERY = {
    "clinic_code": "C002",
    "delivery_id": "2026-11-23",
    "state": "quarantined",
    "reason": "session.csv: line 1 names a column twice. Send each column once",
}
STAMP = Stamp(
    made_at=datetime(2026, 11, 23, 2, 41, tzinfo=UTC),
    run_id="9f1c2ab7",
    data_hash="4be19c07",
    code_version="0.1.0",
    is_simulated=True,
    source_notes=("Made-up numbers for the tests of the report.",),
)

_COMPARED = {"trial": "decision", "outcome": "r30d_12wk"}
DIFFERENCE = _COMPARED | {
    "contrast": "add_manipulation - continue_without",
    "is_shown": False,
    "verdict": "No reliable difference between patients was found: only the average is shown.",
    "slope": 0.2,
    "slope_lower": -0.9,
    "slope_upper": 1.3,
    "episodes_needed": 21000.0,
}
SLICE = ["clinic_code", "complaint", "n_due", "n_answered", "n_responders"]
_REFUSED = {"status": "refused", "reason": "Too little overlap.", "estimate": None, "lower": None, "upper": None}
ANALYSIS = _COMPARED | {
    "contrast": "add_manipulation - continue_without",
    "analysis": "cloning, censoring and weighting",
    "status": "estimated",
    "reason": None,
    "estimate": 0.015,
    "lower": -0.05,
    "upper": 0.08,
    "n": 1840,
}
PROTOCOL_ITEM = {
    "trial": "decision",
    "item_no": 1,
    "item": "question",
    "target_trial": "Add manipulation or continue without?",
    "emulation": "The same question.",
}
NOTICE = "decision, r30d_12wk: the model of the outcome is worse than on the night before, auc 0.61 instead of 0.70."
RULE_VALUE = _COMPARED | {
    "status": "estimated",
    "reason": "No rule was shown to do better than the best single treatment for everybody.",
    "is_shown": False,
    "gain": 0.004,
    "gain_lower": -0.02,
    "gain_upper": 0.028,
    "n": 1840,
    "words": None,
}


STRATA = {"female": "sex", "male": "sex", "self": "payer", "public": "payer"}
ARMS = {"rest_or_advice": 0, "exercise": 3, "manipulation": 7}
SELF_CHECK = _COMPARED | {
    "contrast": "add_manipulation - continue_without",
    "check_name": "leakage",
    "status": "passed",
    "is_withheld": False,
    "words": "Nothing tells the outcome better than is honest.",
}
CONCERN = _COMPARED | {
    "contrast": "add_manipulation - continue_without",
    "concern": "one_clinic",
    "severity": "tell",
    "words": "Without one single clinic no difference would be shown any more.",
}


def effect_row(**changed: Any) -> dict[str, Any]:
    """One row of report.effects, before release; the decision trial's primary result unless changed."""
    return {
        "trial": "decision",
        "outcome": "r30d_12wk",
        "contrast": "add_manipulation - continue_without",
        "group_name": "all",
        "group_level": "all",
        "status": "estimated",
        "reason": None,
        "estimate": 0.021,
        "lower": -0.044,
        "upper": 0.086,
        "n": 1840,
        "n_treated": 702,
        "n_comparator": 1138,
        "effective_n": 1204,
        "episodes_needed": 2610.0,
        "doubt": None,
    } | changed


def exact_tables(clinics: dict[str, int] | None = None) -> dict[str, pd.DataFrame]:
    """Exact report queries' results for clinics of so many episodes (before release)."""
    sizes = clinics or {"C001": 412, "C002": 96, "C003": 18, "C004": 655}
    everyone = sizes | {"network": sum(sizes.values())}
    return {
        "arrivals": pd.DataFrame([_arrival(code, n, feed) for code, n in everyone.items() for feed in FEED_ROWS]),
        "refused_deliveries": pd.DataFrame([REFUSED_DELIVERY]),
        "quarantine_reasons": pd.DataFrame([_refusal(code, n) for code, n in everyone.items()]),
        "data_quality": pd.DataFrame([row for code, n in everyone.items() for row in _checks(code, n)]),
        "indicators": pd.DataFrame([_indicator(code, n, name) for code, n in everyone.items() for name in SHARES]),
        "indicator_periods": pd.DataFrame(
            [row for code, n in everyone.items() for name in SHARES for row in _periods(code, n, name)],
            columns=["clinic_code", "indicator", "index_period", "numerator", "denominator"],
        ),
        "case_mix": pd.DataFrame([row for code, n in sizes.items() for row in _adjusted(code, n)]),
        "funnel": pd.DataFrame([_limit(n) for n in (20, 50, 100, 200, 500)]),
        "clinic_courses": pd.DataFrame([row for code, n in everyone.items() for row in _clinic_courses(code, n)]),
        "safety": pd.DataFrame([row for code, n in everyone.items() for row in _safety(code, n)]),
        "equity": pd.DataFrame([_stratum(code, level) for code in ("QI-02", "QI-05", "QI-12") for level in STRATA]),
        "arm_means": pd.DataFrame(
            [_arm_mean("add_manipulation", 0.521), _arm_mean("continue_without", 0.5)],
        ),
        "improvement_curves": pd.DataFrame([row for arm in ARMS for row in _arm_course(arm)]),
        "self_checks": pd.DataFrame(
            [SELF_CHECK | {"check_name": name} for name in ("leakage", "negative_controls", "permutations", "plasmode")]
        ),
        "concerns": pd.DataFrame([CONCERN]),
        "responder_slices": pd.DataFrame(
            [row for code, n in everyone.items() for row in _slices(code, n)], columns=SLICE
        ),
        "responders": pd.DataFrame([_responder(code, n) for code, n in everyone.items()]),
        "decision_flow": pd.DataFrame(_flow(everyone["network"])),
        "effects": pd.DataFrame(_effects()),
        "heterogeneity": pd.DataFrame([DIFFERENCE]),
        "rule_values": pd.DataFrame([RULE_VALUE]),
        "model_notices": pd.DataFrame([_COMPARED | {"model": "outcome", "figure": "auc", "notice": NOTICE}]),
        "regimes": pd.DataFrame(_regimes()),
        "sensitivity": pd.DataFrame(
            [
                ANALYSIS | {"trial": "index", "contrast": "exercise - rest_or_advice"},
                ANALYSIS,
                ANALYSIS | {"analysis": "pooled sequential trials"} | _REFUSED,
            ]
        ),
        "protocols": pd.DataFrame([PROTOCOL_ITEM, PROTOCOL_ITEM | {"item_no": 2, "item": "eligibility"}]),
        "imaging_prevalence": pd.DataFrame(_imaging()),
        "natural_course": pd.DataFrame([*_course("network"), *_course("C001")]),
    }


def released(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables after disclosure control, by the headers of sql/report."""
    return {name: release_table(_added_up(frame, name), QUERIES[name]) for name, frame in tables.items()}


@cache
def released_of(clinics: tuple[tuple[str, int], ...]) -> dict[str, pd.DataFrame]:
    """The released tables of clinics of these sizes; made once, for whoever does not change them."""
    return released(exact_tables(dict(clinics)))


def _added_up(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The table with the counts of the network as the sums of its clinics', where its header says that they add up."""
    said = declared(QUERIES[name])
    others = [column for column in said.key if column != "clinic_code"]
    counts = list(said.columns)
    if all(total.column != "clinic_code" or total.of for total in said.totals) or not counts:
        return frame
    frame = frame.reset_index(drop=True)
    is_network = frame["clinic_code"] == "network"
    clinics = frame[~is_network].groupby(others)[counts].sum() if others else None
    added = frame.copy()
    for place in frame.index[is_network]:
        key = tuple(frame.loc[place, others])
        key = key if len(key) > 1 else key[0] if key else None
        if clinics is not None and key not in clinics.index:
            added.loc[place, counts] = 0
            continue
        sums = frame[~is_network][counts].sum() if clinics is None else clinics.loc[key]
        added.loc[place, counts] = sums.astype("int64")
    return added


def _regimes() -> list[dict[str, Any]]:
    row = {"trial": "stepped", "outcome": "r30d_12wk", "n": 4100, "n_followers": 1200}
    done = {"status": "estimated", "reason": None, "estimate": 0.54, "lower": 0.5, "upper": 0.58}
    return [
        row | {"quantity": "value", "regime": "never"} | done,
        row | {"quantity": "value", "regime": "step_up_week4_under_30"} | _REFUSED,
        row
        | {"quantity": "difference", "regime": "manipulation_at_once - never"}
        | done
        | {"estimate": 0.04, "lower": -0.02},
    ]


def _arrival(code: str, n: int, feed: str) -> dict[str, Any]:
    rows = round(n * FEED_ROWS[feed])
    return {
        "clinic_code": code,
        "feed": feed,
        "latest_delivery_id": "2026-11-22",
        "n_rows_in_force": rows,
        "n_rows_quarantined": round(rows * 0.01),
        "n_values_set_aside": round(rows * 0.02),
    }


def _refusal(code: str, n: int) -> dict[str, Any]:
    return {
        "clinic_code": code,
        "feed": "session",
        "field": "nprs_pre",
        "scope": "value",
        "rule": "whole number from 0 to 10",
        "n_refused": round(n * 0.12),
    }


def _checks(code: str, n: int) -> list[dict[str, Any]]:
    shares = {
        ("session.nprs_pre.value", "conformance", "warn"): 0.12,
        ("intake.sex.present", "completeness", "warn"): 0.0,
        ("episode_without_disability_score", "completeness", "warn"): 0.2,
        ("intake.rf_weight_loss.yes", "plausibility", "note"): 0.3,
        ("saddle_numbness_without_red_flag", "plausibility", "warn"): 0.0,
    }
    return [
        {
            "clinic_code": code,
            "check_name": name,
            "category": category,
            "severity": severity,
            "owner": "clinical_lead" if severity == "note" else "clinic",
            "description": f"What {name.replace('_', ' ')} says",
            "remedy": f"Mend {name.replace('_', ' ')}",
            "allowed_percent": 10.0,
            "status": "not_met" if share else "met",
            "trend": "worse" if share == 0.2 else "steady",
            "n_broken": round(n * share),
            "n_rows": n,
        }
        for (name, category, severity), share in shares.items()
    ]


def _indicator(code: str, n: int, name: str) -> dict[str, Any]:
    numerator, denominator = round(n * SHARES[name]), n
    if name == "QI-12":
        improved = _responder(code, n)
        numerator, denominator = improved["n_responders"], improved["n_answered"]
    return {"clinic_code": code, "indicator": name, "numerator": numerator, "denominator": denominator}


def _periods(code: str, n: int, name: str) -> list[dict[str, Any]]:
    each = n // 4
    shares = [min(0.99, SHARES[name] + 0.02 * (number % 3 - 1)) for number in range(len(PERIODS))]
    return [
        {
            "clinic_code": code,
            "indicator": name,
            "index_period": period,
            "numerator": round(each * share),
            "denominator": each,
        }
        for period, share in zip(PERIODS, shares, strict=True)
        if each >= 10
    ]


def adjusted_row(code: str, n: int, **changed: Any) -> dict[str, Any]:
    """One row of report.case_mix, before release: the share improved of a clinic inside the limits unless changed."""
    is_large = n >= 20
    values = {"expected": 55.0, "adjusted": 54.0, "lower": 45.0, "upper": 63.0, "shrunk": 55.0} | {
        "shrunk_lower": 50.0,
        "shrunk_upper": 60.0,
    }
    return (
        {
            "indicator": "QI-12",
            "measure": "responders",
            "clinic_code": code,
            "status": "estimated" if is_large else "refused",
            "reason": None if is_large else "Fewer than 20 known outcomes.",
            "n": n,
            "effective_no": n if is_large else None,
            "network": 56.0,
            "overdispersion": 1.0,
            "is_representative": True,
            "signal": "inside" if is_large else "not judged",
            "direction": "worse" if is_large else "",
            "has_three_in_a_row": False,
            "adjusters_version": "1",
        }
        | {name: value if is_large else None for name, value in values.items()}
        | changed
    )


def _adjusted(code: str, n: int) -> list[dict[str, Any]]:
    points = {"expected": 11.4, "adjusted": -0.8, "lower": -3.0, "upper": 1.4, "shrunk": -0.3} | {
        "shrunk_lower": -1.5,
        "shrunk_upper": 0.9,
        "network": 0.0,
    }
    known = round(n * 0.5)
    return [
        adjusted_row(code, known),
        adjusted_row(code, known, indicator="QI-13", measure="odi change", **(points if known >= 20 else {})),
        adjusted_row(code, known, indicator="QI-14", measure="deterioration"),
    ]


def _limit(n: int) -> dict[str, Any]:
    half = 200 / n**0.5
    return {
        "indicator": "QI-12",
        "measure": "responders",
        "effective_no": n,
        "network": 56.0,
        "lower_95": round(56 - half / 2, 1),
        "upper_95": round(56 + half / 2, 1),
        "lower_998": round(56 - half * 0.8, 1),
        "upper_998": round(56 + half * 0.8, 1),
    }


def _clinic_courses(code: str, n: int) -> list[dict[str, Any]]:
    measures = {
        ("QI-15", "median day of sustained improvement"): (97.0, 86.0, None),
        ("QI-15", "improved by day 90"): (49.0, 44.0, 54.0),
        ("QI-16", "median sessions to improvement"): (4.0, 4.0, 5.0),
        ("QI-19", "stepped up by day 84"): (20.0, 16.0, 25.0),
    }
    return [
        {
            "indicator": indicator,
            "measure": measure,
            "clinic_code": code,
            "status": "estimated" if n >= 20 else "refused",
            "reason": None if n >= 20 else "Fewer than 20 episodes.",
            "n": n,
            "estimate": values[0] if n >= 20 else None,
            "lower": values[1] if n >= 20 else None,
            "upper": values[2] if n >= 20 else None,
        }
        for (indicator, measure), values in measures.items()
    ]


def _safety(code: str, n: int) -> list[dict[str, Any]]:
    counts = {
        ("serious event", "fracture"): 1 if code in ("C001", "network") else 0,
        ("event", "local_soreness"): round(n * 0.4),
        ("event", "new_numbness"): 3,
        ("step-up reason", "no_improvement"): round(n * 0.1),
    }
    return [
        {"clinic_code": code, "list": kind, "item": item, "n": count} for (kind, item), count in counts.items() if count
    ]


def _stratum(indicator: str, level: str) -> dict[str, Any]:
    whole = {"female": 620, "male": 540, "self": 600, "public": 560}[level]
    return {
        "indicator": indicator,
        "dimension": STRATA[level],
        "level": level,
        "numerator": round(whole * SHARES[indicator]),
        "denominator": whole,
    }


def _arm_mean(arm: str, mean: float) -> dict[str, Any]:
    return _COMPARED | {"arm": arm, "mean": mean, "lower": mean - 0.05, "upper": mean + 0.05, "n": 1840, "n_arm": 700}


def _arm_course(arm: str) -> list[dict[str, Any]]:
    shares = {14: 8, 28: 22, 56: 41, 84: 46}
    return [
        {
            "trial": "index",
            "arm": arm,
            "day": day,
            "improved_percent": share + ARMS[arm],
            "lower_percent": share + ARMS[arm] - 5,
            "upper_percent": share + ARMS[arm] + 5,
            "injection_or_surgery_percent": 2,
            "unadjusted_percent": share,
            "n_at_risk": 600 - 3 * day,
        }
        for day, share in shares.items()
    ]


def _responder(code: str, n: int) -> dict[str, Any]:
    due, answered = round(n * 0.8), round(n * 0.8 * 0.71)
    return {"clinic_code": code, "n_due": due, "n_answered": answered, "n_responders": round(answered * 0.52)}


def _slices(code: str, n: int) -> list[dict[str, Any]]:
    shares = {"back pain only": 0.45, "leg pain above the knee": 0.2, "leg pain below the knee": 0.35}
    rows = [{"complaint": name} | _responder(code, round(n * share)) for name, share in shares.items()]
    return [row for row in rows if row["n_answered"] >= 20]


def _flow(n: int) -> list[dict[str, Any]]:
    steps = {
        "all_episodes": 0,
        "never_attended": 0.02,
        "no_visit_day_28_to_41": 0.31,
        "manipulated_before": 0.24,
        "improved_30_percent": 0.18,
        "absolute_contraindication": 0.01,
        "not_yet_due": 0.06,
    }
    rows, remaining = [], n
    for number, (step, share) in enumerate(steps.items()):
        left_out = round(n * share)
        remaining -= left_out
        rows.append(
            {"trial": "decision", "step_no": number, "step": step, "n_left_out": left_out, "n_remaining": remaining}
        )
    return rows


def _effects() -> list[dict[str, Any]]:
    index = {"trial": "index", "n": 2600, "n_treated": 900, "n_comparator": 1100}
    return [
        effect_row(),
        effect_row(outcome="r30d_26wk", estimate=0.034, lower=-0.05, upper=0.118),
        effect_row(outcome="rmdq24_12wk", estimate=0.6, lower=-0.3, upper=1.5),
        effect_row(**index, contrast="manipulation - exercise", estimate=0.012, lower=-0.04, upper=0.064),
        effect_row(**index, contrast="manipulation - rest_or_advice", estimate=0.13, lower=0.02, upper=0.24),
        effect_row(
            **index,
            contrast="exercise - rest_or_advice",
            status="refused",
            reason="Fewer than 50 episodes had 'rest or advice'.",
            estimate=None,
            lower=None,
            upper=None,
        ),
    ]


def _imaging() -> list[dict[str, Any]]:
    shares = {"disc bulge or more": (0.2, 0.63), "disc degeneration": (0.35, 0.72), "Modic change": (0.05, None)}
    rows = []
    for finding, (first, any_level) in shares.items():
        for number, level in enumerate(("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")):
            found = round(218 * (first + 0.09 * number))
            rows.append(_grading(level, finding, 218, found, None))
        if any_level is not None:
            rows.append(_grading("any level", finding, 205, round(205 * any_level), 58))
    return rows


def _grading(level: str, finding: str, n: int, found: int, typical: int | None) -> dict[str, Any]:
    return {
        "level": level,
        "finding": finding,
        "n_assessed": n,
        "n_with_finding": found,
        "age_typical_percent": typical,
    }


def _course(code: str) -> list[dict[str, Any]]:
    shares = {14: (11, 2), 28: (24, 6), 42: (33, 11), 84: (49, 17), 182: (61, 20), 364: (66, 21)}
    return [
        {
            "source": "conservative care",
            "clinic_code": code,
            "day": day,
            "improved_percent": improved,
            "lower_percent": improved - 5,
            "upper_percent": improved + 5,
            "stepped_up_percent": stepped_up,
            "median_day": 91,
            "n_at_risk": 900 - day * 2,
        }
        for day, (improved, stepped_up) in shares.items()
    ]
