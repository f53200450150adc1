"""The contract of every table of `self_checks.*` that Python writes."""

from pipelines.expectations import Expectation

_STATUS = Expectation("in_set", ("status",), codes=("estimated", "refused"))
_INTERVAL = (Expectation("not_above", ("lower", "estimate")), Expectation("not_above", ("estimate", "upper")))


def _key(*columns: str) -> Expectation:
    return Expectation("unique", columns)


def _not_null(*columns: str) -> tuple[Expectation, ...]:
    return tuple(Expectation("not_null", (column,)) for column in columns)


CONTRACTS = {
    "negative_controls": (
        *_not_null("words", "is_alarm", "protocol_hash"),
        _key("trial", "contrast", "control"),
        _STATUS,
        *_INTERVAL,
    ),
    "calibrated_effects": (*_not_null("protocol_hash"), _key("trial", "outcome", "contrast"), _STATUS, *_INTERVAL),
    "plasmode": (
        *_not_null("is_passed", "protocol_hash"),
        _key("trial", "outcome", "contrast", "world"),
        Expectation("in_set", ("world",), codes=("none", "uniform", "subgroup")),
        Expectation("in_set", ("effort",), codes=("nightly", "full")),
        Expectation("not_above", ("n_covered", "n_replications")),
        Expectation("not_above", ("n_rules", "n_rule_replications")),
    ),
    "permutations": (
        *_not_null("is_passed", "protocol_hash"),
        _key("trial", "outcome", "contrast", "permuted"),
        Expectation("in_set", ("permuted",), codes=("treatment", "outcome")),
    ),
    "leakage": (
        *_not_null("is_passed", "protocol_hash"),
        _key("trial", "outcome", "covariate"),
        Expectation("between", ("auc",), low=0, high=1),
    ),
    "verdicts": (
        *_not_null("words", "is_withheld", "protocol_hash"),
        _key("trial", "outcome", "contrast", "check_name"),
        Expectation("in_set", ("status",), codes=("passed", "failed", "not_done")),
        Expectation("in_set", ("effort",), codes=("nightly", "full")),
    ),
}
"""By table name, without its schema."""
