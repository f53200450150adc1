"""What a night would say of a delivery, found before it is sent: the night's own reading, on a copy, without a warehouse.

The copy lies in the machine's temporary folder while it is checked and is removed whatever happens. Findings name file, rows,
column, rule and remedy, never a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import duckdb

from pipelines.contracts import FEEDS
from pipelines.deliveries.folders import look_at
from pipelines.deliveries.holding import write_holds
from pipelines.deliveries.load import NewDelivery, create_raw_tables, load_deliveries
from pipelines.deliveries.manifest import MANIFEST, Manifest, kept_manifest, read_manifest
from pipelines.deliveries.quarantine import identifier_rows
from pipelines.deliveries.reading import columns_of, quoted, source
from pipelines.deliveries.store import note, take_in
from pipelines.deliveries.wholeness import sealed
from pipelines.delivery_rules import MOST_ROWS_NAMED, broken_rules, rows_in_words
from pipelines.drift.headers import MISSING_COLUMN, NEW_COLUMN, RENAMED_COLUMN, REORDERED_COLUMNS, Drift
from pipelines.drift.holds import create_drift_tables, write_header_drift
from pipelines.drift.profiles import profile_new
from pipelines.errors import DeliveryError
from pipelines.warehouse import open_warehouse

_MOST_CODES_NAMED = 12

Weight = Literal["refused", "set aside", "told"]
"""What a night does: it refuses the delivery or a file of it, sets rows or values aside, or only tells people."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: `place` (file, column), what, in which rows (row 1 follows the header), and what to do."""

    weight: Weight
    place: str
    what: str
    remedy: str = ""
    rows: str = ""


@dataclass(frozen=True)
class Checked:
    """What was found of a delivery. `manifest` is None where it could not be read; `is_judged_by_rules` whether the rules across
    fields and feeds could be asked."""

    manifest: Manifest | None
    findings: tuple[Finding, ...]
    is_judged_by_rules: bool = False

    @property
    def is_accepted_whole(self) -> bool:
        """Whether a night would use every file, row and value of it."""
        return all(finding.weight == "told" for finding in self.findings)


def check_delivery(folder: Path) -> Checked:
    """Everything that a night would find wrong with the delivery in `folder` (<clinic>/<delivery>).

    What a night compares with earlier deliveries (drift, patients known before) cannot be asked here. Raises UsageError
    where `folder` is no folder.
    """
    found = look_at(folder)
    if found.refusal:
        return _refused("the folder", found.refusal)
    if not found.is_complete:
        return _refused(MANIFEST, "it is not there", "Write it last, once every file is complete")
    try:
        manifest = read_manifest(found.folder)
    except DeliveryError as error:
        return _refused("", str(error))
    findings = [*_not_listed(found.folder, manifest)]
    with TemporaryDirectory(prefix="stepcare-check-") as work:
        copy = Path(work) / "delivery"
        copy.mkdir()
        findings += _take_in_all(found.folder, copy, manifest)
        if any(finding.weight == "refused" and finding.place in _mandatory(manifest) for finding in findings):
            return Checked(manifest, tuple(findings))
        with open_warehouse(Path(work) / "check.duckdb", readable=(copy,)) as con:
            said, is_judged = _read(con, copy)
    return Checked(manifest, (*findings, *said), is_judged)


def _refused(place: str, what: str, remedy: str = "") -> Checked:
    return Checked(None, (Finding("refused", place, what, remedy),))


def _mandatory(manifest: Manifest) -> set[str]:
    return {file.name for file in manifest.files if FEEDS[file.feed].is_mandatory}


def _not_listed(folder: Path, manifest: Manifest) -> list[Finding]:
    listed = {MANIFEST, *(file.name for file in manifest.files)}
    n_others = sum(path.name not in listed and not path.name.startswith(".") for path in folder.iterdir())
    if not n_others:
        return []
    what = f"{n_others} in the folder that the manifest does not list: a night does not read them"
    return [Finding("told", "other files", what, "Take them out, or list a feed's file in the manifest")]


def _take_in_all(folder: Path, copy: Path, manifest: Manifest) -> list[Finding]:
    """Copy and check each file as the store does; the copy's manifest says what is blocked, as a kept one does."""
    (copy / MANIFEST).write_text(sealed(kept_manifest(manifest)), encoding="utf-8")
    findings, changes = [], {}
    for file in manifest.files:
        try:
            changed = take_in(folder, copy, file)
        except DeliveryError as error:
            (copy / file.name).unlink(missing_ok=True)
            changed = {"blocked": str(error)}
            findings.append(Finding("refused", file.name, str(error).removeprefix(f"{file.name}: ")))
        changes[file.name] = changed
        findings += _of_header(file.name, changed)
    note(copy, changes)
    return findings


def _of_header(name: str, changed: dict[str, Any]) -> list[Finding]:
    n_new = sum(kind in (NEW_COLUMN, RENAMED_COLUMN) for kind, _, _ in changed.get("drift", ()))
    if not n_new:
        return []
    what = f"{n_new} column{'s' if n_new > 1 else ''} that the contract does not list: taken out and not kept"
    return [Finding("told", name, what, "Leave them out of the export: what is not sent cannot be lost")]


