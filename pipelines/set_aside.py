"""What was set aside and what became of it, as an operator works with it: by delivery, file, field and row, never a value."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.deliveries.ledger import Entry, Ledger
from pipelines.errors import UsageError
from pipelines.warehouse import open_warehouse

STATES = ("open", "held", "healed", "replaced")
_MOST_ROWS_NAMED = 12


@dataclass(frozen=True)
class Line:
    """One rule that rows of one field of a delivered file break: the rows by number in the file (the header is not counted)."""

    first_rows: tuple[int, ...]
    clinic_code: str
    delivery_id: str
    feed: str
    field: str
    scope: str
    rule: str
    remedy: str
    state: str
    n_rows: int

    @property
    def rows_in_words(self) -> str:
        """The first rows by number, in runs: `3, 7 to 9 and 1,204 more`."""
        runs: list[list[int]] = []
        for number in self.first_rows:
            if runs and number == runs[-1][-1] + 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        said = ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
        more = self.n_rows - len(self.first_rows)
        return f"{said} and {more:,} more" if more else said


@dataclass(frozen=True)
class Trouble:
    """A delivery, or one file of it, that is not used, and why."""

    name: str
    state: str
    reason: str
    since: str


def read_lines(warehouse: Path, delivery: str | None = None, states: Sequence[str] = ("open", "held")) -> list[Line]:
    """The lines of the published night in these states, of one delivery (`clinic/delivery`) or of all, by place and rule."""
    clinic_code, _, delivery_id = (delivery or "").partition("/")
    with open_warehouse(warehouse, read_only=True) as con:
        rows = con.execute(
            f"""
            select list_slice(list_sort(list_distinct(list(row_number))), 1, {_MOST_ROWS_NAMED}),
                clinic_code, delivery_id, feed, field, scope, rule, remedy, state, count(distinct row_number)
            from clean.quarantine
            where list_contains($states, state) and ($delivery = '' or (clinic_code = $clinic and delivery_id = $id))
            group by all
            order by clinic_code, delivery_id, feed, field, rule, state
            """,
            {"states": list(states), "delivery": delivery or "", "clinic": clinic_code, "id": delivery_id},
        ).fetchall()
    return [Line(tuple(row[0]), *row[1:]) for row in rows]


def read_holds(warehouse: Path) -> list[tuple[str, str, str, str, str]]:
    """(delivery key, feed, field, rule, remedy) of every reason why a delivery of the published night is held."""
    with open_warehouse(warehouse, read_only=True) as con:
        return con.execute("select delivery_key, feed, field, rule, remedy from raw.hold order by all").fetchall()


def read_troubles(ledger: Ledger) -> list[Trouble]:
    """Deliveries that are not used, and files that are blocked, by name."""
    return [
        Trouble(
            entry.name,
            "file blocked" if entry.state in ("seen", "loaded") else entry.state,
            entry.reason,
            entry.changed_at,
        )
        for entry in ledger.entries()
        if entry.state in ("quarantined", "incomplete", "withdrawn")
        or (entry.state in ("seen", "loaded") and entry.reason)
    ]


def healed_deliveries(ledger: Ledger) -> list[tuple[Trouble, str]]:
    """Each delivery, or file of it, that could not be used once, with the name of the one that came in its place and is used."""
    entries = ledger.entries()
    used = [entry for entry in entries if entry.state in ("seen", "loaded")]
    healed = []
    for entry in entries:
        later = [
            one.name for one in used if one.clinic_code == entry.clinic_code and one.delivery_id > entry.delivery_id
        ]
        if entry.state == "superseded" and entry.delivery_key and entry.reason and later:
            healed.append((Trouble(entry.name, "not used, or a file of it,", entry.reason, entry.seen_at), min(later)))
    for clinic_code, delivery_id, state, reason, since, until in ledger.refusals():
        name = f"{clinic_code}/{delivery_id}"
        better = [one for one in used if one.clinic_code == clinic_code and one.delivery_id >= delivery_id]
        if until and better and state == "quarantined":
            healed.append((Trouble(name, state, reason, since), min(better, key=lambda one: one.delivery_id).name))
    return healed


def find_entry(entries: Iterable[Entry], name: str) -> Entry:
    """The entry whose content lies in the store under the name `clinic/delivery`; the newest when there are several.

    Raises UsageError when there is none.
    """
    known = list(entries)
    found = [entry for entry in known if entry.name == name and entry.delivery_key]
    if not found:
        near = sorted({entry.name for entry in known if entry.clinic_code == name.partition("/")[0]})
        raise UsageError(
            f"no delivery {name} is kept here. Write CLINIC/DELIVERY"
            + (f"; of this clinic there are {', '.join(near[-5:])}" if near else "")
        )
    return max(found, key=lambda entry: entry.seen_at)


def in_words(lines: Iterable[Line]) -> Iterator[str]:
    """The lines as a person reads them: a heading a file, then rule, rows and remedy."""
    place = ""
    for line in lines:
        here = f"{line.clinic_code}/{line.delivery_id} {line.feed}"
        if here != place:
            yield here
            place = here
        what = {"row": "row set aside", "value": "value set aside"}[line.scope]
        many = f"{line.n_rows:,} {what if line.n_rows == 1 else what.replace(' set', 's set')}"
        yield f"    {line.field or 'row'}: {line.rule}"
        yield f"        {many}, {line.state}: {line.rows_in_words}"
        yield f"        {line.remedy}"
