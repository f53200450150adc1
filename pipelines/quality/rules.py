"""Cross-field and cross-table rules: `sql/checks/<rule>.sql` returns the rows that break it, each with its clinic.

The results say how many, never which. A row without a known clinic has a NULL `clinic_code`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import duckdb

from pipelines.quality.kahn import Check, Count
from pipelines.tables import SqlFile

ByClinic = dict[str | None, int]
"""Rows by the clinic that sent them; None where no clinic is known."""


def rule_check(file: SqlFile) -> Check:
    """What the header of a rule's file says; raises ValueError when it lacks a word of Kahn's framework."""
    category, _, subcategory = file.one("category").partition(" ")
    return Check(
        name=file.name,
        category=category,  # type: ignore[arg-type]
        subcategory=subcategory or "-",
        context=file.one("context", "verification"),  # type: ignore[arg-type]
        severity=file.one("severity"),  # type: ignore[arg-type]
        owner=file.one("owner"),  # type: ignore[arg-type]
        table=file.one("table"),
        field=file.one("field"),
        allowed_percent=float(file.one("allowed", "0 %").removesuffix("%").strip()),
        description=file.description,
        remedy=file.one("remedy"),
    )


def count_rules(con: duckdb.DuckDBPyConnection, rules: Sequence[SqlFile]) -> list[Count]:
    """Rows broken and checked of every rule, one Count a rule and clinic; a rule that checked nothing has none."""
    return counts_of_rules(rules, broken_rows(con, rules), rows_checked(con, rules))


def broken_rows(con: duckdb.DuckDBPyConnection, rules: Sequence[SqlFile]) -> dict[str, ByClinic]:
    """By rule: how many rows break it, by clinic."""
    return {
        rule.name: dict(con.execute(f"select clinic_code, count(*) from (\n{rule.text}\n) group by all").fetchall())
        for rule in rules
    }


def counts_of_rules(
    rules: Sequence[SqlFile], broken: Mapping[str, ByClinic], checked: Mapping[str, ByClinic]
) -> list[Count]:
    """The Counts of the rules, from rows broken and checked by rule and clinic."""
    found = []
    for rule in sorted(rules, key=lambda file: file.name):
        n_broken, n_rows = broken.get(rule.name, {}), checked.get(rule.name, {})
        for clinic_code in sorted({*n_broken, *n_rows}, key=lambda code: (code is None, code or "")):
            of_clinic = n_broken.get(clinic_code, 0)
            found.append(Count(rule.name, clinic_code, of_clinic, max(of_clinic, n_rows.get(clinic_code, 0))))
    return found


def rows_checked(con: duckdb.DuckDBPyConnection, rules: Sequence[SqlFile]) -> dict[str, ByClinic]:
    """By rule: how many rows could break it, by clinic; one query a table. Another unit than a clinic belongs to no clinic."""
    by_table: dict[str, list[SqlFile]] = defaultdict(list)
    found: dict[str, ByClinic] = {}
    for rule in rules:
        unit = rule.one("unit")
        if unit in ("", "clinic_code"):
            by_table[rule.one("table")].append(rule)
        else:
            condition = rule.one("checked", "true")
            counted = f"select count(distinct {unit}) from {rule.one('table')} where {condition}"
            found[rule.name] = {None: con.execute(counted).fetchall()[0][0]}
    for table, of_table in sorted(by_table.items()):
        counts = ", ".join(_checked_sql(rule) for rule in of_table)
        rows = con.execute(f"select sender, {counts} from {_with_sender(con, table)} group by sender").fetchall()
        for number, rule in enumerate(of_table, start=1):
            found[rule.name] = {row[0]: row[number] for row in rows if row[number]}
    return found


def _checked_sql(rule: SqlFile) -> str:
    counted = "distinct clinic_code" if rule.one("unit") else "*"
    return f"count({counted}) filter (where {rule.one('checked', 'true')})"


def _with_sender(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """A table as a query with the clinic of each row in `sender`: its own, that of the file in force, or its episode's."""
    schema, name = table.split(".")
    if schema == "raw":
        return (
            f"(select raw_row.*, file.clinic_code as sender from {table} as raw_row "
            f"inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = '{name}')"
        )
    columns = {row[0] for row in con.execute(f"describe {table}").fetchall()}
    if "clinic_code" in columns:
        return f"(select *, clinic_code as sender from {table})"
    return (
        f"(select checked_row.*, episode.clinic_code as sender from {table} as checked_row "
        "left join cohort.episodes as episode on checked_row.episode_key = episode.episode_key)"
    )
