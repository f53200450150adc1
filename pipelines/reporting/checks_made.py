"""What tonight's self-checks and diagnostics found, drawn together: how many were made, what failed and what is withheld."""

from collections import defaultdict
from typing import Any, Literal, Self

from pydantic import model_validator

from pipelines.reporting.released_rows import Rows
from pipelines.reporting.shares import ContradictionError, Frozen

CHECK_NAMES = {
    "leakage": "Nothing tells the outcome better than is honest",
    "plasmode": "Known effects, put into these records, are found again",
    "negative_controls": "What treatment cannot have caused does not differ",
    "permutations": "With treatment shuffled there is no effect",
}
CONCERN_NAMES = {
    "answered_groups_differ": "Those who answered differ between the groups",
    "hidden_factor": "Something nobody recorded could explain it",
    "missing_outcomes": "Those who did not answer could change it",
    "one_clinic": "It hangs on one clinic",
    "one_practitioner": "It hangs on one practitioner",
}


class CheckLine(Frozen):
    """One self-check over all effects: how often it was passed, failed (and the effect withheld) or not done."""

    check_name: str
    name: str
    n_passed: int
    n_failed: int
    n_not_done: int


class ConcernLine(Frozen):
    """One kind of doubt: on how many effects it lies, and how many of them are withheld because of it."""

    concern: str
    name: str
    n_told: int
    n_withheld: int
    words: str


class Withheld(Frozen):
    """One effect that is not shown, and why."""

    trial: str
    outcome: str
    contrast: str
    reason: str


class ChecksMade(Frozen):
    """Everything tonight's checks found on the effects."""

    checks: tuple[CheckLine, ...] = ()
    concerns: tuple[ConcernLine, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    n_effects: int = 0
    """Effects in all patients that were looked at: shown, refused or withheld."""
    verdict: Literal["all passed", "some failed", "none made"] = "none made"

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.verdict == "all passed" and any(one.n_failed for one in self.checks):
            raise ContradictionError("all self-checks are said to be passed, and one failed")
        return self


def checks_made(verdicts: Rows, concerns: Rows, effects: Rows) -> ChecksMade:
    """Draw the rows of report.self_checks, report.concerns and report.effects together."""
    by_check: dict[str, dict[str, int]] = defaultdict(lambda: {"passed": 0, "failed": 0, "not_done": 0})
    for row in verdicts:
        if row["status"] not in ("passed", "failed", "not_done"):
            raise ContradictionError("a self-check is neither passed, failed nor not done")
        by_check[str(row["check_name"])][str(row["status"])] += 1
    by_concern: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in concerns:
        by_concern[str(row["concern"])].append(row)
    average = [row for row in effects if row["group_name"] == "all"]
    withheld = [
        Withheld(trial=row["trial"], outcome=row["outcome"], contrast=row["contrast"], reason=str(row["reason"]))
        for row in average
        if row["status"] == "refused" and str(row["reason"] or "").startswith("withheld: ")
    ]
    n_failed = sum(one["failed"] for one in by_check.values())
    return ChecksMade(
        checks=tuple(
            CheckLine(
                check_name=name,
                name=CHECK_NAMES.get(name, name.replace("_", " ").capitalize()),
                n_passed=n["passed"],
                n_failed=n["failed"],
                n_not_done=n["not_done"],
            )
            for name, n in sorted(by_check.items())
        ),
        concerns=tuple(
            ConcernLine(
                concern=name,
                name=CONCERN_NAMES.get(name, name.replace("_", " ").capitalize()),
                n_told=sum(1 for row in rows if row["severity"] == "tell"),
                n_withheld=sum(1 for row in rows if row["severity"] == "withhold"),
                words=min(str(row["words"]) for row in rows),
            )
            for name, rows in sorted(by_concern.items())
        ),
        withheld=tuple(sorted(withheld, key=lambda one: (one.trial, one.outcome, one.contrast))),
        n_effects=len(average),
        verdict="none made" if not by_check else "some failed" if n_failed else "all passed",
    )
