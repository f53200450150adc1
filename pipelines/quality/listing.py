"""The list of all checks, written from the contract and from the headers of sql/checks.

`python -m pipelines.quality.listing` writes docs/checks.md; with `--check` it only says whether that file is right.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipelines.contracts import FEEDS
from pipelines.dictionary import table, write_or_compare
from pipelines.quality.contract_checks import contract_checks
from pipelines.quality.kahn import CATEGORIES, CONTEXTS, OWNERS, Check
from pipelines.quality.rules import rule_check
from pipelines.tables import sql_files

PLACE = Path(__file__).resolve().parents[2] / "docs" / "checks.md"
_HEADS = ("check", "category", "severity", "owner", "allowed", "what is wrong", "what to do")


def checks_page() -> str:
    """The whole list as Markdown."""
    rules = [rule_check(file) for file in sql_files("checks")]
    contract = [one.check for one in contract_checks()]
    parts = [_opening(contract, rules), "## Rules across fields and tables", _lines(rules), "## Checks of the contract"]
    for feed in FEEDS:
        of_feed = [check for check in contract if check.name.startswith(f"{feed}.")]
        parts += [f"### {feed}", _lines(of_feed)]
    return "\n\n".join(parts) + "\n"


def _opening(contract: Sequence[Check], rules: Sequence[Check]) -> str:
    counted = [
        (
            category,
            sum(check.category == category for check in contract),
            sum(check.category == category for check in rules),
        )
        for category in CATEGORIES
    ]
    owners = [f"- `{name}`: {said}" for name, said in OWNERS.items()]
    contexts = [f"- {name}: {said}" for name, said in CONTEXTS.items()]
    return "\n".join(
        [
            "# Checks",
            "",
            "Generated from the code by `python -m pipelines.quality.listing`; do not edit it by hand. Each night runs",
            "every check and writes `checks.results` (all clinics together), `checks.results_by_clinic` and",
            "`checks.history` ([decision 15](decisions/0015-checks-by-kahn.md)).",
            "",
            *table(("category", "of the contract", "rules"), counted),
            "",
            "An `error` stops the night when more rows break it than are allowed; a `warn` and a `note` are told. Owners:",
            "",
            *owners,
            "",
            "Context:",
            "",
            *contexts,
        ]
    )


def _lines(checks: Iterable[Check]) -> str:
    return "\n".join(table(_HEADS, _rows(checks)))


def _rows(checks: Iterable[Check]) -> Iterator[tuple[str, ...]]:
    for check in checks:
        parts = (check.category, "" if check.subcategory == "-" else check.subcategory)
        context = "" if check.context == "verification" else f" ({check.context})"
        yield (
            f"`{check.name}`",
            " ".join(part for part in parts if part) + context,
            check.severity,
            f"`{check.owner}`",
            f"{check.allowed_percent:g} %",
            check.description,
            check.remedy,
        )


def main(arguments: Sequence[str], place: Path = PLACE) -> int:
    """Write the list to `place`, or with `--check` compare; returns 1 when the file there differs, else 0."""
    source = "the contract and sql/checks"
    return write_or_compare(checks_page(), place, arguments, source, "pipelines.quality.listing")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
