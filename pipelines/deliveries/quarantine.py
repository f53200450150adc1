"""What breaks the contract: found by row and field, kept with its rule and remedy, never with its value.

A bad key, a missing required field or a doubtful duplicate sets the whole row aside; elsewhere the value alone is set aside
(reason `x` in `clean.*`) and the rest of the row goes on, so that one slip of the pen does not lose an episode of care.
"""

import duckdb

from pipelines.casting import breaks, literal, requirement
from pipelines.contracts import FEEDS, KNOWN_MAJOR_VERSION, Feed
from pipelines.errors import DeliveryError

LAB_RANGES = {
    "crp": {"mg/L": (0, 500)},
    "esr": {"mm/h": (0, 150)},
    "hba1c": {"mmol/mol": (15, 200), "%": (3, 20)},
    "b12": {"pmol/L": (30, 2000)},
}
"""Plausible range of a blood test by unit, from the contract's rule of lab.value."""

_SEND_AGAIN = "Correct it at the clinic and send the row again in the next delivery"

_IDENTIFIERS = {
    "an e-mail address": "[^@ ]+@[^@ ]+[.][A-Za-z]{2,}",
    "a calendar date": "([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}.*|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4})",
    "a telephone number": "[+(]?[0-9][0-9 ()./-]{7,}[0-9]",
    "a name or free text": "[A-Z][a-z]+[ ,]+[A-Z][a-z]+.*|.*[A-Za-z]+ [A-Za-z]+ [A-Za-z]+.*",
}
"""Text that a delivery must not hold. Only text that breaks the contract is looked at: a code or a number in its range is
none of these."""


def _row_rules(feed: Feed, clinic_code: str) -> list[tuple[str, str, str, str]]:
    """(field, condition on trimmed text, rule, remedy) of what the contract asks of a whole row beyond its fields."""
    if feed.name == "intake":
        return [
            ("clinic_code", f"clinic_code <> {literal(clinic_code)}", "equals the manifest's clinic_code", _SEND_AGAIN),
            (
                "schema_version",
                f"try_cast(split_part(schema_version, '.', 1) as integer) <> {KNOWN_MAJOR_VERSION}",
                "has a known major number",
                "Send the version of the contract that this installation reads",
            ),
        ]
    if feed.name == "lab":
        pairs = [
            f"(test = {literal(test)} and unit = {literal(unit)} and decimal_number(value, {low}, {high}) is not null)"
            for test, units in LAB_RANGES.items()
            for unit, (low, high) in units.items()
        ]
        tests = ", ".join(literal(test) for test in LAB_RANGES)
        rule = "is in the range of its test and unit"
        return [
            (
                "value",
                f"test in ({tests}) and decimal_number(value, 0, 5000) is not null and not ({' or '.join(pairs)})",
                rule,
                _SEND_AGAIN,
            )
        ]
    return []


def quarantine_feed(con: duckdb.DuckDBPyConnection, feed: Feed, delivery_key: str, clinic_code: str) -> None:
    """Add to `raw.quarantine` what breaks the contract in one delivered feed.

    Raises DeliveryError, and the caller takes the delivery back, when text that breaks the contract looks like a direct
    identifier: the file is blocked, and the message holds counts only.
    """
    rules = [
        (field.name, breaks(field, field.name), "row" if field.breaks_row else "value", requirement(field), _SEND_AGAIN)
        for field in feed.fields
    ]
    rules += [(name, condition, "row", rule, remedy) for name, condition, rule, remedy in _row_rules(feed, clinic_code)]
    broken = ", ".join(
        f"case when {condition} then {{'rule_no': {number}, 'text': {name}}} end"
        for number, (name, condition, *_) in enumerate(rules)
    )
    trimmed = ", ".join(f"said({name}) as {name}" for name in feed.columns)
    kind = " ".join(
        f"when regexp_full_match(found.text, {literal(pattern)}) then {literal(name)}"
        for name, pattern in _IDENTIFIERS.items()
    )
    con.execute(
        f"""
        create or replace temp table broken as
        with trimmed as (select row_number, {trimmed} from raw.{feed.name} where delivery_key = $delivery),
        listed as (select row_number, unnest([{broken}]) as found from trimmed)
        select row_number, found.rule_no as rule_no, case {kind} end as looks_like from listed where found is not null
        """,
        {"delivery": delivery_key},
    ).fetchall()
    _refuse_identifiers(con, feed, [rule[0] for rule in rules])
    table = ", ".join(
        f"({number}, {literal(name)}, {literal(scope)}, {literal(rule)}, {literal(remedy)})"
        for number, (name, _, scope, rule, remedy) in enumerate(rules)
    )
    con.execute(
        f"""
        insert into raw.quarantine
        select $delivery, $clinic, {literal(feed.name)}, broken.row_number, rule.field, rule.scope, rule.rule, rule.remedy
        from broken
        inner join (values {table}) as rule (rule_no, field, scope, rule, remedy) on broken.rule_no = rule.rule_no
        order by broken.row_number, rule.rule_no
        """,
        {"delivery": delivery_key, "clinic": clinic_code},
    ).fetchall()
    con.execute("drop table broken")
    _quarantine_duplicates(con, feed, delivery_key, clinic_code)


