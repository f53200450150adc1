"""Which deliveries are held for drift: a pure function of what was delivered, in the clinics' own order of deliveries.

Interface for the night:

    create_drift_tables(con)                        # with the other raw tables
    profile_new(con, keys)                          # after loading, `profiles`
    write_header_drift(con, key, drifts)            # after loading, `headers`
    held = hold_for_drift(con, deliveries, released, set_aside)   # each night

`deliveries` is every delivery in use (not withdrawn), in order within its clinic; `released` holds the keys whose holds a person
has waived; `set_aside` those that are held or unusable for other reasons, so that nothing is compared with them. The result is the
holds, for `raw.hold`. `raw.drift` gets a row a finding: of held deliveries, and what is only reported.

Each clinic's deliveries are gone through in order. Each is set beside the accepted ones before it, is held or accepted, and so on;
a held one is never compared with. The order of arrival does not matter. What was found is kept in `raw.finding` under
(delivery, reference), where the reference names the accepted deliveries before it, so that a night works on new ones alone.

A release accepts the delivery: the next ones are compared with it. Deliveries after it that show the same are not held again
while it lasts, unless it becomes WORSE times as bad.
"""

from collections.abc import Collection, Mapping, Sequence

import duckdb

from pipelines.drift.changes import Comparison, compare
from pipelines.drift.evidence import Evidence, Finding
from pipelines.drift.findings import findings_of
from pipelines.drift.gathering import read_evidence
from pipelines.drift.headers import Drift
from pipelines.drift.judging import Accepted, Delivered, Hold, Known, Question, find_holds
from pipelines.drift.others import unlike_others
from pipelines.drift.profiles import create_profile_table

QUESTIONS_AT_ONCE = 50
"""Whose evidence is read by one query: all of `raw.profile` is looked through each time."""

__all__ = ["Delivered", "Hold", "create_drift_tables", "find_holds", "hold_for_drift", "write_header_drift"]


def create_drift_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty tables of this package where they are absent.

    As delivered, so that an earlier night's rows may be kept: profile, figure, change, header, finding. Written anew each
    night: drift.
    """
    create_profile_table(con)
    con.execute(
        "create table if not exists raw.header (delivery_key varchar, kind varchar, feed varchar, field varchar, detail varchar)"
    )
    con.execute(
        "create table if not exists raw.finding (delivery_key varchar, reference varchar, kind varchar, feed varchar, "
        "field varchar, is_holding boolean, n_broken bigint, n_rows bigint, measure double, remedy varchar)"
    )
    con.execute(
        "create table if not exists raw.drift (delivery_key varchar, clinic_code varchar, feed varchar, field varchar, "
        "kind varchar, is_holding boolean, n_broken bigint, n_rows bigint, remedy varchar)"
    )


def write_header_drift(con: duckdb.DuckDBPyConnection, delivery_key: str, drifts: Sequence[Drift]) -> None:
    """Keep what `headers.drift_of_header` found in a delivery's files."""
    if drifts:
        con.executemany(
            "insert into raw.header values (?, ?, ?, ?, ?)",
            [[delivery_key, drift.kind, drift.feed, drift.field, drift.detail] for drift in drifts],
        )


def hold_for_drift(
    con: duckdb.DuckDBPyConnection,
    deliveries: Sequence[Delivered],
    released: Collection[str] = (),
    set_aside: Collection[str] = (),
) -> list[Hold]:
    """Settle every delivery, working out what is not known yet; writes `raw.finding` and `raw.drift`, returns the holds."""
    while (judgement := find_holds(deliveries, _known(con), released, set_aside)).questions:
        _answer(con, judgement.questions)
    unlike = _unlike_others(con, judgement.views)
    con.execute("delete from raw.drift").fetchall()
    rows = [
        [one.delivery.delivery_key, one.delivery.clinic_code, found.feed, found.field, found.kind, found.is_holding,
         found.n_broken, found.n_rows, found.remedy]
        for one in judgement.judged
        for found in (*one.findings, *unlike.get(one.delivery.delivery_key, ()))
    ]  # fmt: skip
    if rows:
        con.executemany("insert into raw.drift values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return judgement.holds


def _unlike_others(con: duckdb.DuckDBPyConnection, views: Mapping[str, Accepted]) -> dict[str, list[Finding]]:
    """By the key of the clinic's latest accepted delivery."""
    members = {
        clinic: tuple((one.delivery_key, reference) for one, reference in view) for clinic, view in views.items()
    }
    return {members[clinic][-1][0]: found for clinic, found in unlike_others(con, members).items()}


_JUDGED = "judged"


def _known(con: duckdb.DuckDBPyConnection) -> Known:
    found: dict[tuple[str, str], list[Finding]] = {}
    for key, reference, kind, *rest in con.execute("select * from raw.finding order by all").fetchall():
        findings = found.setdefault((key, reference), [])
        if kind != _JUDGED:
            findings.append(Finding(kind, *rest))
    return found


def _answer(con: duckdb.DuckDBPyConnection, questions: Sequence[Question]) -> None:
    compare(
        con,
        [
            Comparison(
                question.delivery.delivery_key,
                question.reference,
                tuple(earlier.delivery_key for earlier, _ in question.view),
            )
            for question in questions
            if question.before
        ],
    )
    in_order = sorted(questions, key=lambda question: question.delivery.clinic_code)
    for first in range(0, len(in_order), QUESTIONS_AT_ONCE):
        some = in_order[first : first + QUESTIONS_AT_ONCE]
        evidence = _evidence(con, some)
        rows: list[list[object]] = []
        for question in some:
            here = (question.delivery.delivery_key, question.reference)
            history = [evidence[earlier.delivery_key, reference] for earlier, reference in question.history]
            rows.append([*here, _JUDGED, "", "", False, 0, 0, 0.0, ""])
            rows += [
                [*here, f.kind, f.feed, f.field, f.is_holding, f.n_broken, f.n_rows, f.measure, f.remedy]
                for f in findings_of(evidence[here], history)
            ]
        con.executemany("insert into raw.finding values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _evidence(con: duckdb.DuckDBPyConnection, questions: Sequence[Question]) -> dict[tuple[str, str], Evidence]:
    wanted: dict[tuple[str, str], bool] = {}
    modes: dict[str, str] = {}
    for question in questions:
        here = (question.delivery, question.reference)
        for delivery, reference in (*question.history, here):
            is_whole = (delivery, reference) in (question.view[0] if question.view else here, here)
            place = (delivery.delivery_key, reference)
            wanted[place] = wanted.get(place, False) or is_whole
            modes[delivery.delivery_key] = delivery.mode
    return read_evidence(con, wanted, modes)
