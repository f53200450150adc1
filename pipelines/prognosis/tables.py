"""The columns of the prognosis's tables and their types, so that an empty table looks like a full one."""

from __future__ import annotations

from pipelines.causal.tables import FLAG, REAL, TEXT, WHOLE

_SAID = {"status": TEXT, "reason": TEXT, "protocol_hash": TEXT}

PROGNOSIS_COLUMNS = {
    "episode_key": TEXT,
    "probability": REAL,
    "band": TEXT,
    "fold": WHOLE,
    "is_response_known": FLAG,
    "seen_probability": REAL,
    **_SAID,
}
PERFORMANCE_COLUMNS = {
    "predictor": TEXT,
    "validation": TEXT,
    "clinic_code": TEXT,
    "figure": TEXT,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "next_lower": REAL,
    "next_upper": REAL,
    "n": WHOLE,
    "n_responses": WHOLE,
    "n_clinics": WHOLE,
    **_SAID,
}
CALIBRATION_COLUMNS = {
    "predictor": TEXT,
    "group_no": WHOLE,
    "predicted": REAL,
    "observed": REAL,
    "lower": REAL,
    "upper": REAL,
    "n": WHOLE,
    "n_responses": WHOLE,
    **_SAID,
}
CURVE_COLUMNS = {
    "strategy": TEXT,
    "threshold": REAL,
    "net_benefit": REAL,
    "lower": REAL,
    "upper": REAL,
    "gain": REAL,
    "gain_lower": REAL,
    "gain_upper": REAL,
    "n": WHOLE,
    "n_events": WHOLE,
    **_SAID,
}
POINTS_COLUMNS = {"item": TEXT, "band": TEXT, "points": WHOLE, "n": WHOLE, "protocol_hash": TEXT}
RISKS_COLUMNS = {"total": WHOLE, "probability": REAL, "band": TEXT, "n": WHOLE, "protocol_hash": TEXT}
