"""What is found in one delivery: how it differs from the contract, from itself, or from the clinic's accepted ones before it.

Pure: `findings_of(evidence, history)` reads counts alone. Here are the rules about columns, rows and copies; those about one
field are in `distributions`, those about two in `scales`. R-F6, R-S8, A2, A5, A7, K6 and T6 are requirements of the project
(docs/reliability.md).
"""

from collections.abc import Iterator, Sequence
from statistics import median

from pipelines.contracts import FEEDS
from pipelines.drift.distributions import outside_findings, shift_findings
from pipelines.drift.evidence import Change, Evidence, Finding
from pipelines.drift.figures import IDENTICAL_ANSWERS, MULTIPLES_OF_TEN
from pipelines.drift.headers import RENAMED_COLUMN
from pipelines.drift.history import History
from pipelines.drift.likeness import Sums
from pipelines.drift.scales import reversed_findings
from pipelines.drift.units import unit_words

MOST_CHANGED = 0.05
"""Share of a feed's old rows, or of a field's old values, that may change at once (T6: 5 %)."""

FEWEST_CHANGED = 10
"""Fewer changes than this never hold a delivery: in a clinic of ten rows one correction is 10 %."""

MOST_NAMED = 3
"""Fields that are named when many have changed at once."""

FEWEST_KEPT = 0.5
"""Share of the clinic's rows that a snapshot must still have, since it withdraws the others (K6: 0.5 of the usual number)."""

MOST_GROWN = 2.0
"""Times the usual number of rows above which a delivery is reported (K6: 2)."""

USUAL_OVER = 8
"""Accepted deliveries of the same mode whose median is the usual number of rows (K6: the last 8)."""

FEWEST_ROWS = 20
"""A feed that had fewer rows has no usual number."""

FEWEST_COPIES, MOST_COPIED = 5, 0.002
"""Rows with the answers of other episodes that hold a delivery (R-S8: 5), and their share of all: of 10,000 questionnaires as many
are alike by chance."""

DIGIT_SHARE, DIGIT_SCORES = 0.6, 50
"""Share of multiples of ten in odi_pct, which has steps of two, that is reported (A5: 60 %), and the scores it needs."""

_SEND_AGAIN = "Correct the export at the clinic and send the delivery again"
_RELEASE = "or release it if the clinic says that it is right"


def findings_of(evidence: Evidence, history: Sequence[Evidence]) -> list[Finding]:
    """Everything that is found in a delivery, given the clinic's accepted ones before it, oldest first."""
    beside = History(evidence, history)
    found = [
        *_header_findings(evidence, history, beside),
        *outside_findings(beside),
        *_change_findings(evidence, beside),
        *_row_findings(evidence, history),
        *shift_findings(beside),
        *reversed_findings(beside),
        *_copy_findings(evidence, history),
    ]
    return sorted(set(found), key=lambda finding: (finding.feed, finding.field, finding.kind, -finding.measure))


def _header_findings(evidence: Evidence, history: Sequence[Evidence], beside: History) -> Iterator[Finding]:
    known = {(drift.kind, drift.feed, drift.detail) for drift in history[-1].header} if history else set()
    for drift in evidence.header:
        if drift.kind == RENAMED_COLUMN:
            remedy = f"{drift.detail}: name the column {drift.field} and send the delivery again"
            yield Finding(drift.kind, drift.feed, drift.field, True, 1, 1, 1.0, remedy)
        elif (drift.kind, drift.feed, drift.detail) not in known:
            remedy = f"{drift.detail}. Nothing to do"
            yield Finding(drift.kind, drift.feed, drift.field, False, 1, 1, 1.0, remedy)
    renamed = {(drift.feed, drift.field) for drift in evidence.header if drift.kind == RENAMED_COLUMN}
    for feed, columns in evidence.columns.items():
        before = next((earlier.columns[feed] for earlier in reversed(history) if feed in earlier.columns), frozenset())
        for name in sorted(before - columns):
            n_given = beside.n_given(feed, name)
            if n_given and (feed, name) not in renamed:
                remedy = (
                    f"the clinic's deliveries before had this column, with {n_given} values. {_SEND_AGAIN} {_RELEASE}"
                )
                yield Finding("removed_column", feed, name, True, n_given, n_given, 1.0, remedy)