def _read(con: duckdb.DuckDBPyConnection, copy: Path) -> tuple[list[Finding], bool]:
    """Load the copy as a night does, and ask what the night asks; whether the rules could be asked too."""
    manifest = read_manifest(copy, is_in_store=True)
    key, name_of = manifest.delivery_key, {file.feed: file.name for file in manifest.files}
    create_raw_tables(con)
    create_drift_tables(con)
    arrived_at = datetime.now(UTC).replace(tzinfo=None)
    blocked = load_deliveries(con, {key: NewDelivery(copy, manifest, arrived_at)})
    findings: list[Finding] = []
    newly = [one for one in blocked if one.feed is None or not _is_blocked(manifest, one.feed)]
    for one in newly:
        findings.append(_block(one.feed, one.reason, name_of))
        findings += _identifiers(con, copy, manifest, one.reason)
    if any(one.feed is None for one in blocked):
        return findings, False
    drifts = [Drift(kind, file.feed, *rest) for file in manifest.usable_files for kind, *rest in file.drift]
    write_header_drift(con, key, [one for one in drifts if one.kind not in (MISSING_COLUMN, REORDERED_COLUMNS)])
    profile_new(con, [key])
    con.execute("insert into raw.receipt select delivery_key, clinic_code, delivery_id, arrived_at from raw.delivery")
    write_holds(con)
    findings += _held(con, name_of)
    is_held = bool(findings) and any(finding.weight == "refused" for finding in findings)
    findings += _set_aside(con, name_of)
    if manifest.mode != "snapshot" or is_held:
        return findings, False
    rules = broken_rules(con, arrived_at)
    findings += [
        Finding(
            "told", _place(name_of.get(one.feed, "the records together"), one.field), one.what, one.remedy, one.rows
        )
        for one in rules
    ]
    return findings, True


def _is_blocked(manifest: Manifest, feed: str) -> bool:
    return any(file.feed == feed and file.blocked for file in manifest.files)


def _block(feed: str | None, reason: str, name_of: dict[str, str]) -> Finding:
    return Finding("refused", name_of[feed] if feed else "the delivery", reason)


def _identifiers(con: duckdb.DuckDBPyConnection, copy: Path, manifest: Manifest, reason: str) -> list[Finding]:
    """Where the text stands that looks like a direct identifier: the night keeps nothing of it, and so cannot say.

    A reason begins with the feed's name, and the reasons of several feeds are one text.
    """
    findings = []
    for file in manifest.usable_files:
        feed = FEEDS[file.feed]
        if f" {feed.name}: values that look like" not in f" {reason}":
            continue
        names = columns_of(copy, file)
        listed = ", ".join(f"cast({quoted(n)} as varchar) as {n}" if n in names else f"'' as {n}" for n in feed.columns)
        rows = (
            f"select row_number() over () as row_number, {listed} from {source(copy / file.name, file.format, names)}"
        )
        for field, numbers in identifier_rows(con, feed, rows).items():
            said = rows_in_words(numbers)
            findings.append(
                Finding("refused", _place(file.name, field), "text that looks like a direct identifier", "", said)
            )
    return findings


def _held(con: duckdb.DuckDBPyConnection, name_of: dict[str, str]) -> list[Finding]:
    rows = con.execute("select feed, field, rule, remedy from raw.hold order by all").fetchall()
    return [
        Finding("refused", _place(name_of.get(feed, feed), field), f"it would be held: {rule}", remedy)
        for feed, field, rule, remedy in rows
    ]


def _place(name: str, field: str) -> str:
    return f"{name}, {field}" if field else name


def _set_aside(con: duckdb.DuckDBPyConnection, name_of: dict[str, str]) -> list[Finding]:
    rows = con.execute(
        f"""
        select list_slice(list_sort(list_distinct(list(row_number))), 1, {MOST_ROWS_NAMED}),
            feed, field, scope, rule, remedy, count(distinct row_number)
        from raw.quarantine
        group by all
        order by feed, field, rule, scope
        """
    ).fetchall()
    return [_line(name_of, *row) for row in rows]


def _line(
    name_of: dict[str, str],
    first: Sequence[int],
    feed: str,
    field: str,
    scope: str,
    rule: str,
    remedy: str,
    n_rows: int,
) -> Finding:
    rows = rows_in_words(first, n_rows)
    what = {"row": "the row is set aside", "value": "the value is set aside", "repeat": "the row counts once"}[scope]
    weight: Weight = "told" if scope == "repeat" else "set aside"
    return Finding(
        weight, _place(name_of[feed], field), f"{rule}{_codes(feed, field)} ({n_rows:,}: {what})", remedy, rows
    )


def _codes(feed: str, field: str) -> str:
    """The codes of a field in brackets, where it has few."""
    codes = next((one.codes for one in FEEDS[feed].fields if one.name == field), ())
    return f" [{', '.join(codes)}]" if 0 < len(codes) <= _MOST_CODES_NAMED else ""
