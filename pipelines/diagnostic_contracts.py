"""The contract of every table of `diagnostics.*`: what must hold of its rows whatever was estimated."""

from pipelines.expectations import Expectation

_STATUS = Expectation("in_set", ("status",), codes=("estimated", "refused"))
_MOVED = (
    _STATUS,
    *(Expectation("not_null", (name,)) for name in ("trial", "outcome", "contrast", "protocol_hash")),
)

CONTRACTS = {
    "stability": (*_MOVED, Expectation("unique", ("trial", "outcome", "contrast"))),
    "effect_history": (*_MOVED, Expectation("unique", ("night_key", "trial", "outcome", "contrast"))),
    "fairness": (
        _STATUS,
        Expectation("unique", ("measure", "contrast", "group_name", "level")),
        Expectation("not_above", ("lower", "estimate")),
        Expectation("not_above", ("estimate", "upper")),
        Expectation("not_above", ("n_with", "n")),
    ),
    "published_figures": (
        Expectation("unique", ("figure_no", "trial", "contrast", "outcome")),
        Expectation("in_set", ("mark",), codes=("V", "R")),
        *(Expectation("not_null", (name,)) for name in ("study", "source", "population", "differs")),
        Expectation("not_above", ("lower", "estimate")),
        Expectation("not_above", ("estimate", "upper")),
    ),
}
"""By table name, without its schema."""
