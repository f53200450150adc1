"""The contract of every table of `estimates.*`: what must hold of its rows whatever was estimated."""

from pipelines.contract_parts import codes as _codes
from pipelines.contract_parts import interval as _interval
from pipelines.contract_parts import key as _key
from pipelines.contract_parts import not_null as _not_null
from pipelines.contract_parts import share as _share
from pipelines.expectations import Expectation

LABELS = (
    "likely_gain",
    "no_difference_expected",
    "not_enough_information",
    "outside_overlap",
    "contraindicated",
    "screening_incomplete",
)

_STATUS = _codes("status", "estimated", "refused")
_EFFECTS = (
    *_not_null("trial", "outcome", "contrast", "group_name", "status"),
    _key("trial", "outcome", "contrast", "group_name", "group_level"),
    _STATUS,
    *_interval("lower", "estimate", "upper"),
    *_share("overlap_share"),
)
_FIGURE = _key("trial", "outcome", "model", "figure")
_REFUSABLE = (*_not_null("protocol_hash"), _STATUS)
_BAND = _codes("band", "unlikely", "uncertain", "likely")

CONTRACTS = {
    "effects": _EFFECTS,
    "dose_effects": _EFFECTS,
    "own_questions": (*_not_null("status", "sha256"), _key("question"), _codes("status", "asked", "refused")),
    "own_effects": (
        *_not_null("question", "trial", "outcome", "contrast", "group_name", "status"),
        _key("question", "outcome", "contrast", "group_name", "group_level"),
        _STATUS,
        *_interval("lower", "estimate", "upper"),
        *_share("overlap_share"),
    ),
    "arm_means": (_key("trial", "outcome", "arm"), *_interval("lower", "mean", "upper")),
    "scores": (_key("trial", "outcome", "arm", "episode_key", "repeat"), *_not_null("score"), *_share("e", "g")),
    "episode_effects": (
        _key("trial", "outcome", "contrast", "episode_key"),
        _codes("label", *LABELS),
        _codes("basis", "average", "gain"),
        *_interval("lower", "upper"),
    ),
    "heterogeneity": (
        _key("trial", "outcome", "contrast", "test"),
        _codes("test", "slope", "autoc", "qini"),
        *_interval("lower", "upper"),
    ),
    "rule_values": (_key("trial", "outcome"), _STATUS, *_interval("gain_lower", "gain_upper")),
    "rules": (_key("trial", "outcome", "node"),),
    "models": (_FIGURE,),
    "notices": (_FIGURE,),
    "model_history": (_key("night_key", "trial", "outcome", "model", "figure"),),
    "natural_course": (
        _key("source", "clinic_code", "day"),
        *_share("cumulative_improved"),
        *_interval("lower", "cumulative_improved", "upper"),
    ),
    "improvement_curves": (
        _key("trial", "arm", "day"),
        *_share("cumulative_improved", "cumulative_injection_or_surgery", "unadjusted_improved"),
        *_interval("lower", "cumulative_improved", "upper"),
    ),
    "improvement_effects": (
        *_not_null("trial", "contrast", "measure", "day", "status"),
        _key("trial", "contrast", "measure", "day"),
        _codes("measure", "share_improved", "mean_days_improved"),
        _STATUS,
        *_interval("lower", "estimate", "upper"),
    ),
    "sessions_to_improvement": (
        _key("improvement", "arm", "sessions"),
        *_share("cumulative_improved"),
        *_interval("lower", "cumulative_improved", "upper"),
    ),
    "regimes": (
        *_not_null("trial", "outcome", "quantity", "regime", "protocol_hash"),
        _key("trial", "outcome", "regime"),
        _codes("quantity", "value", "difference"),
        _STATUS,
        *_interval("lower", "estimate", "upper"),
        *_share("clipped_share"),
    ),
    "sensitivity": (
        *_not_null("trial", "outcome", "contrast", "analysis", "status", "protocol_hash"),
        _key("trial", "outcome", "contrast", "analysis"),
        _STATUS,
        *_interval("lower", "estimate", "upper"),
    ),
    "protocols": (*_not_null("protocol_hash", "item", "target_trial", "emulation"), _key("trial", "item_no")),
    "prognosis": (
        *_REFUSABLE,
        *_not_null("episode_key"),
        _key("episode_key"),
        *_share("probability", "seen_probability"),
        _BAND,
    ),
    "prognosis_performance": (
        *_REFUSABLE,
        *_interval("lower", "estimate", "upper"),
        _key("predictor", "validation", "clinic_code", "figure"),
        _codes("figure", "auc", "observed_to_expected", "calibration_slope", "brier"),
        _codes("validation", "out_of_fold", "clinic_left_out", "over_clinics"),
        *_interval("n_responses", "n"),
    ),
    "prognosis_calibration": (
        *_REFUSABLE,
        _key("predictor", "group_no"),
        *_share("predicted", "observed"),
        *_interval("lower", "observed", "upper"),
    ),
    "decision_curve": (
        *_REFUSABLE,
        _key("strategy", "threshold"),
        Expectation("between", ("threshold",), low=0.01, high=0.99),
        *_interval("lower", "net_benefit", "upper"),
    ),
    "prognosis_points": (_key("item", "band"), Expectation("between", ("points",), low=-5, high=5)),
    "prognosis_risks": (_key("total"), *_share("probability"), _BAND),
    "case_mix": (
        _key("indicator", "measure", "clinic_code"),
        _STATUS,
        *_not_null("n", "is_representative", "adjusters_version"),
        _codes("signal", "inside", "outside 95", "outside 99.8", "not judged"),
        *_interval("lower", "adjusted", "upper"),
        *_interval("shrunk_lower", "shrunk", "shrunk_upper"),
    ),
    "funnel": (
        _key("indicator", "measure", "effective_n"),
        *_interval("lower_95", "network", "upper_95"),
        *_interval("lower_998", "lower_95"),
        *_interval("upper_95", "upper_998"),
    ),
    "clinic_courses": (
        _key("indicator", "measure", "clinic_code"),
        _STATUS,
        *_interval("lower", "estimate", "upper"),
    ),
}
"""By table name, without its schema."""
