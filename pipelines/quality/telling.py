"""What a run's page and its lines say about the checks: counts, shares and remedies, never a value of a record."""

from typing import Any

import pandas as pd

from pipelines.quality.kahn import CATEGORIES, OWNERS, SEVERITIES

MOST_TOLD = 10
"""Checks named in one list; the rest is counted. All of them are in checks.results."""


def said_of(row: "pd.Series[Any]") -> dict[str, Any]:
    """What an asset check of one rule says: whether it is met, the counts, and the remedy when it is not."""
    is_met = row["status"] != "not_met"
    return {
        "is_met": is_met,
        "is_error": row["severity"] == "error",
        "description": None if is_met else f"{_counts(row)}. {row['remedy']}",
        "metadata": {
            "n_broken": int(row["n_broken"]),
            "n_rows": int(row["n_rows"]),
            "percent_broken": float(row["percent_broken"]),
            "allowed_percent": float(row["allowed_percent"]),
            "owner": str(row["owner"]),
            "trend": str(row["trend"]),
        },
    }


def said_of_feed(results: pd.DataFrame, feed: str) -> dict[str, Any]:
    """What the asset check of all contract checks of a feed says; one a check would cost the night 10 s of events."""
    checks = results[results["check_name"].str.startswith(f"{feed}.")]
    not_met = _worst_first(checks[checks["status"] == "not_met"])
    said = "; ".join(f"{row['check_name']}: {_counts(row)}" for _, row in not_met.head(MOST_TOLD).iterrows())
    more = f"; and {len(not_met) - MOST_TOLD} more" if len(not_met) > MOST_TOLD else ""
    return {
        "is_met": not_met.empty,
        "is_error": bool((not_met["severity"] == "error").any()),
        "description": f"{said}{more}. {not_met.iloc[0]['remedy']}" if said else None,
        "metadata": {
            "by_category": _by_category(checks),
            "worst": [_line(row) for _, row in not_met.head(MOST_TOLD).iterrows()],
        },
    }


def sudden_ones(results: pd.DataFrame) -> dict[str, Any]:
    """What the asset check on sudden changes says: each with its share tonight and the usual one."""
    changed = _worst_first(results[results["is_sudden_change"]])
    said = "; ".join(
        f"{row['check_name']}: {row['percent_broken']:.4g} % broken, usually {row['usual_percent']:.4g} %"
        for _, row in changed.head(MOST_TOLD).iterrows()
    )
    more = f"; and {len(changed) - MOST_TOLD} more" if len(changed) > MOST_TOLD else ""
    judged = int((results["trend"] != "new").sum())
    return {
        "is_met": changed.empty,
        "is_error": False,
        "description": f"{said}{more}. Ask the clinics what changed in their export" if said else None,
        "metadata": {"checks_with_a_past": judged, "changed": len(changed)},
    }


def panel(results: pd.DataFrame) -> dict[str, Any]:
    """The panel of a run's page: checks by Kahn's category and status, and the worst that are not met."""
    worst = [_line(row) for _, row in _worst_first(results[results["status"] == "not_met"]).head(MOST_TOLD).iterrows()]
    return {"checks": len(results), "by_category": _by_category(results), "worst": worst}


def _by_category(checks: pd.DataFrame) -> dict[str, dict[str, int]]:
    return {
        category: {str(status): int(n) for status, n in of_category["status"].value_counts().sort_index().items()}
        for category in CATEGORIES
        if len(of_category := checks[checks["category"] == category])
    }


def _worst_first(checks: pd.DataFrame) -> pd.DataFrame:
    """Errors before warnings before notes; then by how far the share is above the allowed one; then by name."""
    ranked = checks.assign(
        rank=checks["severity"].map(SEVERITIES.index), excess=checks["allowed_percent"] - checks["percent_broken"]
    )
    return ranked.sort_values(["rank", "excess", "check_name"])


def _line(row: "pd.Series[Any]") -> dict[str, Any]:
    return {
        "check": row["check_name"],
        "broken": int(row["n_broken"]),
        "checked": int(row["n_rows"]),
        "percent": float(row["percent_broken"]),
        "allowed_percent": float(row["allowed_percent"]),
        "severity": row["severity"],
        "owner": OWNERS[row["owner"]],
        "trend": row["trend"],
    }


def _counts(row: "pd.Series[Any]") -> str:
    return (
        f"{row['n_broken']:,} of {row['n_rows']:,} ({row['percent_broken']:.4g} %, "
        f"allowed {row['allowed_percent']:.4g} %)"
    )