def _refuse_identifiers(con: duckdb.DuckDBPyConnection, feed: Feed, fields: list[str]) -> None:
    rows = con.execute(
        "select rule_no, looks_like, count(*) from broken where looks_like is not null group by all order by all"
    ).fetchall()
    if rows:
        found = "; ".join(f"{n_values} in {fields[rule_no]} look like {kind}" for rule_no, kind, n_values in rows)
        raise DeliveryError(
            f"{feed.name}: values that look like direct identifiers ({found}). Nothing of the delivery was loaded. "
            "Take them out at the clinic and send it again"
        )


def _quarantine_duplicates(con: duckdb.DuckDBPyConnection, feed: Feed, delivery_key: str, clinic_code: str) -> None:
    """Of equal rows with one key the first stays; rows that contradict each other under one key all go."""
    key = ", ".join(f"said({name})" for name in feed.key)
    repeated = con.execute(
        f"select 1 from raw.{feed.name} where delivery_key = $delivery group by {key} having count(*) > 1 limit 1",
        {"delivery": delivery_key},
    ).fetchall()
    if not repeated:
        return
    content = f"row({', '.join(f'said({name})' for name in feed.columns)})"
    con.execute(
        f"""
        insert into raw.quarantine
        with counted as (
            select
                row_number,
                row_number() over (partition by {key} order by row_number) as place,
                count(*) over (partition by {key}) as n_rows,
                min({content}) over (partition by {key}) = max({content}) over (partition by {key}) as is_same
            from raw.{feed.name}
            where delivery_key = $delivery
            qualify n_rows > 1 and (place > 1 or not is_same)
        )
        select
            $delivery,
            $clinic,
            {literal(feed.name)},
            row_number,
            {literal(", ".join(feed.key))},
            'row',
            case when is_same then 'one row a key: the same row stands above' else 'one row a key: rows contradict each other' end,
            case when is_same then 'Nothing to do: the first of the equal rows was used' else {literal(_SEND_AGAIN)} end
        from counted
        order by row_number
        """,
        {"delivery": delivery_key, "clinic": clinic_code},
    ).fetchall()


def quarantine_shared_keys(con: duckdb.DuckDBPyConnection) -> None:
    """Set aside every row whose own key two clinics use: nobody can tell whose record it is."""
    rule = "a key is used by one clinic only"
    con.execute("delete from raw.quarantine where rule = $rule", {"rule": rule}).fetchall()
    for feed in FEEDS.values():
        if len(feed.key) > 1:
            continue
        name = feed.key[0]
        con.execute(
            f"""
            insert into raw.quarantine
            with used as (
                select raw_row.delivery_key, delivery.clinic_code, raw_row.row_number, said(raw_row.{name}) as own_key
                from raw.{feed.name} as raw_row
                inner join raw.delivery as delivery on raw_row.delivery_key = delivery.delivery_key
            ),
            shared as (select own_key from used group by own_key having count(distinct clinic_code) > 1)
            select used.delivery_key, used.clinic_code, {literal(feed.name)}, used.row_number, {literal(name)}, 'row',
                $rule, 'Make keys with a secret of each clinic''s own, and send the rows again'
            from used
            inner join shared on used.own_key = shared.own_key
            order by used.delivery_key, used.row_number
            """,
            {"rule": rule},
        ).fetchall()
