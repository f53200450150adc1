"""What breaks the contract: found by row and field, kept with its rule and remedy, never with its value.

A bad key, a missing required field or a doubtful duplicate sets the whole row aside; elsewhere the value alone is set aside
(reason `x` in `clean.*`) and the rest of the row goes on, so that one slip of the pen does not lose an episode of care.
"""

import duckdb

from pipelines.casting import breaks, literal, requirement, typed
from pipelines.contracts import KNOWN_MAJOR_VERSION, Feed, Field
from pipelines.privacy.identifiers import key_looks_like_sql, key_may_look_sql, looks_like_sql
from pipelines.tables import count_rows

LAB_RANGES = {
    "crp": {"mg/L": (0, 500)},
    "esr": {"mm/h": (0, 150)},
    "hba1c": {"mmol/mol": (15, 200), "%": (3, 20)},
    "b12": {"pmol/L": (30, 2000)},
}
"""Plausible range of a blood test by unit, from the contract's rule of lab.value."""

_SEND_AGAIN = "Correct it at the clinic and send the row again in the next delivery"


def identifier_rows(con: duckdb.DuckDBPyConnection, feed: Feed, rows: str) -> dict[str, list[int]]:
    """By field: the numbers of the rows whose text looks like a direct identifier, as `quarantine_feed` judges it; never the text.

    `rows`: SQL of rows with `row_number` and the feed's columns as text.
    """
    trimmed = ", ".join(f"said({name}) as {name}" for name in feed.columns)
    texts = [
        f"case when {breaks(field, field.name)} then {{'field': {literal(field.name)}, 'text': {field.name}, 'is_key': false}} end"
        for field in feed.fields
    ]
    texts += [
        f"{{'field': {literal(field.name)}, 'text': {field.name}, 'is_key': true}}"
        for field in feed.fields
        if field.type == "key" and field.name != "clinic_code"
    ]
    found = con.execute(
        f"""
        with trimmed as (select row_number, {trimmed} from ({rows})),
        listed as (select row_number, unnest([{", ".join(texts)}]) as found from trimmed),
        said as (
            select row_number, found.field as field, found.text as text, found.is_key as is_key from listed where found is not null
        )
        select field, list_sort(list_distinct(list(row_number)))
        from said
        where case when is_key then {key_looks_like_sql("text")} else {looks_like_sql("text")} end is not null
        group by field
        order by field
        """
    ).fetchall()
    return dict(found)


