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
    lines = [
        f"-- The typed current view of the {feed.name} feed: one row for each {key}, the latest delivery in force wins.",
        "-- A value that breaks the contract is NULL with reason x; every other missing value keeps the reason it came with.",
        "-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.",
        "-- scope: patient",
        f"-- key: {key}",
        "with delivered as (",
        "    select",
        "        raw_row.delivery_key,",
        "        raw_row.row_number,",
        "        delivery.clinic_code as sender,",
        "        delivery.sequence_no,",
        ",\n".join(f"        said(raw_row.{name}) as {name}" for name in feed.columns),
        f"    from raw.{feed.name} as raw_row",
        "    inner join clean.delivery as delivery on raw_row.delivery_key = delivery.delivery_key",
        "    anti join raw.quarantine as refused",
        "        on",
        "            raw_row.delivery_key = refused.delivery_key",
        "            and raw_row.row_number = refused.row_number",
        f"            and refused.feed = '{feed.name}'",
        "            and refused.scope = 'row'",
        "),",
        "",
        "latest as (",
        "    select",
        "        delivered.delivery_key,",
        "        delivered.row_number",
        "    from delivered",
        "    qualify",
        "        row_number() over (",
        f"            partition by {typed_key}",
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


def write_clean_sql(folder: Path = SQL_FOLDER / "clean") -> list[Path]:
    """Write `clean_sql` of every feed into `folder`; returns the files."""
    paths = []
    for feed in FEEDS.values():
        path = folder / f"{feed.name}.sql"
        path.write_text(clean_sql(feed), encoding="utf-8")
        paths.append(path)
    return paths


if __name__ == "__main__":
    write_clean_sql()
