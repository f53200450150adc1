"""SQL made from the contract: how a field's text is cast, which text breaks the contract, and the `sql/clean` files.

The files in `sql/clean` are written by `python -m pipelines.casting` and committed; a test keeps them equal to the contract.
"""

from pathlib import Path

from pipelines.contracts import FEEDS, Feed, Field

SQL_FOLDER = Path(__file__).resolve().parents[1] / "sql"


def literal(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def typed(field: Field, column: str) -> str:
    """The SQL expression of the field's typed value, NULL when the trimmed text in `column` is missing or breaks the contract."""
    codes = f"[{', '.join(literal(code) for code in field.codes)}]"
    match field.type:
        case "int":
            return f"whole_number({column}, {field.low:g}, {field.high:g})"
        case "float":
            return f"decimal_number({column}, {field.low:g}, {field.high:g})"
        case "enum":
            return f"code_text({column}, {codes})"
        case "set" if "none" in field.rule:
            return f"code_set_or_none({column}, {codes})"
        case "set":
            return f"code_set({column}, {codes})"
        case "tri" | "bool":
            return f"yes_or_no({column})"
    return f"key_text({column}, {literal(field.pattern or '')})"


def requirement(field: Field) -> str:
    """What the contract asks of the field's value, in words that name no value."""
    match field.type:
        case "int":
            return f"a whole number from {field.low:g} to {field.high:g}"
        case "float":
            return f"a number from {field.low:g} to {field.high:g}"
        case "enum":
            return "one of the contract's codes"
        case "set":
            return "one or more of the contract's codes, separated by ;"
        case "tri" | "bool":
            return "yes or no"
    return "a key of the contract's form"


def breaks(field: Field, column: str) -> str:
    """The SQL condition under which the text in `column` breaks the contract."""
    if field.is_required:
        return f"{typed(field, column)} is null"
    return f"not is_missing_token({column}) and {typed(field, column)} is null"


def clean_sql(feed: Feed) -> str:
    """The text of `sql/clean/<feed>.sql`: the typed current view of the feed."""
    key = ", ".join(feed.key)
    typed_key = ", ".join(
        f"{typed(field, 'delivered.' + field.name)}" for field in feed.fields if field.name in feed.key
    )
    shared = [
        "    anti join clean.shared_key as shared",
        f"        on said(raw_row.{feed.key[0]}) = shared.shared_key and shared.feed = '{feed.name}'",
    ]
    lines = [
        f"-- The typed current view of the {feed.name} feed: one row for each {key}, the latest delivery in force wins.",
        "-- A value that breaks the contract is NULL with reason x; every other missing value keeps the reason it came with.",
        "-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.",
        "-- scope: patient",
        f"-- key: {key}",
        # read twice, once for its keys alone: kept, the text of every row would go to the disk and come back
        "with delivered as not materialized (",
        "    select",
        "        raw_row.delivery_key,",
        "        raw_row.row_number,",
        "        file.clinic_code as sender,",
        "        file.sequence_no,",
        ",\n".join(f"        said(raw_row.{name}) as {name}" for name in feed.columns),
        f"    from raw.{feed.name} as raw_row",
        f"    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = '{feed.name}'",
        "    anti join raw.quarantine as refused",
        "        on",
        "            raw_row.delivery_key = refused.delivery_key",
        "            and raw_row.row_number = refused.row_number",
        f"            and refused.feed = '{feed.name}'",
        "            and refused.scope = 'row'",
        *(shared if len(feed.key) == 1 else []),
        "),",
        "",
        "latest as (",
        "    select",
        "        delivered.delivery_key,",
        "        delivered.row_number",
        "    from delivered",
        "    qualify",
        "        row_number() over (",
        f"            partition by delivered.sender, {typed_key}",
        "            order by delivered.sequence_no desc, delivered.row_number desc",
        "        ) = 1",
        ")",
        "",
        "select",
        "    delivered.sender as clinic_code,",
    ]
    for field in feed.fields:
        if field.name == "clinic_code":
            continue
        value = typed(field, f"delivered.{field.name}")
        lines.append(f"    {value} as {field.name},")
        if field.has_reason:
            lines.append(f"    missing_reason(delivered.{field.name}, {value} is not null) as {field.name}_reason,")
    lines += [
        "    delivered.delivery_key,",
        "    delivered.row_number",
        "from delivered",
        "inner join latest on delivered.delivery_key = latest.delivery_key and delivered.row_number = latest.row_number",
    ]
    if feed.parent:
        lines += [
            f"semi join clean.{feed.parent} as parent",
            f"    on delivered.sender = parent.clinic_code and delivered.{feed.parent_key} = parent.{feed.parent_key}",
        ]
    return "\n".join(lines) + "\n"


_AS_OF = "coalesce(cast(getvariable('as_of') as timestamp), timestamp 'infinity')"


def quarantine_sql() -> str:
    """The text of `sql/clean/quarantine.sql`: what was set aside, by row, field and rule, and whether it has been healed."""
    parts = [
        "-- What was set aside of the deliveries that could be read: one row a broken rule, never a value, and what became of it.",
        "-- state: open (it still counts), healed (the record came again without this fault), replaced (the record came again and",
        "-- a newer line speaks of it, or it is no longer delivered), held (its whole delivery is).",
        "-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.",
        "-- scope: global",
        "-- key: delivery_key, feed, row_number, field, rule",
        "-- expect: scope in row, value",
        "-- expect: state in open, healed, replaced, held",
        "with received as (",
        "    select",
        "        receipt.delivery_key,",
        "        receipt.clinic_code,",
        "        min(receipt.delivery_id) as delivery_id",
        "    from raw.receipt as receipt",
        f"    where receipt.received_at <= {_AS_OF}",
        "    group by",
        "        receipt.delivery_key,",
        "        receipt.clinic_code",
        "),",
        "",
        "broken as (",
        *_rows_of("quarantine", "raw.quarantine", "    where quarantine.scope in ('row', 'value')"),
    ]
    for feed in FEEDS.values():
        if len(feed.key) == 1:
            parts += ["    union all", *_shared_rows(feed)]
    parts += ["),", "", "placed as ("]
    for number, feed in enumerate(FEEDS.values()):
        parts += [*(["    union all"] if number else []), *_placed(feed)]
    parts += [_STATES.strip()]
    return "\n".join(parts) + "\n"


def _rows_of(alias: str, table: str, where: str) -> list[str]:
    columns = ("delivery_key", "feed", "row_number", "field", "scope", "rule", "remedy")
    return [
        "    select",
        ",\n".join(f"        {alias}.{name}" for name in columns),
        f"    from {table} as {alias}",
        where,
    ]


def _shared_rows(feed: Feed) -> list[str]:
    return [
        "    select",
        "        raw_row.delivery_key,",
        f"        '{feed.name}' as feed,",
        "        raw_row.row_number,",
        f"        '{feed.key[0]}' as field,",
        "        'row' as scope,",
        "        'a key is used by one clinic only' as rule,",
        "        'Make keys with a secret of the clinic''s own, and send the rows again' as remedy",
        f"    from raw.{feed.name} as raw_row",
        f"    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = '{feed.name}'",
        "    inner join clean.shared_key as shared",
        f"        on said(raw_row.{feed.key[0]}) = shared.shared_key and shared.feed = '{feed.name}'",
    ]


def _placed(feed: Feed) -> list[str]:
    """Each broken rule of a feed with the row in force under the same key of the same clinic, if there is one."""
    keys = [field for field in feed.fields if field.name in feed.key]
    same = [f"{typed(field, f'said(raw_row.{field.name})')} = in_force.{field.name}" for field in keys]
    return [
        "    select",
        "        broken.*,",
        "        received.clinic_code,",
        "        received.delivery_id,",
        "        in_force.delivery_key as delivery_key_in_force,",
        "        in_force.row_number as row_number_in_force",
        "    from broken",
        "    inner join received on broken.delivery_key = received.delivery_key",
        f"    inner join raw.{feed.name} as raw_row",
        "        on broken.delivery_key = raw_row.delivery_key and broken.row_number = raw_row.row_number",
        f"    left join clean.{feed.name} as in_force",
        "        on",
        "            received.clinic_code = in_force.clinic_code",
        *(f"            and {condition}" for condition in same),
        f"    where broken.feed = '{feed.name}'",
    ]


_STATES = """
),

held as (
    select distinct hold.delivery_key
    from raw.hold as hold
),

faults as (
    select distinct
        broken.delivery_key,
        broken.feed,
        broken.row_number,
        broken.field
    from broken
)

select
    placed.delivery_key,
    placed.clinic_code,
    placed.delivery_id,
    placed.feed,
    placed.row_number,
    placed.field,
    placed.scope,
    placed.rule,
    placed.remedy,
    case
        when held.delivery_key is not null then 'held'
        when file.sequence_no >= coalesce(file_in_force.sequence_no, 0) then 'open'
        when placed.delivery_key_in_force is null or newer.delivery_key is not null then 'replaced'
        else 'healed'
    end as state
from placed
left join held on placed.delivery_key = held.delivery_key
left join clean.file as file on placed.delivery_key = file.delivery_key and placed.feed = file.feed
left join clean.file as file_in_force
    on placed.delivery_key_in_force = file_in_force.delivery_key and placed.feed = file_in_force.feed
left join faults as newer
    on
        placed.delivery_key_in_force = newer.delivery_key
        and placed.row_number_in_force = newer.row_number
        and placed.feed = newer.feed
        and placed.field = newer.field
"""


def write_clean_sql(folder: Path = SQL_FOLDER / "clean") -> list[Path]:
    """Write `clean_sql` of every feed and `quarantine_sql` into `folder`; returns the files."""
    paths = []
    for feed in FEEDS.values():
        path = folder / f"{feed.name}.sql"
        path.write_text(clean_sql(feed), encoding="utf-8")
        paths.append(path)
    path = folder / "quarantine.sql"
    path.write_text(quarantine_sql(), encoding="utf-8")
    return [*paths, path]


if __name__ == "__main__":
    write_clean_sql()