def _row_rules(feed: Feed) -> list[tuple[str, str, str, str]]:
    """(field, condition on trimmed text, rule, remedy) of what the contract asks of a whole row beyond its fields."""
    if feed.name == "intake":
        return [
            ("clinic_code", "clinic_code <> sender", "equals the manifest's clinic_code", _SEND_AGAIN),
            (
                "schema_version",
                f"try_cast(split_part(schema_version, '.', 1) as double) <> {KNOWN_MAJOR_VERSION}",
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


def quarantine_feed(con: duckdb.DuckDBPyConnection, feed: Feed) -> dict[str, str]:
    """Add to `raw.quarantine` what breaks the contract in one feed of the deliveries in `new_delivery` (key, clinic).

    Returns, by delivery, why its file of the feed must be blocked: it holds text that looks like a direct identifier. The
    reason has counts only.
    """
    rules = [
        (field.name, breaks(field, field.name), "row" if field.breaks_row else "value", requirement(field), _SEND_AGAIN)
        for field in feed.fields
    ]
    rules += [(name, condition, "row", rule, remedy) for name, condition, rule, remedy in _row_rules(feed)]
    _find_broken(con, feed, [(rule[0], rule[1]) for rule in rules])
    table = ", ".join(
        f"({number}, {literal(name)}, {literal(scope)}, {literal(rule)}, {literal(remedy)})"
        for number, (name, _, scope, rule, remedy) in enumerate(rules)
    )
    con.execute(
        f"""
        insert into raw.quarantine
        select broken.delivery_key, broken.sender, {literal(feed.name)}, broken.row_number, rule.field, rule.scope,
            rule.rule, rule.remedy
        from broken
        inner join (values {table}) as rule (rule_no, field, scope, rule, remedy) on broken.rule_no = rule.rule_no
        order by broken.delivery_key, broken.row_number, rule.rule_no
        """
    ).fetchall()
    found = _identifiers(con, feed, [rule[0] for rule in rules])
    con.execute("drop table broken")
    _quarantine_duplicates(con, feed)
    return found


def _find_broken(con: duckdb.DuckDBPyConnection, feed: Feed, rules: list[tuple[str, str]]) -> None:
    """The temp table `broken`: one row a rule broken by a row, with the kind of identifier that the text looks like."""
    listed = ", ".join(
        f"case when {condition} then {{'rule_no': {number}, 'text': {name}}} end"
        for number, (name, condition) in enumerate(rules)
    )
    trimmed = ", ".join(f"said(raw_row.{name}) as {name}" for name in feed.columns)
    con.execute(
        f"""
        create or replace temp table broken as
        with trimmed as (
            select new_delivery.delivery_key, new_delivery.clinic_code as sender, raw_row.row_number, {trimmed}
            from raw.{feed.name} as raw_row
            inner join new_delivery on raw_row.delivery_key = new_delivery.delivery_key
        ),
        listed as (select delivery_key, sender, row_number, unnest([{listed}]) as found from trimmed)
        select
            delivery_key, sender, row_number, found.rule_no as rule_no, found.text as text,
            cast(null as varchar) as looks_like
        from listed
        where found is not null
        """
    ).fetchall()
    if con.execute("select 1 from broken limit 1").fetchall():
        con.execute(f"update broken set looks_like = {looks_like_sql('text')}").fetchall()


def _identifiers(con: duckdb.DuckDBPyConnection, feed: Feed, fields: list[str]) -> dict[str, str]:
    """By delivery: what looks like a direct identifier, in text that breaks the contract and in keys, whose text is free."""
    found: dict[str, list[str]] = {}
    broken = con.execute(
        "select delivery_key, rule_no, looks_like, count(*) from broken where looks_like is not null group by all order by all"
    ).fetchall()
    for delivery_key, rule_no, kind, n_values in broken:
        found.setdefault(delivery_key, []).append(f"{n_values} in {fields[rule_no]} look like {kind}")
    keys = [field.name for field in feed.fields if field.type == "key" and field.name != "clinic_code"]
    listed = " union all ".join(
        f"select raw_row.delivery_key, {literal(name)} as field, said(raw_row.{name}) as text, count(*) as n_values "
        f"from raw.{feed.name} as raw_row semi join new_delivery on raw_row.delivery_key = new_delivery.delivery_key "
        "anti join broken on raw_row.delivery_key = broken.delivery_key and raw_row.row_number = broken.row_number "
        "and broken.looks_like is not null group by all"
        for name in keys
    )
    con.execute(
        f"create or replace temp table suspect as select * from ({listed}) as key where {key_may_look_sql('key.text')}"
    ).fetchall()
    rows = _kinds_of_suspects(con) if con.execute("select 1 from suspect limit 1").fetchall() else []
    con.execute("drop table suspect")
    for delivery_key, field, kind, n_values in rows:
        found.setdefault(delivery_key, []).append(f"{n_values} in {field} look like {kind}")
    return {
        delivery_key: f"{feed.name}: values that look like direct identifiers ({'; '.join(said)}). Nothing of the file was "
        "kept. Take them out at the clinic and send it again"
        for delivery_key, said in found.items()
    }


def _kinds_of_suspects(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str, int]]:
    """(delivery, field, kind, number of values) of the keys in the temp table `suspect` that look like an identifier."""
    return con.execute(
        f"""
        with named as (select delivery_key, field, n_values, {key_looks_like_sql("suspect.text")} as kind from suspect)
        select delivery_key, field, kind, cast(sum(n_values) as bigint)
        from named
        where kind is not null
        group by all
        order by all
        """
    ).fetchall()


def _as_key(field: Field) -> str:
    """The text by which rows are one record: 1 and 1.0 are one number, and text that breaks the contract is itself."""
    text = f"said(raw_row.{field.name})"
    return f"coalesce(cast({typed(field, text)} as varchar), {text})" if field.type == "int" else text


def _quarantine_duplicates(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Of equal rows with one key one is used (scope `repeat`); rows that contradict each other under one key all go.

    Keys are compared as the contract reads them: 7 and 7.0 are one session number.
    """
    keys = {field.name: typed(field, f"said(raw_row.{field.name})") for field in feed.fields if field.name in feed.key}
    con.execute(
        f"create or replace temp table repeated as select raw_row.delivery_key, new_delivery.clinic_code, "
        f"{', '.join(f'{key} as {name}' for name, key in keys.items())} from raw.{feed.name} as raw_row "
        "inner join new_delivery on raw_row.delivery_key = new_delivery.delivery_key "
        f"where {' and '.join(f'{key} is not null' for key in keys.values())} group by all having count(*) > 1"
    ).fetchall()
    if not count_rows(con, "repeated"):
        return
    content = f"row({', '.join(f'said(raw_row.{name})' for name in feed.columns)})"
    same_key = " and ".join(f"{key} = repeated.{name}" for name, key in keys.items())
    one_key = f"partition by repeated.delivery_key, {', '.join(f'repeated.{name}' for name in keys)}"
    con.execute(
        f"""
        insert into raw.quarantine
        with counted as (
            select
                repeated.delivery_key,
                repeated.clinic_code,
                raw_row.row_number,
                row_number() over ({one_key} order by raw_row.row_number) as place,
                min({content}) over ({one_key}) = max({content}) over ({one_key}) as is_same
            from raw.{feed.name} as raw_row
            inner join repeated on raw_row.delivery_key = repeated.delivery_key and {same_key}
            qualify place > 1 or not is_same
        )
        select
            delivery_key,
            clinic_code,
            {literal(feed.name)},
            row_number,
            {literal(", ".join(feed.key))},
            case when is_same then 'repeat' else 'row' end,
            case when is_same then 'one row a key: the same row stands above' else 'one row a key: rows contradict each other' end,
            case when is_same then 'Nothing to do: one of the equal rows was used' else {literal(_SEND_AGAIN)} end
        from counted
        order by delivery_key, row_number
        """
    ).fetchall()
