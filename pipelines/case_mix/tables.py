"""The columns of the tables of clinics compared, so that an empty table looks like a full one."""

from pipelines.causal.tables import FLAG, REAL, TEXT, WHOLE

CASE_MIX_COLUMNS = {
    "clinic_code": TEXT,
    "indicator": TEXT,
    "measure": TEXT,
    "status": TEXT,
    "reason": TEXT,
    "n": WHOLE,
    "effective_n": REAL,
    "observed": REAL,
    "expected": REAL,
    "adjusted": REAL,
    "lower": REAL,
    "upper": REAL,
    "shrunk": REAL,
    "shrunk_lower": REAL,
    "shrunk_upper": REAL,
    "network": REAL,
    "overdispersion": REAL,
    "is_representative": FLAG,
    "signal": TEXT,
    "direction": TEXT,
    "has_three_in_a_row": FLAG,
    "adjusters_version": TEXT,
}
FUNNEL_COLUMNS = {
    "indicator": TEXT,
    "measure": TEXT,
    "effective_n": WHOLE,
    "network": REAL,
    "lower_95": REAL,
    "upper_95": REAL,
    "lower_998": REAL,
    "upper_998": REAL,
}
COURSE_COLUMNS = {
    "clinic_code": TEXT,
    "indicator": TEXT,
    "measure": TEXT,
    "status": TEXT,
    "reason": TEXT,
    "n": WHOLE,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
}
CASE_MIX_TABLES = {
    "case_mix": (CASE_MIX_COLUMNS, "indicator, measure, clinic_code"),
    "funnel": (FUNNEL_COLUMNS, "indicator, measure, effective_n"),
    "clinic_courses": (COURSE_COLUMNS, "indicator, measure, clinic_code"),
}
