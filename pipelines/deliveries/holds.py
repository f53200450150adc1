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

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from pipelines.deliveries.changes import Comparison, compare
from pipelines.deliveries.evidence import Evidence, Finding, read_evidence
from pipelines.deliveries.findings import findings_of
from pipelines.deliveries.headers import Drift
from pipelines.deliveries.profiles import create_profile_table

WORSE = 1.5
"""How much worse than what a person released a finding must be to hold again."""

REMEMBERED = 31
"""Accepted deliveries before a delivery that its findings may depend on, beyond those that make up the clinic's view."""


@dataclass(frozen=True)
class Delivered:
    """A delivery in use."""

    clinic_code: str
    delivery_key: str
    mode: str


@dataclass(frozen=True)
class Hold:
    """One reason why a delivery is held; a row of `raw.hold`."""

    delivery_key: str
    clinic_code: str
    feed: str
    field: str
    rule: str
    remedy: str


@dataclass(frozen=True)
class Judged:
    """A delivery with its reference, its findings (whether they hold is settled), and whether it counts."""

    delivery: Delivered
    reference: str
    findings: tuple[Finding, ...]
    is_accepted: bool


@dataclass(frozen=True)
class Question:
    """A delivery whose findings are not known yet, and the accepted deliveries before it, each with its own reference."""

    delivery: Delivered
    reference: str
    before: tuple[tuple[Delivered, str], ...]

    @property
    def view(self) -> tuple[tuple[Delivered, str], ...]:
        """Those that make up the clinic's view: the last snapshot and what came after it."""
        places = [place for place, (earlier, _) in enumerate(self.before) if earlier.mode == "snapshot"]
        return self.before[places[-1] if places else 0 :]

    @property
    def history(self) -> tuple[tuple[Delivered, str], ...]:
        """Those that the findings may depend on, oldest first."""
        n_kept = max(len(self.view), min(REMEMBERED, len(self.before)))
        return self.before[len(self.before) - n_kept :]


@dataclass
class Judgement:
    """What `find_holds` could settle, and what it must know before it can settle the rest."""

    judged: list[Judged] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    @property
    def holds(self) -> list[Hold]:
        """Why deliveries are held."""
        return [
            Hold(one.delivery.delivery_key, one.delivery.clinic_code, found.feed, found.field, found.kind, found.remedy)
            for one in self.judged
            if not one.is_accepted
            for found in one.findings
            if found.is_holding
        ]


Known = Mapping[tuple[str, str], Sequence[Finding]]


def find_holds(
    deliveries: Sequence[Delivered], known: Known, released: Collection[str] = (), set_aside: Collection[str] = ()
) -> Judgement:
    """Go through every clinic's deliveries in order and settle each by its findings in `known`, by (key, reference).

    Where findings are not known the delivery is asked for and, so that all can be asked at once, taken for accepted.
    """
    judgement = Judgement()
    for clinic_code in sorted({one.clinic_code for one in deliveries}):
        before: list[tuple[Delivered, str]] = []
        reference = ""
        waived: dict[tuple[str, str, str], float] = {}
        for delivery in deliveries:
            if delivery.clinic_code != clinic_code or delivery.delivery_key in set_aside:
                continue
            found = known.get((delivery.delivery_key, reference))
            if found is None:
                judgement.questions.append(Question(delivery, reference, tuple(before)))
                found = ()
            is_released = delivery.delivery_key in released
            settled = tuple(_settle(finding, waived, is_released=is_released) for finding in found)
            is_accepted = not any(finding.is_holding for finding in settled)
            judgement.judged.append(Judged(delivery, reference, settled, is_accepted))
            if is_accepted:
                waived = {
                    _place(finding): max(finding.measure, waived.get(_place(finding), 0.0))
                    for finding in found
                    if finding.is_holding
                }
                before.append((delivery, reference))
                reference = hashlib.sha256(f"{reference} {delivery.delivery_key}".encode()).hexdigest()
    return judgement


def _place(finding: Finding) -> tuple[str, str, str]:
    return finding.kind, finding.feed, finding.field


def _settle(finding: Finding, waived: Mapping[tuple[str, str, str], float], *, is_released: bool) -> Finding:
    if finding.is_holding and (is_released or finding.measure <= WORSE * waived.get(_place(finding), -1.0)):
        return replace(finding, is_holding=False)
    return finding


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
    con.execute("delete from raw.drift").fetchall()
    rows = [
        [one.delivery.delivery_key, one.delivery.clinic_code, found.feed, found.field, found.kind, found.is_holding,
         found.n_broken, found.n_rows, found.remedy]
        for one in judgement.judged
        for found in one.findings
    ]  # fmt: skip
    if rows:
        con.executemany("insert into raw.drift values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return judgement.holds


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
    for clinic_code in sorted({question.delivery.clinic_code for question in questions}):
        mine = [question for question in questions if question.delivery.clinic_code == clinic_code]
        evidence = _evidence(con, mine)
        rows: list[list[object]] = []
        for question in mine:
            here = (question.delivery.delivery_key, question.reference)
            history = [evidence[earlier.delivery_key, reference] for earlier, reference in question.history]
            rows.append([*here, _JUDGED, "", "", False, 0, 0, 0.0, ""])
            rows += [
                [*here, f.kind, f.feed, f.field, f.is_holding, f.n_broken, f.n_rows, f.measure, f.remedy]
                for f in findings_of(evidence[here], history)
            ]
        con.executemany("insert into raw.finding values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _evidence(con: duckdb.DuckDBPyConnection, questions: Sequence[Question]) -> dict[tuple[str, str], Evidence]:
    wanted: dict[tuple[str, str], str] = {}
    for question in questions:
        for delivery, reference in (*question.history, (question.delivery, question.reference)):
            wanted[delivery.delivery_key, reference] = delivery.mode
    return read_evidence(con, sorted(wanted), {key: mode for (key, _), mode in wanted.items()})