def _change_findings(evidence: Evidence, beside: History) -> Iterator[Finding]:
    for feed in FEEDS:
        whole = evidence.changes.get((feed, ""))
        if not whole or feed in evidence.blocked:
            continue
        if _is_much(whole.n_changed, whole.n_before):
            remedy = (
                f"{whole.n_changed} of {whole.n_before} old rows have other values than before. "
                f"If this is a correction, release it; else: {_SEND_AGAIN[0].lower()}{_SEND_AGAIN[1:]}"
            )
            share = whole.n_changed / whole.n_before
            yield Finding("old_rows_changed", feed, "", True, whole.n_changed, whole.n_before, share, remedy)
        changes = [
            (change.n_changed / n_before, name, change, n_before)
            for (changed_feed, name), change in evidence.changes.items()
            if changed_feed == feed and name and _is_much(change.n_changed, n_before := beside.n_given(feed, name))
        ]
        for share, name, change, n_before in sorted(changes, key=lambda one: (-one[0], one[1]))[:MOST_NAMED]:
            said = f"{change.n_changed} of {n_before} old values are others than before{_unit(feed, name, change)}"
            remedy = f"{said}. {_SEND_AGAIN} {_RELEASE}"
            yield Finding("old_values_changed", feed, name, True, change.n_changed, n_before, share, remedy)


def _unit(feed: str, name: str, change: Change) -> str:
    words = unit_words(feed, name, change.mean_before, change.mean_after)
    return f": {words}" if words else ""


def _is_much(n_changed: int, n_before: int) -> bool:
    return n_changed >= FEWEST_CHANGED and n_changed > MOST_CHANGED * n_before


def _row_findings(evidence: Evidence, history: Sequence[Evidence]) -> Iterator[Finding]:
    alike = [earlier for earlier in history if earlier.mode == evidence.mode][-USUAL_OVER:]
    for feed in FEEDS:
        if feed in evidence.blocked:
            continue
        n_rows = evidence.rows.get(feed, 0)
        change = evidence.changes.get((feed, ""))
        if evidence.mode == "snapshot" and change and change.n_before >= FEWEST_ROWS:
            n_lost = change.n_before - change.n_known
            if change.n_known < FEWEST_KEPT * change.n_before:
                remedy = (
                    f"{n_lost} of {change.n_before} rows that the clinic had are not there, and a snapshot withdraws them. "
                    f"Were keys made anew, or is the export cut short? {_SEND_AGAIN} {_RELEASE}"
                )
                share = n_lost / change.n_before
                yield Finding("rows_missing", feed, "", True, n_lost, change.n_before, share, remedy)
                continue
            if _is_much(n_lost, change.n_before):
                remedy = f"{n_lost} of {change.n_before} rows were withdrawn. Ask the clinic whether it meant to"
                share = n_lost / change.n_before
                yield Finding("rows_withdrawn", feed, "", False, n_lost, change.n_before, share, remedy)
        counts = [earlier.rows.get(feed, 0) for earlier in alike]
        usual = median(counts) if counts else 0
        if usual >= FEWEST_ROWS and not FEWEST_KEPT * usual <= n_rows <= MOST_GROWN * usual:
            remedy = f"{n_rows} rows where {usual:.0f} are usual. Ask the clinic why"
            measure = max(n_rows, 1) / usual
            yield Finding(
                "unusual_number_of_rows", feed, "", False, n_rows, int(usual), max(measure, 1 / measure), remedy
            )


def _copy_findings(evidence: Evidence, history: Sequence[Evidence]) -> Iterator[Finding]:
    place = ("outcome", IDENTICAL_ANSWERS, "")
    known = max((earlier.figures[place].n for earlier in history if place in earlier.figures), default=0)
    found = evidence.figures.get(place, Sums())
    n_copies = found.n
    if n_copies - known >= FEWEST_COPIES and n_copies - known > MOST_COPIED * found.y:
        remedy = (
            f"{n_copies} answered questionnaires of different episodes have the same answers throughout. "
            f"Were they copied? {_SEND_AGAIN} {_RELEASE}"
        )
        yield Finding("identical_answers", "outcome", "", True, n_copies, int(found.y), float(n_copies), remedy)
    digits = evidence.figures.get(("outcome", "odi_pct", MULTIPLES_OF_TEN))
    if digits and digits.n >= DIGIT_SCORES and digits.x > DIGIT_SHARE * digits.n:
        remedy = "most scores are multiples of ten: were they guessed, or rounded? Ask the clinic how it scores"
        yield Finding(
            "round_numbers", "outcome", "odi_pct", False, int(digits.x), digits.n, digits.x / digits.n, remedy
        )
