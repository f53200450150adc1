"""The contract of every table of `diagnostics.*`: what must hold of its rows whatever was found."""

from pipelines.contract_parts import codes, interval, key, not_null, share
from pipelines.robustness.codes import (
    BETTER,
    CONCERNS,
    FROM_REFIT,
    FROM_SCORES,
    NONE_SHOWN,
    TELL,
    WITHHOLD,
    WORSE,
)

_CONTRAST = ("trial", "outcome", "contrast")
_STATUS = codes("status", "estimated", "refused")
_MOVED = (_STATUS, *not_null(*_CONTRAST, "protocol_hash"))
_VERDICT = codes("verdict", BETTER, WORSE, NONE_SHOWN)
_FROM = codes("weights_from", FROM_SCORES, FROM_REFIT)

CONTRACTS = {
    "balance": (*not_null(*_CONTRAST, "covariate", "before", "after"), key(*_CONTRAST, "covariate"), _FROM),
    "overlap": (
        *not_null("trial", "arm_given", "propensity_of"),
        key("trial", "arm_given", "propensity_of", "bin"),
        *share("share"),
        _FROM,
    ),
    "weights": (
        *not_null(*_CONTRAST, "arm"),
        key(*_CONTRAST, "arm"),
        *share("largest_share", "clipped_share"),
        *interval("effective_n", "n"),
        *interval("quantile_50", "quantile_90", "quantile_99", "largest"),
    ),
    "baseline": (
        *not_null("trial", "arm", "covariate", "level", "n_recorded"),
        key("trial", "arm", "covariate", "level"),
        *interval("n_with", "n_recorded", "n"),
    ),
    "missing_data": (
        *not_null("trial", "arm", "variable", "reason"),
        key("trial", "arm", "role", "variable", "reason"),
        codes("role", "covariate", "outcome"),
        *share("share"),
        *interval("n_missing", "n"),
    ),
    "influence": (
        *not_null(*_CONTRAST, "unit", "estimate"),
        key(*_CONTRAST, "unit"),
        codes("unit", "clinic", "practitioner"),
        *interval("lowest", "highest"),
        *share("share_of_most_influential"),
        _VERDICT,
    ),
    "confounding": (
        *not_null(*_CONTRAST, "estimate", "robustness_value", "robustness_value_limit"),
        key(*_CONTRAST),
        *interval("lower", "estimate", "upper"),
        *interval("risk_ratio_lower", "risk_ratio", "risk_ratio_upper"),
        *interval("e_value_limit", "e_value"),
        *share("outcome_r2", "treatment_r2", "robustness_value"),
        *interval("robustness_value_limit", "robustness_value"),
    ),
    "confounding_benchmarks": (
        *not_null(*_CONTRAST, "covariate_group", "estimate_1x", "estimate_2x", "estimate_3x"),
        key(*_CONTRAST, "covariate_group"),
        *share("outcome_r2", "treatment_r2", "correlation"),
    ),
    "confounding_contours": (
        *not_null(*_CONTRAST, "estimate", "nearer_limit"),
        key(*_CONTRAST, "outcome_r2", "treatment_r2"),
        *share("outcome_r2", "treatment_r2"),
    ),
    "missing_outcomes": (
        *not_null(*_CONTRAST, "worst_case", "best_case"),
        key(*_CONTRAST),
        *interval("worst_case_lower", "worst_case", "worst_case_upper"),
        *interval("best_case_lower", "best_case", "best_case_upper"),
        *interval("worst_case", "best_case"),
        _VERDICT,
    ),
    "specifications": (
        *not_null("trial", "contrast", "specification", "outcome", "status"),
        key("trial", "contrast", "specification"),
        codes("status", "estimated", "refused"),
        *interval("lower", "estimate", "upper"),
    ),
    "stability": (*_MOVED, key(*_CONTRAST)),
    "effect_history": (*_MOVED, key("night_key", *_CONTRAST)),
    "fairness": (
        _STATUS,
        key("measure", "contrast", "group_name", "level"),
        *interval("lower", "estimate", "upper"),
        *interval("n_with", "n"),
    ),
    "published_figures": (
        key("figure_no", "trial", "contrast", "outcome"),
        codes("mark", "V", "R"),
        *not_null("study", "source", "population", "differs"),
        *interval("lower", "estimate", "upper"),
    ),
    "concerns": (
        *not_null(*_CONTRAST, "concern", "words", "severity"),
        key(*_CONTRAST, "concern"),
        codes("concern", *CONCERNS),
        codes("severity", WITHHOLD, TELL),
    ),
}
"""By table name, without its schema."""
